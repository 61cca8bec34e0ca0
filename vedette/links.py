"""Signed links: what a reader may do straight from a message, without signing in.

A token says what it is for and whom it concerns, and nobody can make or change one without the key. Messages carry
tokens; the web pages check them. Nothing here reads a clock: `now` is an argument.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from vedette.errors import VedetteError

if TYPE_CHECKING:
    from vedette.secrets import Vault

PATH = "/links/"
"""Below the public address: GET shows what a link does and asks, POST does it."""
FEED_PATH = "/feeds/"
"""Below the public address: GET answers with the feed of a channel."""
LONGEST_TOKEN = 1500
_SALT = "vedette links 1"


class Purpose(StrEnum):
    """What a link is for."""

    MUTE = "mute"  # no message about the topic for some hours
    SNOOZE = "snooze"  # no further message about the story for some hours
    NOT_RELEVANT = "not-relevant"  # the alert should not have been
    UNSUBSCRIBE = "unsubscribe"  # end the subscription; a POST without a cookie does it at once (RFC 8058)
    FEED = "feed"  # read the private feed of a channel; or of a topic, whose owner stands as `subscription`


class LinkError(VedetteError):
    """A link that is not ours, was changed, or is past its time. The message is for the reader."""

    def __init__(self, message: str, *, expired: bool = False) -> None:
        """`expired` tells a link of ours that came too late from one that never was."""
        super().__init__(message)
        self.expired = expired


@dataclass(frozen=True, slots=True)
class Link:
    """What a token says. Fields that a purpose has no use for stay empty."""

    purpose: Purpose
    subscription: str = ""
    topic: str = ""
    story: int = 0
    alert: int = 0
    channel: str = ""
    hours: int = 0
    """For how long to mute or snooze; a page may offer other lengths."""
    key: str = ""
    """Of a feed: what its key must be as it is kept, so that changing that one withdraws the address."""
    expires_at: datetime | None = None
    """Whole seconds; None for links that stay good."""


class LinkSigner:
    """Makes and checks tokens with keys derived from the vault's."""

    def __init__(self, vault: Vault) -> None:
        """While a vault's key is being replaced, tokens made with the old one stay good."""
        from itsdangerous import URLSafeSerializer

        self._serializer = URLSafeSerializer(
            vault.derive(_SALT), salt=_SALT, signer_kwargs={"digest_method": sha256, "key_derivation": "hmac"}
        )

    def make(self, link: Link) -> str:
        """The token of a link, safe in a URL; the same for the same link."""
        values = [link.purpose.value, link.subscription, link.topic, link.story, link.alert, link.channel, link.hours]
        until = int(link.expires_at.timestamp()) if link.expires_at is not None else 0
        return str(self._serializer.dumps([*values, link.key, until]))

    def verify(self, token: str, now: datetime) -> Link:
        """What a token says; a LinkError where it is not ours or past its time."""
        from itsdangerous import BadData

        forged = LinkError("this link is not valid: it was changed or cut on its way, or made with another key")
        if len(token) > LONGEST_TOKEN or not token.isascii():
            raise forged
        try:
            link = _read(self._serializer.loads(token))
        except (BadData, ValueError, TypeError):
            raise forged from None
        if link.expires_at is not None and link.expires_at <= now:
            raise LinkError("this link is past its time: use one of a newer message, or sign in", expired=True)
        return link


def _read(values: Any) -> Link:
    purpose, subscription, topic, story, alert, channel, hours, key, until = values
    link = Link(Purpose(purpose), subscription, topic, story, alert, channel, hours, key)
    return replace(link, expires_at=datetime.fromtimestamp(until, UTC)) if until else link


def address(public_url: str, token: str) -> str:
    """Where a reader follows a token."""
    return f"{public_url.rstrip('/')}{PATH}{token}"


def feed_address(public_url: str, token: str, form: str = "atom") -> str:
    """Where a feed reader finds a channel's feed; `form` is atom or rss."""
    return f"{public_url.rstrip('/')}{FEED_PATH}{token}.{form}"
