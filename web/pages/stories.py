"""One story with all its articles, and one alert with who was told."""

from __future__ import annotations

from itertools import pairwise

from fastapi import APIRouter, Request
from starlette.responses import Response

from web import shown, telling
from web.problems import Problem
from web.site import render, site_of
from web.visitor import Reader

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
        mine = {s.id for s in tx.subscriptions.list(analyst=found.id)}
        attempts = {d.id: tx.deliveries.attempts(d.id) for d in deliveries if d.subscription in mine}
    match = next((m for m in stored if m.match.topic == entry.alert.topic), None)
    version = versions.get(match.match.version) if match else None
    same = entry.revision == entry.article.revision
    return render(
        request,
        "alert.html",
        found,
        entry=entry,
        rule=version,
        quotes=shown.quotes(entry.article, entry.spans, limit=10) if same else (),
        articles=[a for a in articles if a is not None],
        deliveries=[d for d in deliveries if d.subscription in mine],
        attempts=attempts,
        suppressed=[s for s in suppressed if s.subscription in mine],
        others=sum(d.subscription not in mine for d in deliveries),
    )
