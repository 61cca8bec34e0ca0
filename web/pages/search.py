"""Search over the archive in the rule language, its export, and the path of one page."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from crawler.urls import normalise
from vedette.errors import RuleError
from vedette.trace import WORDS, trace, verdict
from web import asking, shown, words
from web.asking import LONGEST_RULE, Answer, Narrowed
from web.exports import FORMS
from web.problems import Problem
from web.site import render, site_of
from web.visitor import Reader

PAGE = 25
DAYS = (7, 30, 90, 365, 0)

router = APIRouter(include_in_schema=False)
Text = Annotated[str, Query(max_length=LONGEST_RULE)]
Short = Annotated[str, Query(max_length=200)]
Days = Annotated[int, Query(ge=0, le=3650)]


@router.get("/search")
def search(
    request: Request,
    found: Reader,
    q: Text = "",
    days: Days = 90,
    order: Annotated[str, Query(pattern="^(newest|best)$")] = "newest",
    country: Short = "",
    language: Short = "",
    site: Short = "",
    page: Annotated[int, Query(ge=1, le=1000)] = 1,
    before: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
) -> Response:
    """The form, and what a query finds; with `before` among older articles than that one."""
    asked = {"q": q, "days": days, "order": order, "country": country, "language": language, "site": site}
    answer, wrong = None, None
    if q.strip():
        try:
            least = asking.MOST_SHOWN if order == "best" else 0  # the newest are known before others are looked at
            most = min(max(least, (page + 1) * PAGE), asking.MOST_FOUND)
            answer = _answer(request, q, days, order, Narrowed(country, language, site), most, before)
        except RuleError as error:
            wrong = error
    hits = answer.hits[(page - 1) * PAGE : page * PAGE] if answer else ()

    def link(**changes: object) -> str:
        given = {**asked, "before": before or "", **changes}
        return "/search?" + urlencode({k: v for k, v in given.items() if v != ""})

    return render(
        request,
        "search.html",
        found,
        status=422 if wrong else 200,
        asked=asked,
        answer=answer,
        hits=[(hit, shown.quotes(hit.article, hit.match.spans)) for hit in hits],
        wrong=wrong,
        mistake=shown.mistake(q, wrong) if wrong else "",
        link=link,
        page=page,
        before=before,
        last=-(-len(answer.hits) // PAGE) if answer else 0,
        days=DAYS,
        query=urlencode(asked),
    )


def _answer(
    request: Request, rule: str, days: int, order: str, narrowed: Narrowed, most: int, before: int | None = None
) -> Answer:
    site = site_of(request)
    with site.store.read() as tx, site.monitors.lend(tx) as monitor:
        since = asking.since_days(site.now(), days)
        return asking.search(tx, monitor, rule, narrowed, since=since, best=order == "best", most=most, before=before)


@router.get("/search/export/{form}")
def export(
    request: Request,
    found: Reader,
    form: str,
    q: Text,
    days: Days = 90,
    order: str = "newest",
    country: Short = "",
    language: Short = "",
    site: Short = "",
) -> Response:
    """All hits of a query as csv, jsonl or ris."""
    del found
    if form not in FORMS:
        raise Problem(404)
    make, media = FORMS[form]
    narrowed = Narrowed(country, language, site)
    answer = _answer(request, q, days, order, narrowed, asking.MOST_FOUND)
    headers = {"Content-Disposition": f'attachment; filename="vedette.{form}"'}
    return Response(make(answer.hits), media_type=media, headers=headers)


@router.get("/explain")
def explain(
    request: Request, found: Reader, url: Annotated[str, Query(max_length=4000)] = "", topic: Short = ""
) -> Response:
    """Paste any URL: was it seen, where did it stop, why; and how a topic judges it."""
    url, path, why, wrong = url.strip(), None, None, ""
    site = site_of(request)
    with site.store.read() as tx:
        topics = tx.topics.list()
        mine = {s.id for s in tx.subscriptions.list(analyst=found.id)}
        if url and not normalise(url):
            wrong = "That is no address of a page: write https://..."
        elif url:
            path = trace(tx, url)
            chosen = next((t for t in topics if t.id == topic), None)
            if chosen is not None and path.article is not None:
                with site.monitors.lend(tx) as monitor:
                    why = asking.explained(monitor, chosen, path.article)
    return render(
        request,
        "explain.html",
        found,
        status=422 if wrong else 200,
        url=url,
        topic=topic,
        topics=topics,
        seen=path,
        verdict=(lambda: verdict(path, words.gettext)) if path else str,
        words={str(reason): text for reason, text in WORDS.items()},
        why=why,
        refused=isinstance(why, RuleError),
        wrong=wrong,
        mine=mine,
    )
