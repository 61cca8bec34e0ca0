"""A database that can't be used: one line that names it and the remedy, and never half a unit of work."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from storage import Store, backup, check, daemon_lock, engine, open_store, revision, upgrade
from storage.migrate import MIGRATIONS, head, revisions
from storage.models import Base
from vedette.errors import AlreadyRunning, StorageError
from vedette.model import Source

ROOT = Path(__file__).parents[2]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A good SQLite database."""
    path = tmp_path / "vedette.db"
    assert upgrade(url(path)) is True
    return path


def url(path: Path) -> str:
    return f"sqlite:///{path}"


@contextlib.contextmanager
def refused(*words: str) -> Iterator[None]:
    """A StorageError of one line that holds all these words."""
    with pytest.raises(StorageError) as caught:
        yield
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 300
    for word in words:
        assert word in message


def write(store: Store, now: datetime, name: str = "one") -> None:
    with store.write() as tx:
        tx.sources.put(Source(name, f"https://{name}.example/feed"), now)


def test_upgrading_is_done_once(file: Path) -> None:
    assert upgrade(url(file)) is False
    assert revision(url(file)) == head()
    assert check(url(file)) == []


def test_a_missing_file(tmp_path: Path) -> None:
    path = tmp_path / "none.db"
    with refused(str(path), "vedette db upgrade"):
        open_store(url(path))
    assert not path.exists(), "looking makes nothing"


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    with refused("empty.db", "no tables", "vedette db upgrade"):
        open_store(url(tmp_path / "empty.db"))


def test_a_directory_that_can_not_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a directory")
    with refused(str(tmp_path / "file"), "directory"):
        open_store(url(tmp_path / "file" / "below" / "v.db"), upgrade=True)


def test_what_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "letter.db"
    path.write_text("Dear Sir or Madam, " * 100)
    before = path.read_bytes()
    with refused(str(path), "not a SQLite database", "[database] url"):
        open_store(url(path), upgrade=True)
    assert path.read_bytes() == before, "somebody's letter stays as it was"


def test_a_damaged_one(file: Path) -> None:
    data = bytearray(file.read_bytes())
    for page in range(2, len(data) // 4096):
        data[page * 4096 : page * 4096 + 100] = b"\xff" * 100
    file.write_bytes(bytes(data))
    assert check(url(file))
    assert all(str(file) in line and "\n" not in line for line in check(url(file)))


def test_a_newer_one(file: Path) -> None:
    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = 'ffff_future'")
    for with_upgrade in (False, True):
        with refused(str(file), "newer", "ffff_future"):
            open_store(url(file), upgrade=with_upgrade)


def test_migrations_are_one_line_named_by_their_numbers() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    chain = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    assert revisions() == chain[::-1]


def test_a_read_only_one(file: Path, now: datetime) -> None:
    store = open_store(f"sqlite:///file:{file}?mode=ro&uri=true")
    try:
        with store.read() as tx:
            assert tx.sources.list() == []
        with refused(str(file), "read-only"):
            write(store, now)
    finally:
        store.close()


def test_one_that_another_program_locks(file: Path, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.2)
    store = open_store(url(file))
    with contextlib.closing(sqlite3.connect(file)) as other:
        other.execute("BEGIN IMMEDIATE")
        with refused(str(file), "locked by another program"):
            write(store, now)
        other.rollback()
    write(store, now)
    store.close()


def test_a_full_disk_undoes_the_unit_and_room_mends_it(file: Path, now: datetime) -> None:
    store = open_store(url(file))
    with store.connection() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")  # not below what is used already
    with refused(str(file), "disk is full", "nothing was lost"), store.write() as tx:
        for number in range(500):
            tx.sources.put(Source(f"s{number}", "https://x.example", name="x" * 4000), now)
    with store.read() as tx:
        assert tx.sources.list() == []
    store.close()
    store = open_store(url(file))
    write(store, now)
    store.close()


@pytest.mark.postgres
def test_a_server_that_is_not_there() -> None:
    with refused("127.0.0.1", "PostgreSQL"):
        open_store("postgresql://vedette:hush-hush@127.0.0.1:9/vedette")
    with pytest.raises(StorageError) as caught:
        open_store("postgresql://vedette:hush-hush@127.0.0.1:9/vedette")
    assert "hush" not in str(caught.value)


@pytest.mark.postgres
def test_a_postgresql_database_that_is_missing_or_empty(new_database: Callable[[], str]) -> None:
    empty = new_database()
    with refused("no tables", "vedette db upgrade"):
        open_store(empty)
    name = empty.split("/")[3].split("?")[0]
    with refused("missing"):
        open_store(empty.replace(name, "nowhere"))


@pytest.mark.parametrize("bad", ["mysql://x/y", "nonsense", "", "sqlite3:///x"])
def test_urls_that_are_none(bad: str) -> None:
    with refused("sqlite"):
        open_store(bad)


def test_one_daemon_per_database(store: Store) -> None:
    with daemon_lock(store.url), pytest.raises(AlreadyRunning, match="stop it first"), daemon_lock(store.url):
        pass
    with daemon_lock(store.url):
        pass


def test_migrations_make_what_the_models_say(store: Store) -> None:
    def known(name: str | None, kind: str, *_: object) -> bool:
        # the full-text indexes, which each database has in its own way: tables on SQLite, an index on PostgreSQL
        return not (kind == "table" and str(name).startswith(("article_index", "article_words"))) and name not in (
            "ix_articles_folded",
            "ix_article_words_word",
        )

    with store.connection() as connection:
        options = {"include_name": known, "compare_type": True}
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata)
    assert differences == []


def test_a_backup_of_a_database_in_use(file: Path, now: datetime, tmp_path: Path) -> None:
    store = open_store(url(file))
    write(store, now)
    backup(url(file), tmp_path / "copy.db")
    store.close()
    copy = open_store(url(tmp_path / "copy.db"))
    with copy.read() as tx:
        assert [s.source.id for s in tx.sources.list()] == ["one"]
    copy.close()
    assert check(url(tmp_path / "copy.db")) == []
    with refused("copy.db", "exists already"):
        backup(url(file), tmp_path / "copy.db")
    with refused("none.db"):
        backup(url(tmp_path / "none.db"), tmp_path / "more.db")
    with refused(str(tmp_path / "no" / "such.db")):
        backup(url(file), tmp_path / "no" / "such.db")


WRITER = """
import sys
from datetime import datetime, UTC
from storage import open_store
from vedette.model import Source
store, now, turn = open_store(sys.argv[1]), datetime.now(UTC), sys.argv[2]
print("ready", flush=True)
for unit in range(100000):
    with store.write() as tx:
        for part in range(5):
            tx.sources.put(Source(f"{turn}-{unit}-{part}", f"https://s{part}.example/"), now)
"""


def test_a_killed_writer_leaves_whole_units_only(file: Path) -> None:
    for turn in range(10):
        command = [sys.executable, "-c", WRITER, url(file), str(turn)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, env=os.environ) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"ready\n"
            time.sleep(0.03 + turn * 0.021)
            writer.send_signal(signal.SIGKILL)
    store = open_store(url(file))
    with store.read() as tx:
        units: dict[str, int] = {}
        for status in tx.sources.list():
            unit = status.source.id.rpartition("-")[0]
            units[unit] = units.get(unit, 0) + 1
    store.close()
    assert units
    assert set(units.values()) == {5}
    assert check(url(file)) == []
