"""The tables. Nothing outside this room sees these classes: aggregates give dataclasses of `vedette.model`."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Date, ForeignKey, Index, MetaData, Text, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from storage.types import BigKey, Blob, Instant, JSONType, Seconds
from vedette.model import DeliveryState, ItemState

WAITING = (ItemState.NEW.value, ItemState.FETCHED.value)
"""States of an item in which a worker has still to take it."""
OPEN = tuple(
    state.value
    for state in (
        DeliveryState.HELD,
        DeliveryState.PENDING,
        DeliveryState.SENDING,
        DeliveryState.RETRY,
        DeliveryState.UNCERTAIN,
    )
)
"""States in which a delivery is still to be sent."""
GATHERED = "state = 'held' AND next_attempt_at IS NULL AND digest_id IS NULL"
"""What waits for a digest that is still to be written."""


def partial_index(name: str, *columns: str, where: str) -> Index:
    """An index of the few rows that satisfy `where`: what is finished costs neither a claim nor a lease anything."""
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


def one_of(values: tuple[str, ...]) -> str:
    """The SQL that `storage._base.within` writes for the column `state`, word for word."""
    return f"state IN ({', '.join(repr(value) for value in values)})"


class Base(DeclarativeBase):
    """Names of constraints are fixed, so that migrations can name them on both databases."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        datetime: Instant(),
        timedelta: Seconds(),
        str: Text(),
        dict[str, Any]: JSONType,
        list[Any]: JSONType,
        bytes: Blob(),
    }


class Leased:
    """Columns of a row that one worker at a time holds."""

    owner: Mapped[str | None]
    lease_until: Mapped[datetime | None]


class MetaRow(Base):
    """A value that the installation remembers."""

    __tablename__ = "meta"
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[dict[str, Any]]


class WorkerRow(Base):
    """A living process and when it last said so."""

    __tablename__ = "workers"
    owner: Mapped[str] = mapped_column(primary_key=True)
    role: Mapped[str]
    beat_at: Mapped[datetime]
    info: Mapped[dict[str, Any]]


class SourceRow(Leased, Base):
    """A source and what polling it taught."""

    __tablename__ = "sources"
    id: Mapped[str] = mapped_column(primary_key=True)
    url: Mapped[str]
    host: Mapped[str]
    kind: Mapped[str]
    name: Mapped[str]
    homepage: Mapped[str]
    language: Mapped[str]
    country: Mapped[str]
    settings: Mapped[dict[str, Any]]
    fixed_interval: Mapped[timedelta | None]
    weight: Mapped[float]
    alert_on_first_poll: Mapped[bool]
    state: Mapped[str]
    state_reason: Mapped[str]
    state_at: Mapped[datetime]
    next_poll_at: Mapped[datetime | None]
    last_poll_at: Mapped[datetime | None]
    last_success_at: Mapped[datetime | None]
    first_success_at: Mapped[datetime | None]
    failures: Mapped[int]
    last_outcome: Mapped[str]
    last_error: Mapped[str]
    etag: Mapped[str]
    last_modified: Mapped[str]
    interval: Mapped[timedelta | None]
    polling: Mapped[dict[str, Any]]
    whole_at: Mapped[datetime | None]
    moved_to: Mapped[str]
    moved_at: Mapped[datetime | None]
    declared_url: Mapped[str]  # what a person wrote, where the address was changed since
    health: Mapped[str]
    health_reason: Mapped[str]
    health_at: Mapped[datetime | None]
    judged_at: Mapped[datetime | None]
    memory: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    __table_args__ = (
        Index("ix_sources_due", "state", "next_poll_at"),
        partial_index("ix_sources_leased", "host", where="owner IS NOT NULL"),
    )


class SourceDayRow(Base):
    """What a source did on one day."""

    __tablename__ = "source_days"
    source_id: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date(), primary_key=True)
    polls: Mapped[int]
    failed: Mapped[int]
    throttled: Mapped[int]
    unmodified: Mapped[int]
    entries: Mapped[int]
    new: Mapped[int]
    milliseconds: Mapped[int] = mapped_column(BigInteger)
    pages: Mapped[int]
    pages_failed: Mapped[int]
    articles: Mapped[int]
    undated: Mapped[int]
    characters: Mapped[int] = mapped_column(BigInteger)
    refused: Mapped[int]
    captcha: Mapped[int]
    consent: Mapped[int]
    __table_args__ = (Index("ix_source_days_day", "day"),)


class HostRow(Leased, Base):
    """What politeness towards a host has to remember, and which worker may ask it now."""

    __tablename__ = "hosts"
    host: Mapped[str] = mapped_column(primary_key=True)
    next_ok_at: Mapped[datetime | None]
    delay_seconds: Mapped[float]
    robots_status: Mapped[int | None]
    robots_text: Mapped[str]
    robots_fetched_at: Mapped[datetime | None]
    failures: Mapped[int]
    reason: Mapped[str]
    epoch: Mapped[int]  # counts leases
    __table_args__ = (partial_index("ix_hosts_leased", "owner", where="owner IS NOT NULL"),)


class WebSubRow(Base):
    """A subscription at a hub that tells when a feed has changed."""

    __tablename__ = "websub"
    id: Mapped[str] = mapped_column(primary_key=True)
    source_id: Mapped[str]  # which may be removed before the hub is left
    hub: Mapped[str]
    topic: Mapped[str]
    callback: Mapped[str]
    secret: Mapped[str]
    state: Mapped[str]
    reason: Mapped[str]
    failures: Mapped[int]
    next_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    pinged_at: Mapped[datetime | None]
    ping_waits: Mapped[bool]
    pings: Mapped[int]
    forged: Mapped[int]
    created_at: Mapped[datetime]
    __table_args__ = (Index("ix_websub_source", "source_id"), Index("ix_websub_next", "next_at"))


class FetchRow(Base):
    """One visit to a URL."""

    __tablename__ = "fetches"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    url: Mapped[str]
    final_url: Mapped[str]
    purpose: Mapped[str]
    at: Mapped[datetime]
    outcome: Mapped[str]
    status: Mapped[int]
    bytes: Mapped[int] = mapped_column(BigInteger)
    milliseconds: Mapped[int]
    source_id: Mapped[str | None]
    item_id: Mapped[int | None] = mapped_column(BigKey)
    error: Mapped[str]
    __table_args__ = (
        Index("ix_fetches_source", "source_id", "at"),
        Index("ix_fetches_item", "item_id"),
        Index("ix_fetches_at", "at"),
    )


class ItemRow(Leased, Base):
    """A URL that some source showed, once."""

    __tablename__ = "items"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    identity: Mapped[str] = mapped_column(unique=True)
    source_id: Mapped[str]
    host: Mapped[str]
    url: Mapped[str]
    entry: Mapped[dict[str, Any]]
    state: Mapped[str]
    seen_at: Mapped[datetime]
    silent: Mapped[bool]
    attempts: Mapped[int]
    next_attempt_at: Mapped[datetime | None]
    article_id: Mapped[int | None] = mapped_column(BigKey)
    last_error: Mapped[str]
    __table_args__ = (
        partial_index("ix_items_waiting", "state", "next_attempt_at", where=one_of(WAITING)),
        partial_index("ix_items_leased", "host", where="owner IS NOT NULL"),
        Index("ix_items_article", "article_id"),
        Index("ix_items_source", "source_id", "seen_at"),
    )


class SightingRow(Base):
    """A source showed an item under this name of its own."""

    __tablename__ = "sightings"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    source_id: Mapped[str]
    entry_key: Mapped[str]
    item_id: Mapped[int] = mapped_column(BigKey, ForeignKey("items.id", ondelete="CASCADE"))
    title: Mapped[str]
    first_seen_at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("source_id", "entry_key"), Index("ix_sightings_item", "item_id"))


class PageRow(Base):
    """The bytes of a page, packed, as long as they are kept."""

    __tablename__ = "pages"
    item_id: Mapped[int] = mapped_column(BigKey, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True)
    url: Mapped[str]
    status: Mapped[int]
    headers: Mapped[dict[str, Any]]
    body: Mapped[bytes]
    fetched_at: Mapped[datetime]
    __table_args__ = (Index("ix_pages_fetched", "fetched_at"),)


class DropRow(Base):
    """Why something went no further."""

    __tablename__ = "drops"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    reason: Mapped[str]
    at: Mapped[datetime]
    stage: Mapped[str]
    url: Mapped[str]
    detail: Mapped[str]
    source_id: Mapped[str | None]
    item_id: Mapped[int | None] = mapped_column(BigKey)
    article_id: Mapped[int | None] = mapped_column(BigKey)
    topic_id: Mapped[str | None]
    __table_args__ = (
        Index("ix_drops_item", "item_id"),
        Index("ix_drops_article", "article_id"),
        Index("ix_drops_url", "url"),
        Index("ix_drops_at", "at"),
    )


class StoryRow(Base):
    """Articles that tell the same thing."""

    __tablename__ = "stories"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    title: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    article_count: Mapped[int]


class ArticleRow(Base):
    """What was extracted from a page, as of its last revision."""

    __tablename__ = "articles"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    identity: Mapped[str] = mapped_column(unique=True)
    item_id: Mapped[int | None] = mapped_column(BigKey)
    story_id: Mapped[int] = mapped_column(BigKey, ForeignKey("stories.id"))
    story_join: Mapped[str] = mapped_column(server_default="first")  # a vedette.model.Join
    story_score: Mapped[float | None]
    story_reason: Mapped[str]
    story_like: Mapped[int | None] = mapped_column(BigInteger)  # the article that it was found to be like
    source: Mapped[str]
    title: Mapped[str]
    text: Mapped[str]
    language: Mapped[str]
    country: Mapped[str]
    site: Mapped[str]
    published_at: Mapped[datetime | None]
    seen_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    revision: Mapped[int]
    content_hash: Mapped[str]
    fields: Mapped[dict[str, Any]]  # the rest of vedette.model.Article
    folded: Mapped[str] = mapped_column(deferred=True)  # what the index of words is over
    __table_args__ = (
        Index("ix_articles_story", "story_id"),
        Index("ix_articles_seen", "seen_at", "id"),
        Index("ix_articles_published", "published_at"),
        Index("ix_articles_item", "item_id"),
    )


class RevisionRow(Base):
    """An article as it stood before or at a change. The newest has no words: they are the article's own."""

    __tablename__ = "revisions"
    article_id: Mapped[int] = mapped_column(BigKey, ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    title: Mapped[str]
    text: Mapped[str]
    change: Mapped[dict[str, Any] | None]  # what it changed and what follows, see storage.articles.Revision


class BandRow(Base):
    """One band of an article's MinHash: near copies share at least one."""

    __tablename__ = "bands"
    band: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    article_id: Mapped[int] = mapped_column(BigKey, ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[datetime]
    __table_args__ = (Index("ix_bands_at", "at"), Index("ix_bands_article", "article_id"))


class PortraitRow(Base):
    """What a recent article is about; kept as long as rewrites of it are looked for."""

    __tablename__ = "portraits"
    article_id: Mapped[int] = mapped_column(BigKey, ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[datetime]
    traits: Mapped[dict[str, Any]]
    __table_args__ = (Index("ix_portraits_at", "at"),)


class TraitRow(Base):
    """One trait of a recent article, by which rewrites of it are found."""

    __tablename__ = "traits"
    trait: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(
        BigKey, ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    __table_args__ = (
        Index("ix_traits_at", "at"),
        Index("ix_traits_article", "article_id"),
        {"sqlite_with_rowid": False},
    )


class MentionRow(Base):
    """In how many articles of a day something is named, by a key of `alerts.surprise`."""

    __tablename__ = "mentions"
    day: Mapped[date] = mapped_column(Date(), primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    label: Mapped[str]
    articles: Mapped[int]
    __table_args__ = (Index("ix_mentions_subject", "subject", "day"), {"sqlite_with_rowid": False})


class EntityRow(Base):
    """An analyst's own entity; those that ship are files."""

    __tablename__ = "entities"
    id: Mapped[str] = mapped_column(primary_key=True)
    data: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime]


class TopicRow(Base):
    """A topic as of its last version."""

    __tablename__ = "topics"
    id: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    description: Mapped[str]
    rule: Mapped[str]
    version: Mapped[int]
    active: Mapped[bool]
    updated_at: Mapped[datetime]


class TopicVersionRow(Base):
    """A topic's rule as it once stood."""

    __tablename__ = "topic_versions"
    topic_id: Mapped[str] = mapped_column(ForeignKey("topics.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    rule: Mapped[str]
    at: Mapped[datetime]
    author: Mapped[str]
    reason: Mapped[str]


class AnalystRow(Base):
    """A person who is told."""

    __tablename__ = "analysts"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str]
    timezone: Mapped[str]
    locale: Mapped[str]


class ChannelRow(Base):
    """A configured destination and how it fares."""

    __tablename__ = "channels"
    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    settings: Mapped[dict[str, Any]]
    analyst: Mapped[str | None] = mapped_column(ForeignKey("analysts.id"))
    active: Mapped[bool]
    disabled_reason: Mapped[str]
    next_ok_at: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]


class SubscriptionRow(Base):
    """Analyst x topic x channel."""

    __tablename__ = "subscriptions"
    id: Mapped[str] = mapped_column(primary_key=True)
    analyst: Mapped[str] = mapped_column(ForeignKey("analysts.id"))
    topic: Mapped[str] = mapped_column(ForeignKey("topics.id"))
    channel: Mapped[str] = mapped_column(ForeignKey("channels.id"))
    cadence: Mapped[str]
    quiet_from: Mapped[str]
    quiet_to: Mapped[str]
    muted_until: Mapped[datetime | None]
    digest_at: Mapped[str]
    active: Mapped[bool]
    next_digest_at: Mapped[datetime | None]  # None: to be reckoned from the cadence, or there is no digest to come
    digest_from: Mapped[datetime | None]  # where the next digest's window begins
    __table_args__ = (Index("ix_subscriptions_topic", "topic"), Index("ix_subscriptions_digest", "next_digest_at"))


class MatchRow(Base):
    """A topic version that an article's revision satisfied, with its evidence."""

    __tablename__ = "matches"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    article_id: Mapped[int] = mapped_column(BigKey, ForeignKey("articles.id", ondelete="CASCADE"))
    revision: Mapped[int]
    topic_id: Mapped[str]
    topic_version: Mapped[int]
    score: Mapped[float | None]
    spans: Mapped[list[Any]]
    at: Mapped[datetime]
    __table_args__ = (
        UniqueConstraint("article_id", "revision", "topic_id", "topic_version"),
        Index("ix_matches_topic", "topic_id", "at"),
    )


class AlertRow(Base):
    """Topic x story, once an episode."""

    __tablename__ = "alerts"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    topic_id: Mapped[str]
    story_id: Mapped[int] = mapped_column(BigKey, ForeignKey("stories.id"))
    episode: Mapped[int]
    created_at: Mapped[datetime]
    article_id: Mapped[int] = mapped_column(BigKey, ForeignKey("articles.id"))
    match_id: Mapped[int | None] = mapped_column(BigKey)
    # of the article, as it was then: lists are narrowed by them
    source: Mapped[str] = mapped_column(server_default="")
    country: Mapped[str] = mapped_column(server_default="")
    language: Mapped[str] = mapped_column(server_default="")
    __table_args__ = (
        UniqueConstraint("topic_id", "story_id", "episode"),
        Index("ix_alerts_created", "created_at"),
        Index("ix_alerts_article", "article_id"),
        Index("ix_alerts_topic", "topic_id", "id"),
        Index("ix_alerts_topic_day", "topic_id", "created_at"),
        Index("ix_alerts_story", "story_id"),
        Index("ix_alerts_source", "source", "id"),
        Index("ix_alerts_country", "country", "id"),
        Index("ix_alerts_language", "language", "id"),
    )


class AlertEntityRow(Base):
    """An entity that the evidence of an alert names."""

    __tablename__ = "alert_entities"
    entity: Mapped[str] = mapped_column(primary_key=True)
    alert_id: Mapped[int] = mapped_column(
        BigKey, ForeignKey("alerts.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    __table_args__ = (Index("ix_alert_entities_alert", "alert_id"), {"sqlite_with_rowid": False})


class AlertArticleRow(Base):
    """An article that belongs to an alert."""

    __tablename__ = "alert_articles"
    alert_id: Mapped[int] = mapped_column(BigKey, ForeignKey("alerts.id", ondelete="CASCADE"), primary_key=True)
    article_id: Mapped[int] = mapped_column(BigKey, ForeignKey("articles.id"), primary_key=True)
    joined_at: Mapped[datetime]
    __table_args__ = (Index("ix_alert_articles_article", "article_id"),)


class SuppressionRow(Base):
    """A subscription that was not told, and why."""

    __tablename__ = "suppressions"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    alert_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("alerts.id", ondelete="CASCADE"))
    article_id: Mapped[int | None] = mapped_column(BigKey)
    subscription: Mapped[str]
    reason: Mapped[str]
    at: Mapped[datetime]
    __table_args__ = (Index("ix_suppressions_alert", "alert_id"), Index("ix_suppressions_article", "article_id"))


class DeliveryRow(Leased, Base):
    """One message to one channel."""

    __tablename__ = "deliveries"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    idem_key: Mapped[str] = mapped_column(unique=True)
    alert_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("alerts.id", ondelete="CASCADE"))
    story_id: Mapped[int | None] = mapped_column(BigKey)
    subscription: Mapped[str | None]
    channel: Mapped[str]
    revision: Mapped[int]
    state: Mapped[str]
    reason: Mapped[str]
    notice: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    next_attempt_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    attempts: Mapped[int]
    last_error: Mapped[str]
    receipt: Mapped[str | None]  # what the receiver calls the message: later ones of its story answer to it
    digest_id: Mapped[int | None] = mapped_column(BigKey)  # the delivery that tells of it in a digest
    __table_args__ = (
        Index("ix_deliveries_channel", "channel", "id"),
        partial_index("ix_deliveries_gathered", "subscription", where=GATHERED),
        partial_index("ix_deliveries_digest", "digest_id", where="digest_id IS NOT NULL"),
        partial_index("ix_deliveries_open", "next_attempt_at", where=one_of(OPEN)),
        partial_index("ix_deliveries_expiry", "expires_at", where=one_of(OPEN)),
        partial_index("ix_deliveries_leased", "owner", where="owner IS NOT NULL"),
        Index("ix_deliveries_cap", "subscription", "created_at"),
        Index("ix_deliveries_alert", "alert_id"),
        Index("ix_deliveries_order", "subscription", "story_id"),
        Index("ix_deliveries_created", "created_at"),
    )


class SilenceRow(Base):
    """A subscription that wants to hear nothing of a story, for a time or for good."""

    __tablename__ = "silences"
    subscription: Mapped[str] = mapped_column(primary_key=True)
    story_id: Mapped[int] = mapped_column(
        BigKey, ForeignKey("stories.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    reason: Mapped[str]  # snoozed | not-relevant
    until: Mapped[datetime | None]
    at: Mapped[datetime]
    __table_args__ = (Index("ix_silences_story", "story_id"),)


class DigestRunRow(Base):
    """One digest that was due, with or without something to tell."""

    __tablename__ = "digest_runs"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    subscription: Mapped[str]
    window_start_utc: Mapped[datetime]
    window_end_utc: Mapped[datetime]
    entries: Mapped[int]
    delivery_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("deliveries.id", ondelete="SET NULL"))
    __table_args__ = (
        UniqueConstraint("subscription", "window_start_utc"),
        Index("ix_digest_runs_delivery", "delivery_id"),
    )


class AttemptRow(Base):
    """One attempt to send; written before sending, never deleted before its delivery."""

    __tablename__ = "attempts"
    delivery_id: Mapped[int] = mapped_column(BigKey, ForeignKey("deliveries.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    phase: Mapped[str]
    code: Mapped[str]
    error: Mapped[str]


class AccountRow(Base):
    """How an analyst signs in."""

    __tablename__ = "accounts"
    analyst: Mapped[str] = mapped_column(ForeignKey("analysts.id", ondelete="CASCADE"), primary_key=True)
    password: Mapped[str]
    role: Mapped[str]
    active: Mapped[bool]
    created_at: Mapped[datetime]
    password_at: Mapped[datetime]


class SessionRow(Base):
    """A browser that is signed in; the cookie's value is kept as a digest."""

    __tablename__ = "sessions"
    digest: Mapped[str] = mapped_column(primary_key=True)
    earlier: Mapped[str | None]
    rotated_at: Mapped[datetime]
    analyst: Mapped[str] = mapped_column(ForeignKey("accounts.analyst", ondelete="CASCADE"))
    csrf: Mapped[str]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    agent: Mapped[str]
    address: Mapped[str]
    __table_args__ = (
        Index("ix_sessions_earlier", "earlier"),
        Index("ix_sessions_analyst", "analyst"),
        Index("ix_sessions_expires", "expires_at"),
    )


class InvitationRow(Base):
    """A link that lets one person make an account, once."""

    __tablename__ = "invitations"
    digest: Mapped[str] = mapped_column(primary_key=True)
    analyst: Mapped[str]
    role: Mapped[str]
    inviter: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class TokenRow(Base):
    """A token of the HTTP API, kept as a digest."""

    __tablename__ = "tokens"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    digest: Mapped[str] = mapped_column(unique=True)
    hint: Mapped[str]
    name: Mapped[str]
    analyst: Mapped[str] = mapped_column(ForeignKey("analysts.id", ondelete="CASCADE"))
    scopes: Mapped[list[Any]]
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    __table_args__ = (Index("ix_tokens_analyst", "analyst"),)


class FailedLoginRow(Base):
    """A sign-in that failed, under the name or the address whose tries are counted."""

    __tablename__ = "failed_logins"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    key: Mapped[str]
    at: Mapped[datetime]
    __table_args__ = (Index("ix_failed_logins_key", "key", "at"), Index("ix_failed_logins_at", "at"))


class AuditRow(Base):
    """Who changed what; never changed itself."""

    __tablename__ = "audit"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    detail: Mapped[str]
    address: Mapped[str]
    __table_args__ = (Index("ix_audit_at", "at"),)


class ReadingRow(Base):
    """What an analyst did with a story."""

    __tablename__ = "readings"
    analyst: Mapped[str] = mapped_column(ForeignKey("analysts.id", ondelete="CASCADE"), primary_key=True)
    story_id: Mapped[int] = mapped_column(BigKey, ForeignKey("stories.id", ondelete="CASCADE"), primary_key=True)
    read_at: Mapped[datetime | None]
    saved_at: Mapped[datetime | None]
    __table_args__ = (Index("ix_readings_story", "story_id"),)


class TopicFeedRow(Base):
    """An analyst's private feed of a topic; its address is good as long as it has this key."""

    __tablename__ = "topic_feeds"
    analyst: Mapped[str] = mapped_column(ForeignKey("analysts.id", ondelete="CASCADE"), primary_key=True)
    topic_id: Mapped[str] = mapped_column(ForeignKey("topics.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str]
    created_at: Mapped[datetime]


class IdentityRow(Base):
    """Who at a provider of identities is which analyst."""

    __tablename__ = "identities"
    issuer: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    analyst: Mapped[str] = mapped_column(ForeignKey("analysts.id", ondelete="CASCADE"))
    linked_at: Mapped[datetime]
