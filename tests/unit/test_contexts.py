"""The ambiguity guard and feedback on alerts: groups of hits, clauses that part them, and their measured effects."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from math import isclose
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from alerts.effects import joined
from alerts.monitor import Monitor
from alerts.rules.parser import parse
from alerts.separation import bits, clause, likelihood, markers
from storage import Store, open_store
from tests.fairs import BAKU, SEOUL, TILES, written
from tests.shelf import NOW, put
from vedette.cli import cli
from vedette.clock import FrozenClock
from vedette.model import Analyst, Channel, Match, Span, Subscription, Topic
from vedette.tuning import Contexts, contexts, not_relevant

SINCE = NOW - timedelta(days=90)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(f"sqlite:///{tmp_path / 'vedette.db'}", upgrade=True)


def fill(store: Store, baku: int, seoul: int, tiles: int = 0, seed: int = 1) -> dict[str, set[int]]:
    step = timedelta(hours=5)
    return {
        name: set(put(store, written(place, count, seed), step=step))
        for name, place, count in (("baku", BAKU, baku), ("seoul", SEOUL, seoul), ("tiles", TILES, tiles))
    }


def ask(store: Store, rule: str) -> Contexts:
    with store.read() as tx:
        return contexts(tx, rule, since=SINCE, examples=10_000)


def test_one_name_for_two_fairs_falls_into_two_contexts_each_with_its_clause(store: Store) -> None:
    ids = fill(store, 31, 112)
    found = ask(store, "ADEX")
    assert (found.contexts[0].name, found.contexts[0].articles) == ("South Korea", 112)
    assert found.contexts[1].articles == 31
    assert {a.id for a in found.contexts[1].examples} == ids["baku"]
    assert {a.language for a in found.contexts[1].examples} == {"en", "az", "ru"}  # not parted by language
    best = found.contexts[1].guards[0]
    assert best.wanted == 31
    assert best.kept >= 30
    assert best.unwanted == 112
    assert best.left <= 3


def test_the_effect_of_a_clause_is_what_the_rule_with_it_finds(store: Store) -> None:
    ids = fill(store, 25, 25, 15)
    found = ask(store, "ADEX")
    assert len(found.contexts) == 3
    for context in found.contexts:
        own = {a.id for a in context.examples}
        assert max(len(own & articles) for articles in ids.values()) >= 0.9 * len(own)
        for effect in context.guards:
            again = ask(store, effect.rule)
            hits = {a.id for c in again.contexts for a in c.examples}
            assert (len(hits & own), len(hits - own)) == (effect.kept, effect.left)


@pytest.mark.parametrize(("baku", "seoul"), [(31, 0), (0, 40)])
def test_a_name_with_one_meaning_is_one_context_whatever_its_languages(store: Store, baku: int, seoul: int) -> None:
    fill(store, baku, seoul)
    found = ask(store, "ADEX")
    assert [(c.articles, c.guards) for c in found.contexts] == [(baku + seoul, ())]


def test_copies_of_a_story_make_no_context_of_their_own(store: Store) -> None:
    fill(store, 12, 0)
    with store.write() as tx:
        first = tx.articles.store(written(SEOUL, 1)[0], None, NOW, story=None, folded="adex")
    copies = [replace(first.article, canonical_url=f"https://copy.example/{n}") for n in range(30)]
    put(store, copies, story=first.story_id)
    assert [c.stories for c in ask(store, "ADEX").contexts] == [13]


def test_an_entity_that_tells_the_meanings_apart_is_among_the_clauses(store: Store) -> None:
    fill(store, 15, 15)
    found = ask(store, "ADEX")
    assert {effect.clause for c in found.contexts for effect in c.guards} > {"@adex", "@seoul-adex"}
    assert len(ask(store, "@adex").contexts) == 1


def alert(store: Store, article_id: int, topic: str) -> int:
    with store.write() as tx:
        stored = tx.topics.get(topic)
        assert stored is not None
        article = tx.articles.get(article_id)
        assert article is not None
        at = article.text.find("ADEX")
        match = Match(topic, stored.version, (Span("body", at, at + 4, "ADEX", "ADEX"),))
        match_id = tx.matches.add(article_id, article.revision, match, NOW)
        story = tx.stories.of(article_id)
        assert story is not None
        return tx.alerts.create(topic, story, 1, article_id, match_id, NOW).id


def test_an_irrelevant_alert_proposes_a_change_with_what_it_loses(store: Store) -> None:
    ids = fill(store, 25, 3)
    with store.write() as tx:
        tx.topics.put(Topic("fair", "ADEX OR @c-27j", "The fair"), NOW)
    alerts = [alert(store, article_id, "fair") for article_id in sorted(ids["seoul"])]
    with store.read() as tx:
        one = not_relevant(tx, "fair", alerts[:1], since=SINCE)
        all_of_them = not_relevant(tx, "fair", alerts, since=SINCE)
    assert one.proposals[0].left == 0
    assert one.proposals[0].lost == ()
    best = all_of_them.proposals[0]
    assert (best.unwanted, best.left, best.wanted) == (3, 0, 25)
    assert len(best.lost) <= 1
    assert best.rule.startswith("(ADEX OR @c-27j) ")
    clauses = {effect.clause for effect in (*one.proposals, *all_of_them.proposals)}
    assert any(text.startswith("-") for text in clauses)
    assert any(not text.startswith("-") for text in clauses)
    monitor = Monitor()
    monitor.put(Topic("fair", best.rule))
    assert not any(monitor.match(article).matches for article in all_of_them.irrelevant)


# --------------------------------------------------------------------------- the commands

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    (tmp_path / "vedette.toml").write_text('[data]\ndirectory = "."\n')
    monkeypatch.setattr("vedette.daemon.context.SystemClock", lambda: FrozenClock(NOW))
    return lambda *args: CliRunner().invoke(cli, ["--config", str(tmp_path / "vedette.toml"), *args])


def test_contexts_on_the_command_line(store: Store, run: Run) -> None:
    assert run("rules", "contexts", "ADEX").exit_code == 1
    fill(store, 12, 16)
    told = run("rules", "contexts", "ADEX")
    assert told.exit_code == 0
    assert told.stdout.startswith("28 articles, 2 contexts\n")
    assert " 16, Baku 12\n" in told.stdout
    assert "to keep to it: " in told.stdout
    assert "of 12" in told.stdout
    answer = json.loads(run("rules", "contexts", "ADEX", "--json").stdout)
    assert [c["articles"] for c in answer["contexts"]] == [16, 12]
    assert run("rules", "contexts", "ADEX AND").exit_code == 2


def test_what_readers_call_not_relevant_becomes_proposals_on_the_command_line(store: Store, run: Run) -> None:
    ids = fill(store, 20, 2)
    with store.write() as tx:
        tx.topics.put(Topic("fair", "ADEX", "The fair"), NOW)
    assert run("topics", "propose", "fair").exit_code == 2  # nobody has called one so
    number = str(alert(store, min(ids["seoul"]), "fair"))
    with store.write() as tx:
        tx.analysts.put(Analyst("anna"))
        tx.channels.put(Channel("paper", "console", {}))
        tx.subscriptions.put(Subscription("sub", "anna", "fair", "paper"))
    assert f"vedette topics propose fair --not-relevant {number}" in run("alerts", "not-relevant", number).stdout
    told = run("topics", "propose", "fair")
    assert told.exit_code == 0, told.stderr
    assert "1. " in told.stdout
    assert "drops 1 of 1, loses 0 of 21 other hits" in told.stdout
    answer = json.loads(run("topics", "propose", "fair", "--not-relevant", number, "--json").stdout)
    taken = run("topics", "propose", "fair", "--take", "1")
    assert "changed: fair, version 2" in taken.stdout
    with store.read() as tx:
        topic = tx.topics.get("fair")
        assert topic is not None
        assert topic.rule == answer["proposals"][0]["rule"]
        assert tx.topics.versions("fair")[-1].reason == f"not relevant: alert {number}"
    again = run("topics", "propose", "fair")
    assert again.exit_code == 2
    assert "does not match these articles any more" in again.stderr
    assert run("topics", "propose", "fair", "--not-relevant", "99").exit_code == 2


# --------------------------------------------------------------------------- the parts


@pytest.mark.parametrize(
    ("rule", "clause", "result"),
    [
        ("ADEX", "-Seoul -KAI", "ADEX -Seoul -KAI"),
        ("a OR b", "-c", "(a OR b) -c"),
        ("# of two\na OR b\n# end", "(c OR d)", "(\n# of two\na OR b\n# end\n)\n(c OR d)"),
        ("a\nAND b", "-c", "a\nAND b\n-c"),
        ("SCORE/2(a^1, b^1)", "-c", "SCORE/2(a^1, b^1) -c"),
    ],
)
def test_a_clause_is_joined_to_a_rule_as_it_was_written(rule: str, clause: str, result: str) -> None:
    assert joined(rule, clause) == result
    assert parse(result).node


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30), st.integers(0, 30))
def test_the_likelihood_is_zero_for_what_is_independent_and_symmetric(a: int, b: int, c: int, d: int) -> None:
    total = a + b + c + d
    value = likelihood(a, a + b, a + c, total)
    assert value > -1e-9
    assert isclose(value, likelihood(a, a + c, a + b, total), abs_tol=1e-9)
    if a * d == b * c and total:
        assert isclose(value, 0, abs_tol=1e-6)


def test_a_known_likelihood() -> None:
    """Ten articles, five of each kind, a word in all of one kind alone: 2 · 10 · ln 2."""
    assert isclose(likelihood(5, 5, 5, 10), 13.8629, abs_tol=1e-4)


def test_a_clause_takes_no_term_that_the_others_make_idle() -> None:
    having = bits([{"keep"}, {"keep", "both"}, {"seoul", "both"}, {"seoul", "kai"}, {"kai"}, {"kai"}, {"hanwha"}])
    keep, drop = 0b11, 0b1111100
    assert set(clause(having, keep, drop)) == {"seoul", "kai", "hanwha"}
    assert markers(having, drop, keep)[0].feature == "kai"
