"""Migrations, locks and backups of a database as a whole."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import inspect, text

from storage.engine import name, parse_url, plain_errors, sqlite_path
from storage.store import Store, connect
from vedette.errors import AlreadyRunning, StorageError

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK_KEY = 0x7665646574746501  # "vedette" and a number, for PostgreSQL's advisory lock


def revisions() -> list[str]:
    """The revisions that this program knows, oldest first: migrations are one line, named by their numbers."""
    return sorted(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def head() -> str:
    """The revision that this program knows last."""
    return revisions()[-1]


def current(store: Store) -> str | None:
    """The revision of a database; None for an empty one. A revision that this program does not know is an error."""
    with plain_errors(store.url), store.engine.execution_options(vedette_read=True).connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if found is not None and found not in revisions():
        raise StorageError(
            f"{name(store.url)} was made by a newer Vedette (revision {found}): install that version or newer"
        )
    return found


def upgrade_store(store: Store) -> bool:
    """Bring a database up to date; False where it was."""
    if current(store) == head():
        return False
    from alembic import command  # a tenth of the start of every process, most of which find the database up to date
    from alembic.config import Config

    config = Config()  # made by code: there is no alembic.ini
    config.set_main_option("script_location", str(MIGRATIONS))
    with plain_errors(store.url), store.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return True


def upgrade(url: str) -> bool:
    """Bring the database of a URL up to date, making it where it is missing; False where it was."""
    store = connect(url)
    try:
        return upgrade_store(store)
    finally:
        store.close()


def revision(url: str) -> str | None:
    """The revision of the database of a URL; None for an empty one."""
    store = connect(url)
    try:
        return current(store)
    finally:
        store.close()


def open_store(url: str, *, upgrade: bool = False) -> Store:
    """Open a database; with `upgrade` it is made and brought up to date first.

    StorageError, in one line, for a database that is missing, empty, older, newer, unreachable or no database at all.
    """
    path = sqlite_path(parse_url(url))
    if path is not None and not path.exists() and not upgrade:
        raise StorageError(f"database {path} does not exist: run `vedette db upgrade` to make it")
    store = connect(url)
    try:
        found = current(store)
        if found != head() and not upgrade:
            state = "has no tables yet" if found is None else f"is of an older version ({found})"
            raise StorageError(f"{name(url)} {state}: run `vedette db upgrade`")
        if found != head():
            upgrade_store(store)
    except BaseException:
        store.close()
        raise
    return store


def check(url: str) -> list[str]:
    """What is wrong with the database of a URL, a line each; nothing where all is well."""
    try:
        store = open_store(url)
    except StorageError as error:
        return [str(error)]
    try:
        return _damage(store) if store.dialect == "sqlite" else []
    except StorageError as error:
        return [str(error)]
    finally:
        store.close()


def _damage(store: Store) -> list[str]:
    with plain_errors(store.url), store.engine.execution_options(vedette_read=True).connect() as connection:
        rows = [row[0] for row in connection.execute(text("PRAGMA quick_check"))]
        broken = connection.execute(text("PRAGMA foreign_key_check")).all()
    return [f"{name(store.url)}: {row}" for row in rows if row != "ok"] + [
        f"{name(store.url)}: a row of {row[0]} points to a missing row of {row[2]}" for row in broken
    ]


def backup(url: str, target: Path) -> None:
    """Copy a SQLite database, also one in use, into a new file."""
    path = sqlite_path(parse_url(url))
    if path is None:
        raise StorageError("backups of PostgreSQL are made with pg_dump; this command is for SQLite")
    if not path.exists():
        raise StorageError(f"database {path} does not exist: there is nothing to back up")
    if target.exists():
        raise StorageError(f"{target} exists already: name a new file")
    partial = target.with_name(target.name + ".part")
    try:
        with (
            contextlib.closing(sqlite3.connect(path)) as source,
            contextlib.closing(sqlite3.connect(partial)) as copy,
        ):
            source.backup(copy)
        partial.replace(target)
    except (sqlite3.Error, OSError) as error:
        partial.unlink(missing_ok=True)
        raise StorageError(f"the backup to {target} failed: {error}") from error


@contextlib.contextmanager
def daemon_lock(url: str) -> Iterator[None]:
    """Hold a database as its only daemon; AlreadyRunning where another does. A dead process holds nothing."""
    path = sqlite_path(parse_url(url))
    with _file_lock(path) if path is not None else _advisory_lock(url):
        yield


@contextlib.contextmanager
def _file_lock(path: Path) -> Iterator[None]:
    lock = path.with_name(path.name + ".lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StorageError(f"the lock file {lock} can't be made: {error.strerror}") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.pread(handle, 32, 0).decode("ascii", "replace").strip() or "unknown"
            raise AlreadyRunning(
                f"another daemon (process {pid}) runs on the database {path}: stop it first, or use another database"
            ) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def _advisory_lock(url: str) -> Iterator[None]:
    store = connect(url)
    try:
        with plain_errors(url):
            connection = store.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            held = connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": LOCK_KEY}).scalar_one()
        if not held:
            query = text(
                "SELECT pid, client_addr FROM pg_locks JOIN pg_stat_activity USING (pid) "
                "WHERE locktype = 'advisory' AND granted AND (classid::bigint << 32 | objid::bigint) = :key LIMIT 1"
            )
            row = connection.execute(query, {"key": LOCK_KEY}).first()
            who = f"connection {row[0]} from {row[1] or 'this machine'}" if row else "unknown"
            raise AlreadyRunning(f"another daemon ({who}) runs on the {name(url)}: stop it first")
        try:
            yield
        finally:
            connection.close()
    finally:
        store.close()
