"""Backtests: the numbers of the archive, the same on either database, and what a rule narrowly missed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.indexing import forms
from alerts.inflection import languages, table
from alerts.outlook import Appearance, appeared, expected, messages, per_day
from storage import Store, open_store
from tests.shelf import BAKU, NOW, OTHER, SEOUL, articles, put
from vedette.archive import Query, search
from vedette.backtest import Reader, backtest
from vedette.cli import cli
from vedette.cli._backtest import lines
from vedette.clock import FrozenClock
from vedette.model import Analyst, Article, Cadence, Channel, Subscription, Topic

DAY = timedelta(days=1)


@pytest.fixture
def archive(store: Store) -> Store:
    put(store, articles(BAKU, 10))
    put(store, articles(SEOUL, 20))
    put(store, articles(OTHER, 9))
    return store


def test_a_backtest_counts_articles_stories_days_and_alerts(archive: Store) -> None:
    with archive.read() as tx:
        result = backtest(tx, "ADEX -Seoul -Seongnam", now=NOW, days=90)
    assert (result.articles, result.stories) == (10, 10)
    assert sum(result.days.values()) == 10
    assert next(iter(result.days)) == "2026-01-21"
    assert result.since == NOW - 40 * DAY  # the archive begins later than was asked for
    assert result.alerts_per_week == round(10 / (40 / 7), 1)
    assert all("*ADEX*" in " ".join(found.sentences) for found in result.examples)
    assert {miss.reasons[0].clause for miss in result.near_misses} == {"NOT Seoul", "NOT Seongnam"}


def test_near_misses_name_the_one_clause_that_failed(archive: Store) -> None:
    with archive.read() as tx:
        lacking = backtest(tx, "frigate AND submarine", now=NOW, days=90)
        near = backtest(tx, "navy BEFORE/2 ceremony", now=NOW, days=90, examples=2)
    assert lacking.articles == 0
    assert [(m.article.title, m.reasons[0].clause) for m in lacking.near_misses] == [
        ("Navy receives a frigate", "submarine")
    ] * 3
    assert [m.reasons[0].near_miss for m in near.near_misses] == [True, True]


def test_against_another_rule_says_what_is_gained_and_lost(archive: Store) -> None:
    with archive.read() as tx:
        result = backtest(tx, "Leonardo", now=NOW, days=90, against="(ADEX AND Leonardo) OR KAI")
    assert result.against is not None
    assert {ref.title for ref in result.against.gained} == {"Leonardo reports its year"}
    assert len(result.against.gained) == 3
    assert {ref.title for ref in result.against.lost} == {
        "Seoul ADEX draws a crowd",
        "KAI signs at ADEX",
        "Korean fighter flies at ADEX",
    }
    assert result.against.articles == result.articles - 3 + len(result.against.lost)


def test_a_rule_that_most_articles_may_match_is_tried_on_the_newest_and_says_so(archive: Store) -> None:
    with archive.read() as tx:
        whole = backtest(tx, "lang:en", now=NOW, days=90, most=39)
        cut = backtest(tx, "lang:en", now=NOW, days=90, most=8, against="ADEX OR lang:en")
        seen = [row.seen_at for row in tx.search.archived([])]
    assert whole.whole
    assert not cut.whole
    assert cut.since == seen[7]
    assert 0 < cut.articles < whole.articles
    assert cut.against is not None
    assert not cut.against.gained
    assert not cut.against.lost
    assert any("from 20" in line for line in lines(cut, 3))
    assert not any("were tried" in line for line in lines(whole, 3))


def test_copies_of_a_story_are_one_alert_and_an_update(archive: Store) -> None:
    text = "The Falcon Fair will be held again."
    with archive.write() as tx:
        first = tx.articles.store(Article("Fair", text, url="https://a.example/1", site="a.example"), None, NOW - DAY, story=None, folded="fair")  # fmt: skip
    copies = [Article("Fair", text, url=f"https://{s}.example/1", site=f"{s}.example") for s in "bc"]
    put(archive, copies, first=NOW - DAY / 2, story=first.story_id)
    with archive.read() as tx:
        result = backtest(tx, "fair", now=NOW, days=90)
        daily = backtest(tx, "fair", now=NOW, days=90, reader=Reader(Cadence.DAILY))
    assert (result.articles, result.stories) == (3, 1)
    assert result.expected.messages == 2  # the story, and again when a second outlet has it
    assert daily.expected.messages == 1  # both before the same digest


def test_a_topic_can_be_referred_to_and_its_rule_is_tested(archive: Store) -> None:
    with archive.write() as tx:
        tx.topics.put(Topic("fair", "ADEX AND Baku"), NOW)
    with archive.read() as tx:
        assert backtest(tx, "#fair", now=NOW, days=90).articles == backtest(tx, "ADEX Baku", now=NOW, days=90).articles


def test_the_command_tells_people_and_scripts_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vedette.daemon.context.SystemClock", lambda: FrozenClock(NOW))
    (tmp_path / "vedette.toml").write_text('[data]\ndirectory = "."\n')

    def run(*args: str) -> Result:
        return CliRunner().invoke(cli, ["--config", str(tmp_path / "vedette.toml"), "rules", "backtest", *args])

    store = open_store(f"sqlite:///{tmp_path / 'vedette.db'}", upgrade=True)
    put(store, articles(BAKU, 10))
    put(store, articles(SEOUL, 4))
    with store.write() as tx:
        tx.topics.put(Topic("fair", "ADEX AND Baku"), NOW)
        tx.topics.put(Topic("fair", "ADEX AND Seoul"), NOW)
        tx.analysts.put(Analyst("anna", timezone="Asia/Baku"))
        tx.channels.put(Channel("paper", "console", {}))
        tx.subscriptions.put(Subscription("weekly", "anna", "fair", "paper", Cadence.WEEKLY))
    store.close()
    told = run("#fair", "--against", "1", "--subscription", "weekly")
    assert told.exit_code == 0, told.stderr
    assert "3 articles of 3 stories since 2026-01-21: about 0.5 alerts a week\n" in told.stdout
    assert "a subscription weekly: about 0.2 messages a week\n" in told.stdout
    assert "*ADEX*" in told.stdout
    assert "near misses:\n  Italian firms travel to ADEX\n" in told.stdout
    assert "- Seoul does not occur" in told.stdout
    assert "against: ADEX AND Baku (4 articles)\ngained: 3\n" in told.stdout
    assert "\nlost: 4\n" in told.stdout
    answer = json.loads(run("#fair", "--against", "1", "--cadence", "daily", "--json").stdout)
    assert (answer["articles"], answer["expected"]["cadence"]) == (3, "daily")
    assert [len(answer["against"][key]) for key in ("gained", "lost")] == [3, 4]
    assert "text" not in answer["examples"][0]
    assert run("submarine").exit_code == 1
    for wrong in (
        ["#fair", "--against", "7"],
        ["ADEX", "--against", "1"],
        ["ADEX", "--subscription", "none"],
        ["ADEX AND"],
    ):
        assert run(*wrong).exit_code == 2, wrong
        assert len(run(*wrong).stderr.splitlines()) == 1


RULES = [
    "ADEX", "@azerbaijan", "@italy OR @south-korea", "@azerbaijan AND NOT Leonardo", "@leonardo", "KF-21", "~exhibition",
    "exhib*", "title:ADEX", "SCORE/4(@azerbaijan^3, drone^2, @kai^4)", "kind:country -ADEX", "lang:az", "frigate OR budget",
    "ANY/2(@italy, @turkey, Leonardo, KAI)", "C-27J", "@c-27j OR @adex", "@adex", '"air base" NEAR/9 KAI',
]  # fmt: skip


def test_the_index_loses_nothing_that_the_evaluator_finds(archive: Store) -> None:
    with archive.read() as tx:
        everything = [row.article for row in tx.search.archived([])]
        assert len(everything) == 39
        for rule in RULES:
            asked = Query(tx, rule)
            found = {row.article.id for row, _ in asked.matches()}
            assert found == {a.id for a in everything if asked.match(a) is not None}, rule
            assert found, rule


def test_a_rule_that_names_an_entity_reads_only_what_may_name_it(archive: Store) -> None:
    with archive.read() as tx:
        asked = Query(tx, "@south-korea AND engines")
        assert asked.terms
        assert all("ADEX" in row.article.title for row, _ in asked.candidates())
        assert [hit.article.title for hit in islice(search(tx, "@south-korea", now=NOW), 1)] == [
            "Hanwha brings engines to ADEX"
        ]


ALPHABETS = {"ar": "ابتسلوكفمن", "fa": "ابتسلوکمن", "he": "אבגדהולמש", "ru": "абвгийяоь", "uk": "абвгїіяоь", "el": "αβγιοσης", "ka": "აბგდიო", "hy": "աբգիօյ"}  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_every_inflected_form_is_found_under_the_terms_of_its_base(data: st.DataObject) -> None:
    language = data.draw(st.sampled_from(languages()))
    endings = table(language)
    letters = ALPHABETS.get(language, "abdeiklmnrsuy")
    base = data.draw(st.text(letters, min_size=3, max_size=7))
    ending = data.draw(st.sampled_from(sorted(endings.suffixes) or [""]))
    prefix = data.draw(st.sampled_from(["", *endings.prefixes]))
    replaced = [
        base[: -len(e) or None] + o for e, others in endings.replace.items() if base.endswith(e) for o in others
    ]
    for written in (prefix + base + ending, base, *(prefix + form for form in replaced)):
        if endings.inflects(base, written):
            terms = forms(base)
            assert any(written.startswith(t[:-1]) if t.endswith("*") else written == t for t in terms), (base, written)


def at(hour: float) -> datetime:
    return datetime(2026, 3, 2, tzinfo=UTC) + timedelta(hours=hour)


@pytest.mark.parametrize(
    ("sites", "told"),
    [
        ("a", [0]),
        ("aaaa", [0]),
        ("ab", [0, 1]),
        ("abc", [0, 1]),
        ("abcde", [0, 1, 4]),
        ("aabbccdde", [0, 2, 8]),
    ],
)
def test_a_story_is_told_again_at_the_steps_of_its_outlets(sites: str, told: list[int]) -> None:
    story = [Appearance(at(hour), 1, site) for hour, site in enumerate(sites)]
    assert messages(reversed(story)) == [at(hour) for hour in told]


@pytest.mark.parametrize(
    ("cadence", "hours", "options", "number"),
    [
        (Cadence.AT_ONCE, [0, 0.1, 0.2, 5], {}, 4),
        (Cadence.HOURLY, [0, 0.1, 0.9, 1.1, 5], {}, 3),
        (Cadence.DAILY, [7, 9, 23, 25, 31, 33], {}, 3),  # digests at 08:00
        (Cadence.DAILY, [7, 9], {"timezone": "Asia/Baku"}, 1),  # 11:00 and 13:00 there
        (Cadence.DAILY, [7, 9], {"digest_at": "06:00"}, 1),
        (Cadence.WEEKLY, [0, 9, 24 * 6, 24 * 7 + 7, 24 * 7 + 9], {}, 3),  # the second of March is a Monday
    ],
)
def test_digests_are_counted_by_their_periods(
    cadence: Cadence, hours: list[float], options: dict[str, str], number: int
) -> None:
    found = [Appearance(at(hour), n, "a") for n, hour in enumerate(hours)]
    assert expected(found, 2.0, cadence=cadence, cap_per_hour=2, **options).messages == number


def test_what_is_over_the_cap_comes_later() -> None:
    found = [Appearance(at(n / 10), n, "a") for n in range(5)]
    answer = expected(found, 1.0, cadence=Cadence.AT_ONCE, cap_per_hour=3)
    assert (answer.messages, answer.per_week, answer.held) == (5, 5.0, 2)


@pytest.mark.parametrize(
    ("published", "silent", "day"),
    [(None, True, 20), (19, False, 20), (19, True, 19), (25, True, 20), (1, False, 1)],
)
def test_what_the_first_poll_brought_counts_from_its_publication(published: int | None, silent: bool, day: int) -> None:
    when = None if published is None else datetime(2026, 3, published, tzinfo=UTC)
    seen = datetime(2026, 3, 20, tzinfo=UTC)
    assert appeared(seen, when, silent=silent, max_age=10 * DAY) == datetime(2026, 3, day, tzinfo=UTC)
    assert per_day([seen, seen]) == {"2026-03-20": 2}
