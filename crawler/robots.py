"""robots.txt: whose word it is, how long it holds, what it allows. Pure; parsing is Protego's.

4xx allows all, 5xx and an unreachable server forbid all (RFC 9309). Scrapy's own middleware takes 5xx for consent and
ignores Crawl-delay, so it is off.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache

from protego import Protego
from w3lib.encoding import read_bom

from storage import HostState

FRESH = timedelta(hours=24)
FRESH_AFTER_ERROR = timedelta(hours=1)
MAX_BYTES = 512 * 1024
MAX_CRAWL_DELAY = 120.0
"""Real seconds; a longer Crawl-delay is kept to this, or a source would never be read."""


def must_fetch(state: HostState | None, now: datetime) -> bool:
    """Whether robots.txt has to be asked for (again)."""
    if state is None or state.robots_status is None or state.robots_fetched_at is None:
        return True
    good = 200 <= state.robots_status < 500
    return now - state.robots_fetched_at >= (FRESH if good else FRESH_AFTER_ERROR)


def text_of(body: bytes) -> str:
    """The rules of a robots.txt, in whole lines: a line that is cut off would forbid more than was written."""
    mark, _ = read_bom(body)
    kept = body if len(body) <= MAX_BYTES else b"\n".join(body[:MAX_BYTES].splitlines()[:-1])
    return kept.decode(mark or "utf-8", "replace").lstrip("\ufeff").replace("\0", "")


def allows(state: HostState, url: str, agent: str) -> bool:
    """Whether a URL may be fetched."""
    status = state.robots_status
    if status is None or status == 0 or status >= 500:
        return False
    if not 200 <= status < 300:
        return True
    return bool(_rules(state.robots_text).can_fetch(url, agent))


def crawl_delay(state: HostState, agent: str) -> float:
    """The Crawl-delay in real seconds, 0 where there is none."""
    if state.robots_status is None or not 200 <= state.robots_status < 300:
        return 0.0
    delay = _rules(state.robots_text).crawl_delay(agent)
    return min(float(delay or 0.0), MAX_CRAWL_DELAY)


def robots_url(url: str) -> str:
    """Where the robots.txt that governs a URL is."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.split('/', 1)[0].split('?', 1)[0].split('#', 1)[0]}/robots.txt"


@lru_cache(maxsize=512)
def _rules(text: str) -> Protego:
    return Protego.parse(text)
