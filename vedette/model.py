"""The words of Vedette as frozen dataclasses and enums. Standard library only; docs/glossary.md says them in prose.

Instants are aware datetimes in UTC. Offsets are code points. Ids of sources, entities, topics, analysts, channels and
subscriptions are slugs that people choose; ids of items, articles, stories, matches, alerts and deliveries are
integers that the database gives.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

# --------------------------------------------------------------------------- what is watched


class SourceState(StrEnum):
    """Whether a source is polled."""

    ACTIVE = "active"
    PAUSED = "paused"  # by a person
    GONE = "gone"  # the server says 410 for good; a person must look


@dataclass(frozen=True, slots=True)
class Source:
    """One access point of a publisher; what a person declares. `kind` names a module of `crawler.spiders`."""

    id: str
    url: str
    kind: str = "feed"
    name: str = ""
    homepage: str = ""
    language: str = ""
    country: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    interval: timedelta | None = None  # fixed by a person; None lets the polling rule decide
    weight: float = 1.0
    alert_on_first_poll: bool = False
    state: SourceState = SourceState.ACTIVE


class HealthState(StrEnum):
    """How a source fares, in a word. Nothing is disabled for it: a person decides."""

    NEW = "new"  # not polled yet
    OK = "ok"
    PAUSED = "paused"  # by a person
    GONE = "gone"  # the server says 410
    FAILING = "failing"  # it can't be read, or most of its pages can't be fetched
    CERTIFICATE = "certificate"  # its TLS certificate is not valid
    FORBIDDEN = "forbidden"  # robots.txt forbids it, or can't be read
    CAPTCHA = "captcha"  # it asks whether the reader is human, with status 200
    CONSENT = "consent"  # it asks for consent and shows nothing else
    MOVED = "moved"  # a permanent redirect that does not hold for a week yet
    LAYOUT = "layout"  # its pages give no articles, or shorter ones, or no dates, since it was rebuilt
    FLOOD = "flood"  # far more items than its own rhythm
    SILENT = "silent"  # nothing new for longer than its own rhythm
    CHANGE = "change"  # it writes at another rate than before


@dataclass(frozen=True, slots=True)
class Health:
    """A state, why, and since when it holds."""

    state: HealthState
    reason: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class SourceDay:
    """What a source did on one day (UTC). Pages and articles count on the day on which they came."""

    day: date
    polls: int = 0
    failed: int = 0  # polls that could not be used; throttled ones are not among them
    throttled: int = 0  # polls that were answered 429 or 503
    unmodified: int = 0  # polls that were answered 304
    entries: int = 0  # shown in all
    new: int = 0  # items never seen before, those of the first poll left out
    milliseconds: int = 0  # that polls took in all
    pages: int = 0  # pages that were fetched
    pages_failed: int = 0  # items that were given up because their page could not be fetched
    articles: int = 0
    undated: int = 0  # articles without a date
    characters: int = 0  # text of all articles
    refused: int = 0  # pages that gave no article
    captcha: int = 0  # of these: asked whether the reader is human
    consent: int = 0  # of these: asked for consent


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """A source with what the crawler knows about it."""

    source: Source
    next_poll_at: datetime | None = None
    last_poll_at: datetime | None = None
    last_success_at: datetime | None = None
    first_success_at: datetime | None = None  # None: its first poll is still to come and imports silently
    failures: int = 0  # in a row
    last_outcome: str = ""  # a FetchOutcome
    last_error: str = ""
    etag: str = ""  # byte for byte as the server sent it
    last_modified: str = ""  # byte for byte as the server sent it
    interval: timedelta | None = None  # the wait last decided on
    polling: Mapping[str, Any] = field(default_factory=dict)  # state of the polling rule, JSON
    state_reason: str = ""  # why it is paused or gone, or what was changed for it
    whole_at: datetime | None = None  # when it last sent its whole body
    moved_to: str = ""  # where its permanent redirects lead
    moved_at: datetime | None = None  # since when they lead there
    health: Health | None = None  # as last judged
    judged_at: datetime | None = None
    memory: Mapping[str, Any] = field(default_factory=dict)  # what its kind knows of the last poll, JSON


@dataclass(frozen=True, slots=True)
class SourceClaim:
    """A source leased to one worker for one poll."""

    status: SourceStatus
    owner: str
    lease_until: datetime


class FetchOutcome(StrEnum):
    """How one visit to a URL ended."""

    OK = "ok"
    NOT_MODIFIED = "not-modified"
    ROBOTS = "robots"  # forbidden by robots.txt, or robots.txt could not be read (5xx)
    HTTP_ERROR = "http-error"  # 4xx except 410 and 429
    SERVER_ERROR = "server-error"  # 5xx except 503
    THROTTLED = "throttled"  # 429 or 503
    GONE = "gone"  # 410
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    CUT = "cut"  # the body ended early or the connection was reset
    TOO_LARGE = "too-large"
    BLOCKED_ADDRESS = "blocked-address"  # would have led to a private address or a forbidden scheme
    BAD_REDIRECT = "bad-redirect"  # a loop, too many, or no Location
    NOT_A_FEED = "not-a-feed"
    EMPTY = "empty"
    CAPTCHA = "captcha"  # a page that asks whether the reader is human, with whatever status
    CONSENT = "consent"  # a page that asks for consent
    FAILED = "failed"  # anything else; `error` says what


@dataclass(frozen=True, slots=True)
class Fetch:
    """One visit to a URL and its outcome."""

    url: str
    purpose: str  # poll | page | robots
    at: datetime
    outcome: FetchOutcome
    status: int = 0
    bytes: int = 0
    milliseconds: int = 0
    source_id: str | None = None
    item_id: int | None = None
    final_url: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a feed, sitemap or listing as the source showed it."""

    url: str
    entry_id: str = ""  # the feed's guid or id; "" where it has none
    title: str = ""
    summary: str = ""  # plain text
    content: str = ""  # HTML of content:encoded, atom:content or content_html, "" where there is none
    published_at: datetime | None = None
    updated_at: datetime | None = None
    authors: tuple[str, ...] = ()
    language: str = ""
    image: str = ""
    tags: tuple[str, ...] = ()


class ItemState(StrEnum):
    """Where an item stands between being seen in a source and becoming an article."""

    NEW = "new"  # seen, its page is to be fetched
    FETCHED = "fetched"  # its page is stored and waits for extraction
    DONE = "done"  # it is an article
    DROPPED = "dropped"  # it went no further; a Drop says why


@dataclass(frozen=True, slots=True)
class Item:
    """A URL that a source showed, once per identity of the URL (`crawler.urls.identity`)."""

    id: int
    source_id: str
    url: str
    identity: str
    entry: Entry
    state: ItemState
    seen_at: datetime
    silent: bool = False  # seen by the first poll of its source: an article, but never an alert
    attempts: int = 0
    next_attempt_at: datetime | None = None
    article_id: int | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Raw bytes, the URL they came from, headers, and what the source said about them."""

    url: str  # where the bytes came from, after redirects
    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case
    fetched_at: datetime | None = None
    entry: Entry | None = None
    source_id: str = ""
    source_name: str = ""
    source_language: str = ""
    source_country: str = ""


class PageKind(StrEnum):
    """What a page is; only articles go on."""

    ARTICLE = "article"
    LIVE_BLOG = "live-blog"
    LISTING = "listing"
    VIDEO = "video"
    TEASER = "teaser"  # the start of a paywalled article
    CONSENT = "consent"
    CAPTCHA = "captcha"
    LOGIN = "login"
    OTHER = "other"  # a job, a product, an application without its text
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Passage:
    """Whole paragraphs of an article's text, from `start` to `end`, in another language than the article's."""

    start: int
    end: int
    language: str  # ISO 639-1


@dataclass(frozen=True, slots=True)
class Article:
    """What was extracted from one page. Paragraphs of `text` are parted by a blank line, and so are the captions."""

    title: str
    text: str
    url: str = ""
    canonical_url: str = ""
    authors: tuple[str, ...] = ()
    published_at: datetime | None = None
    published_precision: str = ""  # instant | day | ""
    published_evidence: str = ""  # jsonld, meta, microdata, time, url, visible, htmldate, feed
    published_zone: str = ""  # the offset as written, "+04:00"; "" where the page gave none
    modified_at: datetime | None = None
    language: str = ""  # ISO 639-1
    passages: tuple[Passage, ...] = ()  # in other languages, as far as there are any
    site: str = ""
    image: str = ""
    section: str = ""
    tags: tuple[str, ...] = ()
    kind: PageKind = PageKind.ARTICLE
    extractor: str = ""
    summary: str = ""
    country: str = ""
    source: str = ""  # the id of the source
    captions: str = ""  # of its pictures; no part of the text
    robots: tuple[str, ...] = ()  # noindex, noai, tdm-reservation ... as the page or its headers said
    fingerprint: tuple[int, ...] = ()  # MinHash of the text, see extractors.fingerprint
    id: int | None = None
    revision: int = 1

    @property
    def words(self) -> tuple[str, str, str]:
        """All that rules read: title, text and captions. A page that changes none of them says what it said before."""
        return self.title, self.text, self.captions


class Change(StrEnum):
    """What storing an article found."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


class Join(StrEnum):
    """How an article came into its story."""

    FIRST = "first"  # it began the story
    COPY = "copy"  # its text is a near copy of another one
    RETOLD = "retold"  # it tells the same event in other words, perhaps in another language
    ANALYST = "analyst"  # a person put it there


@dataclass(frozen=True, slots=True)
class Stored:
    """An article after it was stored."""

    article: Article  # with id and revision
    change: Change
    story_id: int


class DropReason(StrEnum):
    """Why an item went no further. Stored; `vedette explain` says them in words."""

    SEEN_BEFORE = "seen-before"
    ROBOTS = "robots"
    HTTP_ERROR = "http-error"
    GONE = "gone"
    BLOCKED_ADDRESS = "blocked-address"
    TOO_LARGE = "too-large"
    UNREACHABLE = "unreachable"  # every attempt failed: DNS, connection, TLS, timeout, cut
    NOT_HTML = "not-html"
    NOT_AN_ARTICLE = "not-an-article"
    NO_TEXT = "no-text"
    TOO_COMPLEX = "too-complex"  # over the limits of size, elements, time or memory
    EXTRACTION_FAILED = "extraction-failed"
    TOO_OLD = "too-old"
    UNCHANGED = "unchanged"
    NO_MATCH = "no-match"
    SILENT_IMPORT = "silent-import"
    NO_SUBSCRIPTION = "no-subscription"
    ALREADY_ALERTED = "already-alerted"
    MUTED = "muted"
    OVERFLOW = "overflow"  # the source showed more entries than one poll takes
    OPTED_OUT = "opted-out"


@dataclass(frozen=True, slots=True)
class Drop:
    """One recorded reason why something went no further."""

    reason: DropReason
    at: datetime
    stage: str  # crawl | fetch | extract | store | match | decide | deliver
    url: str = ""
    detail: str = ""
    source_id: str | None = None
    item_id: int | None = None
    article_id: int | None = None
    topic_id: str | None = None


# --------------------------------------------------------------------------- what is looked for


@dataclass(frozen=True, slots=True)
class Alias:
    """One spelling of an entity. `near` / `not_near`: words of which one must, or none may, stand in the article."""

    text: str
    language: str = ""  # ISO 639-1, "" for any
    exact: bool = False  # case and accents count
    near: tuple[str, ...] = ()
    not_near: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entity:
    """A named thing with its spellings per language and script. `kind`: aircraft, person, organisation, country ..."""

    id: str
    name: str
    kind: str
    aliases: tuple[Alias, ...] = ()
    country: str = ""
    note: str = ""
    reference: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)  # terms of office, editions, makers


@dataclass(frozen=True, slots=True)
class Topic:
    """A named rule that an analyst can subscribe to."""

    id: str
    rule: str
    title: str = ""
    description: str = ""
    version: int = 1
    active: bool = True


@dataclass(frozen=True, slots=True)
class Span:
    """One hit: `article.<field>[start:end] == text`, always; the field body is `article.text`. `term` is the rule's,
    `entity` the id that hit.
    """

    field: str  # title | body | captions
    start: int
    end: int
    text: str
    term: str
    entity: str | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """A topic version that an article satisfies, with its evidence."""

    topic: str
    version: int
    spans: tuple[Span, ...]
    score: float | None = None
    id: int | None = None


@dataclass(frozen=True, slots=True)
class RuleFailure:
    """A rule that could not be evaluated; reported beside the matches of the others."""

    topic: str
    message: str


# --------------------------------------------------------------------------- who is told


@dataclass(frozen=True, slots=True)
class Analyst:
    """A person who is told."""

    id: str
    name: str = ""
    email: str = ""
    timezone: str = "UTC"
    locale: str = "en"


@dataclass(frozen=True, slots=True)
class Channel:
    """A configured destination. `settings` are validated by the module of `alerts.channels` that `kind` names."""

    id: str
    kind: str
    settings: Mapping[str, Any]
    analyst: str | None = None
    active: bool = True
    disabled_reason: str = ""
    next_ok_at: datetime | None = None  # the whole channel waits (Retry-After)
    failing_since: datetime | None = None


class Cadence(StrEnum):
    """How often a subscription delivers."""

    AT_ONCE = "at-once"
    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"


@dataclass(frozen=True, slots=True)
class Subscription:
    """Analyst x topic x channel. Quiet hours are local times "HH:MM" of the analyst's zone."""

    id: str
    analyst: str
    topic: str
    channel: str
    cadence: Cadence = Cadence.AT_ONCE
    quiet_from: str = ""
    quiet_to: str = ""
    muted_until: datetime | None = None
    digest_at: str = "08:00"
    active: bool = True


@dataclass(frozen=True, slots=True)
class Alert:
    """Topic x story, created once per episode; later articles of the story join it."""

    id: int
    topic: str
    story_id: int
    episode: int
    created_at: datetime
    article_id: int  # the one that caused it


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    HELD = "held"  # quiet hours, group wait, or a digest to come (then it has no next attempt)
    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    RETRY = "retry"
    UNCERTAIN = "uncertain"  # the receiver may have it; sent again under the same key
    SUPPRESSED = "suppressed"
    EXPIRED = "expired"
    DEAD = "dead"  # replayable with `vedette deliveries retry`


class DeliveryReason(StrEnum):
    """Why a delivery stands where it stands, or why there is none."""

    NEW_STORY = "new-story"
    UPDATE = "update"
    TEST = "test"
    OPERATOR = "operator"  # a notice to the owner of a dead channel
    GROUP_WAIT = "group-wait"
    QUIET_HOURS = "quiet-hours"
    MUTED = "muted"
    SNOOZED = "snoozed"
    NOT_RELEVANT = "not-relevant"  # a person said so of the story
    UNSUBSCRIBED = "unsubscribed"  # the subscription ended while the message waited
    CAP = "cap"  # over the subscription's messages of an hour: it comes in a digest
    DIGEST = "digest"
    PERMANENT_FAILURE = "permanent-failure"
    CHANNEL_DISABLED = "channel-disabled"
    OUT_OF_RETRIES = "out-of-retries"
    TOO_LATE = "too-late"  # it could not be sent in time: where there is a subscription it comes in a digest


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence that matched, in the original. `marks` are (start, end) code point ranges of `text` to highlight."""

    text: str
    marks: tuple[tuple[int, int], ...] = ()
    field: str = "body"


@dataclass(frozen=True, slots=True)
class Notice:
    """What one delivery says: a snapshot of everything a channel needs, so that channels never query.

    `alerts.notice` builds it; `storage.deliveries` carries it through the database.
    """

    topic: str
    topic_title: str
    topic_version: int
    title: str
    url: str
    site: str
    language: str
    country: str
    published_at: datetime | None
    published_precision: str
    seen_at: datetime
    sentences: tuple[Sentence, ...]
    hits: tuple[str, ...]  # "Guido Crosetto (Krosetto)", "ADEX"
    story_id: int
    alert_id: int | None
    reason: DeliveryReason
    rule: str = ""
    timezone: str = "UTC"
    locale: str = "en"
    score: float | None = None
    others: tuple[tuple[str, str], ...] = ()  # (site, url) of other outlets that carry the story
    text: str = ""  # for operator notices and tests: what to say instead of an article
    links: Mapping[str, str] = field(default_factory=dict)  # explain, mute, not-relevant, unsubscribe
    news: tuple[str, ...] = ()  # of an update: what is new, a line each
    entries: tuple[Notice, ...] = ()  # of a digest: what it tells, the oldest first


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to one channel."""

    id: int
    idem_key: str
    channel: str
    state: DeliveryState
    reason: DeliveryReason
    notice: Notice
    created_at: datetime
    attempts: int = 0
    next_attempt_at: datetime | None = None
    expires_at: datetime | None = None
    sent_at: datetime | None = None
    alert_id: int | None = None
    subscription: str | None = None
    revision: int = 1
    last_error: str = ""
    receipt: str = ""  # what the receiver calls the message, where it says
    digest: int | None = None  # the delivery that tells of it in a digest


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A delivery that was decided and is not stored yet. Without a `not_before` it waits for a digest."""

    idem_key: str
    channel: str
    reason: DeliveryReason
    notice: Notice
    not_before: datetime | None
    state: DeliveryState = DeliveryState.PENDING
    expires_at: datetime | None = None
    subscription: str | None = None
    revision: int = 1


class AttemptOutcome(StrEnum):
    """How one attempt to send ended."""

    SENT = "sent"
    RETRY = "retry"  # certainly not delivered; try again
    UNCERTAIN = "uncertain"  # perhaps delivered; try again under the same key
    PERMANENT = "permanent"  # this message will never be taken
    CHANNEL_GONE = "channel-gone"  # this channel will never take any message


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to send a delivery; written before sending, completed after."""

    delivery_id: int
    number: int
    started_at: datetime
    finished_at: datetime | None = None
    outcome: AttemptOutcome | None = None
    phase: str = ""  # resolve, connect, tls, auth, mail, rcpt, data, response
    code: str = ""
    error: str = ""  # redacted
