"""Alerts: list, show, snooze, not-relevant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING

import click

from vedette.cli._app import App, pass_app
from vedette.cli._output import emit_lines, iso, say
from vedette.errors import UsageError

LOOK_SECONDS = 1.0
"""How often the database is asked for new alerts while they are followed."""

if TYPE_CHECKING:
    from storage import AlertView
    from vedette.cli._remote import Remote
    from vedette.model import Article, Match


@click.group()
def command() -> None:
    """What analysts were alerted to."""


@command.command("list")
@click.option("--topic", help="Only of this topic.")
@click.option("--days", type=click.IntRange(1), help="Only of the last so many days.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1))
@click.option("--follow", is_flag=True, help="The newest last, then each new one as it comes, until Ctrl-C.")
@pass_app
def list_(app: App, topic: str | None, days: int | None, limit: int, follow: bool) -> None:
    """Show alerts, the newest first."""
    since = app.clock.now() - timedelta(days=days) if days else None
    if app.remote:
        newest = app.remote.newest() if follow else 0
        rows = app.remote.alerts(limit, topic, since)
    else:
        with app.store().read() as tx:
            newest, rows = tx.stream.newest(), tx.alerts.list(limit, topic, since)
    if follow:
        for view in chain(reversed(rows), _coming(app, topic, max([newest, *(row.alert.id for row in rows)]))):
            _emit(app, view)
        return
    app.emit_rows(
        rows,
        ("id", "created", "topic", "language", "site", "articles", "title", "url"),
        lambda a: (
            a.alert.id,
            a.alert.created_at,
            a.alert.topic,
            a.language,
            a.site,
            a.articles,
            a.article_title,
            a.url,
        ),
        empty="No alerts yet.",
    )


def _coming(app: App, topic: str | None, last: int) -> Iterator[AlertView]:
    """Alerts newer than one as they come, without end."""
    if app.remote:
        yield from app.remote.follow(last, topic, app.clock)
    while True:
        with app.store().read() as tx:
            newest = tx.stream.newest()
            rows = tx.alerts.list(newest - last, topic) if newest > last else []
        yield from (view for view in reversed(rows) if view.alert.id > last)
        last = max(last, newest)
        app.clock.sleep(app.clock.real(LOOK_SECONDS).total_seconds())


def _emit(app: App, view: AlertView) -> None:
    """One alert of those that are followed, in a line."""
    told = (view.alert.id, iso(view.alert.created_at), view.alert.topic, view.site, view.article_title, view.url)
    if app.json:
        emit_lines([view])
    else:
        say("\t".join(" ".join(str(part).split()) for part in told))


@command.command()
@click.argument("alert_id", metavar="ID", type=int)
@pass_app
def show(app: App, alert_id: int) -> None:
    """Show an alert: its articles, the sentences that matched, and who was told."""
    if app.remote:
        view, articles, deliveries, suppressed = app.remote.alert(alert_id)
        told = [f"told: {d['channel']}: {d['state']} ({d['reason']})" for d in deliveries]
        told += [f"not told: {s['subscription']}: {s['reason']}" for s in suppressed]
        value = {"alert": view, "articles": articles, "deliveries": deliveries, "suppressions": suppressed}
        app.emit(value, "\n".join([*_lines(view, articles), *told]))
        return
    with app.store().read() as tx:
        known = tx.alerts.get(alert_id)
        if known is None:
            raise UsageError(f"unknown alert {alert_id}: `vedette alerts list` shows them")
        rows = [tx.articles.get(key) for key in tx.alerts.articles(alert_id)]
        sent, kept = tx.deliveries.list(alert_id=alert_id), tx.alerts.suppressions(alert_id)
    told = [f"told: {d.channel}: {d.state} ({d.reason})" for d in sent]
    told += [f"not told: {s.subscription}: {s.reason}" for s in kept]
    value = {"alert": known, "articles": rows, "deliveries": sent, "suppressions": kept}
    app.emit(value, "\n".join([*_lines(known, [row for row in rows if row is not None]), *told]))


def _lines(view: AlertView, articles: Sequence[Article]) -> Iterator[str]:
    """An alert's head, the sentences that matched, and its other articles."""
    yield f"alert {view.alert.id} on {view.alert.topic}, {view.alert.created_at:%Y-%m-%d %H:%M} UTC"
    yield view.article_title
    yield view.url
    first = next((article for article in articles if article.id == view.alert.article_id), None)
    if first is not None and view.match is not None:
        yield from sentences(first, view.match)
    yield from (f"also: {a.site}: {a.url}" for a in articles if a.id != view.alert.article_id)


@command.command()
@click.argument("alert_id", metavar="ID", type=int)
@click.option("--hours", default=168.0, show_default=True, type=click.FloatRange(0, min_open=True))
@click.option("--subscription", "subscriptions", multiple=True, help="Only for this one, not for all of the topic.")
@pass_app
def snooze(app: App, alert_id: int, hours: float, subscriptions: tuple[str, ...]) -> None:
    """Tell nothing more of an alert's story for some hours."""
    from alerts.wishes import silence
    from vedette.model import DeliveryReason

    now = app.clock.now()
    until = now + timedelta(hours=hours)
    if app.remote:
        own = _silenced(app.remote, alert_id, hours, subscriptions)
        app.emit({"snoozed": own, "until": until}, f"snoozed until {until:%Y-%m-%d %H:%M} UTC for {', '.join(own)}")
        return
    with app.store().write() as tx:
        chosen = silence(tx, alert_id, DeliveryReason.SNOOZED, now, until=until, subscriptions=subscriptions)
    said = f"snoozed until {until:%Y-%m-%d %H:%M} UTC for {', '.join(chosen) or 'nobody: no subscriptions'}"
    app.emit({"snoozed": chosen, "until": until}, said)


@command.command("not-relevant")
@click.argument("alert_id", metavar="ID", type=int)
@click.option("--subscription", "subscriptions", multiple=True, help="Only for this one, not for all of the topic.")
@pass_app
def not_relevant(app: App, alert_id: int, subscriptions: tuple[str, ...]) -> None:
    """Tell nothing more of an alert's story: it should not have been one."""
    from alerts.wishes import silence
    from vedette.model import DeliveryReason

    if app.remote:
        own = _silenced(app.remote, alert_id, None, subscriptions)
        app.emit({"not_relevant": own}, f"not relevant for {', '.join(own)}")
        return
    with app.store().write() as tx:
        chosen = silence(tx, alert_id, DeliveryReason.NOT_RELEVANT, app.clock.now(), subscriptions=subscriptions)
        view = tx.alerts.get(alert_id)
    said = f"not relevant for {', '.join(chosen) or 'nobody: no subscriptions'}"
    hint = (
        f"`vedette topics propose {view.alert.topic} --not-relevant {alert_id}` shows how to change the rule"
        if view
        else ""
    )
    app.emit({"not_relevant": chosen}, f"{said}\n{hint}".strip())


def _silenced(remote: Remote, alert_id: int, hours: float | None, subscriptions: Sequence[str]) -> list[str]:
    if subscriptions:
        raise UsageError("with --server all your subscriptions to the topic are meant: leave out --subscription")
    return remote.silence(alert_id, hours)


def sentences(article: Article, match: Match) -> list[str]:
    """The sentences that matched, the hits between asterisks."""
    from alerts.notice import matched_sentences
    from alerts.rendering import Mark, marked

    return [f"  > {marked(s, str, Mark('*', '*'))}" for s in matched_sentences(article, match.spans)]
