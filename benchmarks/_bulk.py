"""Many rows at once into a database of either kind, past the aggregates: for benchmarks that need years of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, text

from storage import Store
from storage.models import Base
from storage.types import Instant

COLUMNS: dict[str, tuple[str, ...]] = {
    "stories": ("id", "title", "created_at", "updated_at", "article_count"),
    "items": ("id", "identity", "source_id", "host", "url", "entry", "seen_at", "article_id"),
    "sightings": ("id", "source_id", "entry_key", "item_id", "title", "first_seen_at"),
    "articles": (
        *("id", "identity", "item_id", "story_id", "source", "title", "text", "language", "country", "site"),
        *("published_at", "seen_at", "updated_at", "revision", "content_hash", "fields", "folded"),
    ),
    "revisions": ("article_id", "revision", "at", "title", "text"),
    "matches": ("id", "article_id", "revision", "topic_id", "topic_version", "score", "spans", "at"),
    "alerts": (
        *("id", "topic_id", "story_id", "episode", "created_at", "article_id", "match_id"),
        *("source", "country", "language"),
    ),
    "alert_entities": ("entity", "alert_id"),
    "alert_articles": ("alert_id", "article_id", "joined_at"),
    "readings": ("analyst", "story_id", "read_at", "saved_at"),
}
"""The columns of the rows that are handed over, by table."""
REST: dict[str, dict[str, Any]] = {
    "items": {"state": "done", "silent": False, "attempts": 1, "last_error": ""},
    "articles": {"story_join": "first", "story_reason": ""},
}
"""What the others hold that may not be empty; it is the same in every row."""


def load(store: Store, batches: Iterable[dict[str, list[tuple[Any, ...]]]], told: Callable[[int], None]) -> float:
    """Write all rows, then the index of words; the seconds it took. `told` hears of the articles so far."""
    begun, written = time.perf_counter(), 0
    writer = _Postgres if store.dialect == "postgresql" else _Sqlite
    with store.connection() as connection:
        target = writer(connection)
        for batch in batches:
            for table, rows in batch.items():
                if rows:
                    target.write(table, rows)
            target.end_batch()
            written += len(batch["articles"])
            told(written)
        target.finish()
    return time.perf_counter() - begun


class _Writer:
    """Turns values into what the driver wants."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.raw: Any = connection.connection.driver_connection
        self.columns: dict[str, tuple[str, ...]] = {}
        self._given: dict[str, list[Any]] = {}
        for table, names in COLUMNS.items():
            self.columns[table] = (*names, *REST.get(table, ()))
            columns = Base.metadata.tables[table].c
            self._given[table] = [self._maker(columns[name].type) for name in self.columns[table]]

    def _maker(self, column: Any) -> Any:
        """What turns a value of a column into the driver's; the instants of one article are mostly the same."""
        dialect = self.connection.dialect
        make = column.dialect_impl(dialect).bind_processor(dialect)
        return lru_cache(maxsize=256)(make) if make and isinstance(column, Instant) else make

    def bound(self, table: str, rows: Sequence[tuple[Any, ...]]) -> Iterable[tuple[Any, ...]]:
        """The rows as the driver takes them."""
        rest = tuple(REST.get(table, {}).values())
        makers = self._given[table]
        for row in rows:
            yield tuple(make(v) if make else v for make, v in zip(makers, row + rest, strict=True))


class _Sqlite(_Writer):
    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.raw.execute("PRAGMA foreign_keys = OFF")  # children come before their story ends
        self.raw.execute("PRAGMA synchronous = OFF")
        self.raw.execute("PRAGMA cache_size = -262144")
        self._gather(64 << 20)
        self.raw.execute("BEGIN")

    def _gather(self, size: int) -> None:
        """How many bytes of the index of words are gathered before they are written."""
        self.raw.execute("INSERT INTO article_index (article_index, rank) VALUES ('hashsize', ?)", (size,))

    def write(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        names = self.columns[table]
        marks = ", ".join("?" * len(names))
        self.raw.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", self.bound(table, rows))

    def end_batch(self) -> None:
        self.raw.execute("COMMIT")
        self.raw.execute("BEGIN")

    def finish(self) -> None:
        self.raw.execute("COMMIT")
        self._gather(1 << 20)
        self.raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.raw.execute("ANALYZE")
        self.raw.execute("PRAGMA synchronous = FULL")


class _Postgres(_Writer):
    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.raw.execute("SET session_replication_role = replica")  # children come before their story ends
        self.raw.execute("SET synchronous_commit = off")
        self.raw.execute("SET maintenance_work_mem = '512MB'")
        found = self.raw.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_articles_folded'").fetchone()
        self.index: str = found[0]
        self.raw.execute("DROP INDEX ix_articles_folded")
        self.raw.commit()

    def write(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        names = ", ".join(self.columns[table])
        with self.raw.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in self.bound(table, rows):
                copy.write_row(row)

    def end_batch(self) -> None:
        self.raw.commit()

    def finish(self) -> None:
        self.raw.execute(self.index)
        lexemes = "unnest(tsvector_to_array(to_tsvector('simple', folded)))"
        self.raw.execute(f"INSERT INTO article_words SELECT DISTINCT word FROM articles, {lexemes} AS word")
        for table in COLUMNS:
            if table in ("stories", "items", "sightings", "articles", "matches", "alerts"):
                self.raw.execute(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
                )
        self.raw.commit()
        self.raw.autocommit = True
        self.raw.execute("VACUUM ANALYZE")
        self.raw.autocommit = False


def size(store: Store) -> tuple[int, dict[str, int]]:
    """Bytes of the whole database, and of its largest parts."""
    with store.connection() as connection:
        if store.dialect == "postgresql":
            whole = connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
            query = (
                "SELECT relname, pg_total_relation_size(oid) FROM pg_class"
                " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 2 DESC LIMIT 8"
            )
        else:
            whole = connection.execute(
                text("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
            ).scalar_one()
            query = "SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 8"
        try:
            parts = dict(connection.execute(text(query)).tuples().all())
        except Exception as error:
            if "dbstat" not in str(error):
                raise
            parts = {}
    return whole, parts
