"""A private feed: messages are kept, and whoever has the address reads them as Atom or RSS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import SecretStr

from alerts.channels import Channel, ChannelSettings, Result, SendContext
from alerts.feed import FeedHead, Item, build_feed
from vedette.model import AttemptOutcome, Notice


class FeedSettings(ChannelSettings):
    """What the feed is called, and what withdraws its address."""

    title: str = "Vedette"
    """What feed readers show."""
    key: SecretStr = SecretStr("")
    """Any text. With another one the feed has a new address, and the old one is no longer good."""


class Feed(Channel):
    """Every message is an entry of a feed, which the web pages serve; `vedette channels feed ID` shows it."""

    kind: ClassVar[str] = "feed"
    Settings: ClassVar[type[ChannelSettings]] = FeedSettings
    example: ClassVar[Mapping[str, Any]] = {"title": "My topics"}

    async def send(self, notice: Notice, key: str, context: SendContext) -> Result:
        """Nothing leaves the house: a delivery that is sent is an entry."""
        return Result(AttemptOutcome.SENT, "store", "kept")

    def preview(self, notice: Notice, context: SendContext) -> str:
        """A feed with this one entry."""
        item = Item("key", notice, context.now)
        head = FeedHead(context.channel or "preview", self.settings.title, templates=context.templates)
        return build_feed(head, [item], context.now).decode()
