"""What workers ask again and again costs what is waiting, never what the archive holds: the plans of the database."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, event, text

from storage import Store, Transaction, Wanted, migrate
from storage.store import connect
from tests.shelf import BAKU, SEOUL, articles, put
from vedette.archive import Query
from vedette.model import DeliveryReason, DeliveryState, ItemState
from web.asking import Monitors

GROWING = {
    "items",
    "deliveries",
    "pages",
    "fetches",
    "drops",
    "articles",
    "attempts",
    "suppressions",
    "matches",
    "bands",
    "silences",
    "digest_runs",
}
"""Tables that keep what is finished."""
ME = "crawl:one:1"

Question = Callable[[Transaction, datetime], object]
QUESTIONS: dict[str, Question] = {
    "items, new": lambda tx, now: tx.items.claim(ItemState.NEW, ME, now, 5, now, ["busy.example"]),
    "items, fetched": lambda tx, now: tx.items.claim(ItemState.FETCHED, ME, now, 5, now),
    "items, any": lambda tx, now: tx.items.any_waiting(ItemState.NEW, now),
    "items, release": lambda tx, _: tx.items.release(ME),
    "sources": lambda tx, now: tx.sources.claim_due(ME, now, 5, now),
    "deliveries": lambda tx, now: tx.deliveries.claim(ME, now, 5, now, busy_channels=["mail"]),
    "deliveries, any": lambda tx, now: tx.deliveries.any_due(now),
    "deliveries, expire": lambda tx, now: tx.deliveries.expire(now),
    "deliveries, unsent": lambda tx, _: tx.deliveries.unsent(7),
    "deliveries, cap": lambda tx, now: tx.deliveries.sent_since("s", now),
    "deliveries, told at": lambda tx, _: tx.deliveries.told_at(7),
    "deliveries, told": lambda tx, _: tx.deliveries.told(["s", "t"], 7),
    "articles of alerts": lambda tx, _: tx.alerts.members([7, 8]),
    "wordings of articles": lambda tx, _: tx.articles.wordings([3, 4]),
    "entities of articles": lambda tx, _: tx.matches.entities([3, 4]),
    "deliveries, withhold": lambda tx, now: tx.deliveries.withhold("s", DeliveryReason.MUTED, now),
    "deliveries, end of a digest": lambda tx, now: tx.deliveries._end_members(7, DeliveryState.SENT, now),
    "digests, any": lambda tx, now: tx.digests.any_to_do(now),
    "digests, unscheduled": lambda tx, _: tx.digests.unscheduled(),
    "digests, gathered": lambda tx, _: tx.digests.gathered("s"),
    "digests, under way": lambda tx, _: tx.digests.is_under_way("s"),
    "silences": lambda tx, now: tx.silences.of_story(7, now),
    "deliveries, release": lambda tx, _: tx.deliveries.release(ME),
    "leases of other boots": lambda tx, now: tx.workers.void_leases("two", now),
    "leases of a role": lambda tx, now: tx.workers.void_role("crawl", "one", [2], now),
    "due instants": lambda tx, now: tx.maintenance.shift_due(timedelta(hours=-1), now),
    "pruning": lambda tx, now: tx.maintenance.prune(now, now),
    "near copies": lambda tx, now: tx.stories.candidates([1, -2], now),
    "bands of a new revision": lambda tx, now: tx.stories.add_bands(3, [], now),
    "why an article was not told": lambda tx, _: tx.alerts.suppressions(article_id=3),
    "drops of a page": lambda tx, _: tx.drops.list(item_id=3),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_question_reads_a_whole_table(store: Store, now: datetime, question: str) -> None:
    asked: list[tuple[str, Any]] = []

    def note(_c: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE")):
            asked.append((statement, parameters))

    with store.write() as tx:
        event.listen(store.engine, "before_cursor_execute", note)
        QUESTIONS[question](tx, now)
        event.remove(store.engine, "before_cursor_execute", note)
        assert asked
        for statement, parameters in asked:
            assert not whole_tables(tx, statement, parameters) & GROWING, statement


def whole_tables(tx: Transaction, statement: str, parameters: Any) -> set[str]:
    """The tables that a statement reads from end to end."""
    connection = tx.session.connection()
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        steps = [str(row[3]) for row in rows]
        return {step.split()[1] for step in steps if step.startswith("SCAN") and " INDEX " not in step}
    connection.execute(text("SET LOCAL enable_seqscan = off"))  # with few rows it would read them all, and rightly
    rows = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
    steps = [str(row[0]) for row in rows]
    return {step.split("Seq Scan on ")[1].split()[0] for step in steps if "Seq Scan on " in step}


def test_a_search_of_a_time_looks_for_its_first_article_once_a_day(store: Store, now: datetime) -> None:
    asked: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    late = put(store, articles(BAKU, 3), first=now - timedelta(hours=1))
    early = put(store, articles(SEOUL, 3), first=now - timedelta(days=20), step=timedelta(0))  # a clock was put back
    event.listen(store.engine, "before_cursor_execute", note)
    with store.read() as tx:
        for since, found in (
            (now - timedelta(hours=2), late),
            (now - timedelta(hours=3), late),
            (now - timedelta(days=30), late + early),
        ):
            assert sorted(row.article.id or 0 for row in tx.search.archived([["adex"]], since=since)) == found
    event.remove(store.engine, "before_cursor_execute", note)
    assert sum("min(" in statement for statement in asked) == 2


def noted(store: Store, question: Callable[[Transaction], object]) -> list[tuple[str, Any]]:
    """The statements with which a question is answered that read articles, alerts or the index of words."""
    asked: list[tuple[str, Any]] = []

    def note(_c: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if any(table in statement for table in ("articles", "alerts", "article_index", "article_words")):
            asked.append((statement, parameters))

    with store.read() as tx:
        event.listen(store.engine, "before_cursor_execute", note)
        question(tx)
        event.remove(store.engine, "before_cursor_execute", note)
    return asked


def test_no_search_asks_an_index_for_all_words_that_begin_so(store: Store) -> None:
    put(store, articles(BAKU, 5))
    rules = ("@azerbaijan", "dron* AND adex", "@c-27j OR adex")
    asked = noted(store, lambda tx: [list(Query(tx, rule).matches()) for rule in rules])
    sign = "MATCH" if store.dialect == "sqlite" else "to_tsquery"
    terms = [str(value) for statement, parameters in asked if sign in statement
             for value in (parameters.values() if isinstance(parameters, dict) else parameters)]  # fmt: skip
    for word in ("azerbaijani", "adex", "drone"):
        assert any(word in term for term in terms), terms
    assert not any("*" in term for term in terms), terms


def test_words_of_a_changed_article_are_known(store: Store, now: datetime) -> None:
    (article,) = articles(BAKU, 1)
    for word in ("zeppelin", "dirigible"):
        with store.write() as tx:
            tx.articles.store(replace(article, text=word), None, now, story=None, folded=f"{word} in baku")
        with store.read() as tx:
            assert len(tx.search.query([[f"{word[:4]}*"]])) == 1


def test_words_of_articles_from_before_are_known_after_the_upgrade(database: str) -> None:
    store, config = connect(database), Config()
    config.set_main_option("script_location", str(migrate.MIGRATIONS))
    with store.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0014")
    put(store, articles(BAKU, 5))
    assert migrate.upgrade_store(store)
    with store.read() as tx:
        assert len(tx.search.query([["azer*"], ["ade*"]])) == 4
    store.close()


PAGES: dict[str, Callable[[Transaction], object]] = {
    "stream": lambda tx: tx.stream.page("anna", Wanted()),
    "stream, older": lambda tx: tx.stream.page("anna", Wanted(), before=300_000),
    "stream, unread": lambda tx: tx.stream.page("anna", Wanted(only="unread")),
    "stream, saved": lambda tx: tx.stream.page("anna", Wanted(only="saved")),
    "stream, topic": lambda tx: tx.stream.page("anna", Wanted(topic="t")),
    "stream, source": lambda tx: tx.stream.page("anna", Wanted(source="t")),
    "stream, country": lambda tx: tx.stream.page("anna", Wanted(country="AZ")),
    "stream, entity": lambda tx: tx.stream.page("anna", Wanted(entity="adex")),
    "story": lambda tx: tx.stream.of_story(7),
    "topic": lambda tx: tx.stream.per_day(["t"], datetime(2026, 2, 25, tzinfo=UTC)),
    "search": lambda tx: list(tx.search.archived([["adex"]])),
    "search, several words": lambda tx: list(tx.search.archived([["adex", "kai"], ["baku", "seoul"]])),
    "search, many words": lambda tx: list(tx.search.archived([["ba*", "se*", "a*", "of 27", "27 s*"], ["l*", "adex"]])),
    "search, further back": lambda tx: list(tx.search.archived([["adex"]], before=40, limit=5)),
}


def test_no_page_reads_a_whole_table_of_a_large_archive(store: Store) -> None:
    put(store, articles(BAKU + SEOUL, 9))
    asked = [(page, *one) for page, question in PAGES.items() for one in noted(store, question)]
    assert {page for page, *_ in asked} == set(PAGES)
    with store.write() as tx:
        connection = tx.session.connection()
        if store.dialect == "postgresql":
            connection.exec_driver_sql("ANALYZE")
            # as if they held a million rows
            connection.exec_driver_sql(
                "UPDATE pg_class SET reltuples = 1e6 WHERE relname IN ('articles', 'article_words')"
            )
        for page, statement, parameters in asked:
            assert not tables_read(connection, statement, parameters), (page, statement)


def tables_read(connection: Connection, statement: str, parameters: Any) -> set[str]:
    """The large tables that the database would read from end to end, or sort to find the newest of them."""
    if connection.dialect.name == "postgresql" and "articles" not in statement:
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # of the others it would read all, and rightly
    word = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
    steps = [str(row[-1]) for row in connection.exec_driver_sql(f"{word} {statement}", parameters)]
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL enable_seqscan = on")
        return {step for step in steps if "Seq Scan on a" in step}
    if (
        "LIMIT" in statement or "MATCH" in statement
    ):  # a walk that ends when it has enough, if its order is there already
        return {step for step in steps if "TEMP B-TREE" in step and "saved_at IS NOT NULL" not in statement}  # few
    return {step for step in steps if step.startswith(("SCAN articles", "SCAN alerts")) and " USING " not in step}


def test_what_the_first_search_loads_is_hidden_from_the_collector(store: Store) -> None:
    with store.read() as tx, Monitors().lend(tx):
        pass
    assert len(gc.get_objects()) < gc.get_freeze_count()
