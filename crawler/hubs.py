"""Asks hubs to tell when feeds change, and to end it when a feed is not watched any more. See `crawler.websub`."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from crawler import websub
from crawler.fetcher import Answer, fetch_of
from crawler.politeness import Politeness
from storage import HubSubscription
from storage.websub import LEAVING
from vedette.errors import VedetteError
from vedette.model import Fetch, FetchOutcome
from vedette.secrets import Vault

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from vedette.daemon.context import Context

LOOK_SECONDS = 2.0
"""Real seconds between two looks whether a hub is to be asked."""
SECRET_BYTES = 32
SOON = timedelta(minutes=2)
"""The wait where it was not the hub that failed: its host has another turn then."""


@contextlib.asynccontextmanager
async def asking(context: Context, polite: Politeness) -> AsyncIterator[None]:
    """Ask hubs beside the polls of a worker, where the configuration gives hubs an address to call."""
    base = context.settings.crawl.websub.callback_url
    if not base:
        yield
        return
    task = asyncio.ensure_future(Hubs(context, polite, base).forever())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


class Hubs:
    """One worker's conversation with hubs."""

    def __init__(self, context: Context, polite: Politeness, base: str) -> None:
        """`base` is the public address of the web pages."""
        self.context, self.polite, self.base = context, polite, base
        self.vault: Vault = context.settings.vault()

    async def forever(self) -> None:
        """Work until cancelled; trouble with the database is told once and waited out."""
        trouble = ""
        while True:
            try:
                while await self.one():
                    trouble = ""
            except VedetteError as error:
                if str(error) != trouble:
                    self.context.log.error("hubs can't be asked", error=str(error))
                trouble = str(error)
            await asyncio.sleep(LOOK_SECONDS)

    async def one(self) -> bool:
        """Ask one hub for what is due; False where nothing is."""
        claimed = await asyncio.to_thread(self._claim)
        if claimed is None:
            return False
        subscription, secret = claimed
        mode = "unsubscribe" if subscription.state == LEAVING else "subscribe"
        form = websub.request(mode, subscription.topic, subscription.callback, secret)
        begun = self.context.clock.now()
        answer = await self.polite.post(subscription.hub, form)
        fetch = fetch_of(answer, subscription.hub, "hub", begun, subscription.source_id)
        await asyncio.to_thread(self._record, subscription, answer, fetch)
        said = {"mode": mode, "outcome": answer.outcome.value, "error": answer.error}
        self.context.log.info("hub asked", source=subscription.source_id, hub=subscription.hub, **said)
        return True

    def _claim(self) -> tuple[HubSubscription, str] | None:
        """What to ask a hub, with its secret in plain; written down first: a hub may verify before it answers."""
        context, now = self.context, self.context.clock.now()
        with context.store.read() as tx:
            if not tx.websub.any_work(now):
                return None
        with context.store.write() as tx:
            tx.websub.leave_unwatched(now)
            tx.websub.serve_pings(now, context.settings.crawl.min_interval)
            found = tx.websub.claim(now, now + SOON)
            while found is not None and websub.is_over(found.secret, found.failures, leaving=found.state == LEAVING):
                tx.websub.forget(found.id)
                found = tx.websub.claim(now, now + SOON)
            if found is None:
                return None
            secret = self.vault.decrypt(found.secret) if found.secret else secrets.token_hex(SECRET_BYTES)
            callback = found.callback if found.state == LEAVING else f"{self.base}{websub.PATH}{found.id}"
            failures = found.failures + 1
            tx.websub.asked(
                found.id,
                callback=callback,
                secret=found.secret or self.vault.encrypt(secret),
                failures=failures,
                next_at=now + max(websub.ANSWER_WITHIN, websub.retry_wait(failures)),
            )
            asked = tx.websub.get(found.id)
        return None if asked is None else (asked, secret)

    def _record(self, subscription: HubSubscription, answer: Answer, fetch: Fetch) -> None:
        now = self.context.clock.now()
        with self.context.store.write() as tx:
            tx.fetches.add(fetch)
            if answer.outcome is FetchOutcome.OK:
                return  # it verifies with a request of its own, or has done so already
            wait = websub.retry_wait(subscription.failures)
            if answer.outcome in (FetchOutcome.ROBOTS, FetchOutcome.HTTP_ERROR, FetchOutcome.BLOCKED_ADDRESS):
                wait = websub.LONGEST_RETRY  # it said no
            reason = answer.error or f"status {answer.status}"
            tx.websub.failed(subscription.id, f"{answer.outcome}: {reason}"[:300], now + wait)
