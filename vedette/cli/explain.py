"""Why a page alerted, or why it did not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from vedette.cli._app import App, pass_app
from vedette.cli._output import emit_json, iso, say
from vedette.errors import UsageError

if TYPE_CHECKING:
    from alerts.rules.explain import Explanation
    from vedette.model import Article, Topic
    from vedette.trace import Told, Trace, Waiting


@click.command()
@click.argument("url")
@click.option("--topic", "topic_id", metavar="ID", help="Also say why this topic matches, or why it does not.")
@pass_app
def command(app: App, url: str, topic_id: str | None) -> int:
    """Tell the path of a page from the records: who showed it, what became of it, whom it alerted, and why not.

    Exits 1 where no source has shown the page.
    """
    from crawler.urls import normalise
    from vedette.trace import trace, verdict

    if app.remote:
        return _remote(app, app.remote.explain(url, topic_id), topic_id)
    if not normalise(url):
        raise UsageError(f"{url!r} is no address of a page: write https://...")
    with app.store().read() as tx:
        found = trace(tx, url)
        why = None if topic_id is None else _why(tx, found.article, topic_id)
    answer = verdict(found)
    known = found.item is not None or found.article is not None
    if app.json:
        emit_json({"verdict": answer, **_values(found), **({"topic": why} if why is not None else {})})
        return 0 if known else 1
    say(answer, bold=True)
    for line in _lines(found):
        say(line)
    if topic_id is not None:
        for line in _why_lines(topic_id, why, known=known):
            say(line)
    return 0 if known else 1


def _remote(app: App, found: dict[str, Any], topic_id: str | None) -> int:
    """The answer of a server: of deliveries it tells only one's own."""
    known = bool(found["steps"] or found["article"])
    if app.json:
        emit_json(found)
        return 0 if known else 1
    say(found["verdict"], bold=True)
    for step in found["steps"]:
        say(f"{step['at']}  {step['stage']}: {step['what']}")
    for near in found["neighbours"]:
        say(f"source of the same site: {near}")
    judged = found["judgement"]
    if judged is not None:
        score = f", score {judged['score']:g}" if judged["score"] is not None else ""
        matched = "matches" if judged["matched"] else "does not match"
        say(f"topic {topic_id} as it stands {matched}{score}: {judged['rule']}")
        for reason in judged["reasons"]:
            say(f"  {reason['clause']}: {reason['text']}{' (a near miss)' if reason['near_miss'] else ''}")
    elif topic_id is not None:
        say(f"topic {topic_id}: there is no article to match")
    return 0 if known else 1


def _values(found: Trace) -> dict[str, Any]:
    return {name: getattr(found, name) for name in found.__slots__}


def _lines(found: Trace) -> Iterator[str]:
    for sighting in found.sightings:
        yield f"{iso(sighting.first_seen_at)}  seen in {sighting.source_id}: {sighting.title}"
    for fetch in found.fetches:
        status = f" {fetch.status}" if fetch.status else ""
        error = f": {fetch.error}" if fetch.error else ""
        yield f"{iso(fetch.at)}  fetched ({fetch.outcome}{status}, {fetch.bytes} bytes, {fetch.milliseconds} ms){error}"
    if found.article is not None:
        yield from _article_lines(found, found.article)
    for drop in found.drops:
        topic = f" topic {drop.topic_id}" if drop.topic_id else ""
        detail = f": {drop.detail}" if drop.detail else ""
        yield f"{iso(drop.at)}  {drop.stage}{topic}: {drop.reason}{detail}"
    if found.waiting is not None:
        yield _waiting_line(found.waiting)
    for told in found.told:
        yield from _told_lines(told)
    for near in found.neighbours:
        state = f"last polled {iso(near.last_poll_at) or 'never'}, {near.last_outcome or 'no answer yet'}"
        yield f"source of the same site: {near.source.id} ({near.source.state}; {state})"
    if found.item is None and found.article is None and not found.neighbours:
        yield "No source of this site is watched: `vedette sources discover URL` finds its feeds."


def _waiting_line(waiting: Waiting) -> str:
    pages = f"{waiting.pages} pages of it wait, one at a time" if waiting.pages > 1 else "nothing else of it waits"
    asked = f"not asked before {iso(waiting.not_before)}" if waiting.not_before else "not asked yet"
    reason = f" ({waiting.reason})" if waiting.reason else ""
    return f"its host {waiting.host}: {asked}{reason}; {pages}"


def _article_lines(found: Trace, article: Article) -> Iterator[str]:
    published = (
        f", published {iso(article.published_at)} by {article.published_evidence}" if article.published_at else ""
    )
    yield f"{iso(found.stored_at)}  article {article.id}, revision {article.revision}: {article.title}"
    yield f"  {article.language or '?'}, {len(article.text)} characters, read by {article.extractor}{published}"
    for later in found.revisions:
        yield f"{iso(later.at)}  revision {later.revision}: {later.change.told()}"
    if found.story is not None:
        mine = next((m for m in found.story.articles if m.article.id == article.id), None)
        sure = f" ({mine.score:.2f})" if mine and mine.score else ""
        joined = f", {mine.join}{sure}: {mine.reason}" if mine and mine.reason else ""
        yield f"  story {found.story.id} of {len(found.story.articles)} articles{joined}"
    for matched in found.matches:
        match = matched.match.match
        score = f", score {match.score:g}" if match.score is not None else ""
        yield f"{iso(matched.match.at)}  matches {match.topic}, rule version {match.version}{score}"
        yield from (f"  > {sentence}" for sentence in matched.sentences)


def _told_lines(told: Told) -> Iterator[str]:
    alert = told.alert.alert
    yield f"{iso(alert.created_at)}  alert {alert.id} on {alert.topic}, {told.alert.articles} articles"
    for delivery, attempts in told.deliveries:
        when = f" {iso(delivery.sent_at)}" if delivery.sent_at else ""
        within = f", in digest {delivery.digest}" if delivery.digest is not None else ""
        yield f"  delivery {delivery.id} to {delivery.channel}: {delivery.state}{when} ({delivery.reason}{within})"
        for attempt in attempts:
            ended = (
                f"{attempt.outcome} {attempt.phase} {attempt.code} {attempt.error}" if attempt.outcome else "under way"
            )
            yield f"    attempt {attempt.number}, {iso(attempt.started_at)}: {ended.strip()}"
    for suppressed in told.suppressions:
        yield f"  {iso(suppressed.at)}  {suppressed.subscription} is not told: {suppressed.reason}"


def _why(tx: Any, article: Article | None, topic_id: str) -> Explanation | None:
    """How a topic, as it stands now, judges the article; None where there is no article."""
    from vedette.archive import monitor_of

    topic: Topic | None = tx.topics.get(topic_id)
    if topic is None:
        raise UsageError(f"unknown topic {topic_id!r}: `vedette topics list` shows them")
    if article is None:
        return None
    monitor = monitor_of(tx)
    return monitor.explain(topic_id if topic_id in monitor else topic.rule, article)


def _why_lines(topic_id: str, why: Explanation | None, *, known: bool) -> Iterator[str]:
    if why is None:
        yield f"topic {topic_id}: there is no article to match" if known else f"topic {topic_id}: nothing to match"
        return
    score = f", score {why.score:g}" if why.score is not None else ""
    yield f"topic {topic_id} as it stands {'matches' if why.matched else 'does not match'}{score}: {why.rule}"
    yield from (f"  > {' '.join(sentence.split())}" for sentence in dict.fromkeys(why.sentences))
    for reason in why.reasons:
        near = " (a near miss)" if reason.near_miss else ""
        yield f"  {reason.clause}: {reason.text}{near}"
