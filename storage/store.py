"""The store: transactions over the aggregates."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import cached_property

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from storage.accounts import Accounts, AuditLog, Tokens
from storage.alerts import Alerts
from storage.articles import Articles
from storage.deliveries import Deliveries
from storage.digests import Digests
from storage.engine import make_engine, plain_errors
from storage.entities import Entities
from storage.fetches import Drops, Fetches
from storage.health import Healths
from storage.hosts import Hosts
from storage.identities import Identities
from storage.items import Items
from storage.maintenance import Maintenance
from storage.matches import Matches
from storage.mentions import Mentions
from storage.meta import Meta, Workers
from storage.people import Analysts, Channels, Subscriptions
from storage.search import Search
from storage.silences import Silences
from storage.sources import Sources
from storage.stories import Stories
from storage.stream import Stream
from storage.topic_feeds import TopicFeeds
from storage.topics import Topics
from storage.websub import WebSub


class Transaction:
    """One transaction; its attributes are the aggregates."""

    def __init__(self, session: Session) -> None:
        """Made by `Store.write` and `Store.read`."""
        self.session = session

    @cached_property
    def sources(self) -> Sources:
        """What is watched."""
        return Sources(self.session)

    @cached_property
    def health(self) -> Healths:
        """How sources fare."""
        return Healths(self.session)

    @cached_property
    def hosts(self) -> Hosts:
        """Politeness."""
        return Hosts(self.session)

    @cached_property
    def websub(self) -> WebSub:
        """Hubs that tell when a feed has changed."""
        return WebSub(self.session)

    @cached_property
    def items(self) -> Items:
        """What sources showed."""
        return Items(self.session)

    @cached_property
    def fetches(self) -> Fetches:
        """Visits to URLs."""
        return Fetches(self.session)

    @cached_property
    def drops(self) -> Drops:
        """Why things went no further."""
        return Drops(self.session)

    @cached_property
    def articles(self) -> Articles:
        """The archive."""
        return Articles(self.session)

    @cached_property
    def stories(self) -> Stories:
        """Articles that tell the same thing."""
        return Stories(self.session)

    @cached_property
    def search(self) -> Search:
        """The archive's index."""
        return Search(self.session)

    @cached_property
    def entities(self) -> Entities:
        """Analysts' own entities."""
        return Entities(self.session)

    @cached_property
    def topics(self) -> Topics:
        """Topics and their versions."""
        return Topics(self.session)

    @cached_property
    def topic_feeds(self) -> TopicFeeds:
        """Private feeds of topics."""
        return TopicFeeds(self.session)

    @cached_property
    def analysts(self) -> Analysts:
        """People who are told."""
        return Analysts(self.session)

    @cached_property
    def accounts(self) -> Accounts:
        """How analysts sign in."""
        return Accounts(self.session)

    @cached_property
    def identities(self) -> Identities:
        """Who at a provider is which analyst."""
        return Identities(self.session)

    @cached_property
    def tokens(self) -> Tokens:
        """Tokens of the HTTP API."""
        return Tokens(self.session)

    @cached_property
    def audit(self) -> AuditLog:
        """Who changed what."""
        return AuditLog(self.session)

    @cached_property
    def channels(self) -> Channels:
        """Destinations."""
        return Channels(self.session)

    @cached_property
    def subscriptions(self) -> Subscriptions:
        """Who hears of what, and where."""
        return Subscriptions(self.session)

    @cached_property
    def mentions(self) -> Mentions:
        """How often things are named."""
        return Mentions(self.session)

    @cached_property
    def matches(self) -> Matches:
        """Topic versions that articles satisfied."""
        return Matches(self.session)

    @cached_property
    def alerts(self) -> Alerts:
        """Topic x story."""
        return Alerts(self.session)

    @cached_property
    def stream(self) -> Stream:
        """What analysts read."""
        return Stream(self.session)

    @cached_property
    def deliveries(self) -> Deliveries:
        """The outbox."""
        return Deliveries(self.session)

    @cached_property
    def digests(self) -> Digests:
        """When what is gathered is told."""
        return Digests(self.session)

    @cached_property
    def silences(self) -> Silences:
        """Stories that a subscription wants to hear nothing of."""
        return Silences(self.session)

    @cached_property
    def meta(self) -> Meta:
        """What the installation remembers."""
        return Meta(self.session)

    @cached_property
    def workers(self) -> Workers:
        """Living processes."""
        return Workers(self.session)

    @cached_property
    def maintenance(self) -> Maintenance:
        """Pruning and moving time."""
        return Maintenance(self.session)

    @contextlib.contextmanager
    def savepoint(self) -> Iterator[None]:
        """A part of the transaction that can fail on its own: an exception undoes this part alone."""
        with self.session.begin_nested():
            yield
        self.session.expire_all()


class Store:
    """An open database."""

    def __init__(self, url: str, engine: Engine) -> None:
        """Use `open_store`."""
        self.url, self.engine = url, engine
        self.dialect = engine.dialect.name

    @contextlib.contextmanager
    def write(self) -> Iterator[Transaction]:
        """A transaction that may write; committed at the end, undone whole on an exception."""
        with plain_errors(self.url), Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield Transaction(session)

    @contextlib.contextmanager
    def read(self) -> Iterator[Transaction]:
        """A transaction that only reads, and holds up no writer."""
        engine = self.engine.execution_options(vedette_read=True)
        with plain_errors(self.url), Session(engine, autoflush=False) as session:
            yield Transaction(session)

    def connection(self) -> Connection:
        """A bare connection, for tools of this room."""
        return self.engine.connect()

    def close(self) -> None:
        """Close the connections."""
        self.engine.dispose()


def connect(url: str) -> Store:
    """A store that has not looked at its database yet."""
    return Store(url, make_engine(url))
