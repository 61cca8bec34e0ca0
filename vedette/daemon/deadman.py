"""So that silence is never ambiguous: a ping while all is well, a daily line, and a word when nothing gets out."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from alerts.calendar import next_digest
from alerts.channels import Result, SendContext
from alerts.channels._http import get
from alerts.operator import tell_operators
from alerts.wording import ENGLISH, Words
from storage import Transaction
from vedette.daemon.context import Context
from vedette.model import Cadence, Channel
from vedette.secrets import redact

TROUBLE, DAILY = "delivery trouble", "daily line"
"""Keys under which the database remembers since when the operator knows, and when the next line is due."""
PING_SECONDS = 10.0
Lines = Callable[[Words], Sequence[str]]
"""What is wrong, a line each, in somebody's words."""


@dataclass(frozen=True, slots=True)
class Vitals:
    """What there is to know about getting messages out."""

    channels: Sequence[Channel]
    overdue: int  # messages that were due for so long that somebody should have tried them
    overdue_since: datetime | None
    missing: Sequence[str] = ()  # workers that do not run


def troubles(vitals: Vitals, now: datetime, after: timedelta, words: Words = ENGLISH) -> list[str]:
    """What keeps messages from getting out, a line each; none where all is well. Pure."""
    lines = [
        words.say(
            "nothing came through the channel %(channel)s since %(when)s UTC",
            channel=channel.id,
            when=f"{channel.failing_since:%Y-%m-%d %H:%M}",
        )
        for channel in vitals.channels
        if channel.active and channel.failing_since is not None and now - channel.failing_since >= after
    ]
    if vitals.overdue and vitals.overdue_since is not None:
        since = f"{vitals.overdue_since:%Y-%m-%d %H:%M}"
        lines.append(
            words.many(
                "%(count)s message waits to be sent since %(when)s UTC",
                "%(count)s messages wait to be sent since %(when)s UTC",
                vitals.overdue,
                when=since,
            )
        )
    return lines


class DeadMan:
    """Looks every few seconds, and remembers in the database what the operator was told."""

    def __init__(self, context: Context, missing: Callable[[], Sequence[str]]) -> None:
        """`missing` names the workers that do not run."""
        self.context, self.missing = context, missing
        self._pinged = float("-inf")

    def look(self) -> None:
        """A tick: tell what has begun or ended, write the daily line when it is due, ping while all is well."""
        now, operator = self.context.clock.now(), self.context.settings.operator
        after = self.context.clock.real(operator.undelivered_after.total_seconds())
        with self.context.store.read() as tx:
            count, since = tx.deliveries.overdue(now - after, now)
            vitals = Vitals(tx.channels.list(), count, since, tuple(self.missing()))
            told, daily = tx.meta.get(TROUBLE), tx.meta.get(DAILY)
        lines = troubles(vitals, now, after)
        said = partial(troubles, vitals, now, after)
        if bool(lines) != bool(told):
            self._tell(said, told, now)
        if operator.daily_at and (daily is None or datetime.fromisoformat(daily) <= now):
            self._daily(said, due=daily is not None, now=now)
        if not lines and not vitals.missing:
            self._ping()

    def _tell(self, lines: Lines, told: str | None, now: datetime) -> None:
        """Tell once that nothing gets out, and once that it is over."""

        def said(words: Words) -> tuple[str, str]:
            if wrong := lines(words):
                return words.say("Messages are not delivered"), "; ".join(wrong)
            return words.say("Messages are delivered again"), words.say("It began at %(when)s.", when=told)

        wrong = bool(lines(ENGLISH))
        key = f"{'trouble' if wrong else 'well'}-{now.isoformat()}"
        with self.context.store.write() as tx:
            tx.meta.set(TROUBLE, now.isoformat() if wrong else None)
            unknown = tell_operators(tx, self.context.settings.operator.channels, key, said, now)
        title, text = said(ENGLISH)
        log = self.context.log
        (log.error if wrong else log.info)(title.lower(), why=text)
        self._unknown(unknown)

    def _daily(self, lines: Lines, *, due: bool, now: datetime) -> None:
        """The daily line, once its time has come; what was missed in a stop comes once."""
        operator = self.context.settings.operator
        following = next_digest(Cadence.DAILY, operator.daily_at, now, operator.timezone)
        unknown: list[str] = []
        with self.context.store.write() as tx:
            tx.meta.set(DAILY, following.isoformat())
            if due:

                def said(words: Words) -> tuple[str, str]:
                    title = words.say("Not all is well") if lines(words) else words.say("All is well")
                    return title, ". ".join([*lines(words), report(tx, now, words)])

                unknown = tell_operators(tx, operator.channels, f"daily-{now.isoformat()}", said, now)
                title, text = said(ENGLISH)
                self.context.log.info(title.lower(), text=text)
        self._unknown(unknown)

    def _unknown(self, channels: Sequence[str]) -> None:
        for channel in channels:
            self.context.log.error("no such channel: see [operator] channels", channel=channel)

    def _ping(self) -> None:
        """Ask the heartbeat's address, beside the ticks: a server that hangs must not hold them up."""
        operator, steady = self.context.settings.operator, self.context.clock.monotonic()
        url = operator.heartbeat_url.get_secret_value()
        if not url or steady - self._pinged < operator.heartbeat_every.total_seconds():
            return
        self._pinged = steady
        threading.Thread(target=ping, args=(self.context, url), daemon=True, name="heartbeat").start()


def report(tx: Transaction, now: datetime, words: Words = ENGLISH) -> str:
    """What went on in the last 24 hours, in a sentence."""
    since = now - timedelta(hours=24)
    off = [channel.id for channel in tx.channels.list() if not channel.active]
    sources = tx.sources.list()
    said = words.say(
        "In 24 hours %(articles)s articles were read, %(alerts)s alerts made and %(messages)s messages sent; "
        "%(failing)s of %(sources)s sources fail",
        articles=words.number(tx.articles.count(since)),
        alerts=words.number(tx.alerts.count(since)),
        messages=words.number(tx.deliveries.sent_count(since)),
        failing=words.number(sum(status.failures > 2 for status in sources)),
        sources=words.number(len(sources)),
    )
    return f"{said}; {words.say('switched off')}: {', '.join(off)}." if off else f"{said}."


def ping(context: Context, url: str) -> str:
    """Ask an address once; what went wrong, "" where nothing did."""
    settings = context.settings
    send = SendContext(
        now=context.clock.now(),
        wall=context.clock.wall(),
        timeout=PING_SECONDS,
        allow_addresses=tuple(settings.network.allow_addresses),
        user_agent=settings.crawl.user_agent,
    )
    reply = asyncio.run(get(url, send))
    if isinstance(reply, Result):
        error = redact(reply.error)
    else:
        error = "" if reply.status < 400 else f"it answered {reply.status}"
    if error:
        context.log.warning("heartbeat refused", error=error)
    return error
