"""What the pages ask of the store, on both databases: accounts, sessions, tokens, the stream, the days of sources."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from storage import Session, Store, Wanted
from tests.newsroom import furnish, publish
from vedette.model import Analyst, SourceDay
from web import accounts

HOUR = timedelta(hours=1)


def member(store: Store, now: datetime, name: str = "anna") -> None:
    with store.write() as tx:
        tx.analysts.put(Analyst(name))
        tx.accounts.put(name, "hash", "analyst", now)


def session(digest: str, now: datetime) -> Session:
    return Session(digest, "anna", "csrf", now, now, now, now + 24 * HOUR, "browser", "127.0.0.1")


def test_a_session_lives_rotates_and_ends(store: Store, now: datetime) -> None:
    member(store, now)
    with store.write() as tx:
        tx.accounts.open_session(session("one", now))
        assert tx.accounts.rotate_session("one", "two", now)
        assert not tx.accounts.rotate_session("one", "three", now), "of two that come at once one rotates"
    with store.read() as tx:
        found = [tx.accounts.find_session(name, now + HOUR / 120) for name in ("one", "two", "three")]
        assert [one is not None for one in found] == [True, True, False]
        assert tx.accounts.find_session("one", now + HOUR) is None
        assert tx.accounts.find_session("two", now + 24 * HOUR) is None
    with store.write() as tx:
        tx.accounts.set_active("anna", False)
        assert tx.accounts.sessions("anna") == []


def test_an_analyst_goes_with_all_that_lets_them_in(store: Store, now: datetime) -> None:
    member(store, now)
    with store.write() as tx:
        tx.accounts.open_session(session("one", now))
        accounts.give_token(tx, "anna", "script", ("read",), now, None, "test")
        assert tx.analysts.delete("anna")
    with store.read() as tx:
        assert (tx.accounts.list(), tx.tokens.list(), tx.accounts.find_session("one", now)) == ([], [], None)
        assert tx.audit.list(), "what was done stays written"


def test_an_invitation_is_good_once_and_for_a_time(store: Store, now: datetime) -> None:
    from web.doors import digest

    with store.write() as tx:
        secret = digest(accounts.invite(tx, "anna", "analyst", "boss", now))
        late = digest(accounts.invite(tx, "", "admin", "boss", now - 8 * 24 * HOUR))
        assert tx.accounts.invitation(late, now) is None
        assert [tx.accounts.use_invitation(secret, now), tx.accounts.use_invitation(secret, now)] == [True, False]
        assert tx.accounts.invitations(now) == []


def test_failures_are_counted_for_a_time_and_forgotten(store: Store, now: datetime) -> None:
    with store.write() as tx:
        tx.accounts.failed(["a", "b"], now - 48 * HOUR)
        tx.accounts.failed(["a"], now - HOUR)
        tx.accounts.failed(["a"], now)
        assert [tx.accounts.failures(key, now - HOUR / 2) for key in ("a", "b")] == [1, 0]
        assert tx.accounts.failures("a", now - 100 * HOUR) == 2, "what is older than a day is swept away"
        tx.accounts.forgive("a")
        assert tx.accounts.failures("a", now - 100 * HOUR) == 0


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (Wanted(), 4),
        (Wanted(topic="adex"), 3),
        (Wanted(country="EG"), 1),
        (Wanted(language="en", source="gazette"), 3),
        (Wanted(entity="c-27j"), 1),
        (Wanted(entity="c-27"), 0),
        (Wanted(only="unread"), 2),
        (Wanted(only="saved"), 1),
    ],
)
def test_the_stream_is_filtered_alike(store: Store, now: datetime, wanted: Wanted, count: int) -> None:
    member(store, now)
    furnish(store, now)
    story, _ = publish(store, now)
    other, _ = publish(store, now + HOUR, "ADEX", "ADEX opens.", number=2)
    publish(store, now + 2 * HOUR, "معرض ADEX", "ADEX", number=3, language="ar", country="EG")
    with store.write() as tx:
        assert tx.stream.mark("anna", story, now, read=True)
        assert tx.stream.mark("anna", other, now, saved=True)
        assert not tx.stream.mark("anna", 999, now, read=True)
    with store.read() as tx:
        rows = tx.stream.page("anna", wanted)
        assert len(rows) == count
        assert [row.alert.id for row in rows] == sorted((row.alert.id for row in rows), reverse=True)
        assert tx.stream.newest() == 4
        assert [len(tx.stream.page("anna", Wanted(), after=2)), len(tx.stream.page("anna", Wanted(), before=2))] == [
            2,
            1,
        ]
        assert dict(tx.stream.choices(now)["topic"]) == {"adex": 3, "c-27j": 1}
        assert tx.stream.per_day(["adex"], now) == {"adex": {f"{now:%Y-%m-%d}": 3}}
        assert tx.articles.per_source(now) == {"gazette": 3}
    with store.write() as tx:
        assert tx.stream.read_all("anna", 3, now) == 1
        assert tx.stream.read_all("anna", 4, now) == 1


def test_polls_of_sources_are_told_for_days_and_for_weeks(store: Store) -> None:
    monday = date(2026, 2, 23)
    with store.write() as tx:
        for source, after, polls, failed, throttled in (
            *(("a", -1, 9, 0, 0), ("a", 0, 5, 1, 1), ("a", 6, 4, 0, 0), ("a", 7, 3, 3, 0), ("a", 8, 9, 0, 0)),
            *(("b", 2, 0, 0, 0), ("c", 2, 7, 0, 0)),
        ):
            day = SourceDay(monday + timedelta(days=after), polls=polls, failed=failed, throttled=throttled, pages=1)
            tx.health.count(source, day)
    with store.read() as tx:
        days = tx.health.polls(["a", "b"], monday, monday + timedelta(days=7))
        weeks = tx.health.polls(["a", "b"], monday, monday + timedelta(days=7), 7)
    assert days == {"a": {"2026-02-23": (3, 2), "2026-03-01": (4, 0), "2026-03-02": (0, 3)}, "b": {}}
    assert weeks == {"a": {"2026-02-23": (7, 2), "2026-03-02": (0, 3)}, "b": {}}
