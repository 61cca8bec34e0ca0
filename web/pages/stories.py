"""One story with all its articles, and one alert with who was told."""

from __future__ import annotations

from itertools import pairwise

from fastapi import APIRouter, Request
from starlette.responses import Response

from vedette.errors import UsageError
from web import shown, telling
from web.problems import Problem
from web.site import go, render, site_of, translated
from web.visitor import Form, Reader, address_of, field

router = APIRouter(include_in_schema=False)


@router.get("/stories/{story_id}")
def story(request: Request, story_id: int, found: Reader, alert: int | None = None) -> Response:
    """All articles of a story in order of appearance; reading it marks it as read."""
    site = site_of(request)
    with site.store.read() as tx:
        told = telling.story_of(tx, story_id)
        matches = {m.article.id: tx.matches.list(m.article.id or 0) for m in told.articles}
        revisions = {m.article.id: tx.articles.revisions(m.article.id or 0) for m in told.articles}
        alerts = tx.stream.of_story(story_id)
        titles = {topic.id: topic.title for topic in tx.topics.list()}
        read, saved = tx.stream.marks(found.id, story_id)
    if read is None:
        with site.store.write() as tx:
            tx.stream.mark(found.id, story_id, site.now(), read=True)
    members = []
    for member in told.articles:
        mine = [stored for stored in matches.get(member.article.id, []) if stored.revision == member.article.revision]
        spans = [span for stored in mine for span in stored.match.spans]
        history = revisions.get(member.article.id, [])
        changes = [(new, shown.difference(old.text, new.text)) for old, new in pairwise(history)]
        members.append((member, mine, shown.quotes(member.article, spans), changes, spans))
    first = members[0]
    return render(
        request,
        "story.html",
        found,
        story=told,
        members=members,
        text=shown.paragraphs(first[0].article.text, first[4]),
        captions=shown.paragraphs(first[0].article.captions, first[4], "captions"),
        alerts=alerts,
        alert=alert,
        titles=titles,
        saved=saved,
    )


@router.get("/alerts/{alert_id}")
def alert(request: Request, alert_id: int, found: Reader) -> Response:
    """Why there is an alert: the rule, the evidence, the articles, and what one's own channels got of it.

    Of others' channels only their number is told.
    """
    site = site_of(request)
    with site.store.read() as tx:
        entry = tx.stream.get(found.id, alert_id)
        if entry is None:
            raise Problem(404)
        versions = {version.version: version for version in tx.topics.versions(entry.alert.topic)}
        stored = tx.matches.list(entry.alert.article_id)
        articles = [tx.articles.get(key) for key in tx.alerts.articles(alert_id)]
        deliveries = tx.deliveries.list(alert_id=alert_id, limit=1000)
        suppressed = tx.alerts.suppressions(alert_id)
        own = tx.subscriptions.list(analyst=found.id)
        mine, topics = {s.id for s in own}, [s for s in own if s.topic == entry.alert.topic]
        attempts = {d.id: tx.deliveries.attempts(d.id) for d in deliveries if d.subscription in mine}
    match = next((m for m in stored if m.match.topic == entry.alert.topic), None)
    version = versions.get(match.match.version) if match else None
    same = entry.revision == entry.article.revision
    return render(
        request,
        "alert.html",
        found,
        entry=entry,
        follows=bool(topics),
        rule=version,
        quotes=shown.quotes(entry.article, entry.spans, limit=10) if same else (),
        articles=[a for a in articles if a is not None],
        deliveries=[d for d in deliveries if d.subscription in mine],
        attempts=attempts,
        suppressed=[s for s in suppressed if s.subscription in mine],
        others=sum(d.subscription not in mine for d in deliveries),
    )


@router.post("/alerts/{alert_id}/do")
def act(request: Request, alert_id: int, found: Reader, form: Form) -> Response:
    """Hear nothing more of an alert's story, for a day or for good: then its topic's rule is to be mended."""
    site, what = site_of(request), field(form, "do")
    if what not in ("snooze", "not-relevant"):
        raise Problem(422)
    with site.store.read() as tx:
        entry = tx.stream.get(found.id, alert_id)
        mine = entry is not None and bool(tx.subscriptions.list(topic=entry.alert.topic, analyst=found.id))
    if entry is None:
        raise Problem(404)
    if mine:
        telling.silence(site, found, alert_id, 24 if what == "snooze" else None, address_of(request))
    if what == "not-relevant":
        said = translated(found, request, "You hear nothing more of this story.") if mine else ""
        return go(f"/topics/{entry.alert.topic}/edit?alert={alert_id}", said)
    if not mine:
        return go(f"/alerts/{alert_id}", translated(found, request, "You do not follow this topic."), bad=True)
    return go(f"/alerts/{alert_id}", translated(found, request, "You hear nothing of this story for a day."))


@router.post("/stories/{story_id}/change")
def change(request: Request, story_id: int, found: Reader, form: Form) -> Response:
    """Move the chosen articles into a story of their own, or the whole story into another one."""
    site, what, into = site_of(request), field(form, "do"), field(form, "into")
    chosen = [int(one) for one in form.getlist("article") if isinstance(one, str) and one.isdecimal()]
    try:
        if what == "split" and chosen:
            made = telling.split(site, found, story_id, chosen, field(form, "reason")[:500], address_of(request))
            return go(f"/stories/{made}", translated(found, request, "These articles are a story of their own now."))
        number = into.rpartition("/")[2]  # its address will do
        if what == "merge" and number.isascii() and number.isdecimal():
            telling.merge(site, found, story_id, int(number), field(form, "reason")[:500], address_of(request))
            return go(f"/stories/{number}", translated(found, request, "The two stories are one now."))
    except (UsageError, Problem) as error:
        return go(f"/stories/{story_id}", translated(found, request, str(error)), bad=True)
    return go(f"/stories/{story_id}", translated(found, request, "Choose what belongs elsewhere."), bad=True)
