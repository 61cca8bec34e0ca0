"""WebSub, the protocol: what a feed names, what a hub is asked, what it may say. Pure.

A hub tells that a feed has changed, so that it is polled at once; what the hub sends beside that is never read. The
feed stays the only source, and it is polled in its own rhythm all the same. See https://www.w3.org/TR/websub/.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from crawler.urls import normalise

PATH = "/websub/"
"""Where hubs reach us, below the address of the web pages; the name of a subscription follows."""
LEASE = timedelta(days=10)
"""How long a hub is asked to keep a subscription; it may grant something else."""
SHORTEST_LEASE, LONGEST_LEASE = timedelta(hours=1), timedelta(days=90)
RENEW_AT = 0.8
"""The share of a lease after which it is renewed."""
ANSWER_WITHIN = timedelta(minutes=30)
"""How long a hub has to verify what it was asked for, before it is asked again."""
FIRST_RETRY, LONGEST_RETRY = timedelta(minutes=10), timedelta(days=1)
GOODBYES = 4
"""How often a hub is asked to end a subscription; then it is forgotten, and its lease runs out."""
DIGESTS = ("sha256", "sha384", "sha512", "sha1")

_LINK = re.compile(r"<([^>]*)>((?:\s*;\s*[\w!#$&+.^`|~*-]+\s*(?:=\s*(?:\"[^\"]*\"|[^\s;,\"]*))?)*)")
_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s;,\"]+))", re.I)


@dataclass(frozen=True, slots=True)
class Hub:
    """Who tells of changes of a feed, and what the feed is called there. Both are "" where there is no hub."""

    url: str = ""
    topic: str = ""

    def __bool__(self) -> bool:
        return bool(self.url and self.topic)


NO_HUB = Hub()


def hub_of(headers: Mapping[str, str], hub: str, topic: str, url: str) -> Hub:
    """The hub of a feed fetched from `url`: its Link headers win over the `hub` and `topic` that its body names."""
    named = links(headers.get("link", ""))
    hub_url = normalise(named.get("hub", "") or hub, url)
    return Hub(hub_url, normalise(named.get("self", "") or topic, url) or url) if hub_url else NO_HUB


def links(header: str) -> dict[str, str]:
    """The first target of each relation that a Link header names (RFC 8288)."""
    found: dict[str, str] = {}
    for target, parameters in _LINK.findall(header[:8192]):
        rel = _REL.search(parameters)
        for name in (rel[1] or rel[2] or "").lower().split() if rel else ():
            found.setdefault(name, target.strip())
    return found


def request(mode: str, topic: str, callback: str, secret: str) -> dict[str, str]:
    """The form that a hub is sent; `mode` is subscribe or unsubscribe."""
    form = {"hub.mode": mode, "hub.topic": topic, "hub.callback": callback}
    if mode == "subscribe":
        form |= {"hub.secret": secret, "hub.lease_seconds": str(int(LEASE.total_seconds()))}
    return form


def retry_wait(failures: int) -> timedelta:
    """The wait before a hub that failed so many times in a row (from 1) is asked again."""
    wait: timedelta = FIRST_RETRY * 4 ** min(failures - 1, 8)
    return min(wait, LONGEST_RETRY)


def is_over(secret: str, failures: int, *, leaving: bool) -> bool:
    """Whether a hub that is being left need not be asked: it never was asked for anything, or too often already."""
    return leaving and (not secret or failures >= GOODBYES)


def lease(granted: str, now: datetime) -> tuple[datetime, datetime]:
    """When a subscription ends whose hub granted so many seconds, and when it is to be renewed."""
    seconds = int(granted) if granted.isascii() and granted.isdigit() and len(granted) < 12 else 0
    wanted = timedelta(seconds=seconds) if seconds else LEASE
    length = min(wanted, LONGEST_LEASE)
    return now + length, now + max(length, SHORTEST_LEASE) * RENEW_AT


def genuine(secret: str, body: bytes, signature: str) -> bool:
    """Whether an X-Hub-Signature, as `sha256=<hex>`, was made of these bytes by somebody who knows the secret."""
    method, _, given = signature.strip().partition("=")
    if method.lower() not in DIGESTS:
        return False
    made = hmac.new(secret.encode(), body, method.lower()).hexdigest()
    return hmac.compare_digest(made.encode(), given.strip().lower().encode())


@dataclass(frozen=True, slots=True)
class Word:
    """What a hub says when it verifies or denies, with the parameters of its request."""

    mode: str
    topic: str = ""
    challenge: str = ""
    lease_seconds: str = ""
    reason: str = ""


def word_of(query: Mapping[str, str]) -> Word:
    """A hub's GET request, from its query."""
    names = {"mode": "mode", "topic": "topic", "challenge": "challenge", "lease_seconds": "lease_seconds"}
    given: dict[str, Any] = {field: query.get(f"hub.{name}", "") for field, name in names.items()}
    return Word(**given, reason=query.get("hub.reason", "")[:300])


def agrees(word: Word, topic: str, *, wanted: bool) -> bool:
    """Whether we asked for what the hub says: it is about our topic, and we want to be told, or do not any more."""
    if word.topic != topic:
        return False
    if word.mode == "denied":
        return True
    return bool(word.challenge) and word.mode == ("subscribe" if wanted else "unsubscribe")
