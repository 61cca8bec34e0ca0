"""The extraction pool: whatever a page does to its process, the outcome is recorded and the other pages go on."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from extractors.pool import ExtractionPool
from tests.unit.misbehaving import die, misbehave
from vedette.errors import Refused
from vedette.model import DropReason, Page, PageKind

SENTENCE = "The air force showed its new transport aircraft at an exhibition in the capital on Tuesday. "
GOOD = f"<html><head><title>A transport arrives</title></head><body><h1>A transport arrives</h1><p>{SENTENCE * 6}</p>"


def page(body: str) -> Page:
    return Page("https://outlet.example/a", body.encode())


@pytest.fixture(scope="module")
def pool() -> Iterator[ExtractionPool]:
    made = ExtractionPool(workers=1, seconds=5.0, memory_mb=150, work=misbehave)
    yield made
    made.close()


def test_a_good_page_becomes_an_article(pool: ExtractionPool) -> None:
    article = pool.submit(page(GOOD)).result(60)
    assert article.title == "A transport arrives"
    assert article.text.startswith("The air force showed")
    assert article.kind is PageKind.ARTICLE


@pytest.mark.parametrize("what", ["abort", "hang", "eat", "fail", "exit", "recurse"])
def test_a_page_that_breaks_an_extractor_is_saved_by_the_last_resort(pool: ExtractionPool, what: str) -> None:
    article = pool.submit(page(what)).result(60)
    assert article.extractor == "resiliparse"


@pytest.mark.parametrize(
    ("what", "reason", "says"),
    [
        ("abort", DropReason.EXTRACTION_FAILED, "died"),
        ("exit", DropReason.EXTRACTION_FAILED, "died"),
        ("hang", DropReason.TOO_COMPLEX, "more than 5 s"),
        ("eat", DropReason.TOO_COMPLEX, "more than 150 MB"),
        ("recurse", DropReason.TOO_COMPLEX, "RecursionError"),
        ("fail", DropReason.EXTRACTION_FAILED, "KeyError"),
    ],
)
def test_a_page_that_breaks_everything_is_refused_and_the_next_is_fine(
    pool: ExtractionPool, what: str, reason: DropReason, says: str
) -> None:
    broken, good = pool.submit(page(f"{what} always")), pool.submit(page(GOOD))
    with pytest.raises(Refused) as refused:
        broken.result(60)
    assert refused.value.reason == reason
    assert says in refused.value.detail
    assert "\n" not in str(refused.value)
    assert good.result(60).title == "A transport arrives"


def test_a_page_that_is_no_article_is_refused_without_a_second_attempt(pool: ExtractionPool) -> None:
    with pytest.raises(Refused) as refused:
        pool.submit(page("%PDF-1.7 and so on")).result(60)
    assert refused.value.reason == DropReason.NOT_HTML


def test_a_page_once_submitted_is_always_answered(pool: ExtractionPool) -> None:
    future = pool.submit(page(GOOD))
    assert not future.cancel()
    assert future.result(60).title == "A transport arrives"


def test_workers_ignore_the_interrupt_that_a_terminal_sends_to_all(pool: ExtractionPool) -> None:
    pool.submit(page(GOOD)).result(60)
    for worker in _workers():
        os.kill(worker.pid, signal.SIGINT)
    assert pool.submit(page(GOOD)).result(60).title == "A transport arrives"


def test_idle_workers_that_are_killed_are_replaced(pool: ExtractionPool) -> None:
    pool.submit(page(GOOD)).result(60)
    for worker in _workers():
        worker.kill()
    time.sleep(0.5)
    assert pool.submit(page(GOOD)).result(60).title == "A transport arrives"


def test_a_machine_that_can_start_no_worker_is_told_of_and_does_not_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("extractors.pool._prepare", die)
    starved = ExtractionPool(workers=1, work=misbehave)
    try:
        with pytest.raises(Refused, match="no extraction process stays alive"):
            starved.submit(page(GOOD)).result(100)
    finally:
        starved.close()


def test_a_closed_pool_refuses_what_it_has_and_what_comes() -> None:
    closing = ExtractionPool(workers=1, seconds=30.0, work=misbehave)
    waiting = [closing.submit(page("hang always")), closing.submit(page(GOOD))]
    closing.close()
    for future in [*waiting, closing.submit(page(GOOD))]:
        with pytest.raises(Refused, match="closed"):
            future.result(30)


def test_workers_die_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    """As the daemon's supervisor, or the kernel out of memory, kills it: nothing may stay behind."""
    script = tmp_path / "parent.py"
    script.write_text(
        "import sys, time\n"
        "from extractors.pool import ExtractionPool\n"
        "from tests.unit.misbehaving import misbehave\n"
        "from vedette.model import Page\n"
        "if __name__ == '__main__':\n"
        "    pool = ExtractionPool(workers=1, seconds=300, work=misbehave)\n"
        f"    pool.submit(Page('https://outlet.example/', {GOOD.encode()!r})).result(60)\n"
        "    pool.submit(Page('https://outlet.example/', b'hang always'))\n"
        "    print('ready', flush=True)\n"
        "    time.sleep(300)\n"
    )
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(root)}, cwd=root
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"ready\n"
        children = psutil.Process(parent.pid).children(recursive=True)
        assert children
        parent.kill()
        _, alive = psutil.wait_procs(children, timeout=10)
    assert not [p for p in alive if p.status() != psutil.STATUS_ZOMBIE]


def test_a_refusal_crosses_processes_whole() -> None:
    refusal = pickle.loads(pickle.dumps(Refused(DropReason.TOO_LARGE, "9 bytes")))
    assert (refusal.reason, refusal.detail) == (DropReason.TOO_LARGE, "9 bytes")


def _workers() -> list[psutil.Process]:
    time.sleep(0.1)
    return [psutil.Process(child.pid) for child in multiprocessing.active_children() if child.pid]
