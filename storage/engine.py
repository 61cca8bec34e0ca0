"""Opening a database: engines, their settings, and errors as one line for a person."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from vedette.errors import StorageError

BUSY_SECONDS = 10
"""How long a SQLite writer waits for another one."""


def parse_url(url: str) -> URL:
    """The URL of a supported database; StorageError for any other."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StorageError(
            "the database URL can't be read: write sqlite:///path/to/file.db or postgresql://user@host/name"
        ) from None
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise StorageError(f"unsupported database {backend!r}: use sqlite or postgresql")
    return parsed


def sqlite_path(url: URL) -> Path | None:
    """The file of a SQLite database; None for PostgreSQL and for a database in memory."""
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return None
    return Path((url.database or "").removeprefix("file:"))  # with ?uri=true, SQLite's own URLs


def make_engine(url: str) -> Engine:
    """An engine with the settings that the outbox needs: see the comments beside each."""
    parsed = parse_url(url)
    try:
        if parsed.get_backend_name() == "postgresql":
            return create_engine(parsed, pool_pre_ping=True, pool_size=5, connect_args={"connect_timeout": 10})
        path = sqlite_path(parsed)
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(parsed, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False})
    except NoSuchModuleError as error:
        raise StorageError(f"the database driver is missing: {error}") from None
    except OSError as error:
        raise StorageError(f"the directory of the database can't be made: {error}") from None

    @event.listens_for(engine, "connect")
    def settings(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions on its own
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
        with contextlib.suppress(sqlite3.OperationalError):  # a read-only database stays in the mode it has
            cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")  # a delivery that was recorded survives a power cut
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # BEGIN IMMEDIATE: a transaction that reads and then writes would fail with "locked" when upgraded
        mode = "" if connection.get_execution_options().get("vedette_read") else " IMMEDIATE"
        connection.exec_driver_sql(f"BEGIN{mode}")

    return engine


@contextlib.contextmanager
def plain_errors(url: str) -> Iterator[None]:
    """Turn the driver's errors into a StorageError of one line that names the database and the remedy."""
    try:
        yield
    except DBAPIError as error:
        raise StorageError(explain(url, _first(error))) from error
    except SQLAlchemyError as error:
        raise StorageError(f"{name(url)}: {error}") from error


def _first(error: DBAPIError) -> DBAPIError:
    """The error that began it.

    When the disk is full, SQLite ends the whole transaction by itself; undoing its savepoint then fails as well, and
    that failure would hide the cause.
    """
    before: BaseException | None = error
    while before is not None and "no such savepoint" in str(before):
        before = before.__context__
    return before if isinstance(before, DBAPIError) else error


def name(url: str) -> str:
    """How a message names the database; never with a password."""
    parsed = parse_url(url)
    path = sqlite_path(parsed)
    return f"database {path}" if path else f"database {parsed.render_as_string(hide_password=True)}"


REMEDIES = (
    ("readonly", "is read-only: give this user the right to write to the file and its directory"),
    ("is locked", f"was locked by another program for more than {BUSY_SECONDS} s: close it and try again"),
    ("disk is full", "can't grow: the disk is full; free some space, nothing was lost"),
    ("disk i/o error", "could not be written: the disk is full or failing; check it, nothing was lost"),
    ("not a database", "is not a SQLite database: move the file away or set [database] url"),
    ("unable to open", "can't be opened: check that the directory exists and may be written"),
    ("malformed", "is damaged: restore a backup"),
    ("no such table", "has no tables yet: run `vedette db upgrade`"),
    ("does not exist", "is missing or has no tables yet: create it, then run `vedette db upgrade`"),
    ("connection refused", "can't be reached: is PostgreSQL running there?"),
    ("connection failed", "can't be reached: check host, port and password"),
    ("timeout expired", "did not answer in time: check host and port"),
)


def explain(url: str, error: DBAPIError | DatabaseError) -> str:
    """One line for a driver's error."""
    words = " ".join(str(error.orig).split())
    for sign, remedy in REMEDIES:
        if sign in words.lower():
            return f"{name(url)} {remedy}"
    return f"{name(url)}: {words}"
