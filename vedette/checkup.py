"""What `vedette doctor` looks at: each check is one function that answers with findings."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import storage
from storage import Store, Worker
from vedette.clock import Clock
from vedette.config import Settings
from vedette.errors import VedetteError
from vedette.model import Channel, DeliveryState, SourceState, SourceStatus

if TYPE_CHECKING:
    from alerts.channels import Channel as ChannelKind

LOW_DISK = 500 * 2**20
ALIVE = 60.0
"""Real seconds since a heartbeat for which a process counts as alive."""
FAILING = 3
"""Failures in a row from which on a source counts as failing."""
EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
"""No honest clock is earlier: this program did not exist."""
CONNECT_SECONDS = 5.0


class Level(StrEnum):
    """How bad a finding is; only BAD makes `vedette doctor` exit 1."""

    OK = "ok"
    NOTE = "note"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the answer."""

    subject: str
    level: Level
    text: str


def examine(settings: Settings, make_clock: Callable[[Store], Clock]) -> Iterator[Finding]:
    """All checks. Those that need the database are left out where it can't be opened."""
    yield from configuration(settings)
    yield disk(settings.data_directory, shutil.disk_usage(_existing(settings.data_directory)).free)
    problems = storage.check(settings.database_url)
    if problems:
        yield from (Finding("database", Level.BAD, problem) for problem in problems)
        return
    store = storage.open_store(settings.database_url)
    try:
        clock = make_clock(store)
        with store.read() as tx:
            yield Finding(
                "database", Level.OK, f"{store.dialect}, revision {storage.revision(settings.database_url)}, no damage"
            )
            now, workers = clock.now(), tx.workers.list()
            sources, deliveries, channels = tx.sources.list(), tx.deliveries.counts(), tx.channels.list()
        yield wall_clock(clock.wall(), now, [worker.beat_at for worker in workers])
        yield daemon(workers, now, clock.speed)
        yield from judge_sources(sources)
        yield from rendering(sources, settings)
        yield from outbox(deliveries)
        for channel in channels:
            yield reach(channel, settings)
    finally:
        store.close()


def configuration(settings: Settings) -> Iterator[Finding]:
    """What is configured, and what should be."""
    yield Finding("configuration", Level.OK, str(settings.file or "built-in values"))
    if not settings.crawl.contact:
        yield Finding("configuration", Level.NOTE, "set [crawl] contact, so that site owners can reach you")
    if settings.crawl.websub.callback_url and not settings.web.enabled:
        text = "crawl.websub.callback_url is set and [web] enabled is false: hubs would call and nobody would answer"
        yield Finding("configuration", Level.BAD, text)
    if settings.clock.start is not None:
        yield Finding("clock", Level.NOTE, f"simulated: {settings.clock.speed:g} times as fast ([clock])")


def disk(directory: Path, free: int) -> Finding:
    """Whether there is room, and whether it can be used; `free` in bytes."""
    place = _existing(directory)
    if not os.access(place, os.W_OK):
        return Finding("disk", Level.BAD, f"{place} can't be written: check its owner and mode")
    if free < LOW_DISK:
        return Finding("disk", Level.BAD, f"only {free // 2**20} MiB left for {directory}: make room")
    return Finding("disk", Level.OK, f"{free / 2**30:.1f} GiB left for {directory}")


def wall_clock(wall: datetime, now: datetime, beats: list[datetime]) -> Finding:
    """Whether the machine's date can be true: not before this program, not before what it wrote itself."""
    if wall < EPOCH:
        return Finding("clock", Level.BAD, f"the machine's clock says {wall:%Y-%m-%d %H:%M} UTC: set it")
    latest = max(beats, default=now)
    if latest - now > timedelta(minutes=2):
        return Finding(
            "clock", Level.BAD, f"the clock was set back by {latest - now}: what was written last is in the future"
        )
    return Finding("clock", Level.OK, f"{wall:%Y-%m-%d %H:%M:%S} UTC")


def daemon(workers: list[Worker], now: datetime, speed: float) -> Finding:
    """Whether the daemon and its workers live; heartbeats are in clock time, which runs at `speed`."""
    alive = {w.role for w in workers if abs((now - w.beat_at).total_seconds()) / speed <= ALIVE}
    missing = {"daemon", "crawl", "process", "deliver"} - alive
    if "daemon" in missing:
        return Finding("daemon", Level.NOTE, "not running: `vedette run` starts it")
    if missing:
        return Finding("daemon", Level.BAD, f"running, but without its workers: {', '.join(sorted(missing))}")
    return Finding("daemon", Level.OK, "running, with all its workers")


def judge_sources(sources: list[SourceStatus]) -> Iterator[Finding]:
    """Sources that fail, and whether there are any."""
    active = [status for status in sources if status.source.state is SourceState.ACTIVE]
    failing = [status for status in active if status.failures >= FAILING]
    if not active:
        yield Finding("sources", Level.NOTE, "none is watched: `vedette sources add URL`, or start the daemon once")
    else:
        level = Level.BAD if len(failing) * 2 > len(active) else Level.OK
        yield Finding("sources", level, f"{len(active)} watched, {len(failing)} failing")
    for status in failing:
        error = f": {status.last_error}" if status.last_error else ""
        yield Finding(
            f"source {status.source.id}",
            Level.BAD,
            f"{status.last_outcome}, {status.failures} times in a row{error}",
        )
    for status in sources:
        if status.source.state is SourceState.GONE:
            yield Finding(f"source {status.source.id}", Level.BAD, "gone for good: give it a new URL, or remove it")


def rendering(sources: list[SourceStatus], settings: Settings) -> Iterator[Finding]:
    """What is missing for sources whose pages are built by scripts."""
    from crawler.browser import missing
    from crawler.spiders import KINDS

    active = [status.source for status in sources if status.source.state is SourceState.ACTIVE]
    rendered = [source.id for source in active if source.kind in KINDS and KINDS[source.kind].renders]
    if rendered and (problem := missing(settings)):
        yield Finding("browser", Level.BAD, f"{problem} (for {', '.join(rendered[:5])})")


def outbox(counts: Mapping[DeliveryState, int]) -> Iterator[Finding]:
    """Messages that never arrived."""
    if dead := counts.get(DeliveryState.DEAD, 0):
        yield Finding("deliveries", Level.BAD, f"{dead} given up: `vedette deliveries list --state dead`")
    else:
        yield Finding("deliveries", Level.OK, f"{counts.get(DeliveryState.SENT, 0)} sent, none given up")


def reach(channel: Channel, settings: Settings) -> Finding:
    """Whether a channel is on, its settings and templates whole, and its server takes a connection; nothing is sent."""
    from alerts.channels import CHANNELS, unseal, validate
    from vedette.secrets import redact

    subject = f"channel {channel.id}"
    if not channel.active:
        return Finding(
            subject, Level.BAD, f"off: {channel.disabled_reason}; then `vedette channels enable {channel.id}`"
        )
    try:
        plain = unseal(channel.kind, channel.settings, settings.vault())
        whole = validate(channel.kind, plain)
        _render(CHANNELS[channel.kind](whole), channel.id, settings)
        where = address(channel.kind, plain, settings)
        if where is None:
            return Finding(subject, Level.OK, f"{channel.kind}: nothing to connect to")
        with socket.create_connection(where, timeout=CONNECT_SECONDS):
            return Finding(subject, Level.OK, f"{channel.kind}: {where[0]}:{where[1]} takes connections")
    except VedetteError as error:
        return Finding(subject, Level.BAD, redact(str(error)))
    except OSError as error:
        return Finding(subject, Level.BAD, redact(f"{channel.kind}: can't connect: {error.strerror or error}"))


def _render(channel: ChannelKind, channel_id: str, settings: Settings) -> None:
    """Write a message in the operator's templates; a VedetteError where one fails."""
    from alerts.channels import SendContext
    from alerts.notice import sample_notice

    context = SendContext(EPOCH, EPOCH, smtp=settings.smtp, templates=settings.deliver.templates, channel=channel_id)
    channel.preview(sample_notice(EPOCH), context)


def address(kind: str, plain: Mapping[str, Any], settings: Settings) -> tuple[str, int] | None:
    """The host and port that a channel with these settings would connect to; a VedetteError where it lacks one."""
    if kind == "email":
        server = plain.get("server") or {}
        host, port = server.get("host") or settings.smtp.host, server.get("port") or settings.smtp.port
        if not host:
            raise VedetteError("email: no mail server: set [smtp] host in the configuration")
        return host, int(port)
    urls = (value for value in plain.values() if isinstance(value, str) and value.startswith(("http://", "https://")))
    found = next(urls, "https://slack.com/" if kind == "slack" else "")
    parts = urlsplit(found)
    if not parts.hostname:
        return None
    return parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


def _existing(directory: Path) -> Path:
    """The directory, or the nearest one above it that exists."""
    while not directory.exists():
        directory = directory.parent
    return directory
