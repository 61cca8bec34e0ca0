"""Topics: the list, one topic with its versions, and the editor that tries a rule on the archive before it is saved."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from queue import Empty, SimpleQueue
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, Response, StreamingResponse

from storage import Transaction, Wanted
from vedette.backtest import Backtest, Progress, backtest
from vedette.backtest import Reader as Recipient
from vedette.errors import RuleError, UsageError
from vedette.model import Topic
from vedette.tuning import Contexts, contexts
from web import asking, charts, shown, telling, topic_feeds, words
from web.asking import LONGEST_RULE, MOST_GROUPED
from web.desk import slug
from web.keeping import restore_topic, store_topic
from web.problems import Problem
from web.site import Site, go, render, site_of, speaking_to, translated
from web.visitor import Form, Reader, Visitor, address_of, field

DAYS, YEAR = 90, 365
LEAST_GROUPED = 6
"""Hits below which there is nothing to group."""
SPARK = timedelta(days=28)
LOOK_SECONDS = 0.1
"""How often the editor is told how far the backtest is."""

router = APIRouter(include_in_schema=False)


@router.get("/topics")
def topics(request: Request, found: Reader, q: Annotated[str, Query(max_length=200)] = "") -> Response:
    """All topics with their last four weeks; one's own first."""
    site = site_of(request)
    now = site.now()
    with site.store.read() as tx:
        every = tx.topics.list()
        mine = {s.topic for s in tx.subscriptions.list(analyst=found.id)}
        days = tx.stream.per_day([topic.id for topic in every], now - SPARK)
    if q:
        every = [t for t in every if q.casefold() in f"{t.id} {t.title} {t.description} {t.rule}".casefold()]
    start = (now - SPARK).date()
    lines = {
        topic.id: [count for _, count in charts.per_day(days.get(topic.id, {}), start, now.date())] for topic in every
    }
    rows = sorted(
        every, key=lambda topic: (topic.id not in mine, not topic.active, (topic.title or topic.id).casefold())
    )
    return render(request, "topics.html", found, rows=rows, mine=mine, lines=lines, q=q)


@router.get("/topics/new")
def new(request: Request, found: Reader, rule: Annotated[str, Query(max_length=LONGEST_RULE)] = "") -> Response:
    """The editor for a topic that is none yet."""
    return _editor(request, found, Topic("", rule), saved=None, tried=_tried(request, found, "", rule, None))


@router.get("/topics/{topic_id}")
def topic(request: Request, topic_id: str, found: Reader) -> Response:
    """One topic: its rule in words, its alerts, its versions."""
    site = site_of(request)
    now = site.now()
    with site.store.read() as tx:
        known = tx.topics.get(topic_id)
        if known is None:
            raise Problem(404)
        versions = tx.topics.versions(topic_id)
        entries = tx.stream.page(found.id, Wanted(topic=topic_id), limit=10)
        days = tx.stream.per_day([topic_id], now - timedelta(days=DAYS)).get(topic_id, {})
        subscriptions = tx.subscriptions.list(topic=topic_id, analyst=found.id)
        channels = tx.channels.list(found.id)
        key = tx.topic_feeds.key(found.id, topic_id)
        with site.monitors.lend(tx) as monitor, speaking_to(found, request):
            try:
                checked, wrong = asking.checked(monitor, known.rule, topic_id, words.gettext), None
            except RuleError as error:
                checked, wrong = None, error
    earlier = [""] + [version.rule for version in versions]
    changes = [(v, shown.difference(old, v.rule)) for old, v in zip(earlier, versions, strict=False)]
    base = str(request.base_url).rstrip("/")
    feed = topic_feeds.addresses(site, found.id, topic_id, key, base) if key is not None else {}
    bars = charts.per_day(days, (now - timedelta(days=DAYS)).date(), now.date())
    return render(
        request,
        "topic.html",
        found,
        topic=known,
        checked=checked,
        wrong=wrong,
        changes=list(reversed(changes)),
        cards=[shown.card(entry) for entry in entries],
        bars=bars,
        subscriptions=subscriptions,
        channels=channels,
        feed=feed,
    )


@router.post("/topics/{topic_id}/feed")
def feed(request: Request, topic_id: str, found: Reader, form: Form) -> Response:
    """Make one's private feed of a topic, give it another address, or withdraw it."""
    site = site_of(request)
    with site.store.write() as tx:
        topic_feeds.change(tx, site, found.id, topic_id, field(form, "do"), address_of(request))
    return go(f"/topics/{topic_id}#feed", translated(found, request, "Saved."))


@router.get("/topics/{topic_id}/edit")
def edit(request: Request, topic_id: str, found: Reader, alert: int | None = None) -> Response:
    """The editor; with `alert` one that should not have been, and what would have left it out."""
    site = site_of(request)
    with site.store.read() as tx:
        known = tx.topics.get(topic_id)
        entry = tx.stream.get(found.id, alert) if alert is not None else None
    if known is None:
        raise Problem(404)
    tried = _tried(request, found, topic_id, known.rule, known)
    unwanted = entry if entry is not None and entry.alert.topic == topic_id else None
    proposals = telling.proposals(site, topic_id, [unwanted.alert.id]) if unwanted else ()
    return _editor(request, found, known, saved=known, tried=tried, unwanted=unwanted, proposals=proposals)


@router.post("/topics/check")
def check(request: Request, found: Reader, form: Form) -> Response:
    """What the editor shows of a rule as it is typed: lines of JSON, {"share"} of the time that was looked at, 0 to 1,
    and at the end {"html"}, a piece of its page."""
    site, topic_id, rule = site_of(request), field(form, "saved_id"), _rule(form)
    with site.store.read() as tx:
        saved = tx.topics.get(topic_id) if topic_id else None
    shares: SimpleQueue[float] = SimpleQueue()
    now, whole = site.now(), timedelta(days=DAYS)

    def tried() -> bytes:
        values = _tried(request, found, topic_id, rule, saved, lambda _, at: shares.put(min(1.0, (now - at) / whole)))
        return bytes(render(request, "tried.html", found, **values).body)

    return StreamingResponse(_progress(tried, shares), media_type="application/x-ndjson")


def _progress(work: Callable[[], bytes], shares: SimpleQueue[float]) -> Iterator[str]:
    """How far a work is, and then what it made. A work that fails ends the answer early."""
    with ThreadPoolExecutor(1) as pool:
        made = pool.submit(work)
        while not made.done():
            with contextlib.suppress(Empty):
                share = shares.get(timeout=LOOK_SECONDS)
                while not shares.empty():
                    share = shares.get()
                yield json.dumps({"share": round(share, 3)}) + "\n"
        yield json.dumps({"html": made.result().decode()}) + "\n"


@router.post("/topics/contexts")
def contexts_of(request: Request, found: Reader, form: Form) -> Response:
    """What the hits of a rule are about, as groups with the clauses that part them; a piece of the editor's page."""
    try:
        contexts = _contexts(site_of(request), _rule(form))
    except RuleError:
        return Response(status_code=204)  # the editor tells what is wrong
    return render(request, "contexts.html", found, found=contexts)


@router.post("/topics")
def save(request: Request, found: Reader, form: Form) -> Response:
    """Save a topic, or show again what is wrong with it. A new rule is a new version with author and reason."""
    site, topic_id = site_of(request), field(form, "saved_id")
    with site.store.read() as tx:
        saved = tx.topics.get(topic_id) if topic_id else None
        if topic_id and saved is None:
            raise Problem(404)
    title = field(form, "title")[:200]
    taken = field(form, "take")[:LONGEST_RULE]
    given = Topic(
        id=topic_id or field(form, "id") or slug(title),
        rule=taken or _rule(form),
        title=title,
        description=field(form, "description")[:2000],
        active=field(form, "active", "yes" if saved is None else "") == "yes",
    )
    if taken or field(form, "do") in ("try", "contexts"):
        tried = _tried(request, found, topic_id, given.rule, saved)
        if field(form, "do") == "contexts" and tried["result"] is not None:
            tried["contexts"] = _contexts(site, given.rule)
        return _editor(request, found, given, saved=saved, tried=tried, reason=field(form, "reason"))
    try:
        stored = store_topic(site, found, given, field(form, "reason"), new=saved is None, address=address_of(request))
    except UsageError as error:
        tried = _tried(request, found, topic_id, given.rule, saved)
        wrong = "" if isinstance(error, RuleError) else str(error)
        return _editor(
            request, found, given, saved=saved, tried=tried, reason=field(form, "reason"), wrong=wrong, status=422
        )
    return go(f"/topics/{stored.id}", translated(found, request, "Saved."))


@router.post("/topics/{topic_id}/restore")
def restore(request: Request, topic_id: str, found: Reader, form: Form) -> Response:
    """Make an earlier version's rule the newest one."""
    given = field(form, "version")
    number = int(given) if given.isascii() and given.isdecimal() else 0
    restore_topic(site_of(request), found, topic_id, number, address_of(request))
    return go(f"/topics/{topic_id}", translated(found, request, "Restored."))


def _rule(form: FormData) -> str:
    rule = field(form, "rule")
    if len(rule) > LONGEST_RULE:
        raise Problem(413)
    return rule


def _editor(
    request: Request, found: Visitor, topic: Topic, *, tried: Mapping[str, Any], status: int = 200, **values: Any
) -> HTMLResponse:
    defaults = {"reason": "", "wrong": "", "unwanted": None, "proposals": ()}
    return render(request, "topic_edit.html", found, status=status, topic=topic, **{**defaults, **values}, **tried)


def _tried(
    request: Request,
    found: Visitor,
    topic_id: str,
    rule: str,
    saved: Topic | None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """All that can be said of a rule: its mistake, or its meaning and what it would have caught."""
    site = site_of(request)
    result: Backtest | None = None
    values: dict[str, Any] = {
        "rule": rule,
        "checked": None,
        "mistake": None,
        "marked": "",
        "result": None,
        "bars": [],
        "contexts": None,
        "least": LEAST_GROUPED,
    }
    if not rule.strip():
        return values
    against = saved.rule if saved is not None and saved.rule.strip() != rule.strip() else None
    with site.store.read() as tx:
        try:
            with site.monitors.lend(tx) as monitor, speaking_to(found, request):
                values["checked"] = asking.checked(monitor, rule, topic_id, words.gettext)
                result = backtest(
                    tx,
                    rule,
                    now=site.now(),
                    days=DAYS,
                    examples=8,
                    reader=_recipient(tx, site, found, topic_id),
                    against=against,
                    max_age=site.context.settings.crawl.max_age,
                    monitor=monitor,
                    progress=progress,
                )
        except RuleError as error:
            values |= {"mistake": error, "marked": shown.mistake(rule, error)}
    if result is not None:
        begin = (site.now() - timedelta(days=DAYS)).date()
        values |= {"result": result, "bars": charts.per_day(result.days, begin, site.now().date())}
        values["examples"] = [(hit, [shown.starred(s) for s in hit.sentences[:2]]) for hit in result.examples]
    return values


def _recipient(tx: Transaction, site: Site, found: Visitor, topic_id: str) -> Recipient:
    """Whose messages are reckoned: one's own subscription to the topic, or one that tells at once."""
    cap, zone = site.context.settings.alerts.cap_per_hour, found.analyst.timezone
    for own in tx.subscriptions.list(topic=topic_id, analyst=found.id) if topic_id else ():
        return Recipient(own.cadence, zone, own.digest_at, cap)
    return Recipient(timezone=zone, cap_per_hour=cap)


def _contexts(site: Site, rule: str) -> Contexts:
    """The contexts of a rule's hits; RuleError for what is none."""
    with site.store.read() as tx, site.monitors.lend(tx) as monitor:
        since = site.now() - timedelta(days=YEAR)
        return contexts(tx, rule, since=since, examples=2, most=MOST_GROUPED, monitor=monitor)
