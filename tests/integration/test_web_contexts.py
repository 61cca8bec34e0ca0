"""An ambiguous rule in the editor: its hits as groups, and the clause that keeps it to one of them, without scripts."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import pytest

from tests.fairs import BAKU, SEOUL, written
from tests.shelf import NOW, put
from tests.website import Browser, Website
from vedette.clock import FrozenClock


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    with Website(tmp_path_factory.mktemp("web"), FrozenClock(NOW)) as running:
        put(running.store, written(BAKU, 20))
        put(running.store, written(SEOUL, 30))
        yield running


@pytest.fixture(scope="module")
def anna(site: Website) -> Browser:
    return site.member("anna")


def ask(anna: Browser, **values: str) -> str:
    answer = anna.submit("/topics/new", {"title": "The fair", "rule": "ADEX", **values}, "/topics")
    assert answer.status_code == 200, answer.text
    return answer.text


def test_the_hits_of_an_ambiguous_rule_are_shown_as_groups_with_clauses_and_effects(anna: Browser) -> None:
    page = ask(anna, do="contexts")
    assert "Its hits are about 2 things" in page
    assert re.search(r"<h4>South Korea</h4>\s*<p class=\"meta\"><span>30 articles</span>", page)
    kept = re.findall(r"keeps (\d+) of (\d+), lets (\d+) of (\d+) others through", page)
    assert {(wanted, unwanted) for _, wanted, _, unwanted in kept} == {("30", "20"), ("20", "30")}


def test_a_clause_that_is_taken_stands_in_the_rule_and_is_tried(anna: Browser) -> None:
    rules = [html.unescape(r) for r in re.findall(r'name="take" value="([^"]+)"', ask(anna, do="contexts"))]
    page = ask(anna, take=rules[0])
    written_there = re.search(r"<textarea[^>]*>([^<]*)</textarea>", page)
    assert written_there
    assert html.unescape(written_there[1]).strip() == rules[0]
    counted = re.search(r"Articles in 90 days</dt><dd>(\d+)<", page)
    assert counted
    assert 28 <= int(counted[1]) <= 33
    assert anna.get("/topics/the-fair").status_code == 404, "nothing is saved until one says so"


def test_the_piece_that_scripts_ask_for_is_empty_for_a_rule_that_is_none(anna: Browser) -> None:
    guard = anna.guard("/topics/new")
    assert anna.post("/topics/contexts", data={"csrf": guard, "rule": "ADEX AND ("}).status_code == 204
    assert "South Korea" in anna.post("/topics/contexts", data={"csrf": guard, "rule": "ADEX"}).text
    assert anna.post("/topics/contexts", data={"rule": "ADEX"}).status_code == 403


def test_a_rule_with_one_meaning_is_not_cut_up(anna: Browser) -> None:
    guard = anna.guard("/topics/new")
    one = anna.post("/topics/contexts", data={"csrf": guard, "rule": "ADEX AND @azerbaijan"}).text
    assert "all about the same" in one
    assert "<h4>" not in one
