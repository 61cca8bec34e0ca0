"""What is watched: list, add, check, discover, import, export, pause, resume, health."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vedette.cli import _output
from vedette.cli._app import App, local, pass_app
from vedette.errors import UsageError
from vedette.model import HealthState

UNWELL = set(HealthState) - {HealthState.NEW, HealthState.OK, HealthState.PAUSED, HealthState.CHANGE}
"""States in which a source needs somebody to look at it."""
HUB = ("hub", "state", "reason", "expires_at", "pinged_at", "pings", "forged")
"""What is shown of a subscription at a hub; its name and its secret are nobody's business."""

if TYPE_CHECKING:
    from crawler.discover import Found
    from storage import HubSubscription
    from vedette.model import SourceStatus


@click.group()
def command() -> None:
    """What is watched: sources and how they fare."""


@command.command("list")
@pass_app
def list_(app: App) -> None:
    """Show all sources."""
    rows = _sources(app)
    app.emit_rows(
        rows,
        ("id", "kind", "state", "language", "country", "url"),
        lambda s: (s.source.id, s.source.kind, s.source.state, s.source.language, s.source.country, s.source.url),
        empty="There are no sources yet: `vedette sources add URL`, or `vedette sources import FILE`.",
    )


def _sources(app: App) -> list[SourceStatus]:
    if app.remote:
        return app.remote.sources()
    with app.store().read() as tx:
        return tx.sources.list()


@command.command()
@pass_app
def health(app: App) -> int:
    """Show how each source fares, in a word and why, with its estimated rate and interval. Exits 1 when one is not ok.

    new, ok, paused, gone, failing, certificate, forbidden (by robots.txt), captcha, consent, moved, layout (pages give
    no articles, or shorter ones, or no dates), flood, silent, change (of its rate). No source is disabled for any of
    them but one that is gone, and that is said.
    """
    rows = app.remote.fares() if app.remote else _all_fare(app)
    app.emit_rows(
        rows,
        ("id", "health", "since", "items a day", "interval", "last success", "next poll", "reason"),
        lambda row: (
            row["id"],
            row["health"],
            row["since"],
            row["items_per_day"],
            str(row["interval"] or "").partition(".")[0],
            row["last_success_at"],
            row["next_poll_at"],
            row["reason"],
        ),
        empty="There are no sources yet: `vedette sources add URL`.",
    )
    return 1 if any(row["health"] in UNWELL for row in rows) else 0


def _all_fare(app: App) -> list[dict[str, Any]]:
    from crawler.health import DAYS, judge

    now = app.clock.now()
    with app.store().read() as tx:
        statuses = tx.sources.list()
        days = tx.health.all_days((now - timedelta(days=DAYS)).date())
        hubs = {own.source_id: own for own in tx.websub.list()}
    judged = [replace(status, health=judge(status, days.get(status.source.id, []), now)) for status in statuses]
    return [_fares(status, hubs.get(status.source.id)) for status in judged]


def _fares(status: SourceStatus, hub: HubSubscription | None) -> dict[str, Any]:
    from crawler.polling import items_per_day

    assert status.health is not None
    return {
        "id": status.source.id,
        "health": status.health.state,
        "since": status.health.since,
        "reason": status.health.reason,
        "state": status.source.state,
        "items_per_day": items_per_day(status),
        "interval": status.interval,
        "last_success_at": status.last_success_at,
        "last_poll_at": status.last_poll_at,
        "next_poll_at": status.next_poll_at,
        "last_outcome": status.last_outcome,
        "last_error": status.last_error,
        "failures": status.failures,
        "moved_to": status.moved_to,
        "hub": hub and {name: getattr(hub, name) for name in HUB},
    }


@command.command()
@click.argument("url")
@click.option("--id", "source_id", help="Its id; made from the host where none is given.")
@click.option("--name", default="")
@click.option("--language", default="")
@click.option("--country", default="")
@click.option("--kind", default="", help="Take URL itself, as this kind; found out where none is given.")
@click.option("--set", "given", multiple=True, metavar="KEY=VALUE", help="A setting of the kind; may be repeated.")
@click.option("--yes", is_flag=True, help="Take the best entry point without asking.")
@pass_app
def add(app: App, /, url: str, given: tuple[str, ...], **options: Any) -> None:
    """Watch a site. URL is an entry point (feed, sitemap, section page), or any page of a site that has some.

    What URL is is seen from its bytes. For a page, the feeds and sitemaps that the site names are shown with what they
    hold now, the best one first, and you choose.
    """
    from crawler.spiders import kind_named, settings_of
    from vedette.model import Source

    if app.remote and given:
        raise UsageError("--set works on the machine of the daemon only: leave out --server")
    kind = kind_named(options["kind"]) if options["kind"] else ""
    settings = settings_of(kind, _settings(given)) if kind else {}
    if given and not kind:
        raise UsageError("--set needs a --kind: settings belong to one")
    found = _choose(app, url, kind, settings, yes=options["yes"])
    source = Source(
        id=options["source_id"] or slug(found.url),
        url=found.url,
        kind=found.kind,
        name=options["name"] or found.title,
        homepage=url if url != found.url else "",
        language=options["language"] or found.language,
        country=options["country"],
        settings=settings,
    )
    if app.remote:
        source = app.remote.add_source(source)
    else:
        with app.store().write() as tx:
            if tx.sources.get(source.id) is not None:
                raise UsageError(f"there is a source {source.id!r} already: choose another --id")
            tx.sources.put(source, app.clock.now())
    text = f"Watching {source.id} ({source.kind}): {found.title or found.url}, {found.entries} entries now."
    app.emit(source, f"{text} The first poll imports silently.")


def _settings(given: Iterable[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in given]
    for key, equals, _ in pairs:
        if not equals or not key:
            raise UsageError("--set takes KEY=VALUE, such as --set 'items=ul.news > li'")
    return {key.strip(): value for key, _, value in pairs}


def _choose(app: App, url: str, kind: str, settings: Mapping[str, Any], *, yes: bool) -> Found:
    """The entry point to watch; asks where there is a choice."""
    from crawler.discover import Found, look

    if kind and app.remote:
        return Found(kind, url)
    if kind:
        found, answer = look(app.context("crawl"), url, kind, settings)
        if found is None:
            raise UsageError(f"{url}: {answer.outcome}: {answer.error}")
        return found
    offers, why = _offers(app, url)
    if not offers:
        raise UsageError(f"{url}: {why}")
    if yes or (len(offers) == 1 and offers[0].url == url):
        return offers[0]
    for number, offer in enumerate(offers, start=1):
        _output.note(f"{number}. {offer.kind} {offer.url}\n   {_preview(offer)}")
    number = click.prompt("Which one shall be watched?", type=click.IntRange(1, len(offers)), default=1, err=True)
    return offers[number - 1]


def _offers(app: App, url: str) -> tuple[list[Found], str]:
    """What a site offers, and why where there is nothing."""
    from crawler.discover import NOTHING, explore

    if app.remote:
        return app.remote.discover(url), NOTHING
    return explore(app.context("crawl"), url)


def _preview(found: Found) -> str:
    """What an entry point holds now, in a line."""
    parts = [found.title, f"{found.entries} entries", f"{found.dated} of them dated", found.language]
    if found.newest is not None:
        parts.append(f"newest {_output.iso(found.newest)}")
    if found.interval is not None:
        parts.append(f"to be polled every {round(found.interval.total_seconds() / 60)} min")
    parts += [f"“{found.examples[0]}”"] if found.examples else []
    return ", ".join(part for part in parts if part)


@command.command()
@click.argument("url")
@pass_app
def discover(app: App, url: str) -> int:
    """Show the entry points that a site offers, the best one first."""
    found, why = _offers(app, url)
    app.emit_rows(
        found,
        ("kind", "url", "title", "language", "entries", "dated", "newest", "interval"),
        lambda f: (
            f.kind,
            f.url,
            f.title,
            f.language,
            f.entries,
            f.dated,
            f.newest,
            str(f.interval or "").partition(".")[0],
        ),
        empty=f"{url}: {why}.",
    )
    return 0 if found else 1


@command.command()
@click.argument("source_id", metavar="ID")
@pass_app
def check(app: App, source_id: str) -> int:
    """Ask a source now, through the real path, and show what it says; nothing is stored."""
    from crawler.discover import ask

    if app.remote:
        found, problem = app.remote.check_source(source_id)
    else:
        with app.store().read() as tx:
            status = tx.sources.get(source_id)
        if status is None:
            raise UsageError(f"unknown source {source_id!r}: `vedette sources list` shows them")
        found, problem = ask(app.context("crawl"), status.source)
    if found is None:
        app.emit({"error": problem}, problem)
        return 1
    app.emit(found, f"ok: {_preview(found)}")
    return 0


@command.command()
@local("it goes on for hours, on the machine of the daemon")
@click.argument("source_id", metavar="ID")
@click.option("--since", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The first day, in UTC.")
@click.option("--alert", is_flag=True, help="Alert on what is found as if it were new.")
@click.option("--sitemaps", is_flag=True, help="Also go through the sitemaps of its whole site.")
@click.option("--restart", is_flag=True, help="Start over what was begun or done before.")
@pass_app
def backfill(app: App, source_id: str, since: datetime, alert: bool, sitemaps: bool, restart: bool) -> int:
    """Find what a source published since a day: its sitemaps, older pages of a listing, the history of a feed.

    It asks slowly and writes down how far it is: stopped and called again, it goes on. The pages are fetched by the
    daemon, one in ten seconds; articles go to the archive and alert nobody, unless --alert is given.
    """
    import signal

    from crawler.backfill import backfill as fill

    with app.store().read() as tx:
        status = tx.sources.get(source_id)
    if status is None:
        raise UsageError(f"unknown source {source_id!r}: `vedette sources list` shows them")
    context = app.context("crawl")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: context.stop.set())
    with _output.progress(f"Backfilling {source_id}") as step:
        done = fill(
            context,
            status.source,
            since.replace(tzinfo=UTC),
            alert=alert,
            sitemaps=sitemaps,
            restart=restart,
            tell=lambda _: step(),
        )
    for problem in done.failed[-5:]:
        _output.note(f"vedette: {problem}")
    end = "Done" if done.done else "Stopped; call it again to go on"
    counts = f"{done.new} items found, {done.known} known before, {done.undated} without a date left out"
    app.emit(done, f"{end}: {done.requests} requests, {counts}.")
    return 0 if done.done and not done.failed else 1


@command.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@pass_app
def import_(app: App, file: Path) -> int:
    """Add the sources of an .opml, .yaml or .csv FILE. Rows that can't be taken are told; the others are.

    CSV columns: id, name, homepage, kind, url, language, country; others are left alone. Kinds may have the names that
    other programs give them, such as rss, atom, jsonfeed, html.
    """
    from crawler.exchange import read_sources

    if app.remote:
        form = file.suffix.lower().lstrip(".").replace("yml", "yaml").replace("xml", "opml")
        taken = app.remote.import_sources(form, file.read_text("utf-8"))
        for problem in taken["refused"]:
            _output.note(f"vedette: {problem}")
        refusals = len(taken["refused"])
        said = f"{taken['new']} created, {taken['known']} known before, {refusals} refused."
        app.emit({**taken, "refused": refusals}, said)
        return 1 if refusals else 0
    sources, refused = read_sources(file)
    now = app.clock.now()
    answers: dict[str, int] = {}
    with app.store().write() as tx:
        for source in sources:
            answer = tx.sources.put(source, now)
            answers[answer] = answers.get(answer, 0) + 1
    for problem in refused:
        _output.note(f"vedette: {problem}")
    counts = ", ".join(f"{n} {answer}" for answer, n in sorted(answers.items())) or "nothing to import"
    app.emit({**answers, "refused": len(refused)}, f"{counts}, {len(refused)} refused.")
    return 1 if refused else 0


@command.command("export")
@click.option("--format", "form", type=click.Choice(["yaml", "opml", "csv"]), default="yaml", show_default=True)
@pass_app
def export(app: App, form: str) -> None:
    """Print all sources as YAML, OPML or CSV."""
    from crawler.exchange import write_sources

    if app.remote:
        click.echo(app.remote.export_sources(form), nl=False)
        return
    sources = [status.source for status in _sources(app)]
    click.echo(write_sources(sources, form), nl=False)


@command.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@click.option("--reason", default="paused by hand")
@pass_app
def pause(app: App, ids: Iterable[str], reason: str) -> None:
    """Stop polling these sources."""
    _set_state(app, ids, "paused", reason)


@command.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@pass_app
def resume(app: App, ids: Iterable[str]) -> None:
    """Poll these sources again."""
    _set_state(app, ids, "active", "")


@command.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@pass_app
def remove(app: App, ids: Iterable[str]) -> None:
    """Forget these sources; their articles stay."""
    if app.remote:
        for name in ids:
            app.remote.delete_source(name)
        return
    with app.store().write() as tx:
        for name in ids:
            if not tx.sources.delete(name):
                raise UsageError(f"unknown source {name!r}: `vedette sources list` shows them")


def _set_state(app: App, ids: Iterable[str], state: str, reason: str) -> None:
    from vedette.model import SourceState

    if app.remote:
        for name in ids:
            app.remote.set_state(name, state)
        return
    with app.store().write() as tx:
        for name in ids:
            if tx.sources.get(name) is None:
                raise UsageError(f"unknown source {name!r}: `vedette sources list` shows them")
            tx.sources.set_state(name, SourceState(state), reason, app.clock.now())


def slug(url: str) -> str:
    """An id from a URL: its host, and what tells its feed from the host's others."""
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    host = re.sub(r"^(www|feeds?|rss)\.", "", parts.hostname or "source")
    path = re.sub(r"(feed|rss|atom|xml|index|json)", "", parts.path.lower())
    return re.sub(r"[^a-z0-9]+", "-", f"{host}-{path}".lower()).strip("-")[:60]
