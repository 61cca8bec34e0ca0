"""The API for rules that are no topic yet: what they mean, what they would have caught, what their hits are about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime, timedelta

from fastapi import Request
from pydantic import Field

from storage import Transaction
from vedette.backtest import Reader as Recipient
from vedette.backtest import Ref, backtest
from vedette.errors import RuleError
from vedette.model import Cadence
from vedette.tuning import contexts
from web import asking, desk
from web.api._base import Model, Reads, make_router
from web.api._bodies import EffectBody, ReasonBody, SpanBody
from web.asking import LONGEST_RULE, MOST_GROUPED
from web.site import Site, site_of
from web.visitor import Visitor

router = make_router("rules")
RULE = Field(min_length=1, max_length=LONGEST_RULE, examples=["@c-27j AND (@azerbaijan OR baku)"])


class CheckRequest(Model):
    """A rule to be checked; `topic`: the one that it is to be the rule of."""

    rule: str = RULE
    topic: str = Field("", max_length=63)


class CautionBody(Model):
    """Something that is allowed and probably not meant; offsets are code points of the rule."""

    start: int
    end: int
    message: str


class MistakeBody(Model):
    """Why a rule is refused, where, and what to write instead."""

    message: str
    remedy: str
    line: int
    column: int
    start: int
    end: int


class CheckBody(Model):
    """What a rule means, or what is wrong with it."""

    ok: bool
    normal: str = ""
    words: str = ""
    required: list[list[str]] = Field(default_factory=list, description="Of each group an article must have a word")
    warnings: list[CautionBody] = Field(default_factory=list)
    mistake: MistakeBody | None = None


class BacktestRequest(Model):
    """A rule to be tried on the archive; `against`: another one to compare with."""

    rule: str = RULE
    days: int = Field(90, ge=1, le=366)
    against: str | None = Field(None, min_length=1, max_length=LONGEST_RULE)
    examples: int = Field(10, ge=0, le=50)
    cadence: Cadence | None = Field(None, description="Reckon the messages of this cadence")
    subscription: str | None = Field(None, max_length=300, description="Reckon those of one of one's subscriptions")


class RefBody(Model):
    """An article, named."""

    id: int
    title: str
    url: str
    at: datetime


class MissBody(RefBody):
    """An article that a rule narrowly misses, and the clauses that failed."""

    reasons: list[ReasonBody]


class ExampleBody(Model):
    """An article that a rule catches; the hits stand between asterisks."""

    id: int | None
    title: str
    url: str
    site: str
    language: str
    published_at: datetime | None
    score: float | None
    spans: list[SpanBody]
    sentences: list[str]


class ExpectedBody(Model):
    """What a subscription would have got. `held`: messages over the cap, which come in a digest."""

    cadence: Cadence
    messages: int
    per_week: float
    held: int


class AgainstBody(Model):
    """The other rule."""

    rule: str
    articles: int


class BacktestBody(Model):
    """What a rule would have caught."""

    articles: int
    stories: int
    since: datetime = Field(
        description="The begin of the archive or of what was tried, where that is later than what was asked for"
    )
    whole: bool = Field(description="False: so many articles may match that only the newest of them were tried")
    alerts_per_week: float
    expected: ExpectedBody
    days: dict[str, int] = Field(description="Articles by day, UTC", examples=[{"2026-03-02": 3}])
    examples: list[ExampleBody]
    near_misses: list[MissBody]
    against: AgainstBody | None
    gained: list[RefBody]
    lost: list[RefBody]


class ContextsRequest(Model):
    """A rule whose hits are to be grouped."""

    rule: str = Field(min_length=1, max_length=LONGEST_RULE, examples=["ADEX"])
    days: int = Field(365, ge=1, le=366)
    examples: int = Field(3, ge=0, le=20, description="Titles of each context")


class NamedBody(Model):
    """An article, named."""

    id: int | None
    title: str
    url: str
    language: str


class ContextBody(Model):
    """Hits that are about the same."""

    name: str = Field(examples=["Baku"])
    articles: int
    stories: int
    marks: list[str] = Field(description="Terms that are typical of them")
    examples: list[NamedBody]
    guards: list[EffectBody] = Field(description="Clauses that keep the rule to this context, the best first")


class ContextsBody(Model):
    """What the hits of a rule are about, the commonest context first."""

    articles: int
    contexts: list[ContextBody]


@router.post("/rules/check")
def check(request: Request, found: Reads, body: CheckRequest) -> CheckBody:
    """What a rule means, or where it is wrong."""
    del found
    site = site_of(request)
    with site.store.read() as tx:
        try:
            with site.monitors.lend(tx) as monitor:
                result = asking.checked(monitor, body.rule, body.topic)
        except RuleError as error:
            return CheckBody(ok=False, mistake=MistakeBody.model_validate(error))
    warnings = [CautionBody.model_validate(one) for one in result.warnings]
    required = [list(group) for group in result.required]
    return CheckBody(ok=True, normal=result.normal, words=result.words, required=required, warnings=warnings)


@router.post("/rules/backtest")
def try_rule(request: Request, found: Reads, body: BacktestRequest) -> BacktestBody:
    """What a rule would have caught in the last so many days."""
    site = site_of(request)
    with site.store.read() as tx, site.monitors.lend(tx) as monitor:
        result = backtest(
            tx,
            body.rule,
            now=site.now(),
            days=body.days,
            examples=body.examples,
            reader=_reader(tx, site, found, body),
            against=body.against,
            max_age=site.context.settings.crawl.max_age,
            monitor=monitor,
        )
    other = result.against
    return BacktestBody(
        articles=result.articles,
        stories=result.stories,
        since=result.since,
        whole=result.whole,
        alerts_per_week=result.alerts_per_week,
        expected=ExpectedBody.model_validate(result.expected),
        days=dict(result.days),
        examples=[ExampleBody.model_validate(one.value()) for one in result.examples],
        near_misses=[
            MissBody(**asdict(miss.article), reasons=[ReasonBody.model_validate(reason) for reason in miss.reasons])
            for miss in result.near_misses
        ],
        against=AgainstBody(rule=other.rule, articles=other.articles) if other else None,
        gained=_refs(other.gained if other else ()),
        lost=_refs(other.lost if other else ()),
    )


def _reader(tx: Transaction, site: Site, found: Visitor, body: BacktestRequest) -> Recipient:
    """Whose messages are reckoned: one of one's own subscriptions, or anybody with a cadence."""
    cap, zone = site.context.settings.alerts.cap_per_hour, found.analyst.timezone
    if body.subscription is None:
        return Recipient(body.cadence or Cadence.AT_ONCE, zone, cap_per_hour=cap)
    own = desk.own_subscription(tx, found, body.subscription)
    return Recipient(body.cadence or own.cadence, zone, own.digest_at, cap)


def _refs(refs: Iterable[Ref]) -> list[RefBody]:
    return [RefBody.model_validate(ref) for ref in refs]


@router.post("/rules/contexts")
def contexts_of(request: Request, found: Reads, body: ContextsRequest) -> ContextsBody:
    """What the hits of a rule are about, as groups, each with the clauses that keep the rule to it."""
    del found
    site = site_of(request)
    with site.store.read() as tx, site.monitors.lend(tx) as monitor:
        since = site.now() - timedelta(days=body.days)
        told = contexts(tx, body.rule, since=since, examples=body.examples, most=MOST_GROUPED, monitor=monitor)
    return ContextsBody(
        articles=told.articles, contexts=[ContextBody.model_validate(context) for context in told.contexts]
    )
