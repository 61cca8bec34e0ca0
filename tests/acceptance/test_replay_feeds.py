"""Every real and every hostile feed of the stored web through our reading of feeds, beside what feedparser makes of it.

They come over the wire, through the daemon's own fetcher, and are read where the daemon reads them: what may take long
in the process that can be killed, the rest in the loop. No pause is made between them, so that all of them are judged.
"""

from __future__ import annotations

import asyncio
import calendar
import json
import multiprocessing
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import feedparser
import psutil
import pytest
import structlog

from crawler.feeds import MAX_ENTRIES, instant, plain_text
from crawler.fetcher import Answer, Fetcher
from crawler.isolate import IsolatedReader
from crawler.means import means_of
from crawler.politeness import Politeness
from crawler.spiders import KINDS
from crawler.urls import normalise
from storage import open_store
from tests.acceptance.test_replay import REPLAY, free_port, rows
from vedette.clock import SystemClock
from vedette.config import NetworkSettings, Settings
from vedette.daemon.context import Context
from vedette.errors import Refused
from vedette.model import Entry, FetchOutcome

MOST_CPU = 5.0
"""Seconds that reading one feed may take, wherever it is read."""
GROUPS = ("hostile", "feed")

pytestmark = [
    pytest.mark.replay,
    pytest.mark.nightly,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not (REPLAY / "replay.py").is_file(), reason=f"the replay web is not at {REPLAY}"),
]

BETTER = {
    "link: feedparser names none, the id is one": lambda ours, theirs, url: (
        not theirs.get("link") and ours.url == normalise(theirs.get("id", ""), url)
    ),
    "link: the first of several alternates": lambda ours, theirs, url: ours.url in _alternates(theirs, url),
    "link: an id that is no address is not taken for one": lambda ours, theirs, url: (
        theirs.get("link") == theirs.get("id") and not str(theirs.get("link")).startswith("http")
    ),
    "date: to the fraction of a second": lambda ours, theirs, url: (
        ours.published_at is not None and ours.published_at.replace(microsecond=0) == _dated(theirs)
    ),
    "date: feedparser takes the day for the month": lambda ours, theirs, url: (
        ours.published_at == instant(str(theirs.get("published")).replace(".", "-"))
    ),
}  # fmt: skip
"""Differences from feedparser that are wanted, and how each is recognised. Any other fails the test."""


@dataclass(frozen=True)
class Read:
    """What became of one feed."""

    id: str
    url: str
    answer: Answer
    isolated: bool
    entries: Sequence[Entry] | None  # None where it was refused
    overflow: int
    refusal: str
    cpu: float  # seconds, of this process and of the one that can be killed


@pytest.fixture(scope="module")
def reads(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Read]]:
    """All of them, fetched and read."""
    folder, port = tmp_path_factory.mktemp("feeds"), str(free_port())
    replay = [sys.executable, str(REPLAY / "replay.py")]
    state = ["--port", port, "--state", str(folder / "state")]
    play = ["serve", *state, "--no-faults", "--speed", "1", "--latency", "0", "--log", str(folder / "log.jsonl")]
    server = subprocess.Popen([*replay, *play], stdout=subprocess.PIPE)
    try:
        assert server.stdout is not None
        server.stdout.readline()
        exports = subprocess.run([*replay, "env", *state], capture_output=True, text=True, check=True).stdout
        with pytest.MonkeyPatch.context() as patch:
            for name, value in re.findall(r"export (\w+)=(\S+)", exports):
                patch.setenv(name, value)
            yield asyncio.run(read_all(folder))
    finally:
        server.kill()
        server.communicate()


async def read_all(folder: Path) -> list[Read]:
    """As a poll does it, but for politeness."""
    settings = Settings(network=NetworkSettings(allow_addresses=["127.0.0.0/8"]))
    store = open_store(f"sqlite:///{folder / 'vedette.db'}", upgrade=True)
    context = Context(settings, SystemClock(), store, "crawl", "test", structlog.get_logger())
    reader = IsolatedReader()
    try:
        async with Fetcher(settings, context.clock) as fetcher:
            means = means_of(context, Politeness(fetcher, store, context.clock, "test"), reader)
            found = []
            for row in rows("sources.csv"):
                if row["group"] in GROUPS:
                    answer = await fetcher.get(row["url"])
                    found.append(await read_one(means, row["id"], answer))
            return found
    finally:
        reader.close()
        store.close()


async def read_one(means: Any, name: str, answer: Answer) -> Read:
    spider = KINDS["feed"](answer.url)
    before, begun = children(), time.process_time()
    isolated, entries, overflow, refusal = spider.must_isolate(answer.body), None, 0, ""
    if answer.outcome is FetchOutcome.OK:
        try:
            listing = await means.read(spider, answer)
            entries, overflow = listing.entries, listing.overflow
        except Refused as refused:
            refusal = str(refused)
    else:
        refusal = answer.error
    cpu = time.process_time() - begun
    # the first to be read by a fresh process pays for its start too
    cpu += sum(spent - before.get(pid, 0.0) for pid, spent in children().items()) if before else 0.0
    return Read(name, answer.url, answer, isolated, entries, overflow, refusal, cpu)


def children() -> dict[int, float]:
    """CPU seconds of the processes that this one has started for reading, by pid."""
    spent = {}
    for process in multiprocessing.active_children():
        if process.pid is not None:
            times = psutil.Process(process.pid).cpu_times()
            spent[process.pid] = times.user + times.system
    return spent


def _dated(theirs: Any) -> datetime | None:
    parsed = theirs.get("published_parsed") or theirs.get("created_parsed") or theirs.get("updated_parsed")
    when = datetime.fromtimestamp(calendar.timegm(parsed), UTC) if parsed else None
    return when if when and 1970 <= when.year <= 2200 else None


def _alternates(theirs: Any, url: str) -> set[str]:
    return {normalise(k.get("href", ""), url) for k in theirs.get("links", ()) if k.get("rel") == "alternate"}


def differences(read: Read, theirs: Sequence[Any]) -> list[str]:
    """How the entries differ from feedparser's: reasons that are wanted begin with a word of `BETTER`."""
    if read.entries is None:
        return [f"{len(theirs)} entries, and we refuse it: {read.refusal}"] if theirs else []
    if len(read.entries) + read.overflow != len(theirs):
        more = not theirs and read.answer.body.lstrip()[:1] in (b"{", b"[")
        counts = f"{len(read.entries)} entries, feedparser has {len(theirs)}"
        return ["count: feedparser reads no JSON Feed" if more else counts]
    found = []
    for ours, their in zip(read.entries, theirs, strict=False):
        link, title = normalise(their.get("link", ""), read.url), plain_text(their.get("title", ""))
        for word, mine, its in (
            ("link", ours.url, link),
            ("title", ours.title, title),
            ("date", ours.published_at, _dated(their)),
        ):
            if mine != its:
                wanted = (r for r, fits in BETTER.items() if r.startswith(word) and fits(ours, their, read.url))
                found.append(next(wanted, f"{word} {mine!r}, feedparser has {its!r}"))
    return found


def test_entries_are_those_of_feedparser_or_differ_for_a_reason(reads: list[Read]) -> None:
    known, wrong, judged = Counter[str](), dict[str, list[str]](), 0
    for read in reads:
        asked = {"content-type": read.answer.headers.get("content-type", ""), "content-location": read.url}
        parsed = feedparser.parse(
            read.answer.body, sanitize_html=False, resolve_relative_uris=False, response_headers=asked
        )
        judged += bool(parsed.entries)
        for reason in differences(read, parsed.entries):
            if reason in BETTER or reason.startswith("count: "):
                known[reason] += 1
            else:
                wrong.setdefault(read.id, []).append(reason)
    entries = sum(len(read.entries or ()) for read in reads)
    print(f"{len(reads)} feeds, {judged} with entries for feedparser; {entries} entries of ours")
    print(*(f"  {count:4} {reason}" for reason, count in known.most_common()), sep="\n")
    assert not wrong, json.dumps(wrong, indent=1)[:4000]


def test_none_takes_five_seconds_of_cpu_or_crashes_the_reader(reads: list[Read]) -> None:
    isolated = [read for read in reads if read.isolated]
    refused = Counter(read.refusal.partition(":")[0] for read in reads if read.entries is None)
    full = [read.id for read in reads if len(read.entries or ()) == MAX_ENTRIES]
    print(f"{len(reads)} feeds; {len(isolated)} read in the process that can be killed; refused: {dict(refused)}; ")
    print(f"at the limit of {MAX_ENTRIES} entries: {full}; CPU seconds of the dearest:")
    for read in sorted(reads, key=lambda read: -read.cpu)[:8]:
        print(f"  {read.cpu:6.2f} {read.id} ({len(read.answer.body)} bytes) {read.refusal[:80]}")
    hostile = {row["id"] for row in rows("sources.csv") if row["group"] == "hostile"}
    assert hostile <= {read.id for read in reads}
    assert max(read.cpu for read in reads) < MOST_CPU
    assert not [read.id for read in reads if "broke the parser" in read.refusal]
    # in the loop, where it holds up all other hosts, nothing takes long
    assert max(read.cpu for read in reads if not read.isolated) < 1.0
