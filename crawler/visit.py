"""One page asked for once, for commands that look at it: by the same polite path as every poll."""

from __future__ import annotations

from typing import TYPE_CHECKING

import uvloop

from crawler.fetcher import Answer, Fetcher
from crawler.jobs import drop_reason
from crawler.politeness import Politeness
from vedette.errors import Refused
from vedette.model import DropReason, FetchOutcome, Page

if TYPE_CHECKING:
    from vedette.daemon.context import Context


def visit(context: Context, url: str) -> Page:
    """The page at a URL, redirects followed; Refused with what the site, its robots.txt or the network answered."""

    async def work() -> Answer:
        async with Fetcher(context.settings, context.clock) as fetcher:
            return await Politeness(fetcher, context.store, context.clock, context.owner).get(url)

    answer = uvloop.run(work())
    if answer.outcome is not FetchOutcome.OK:
        reason = drop_reason(answer.outcome, answer.status, 1, 1) or DropReason.UNREACHABLE
        raise Refused(reason, answer.error or str(answer.outcome))
    return Page(answer.url, answer.body, status=answer.status, headers=answer.headers)
