"""Subscriptions: list, add, remove, mute, unmute."""

from __future__ import annotations

import click

from vedette.cli._app import App, pass_app
from vedette.errors import UsageError


@click.group()
def command() -> None:
    """Who hears of what, and where."""


@command.command("list")
@pass_app
def list_(app: App) -> None:
    """Show all subscriptions."""
    if app.remote:
        rows = app.remote.subscriptions()
    else:
        with app.store().read() as tx:
            rows = tx.subscriptions.list()
    app.emit_rows(
        rows,
        ("id", "analyst", "topic", "channel", "cadence", "digest at", "quiet hours", "muted until", "active"),
        lambda s: (
            s.id,
            s.analyst,
            s.topic,
            s.channel,
            s.cadence,
            "" if s.cadence == "at-once" else s.digest_at,
            f"{s.quiet_from}-{s.quiet_to}" if s.quiet_from else "",
            s.muted_until,
            s.active,
        ),
        empty="Nobody subscribes yet: `vedette subscriptions add ANALYST TOPIC CHANNEL`.",
    )


@command.command()
@click.argument("analyst")
@click.argument("topic")
@click.argument("channel")
@click.option("--quiet-hours", default="", metavar="HH:MM-HH:MM", help="Hold messages at these local times.")
@click.option(
    "--cadence",
    default="at-once",
    show_default=True,
    type=click.Choice(["at-once", "hourly", "daily", "weekly"]),
    help="Each alert by itself, or digests of them.",
)
@click.option(
    "--digest-at",
    default="08:00",
    show_default=True,
    metavar="[DAY ]HH:MM",
    help="When digests come, by the analyst's clock: daily at that time, hourly at its minute, weekly on a day, "
    "such as 'fri 08:00' (Monday where none is named).",
)
@pass_app
def add(app: App, analyst: str, topic: str, channel: str, quiet_hours: str, cadence: str, digest_at: str) -> None:
    """Tell ANALYST of TOPIC through CHANNEL."""
    from vedette import apply

    row = {
        "analyst": analyst,
        "topic": topic,
        "channel": channel,
        "quiet_hours": quiet_hours or None,
        "cadence": cadence,
        "digest_at": digest_at,
    }
    (subscription,) = apply.subscriptions("subscription", row)
    if app.remote:
        subscription, answer = app.remote.subscribe(analyst, row)
    else:
        declared = apply.Declared("subscription", subscriptions=[subscription])
        (line,) = apply.apply(declared, app.store(), app.settings.vault(), app.clock.now())
        answer = line.answer
    app.emit({"subscription": subscription, "answer": answer}, f"{answer}: {subscription.id}")


@command.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@pass_app
def remove(app: App, ids: tuple[str, ...]) -> None:
    """End subscriptions. What waits for them is withheld."""
    from alerts.wishes import unsubscribe

    if app.remote:
        for name in ids:
            app.remote.unsubscribe(name)
        return
    with app.store().write() as tx:
        for name in ids:
            if not unsubscribe(tx, name, app.clock.now()):
                raise UsageError(f"unknown subscription {name!r}: `vedette subscriptions list` shows them")


def _chosen(app: App, ids: tuple[str, ...], topic: str | None, analyst: str | None) -> list[str]:
    """The subscriptions that a command names, by id or by topic and analyst."""
    if bool(ids) == bool(topic or analyst):
        raise UsageError("name subscriptions, or --topic and --analyst")
    if ids:
        return list(ids)
    if app.remote:
        found = [s.id for s in app.remote.subscriptions(topic) if analyst in (None, s.analyst)]
    else:
        with app.store().read() as tx:
            found = [s.id for s in tx.subscriptions.list(topic=topic, analyst=analyst)]
    if not found:
        raise UsageError("there is no such subscription: `vedette subscriptions list` shows them")
    return found


@command.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--topic", help="Every subscription to this topic.")
@click.option("--analyst", help="Every subscription of this analyst.")
@click.option("--hours", default=24.0, show_default=True, type=click.FloatRange(0, min_open=True))
@pass_app
def mute(app: App, ids: tuple[str, ...], topic: str | None, analyst: str | None, hours: float) -> None:
    """Deliver nothing for some hours; what would have come leaves a reason.

    What a digest has gathered is kept for the first one after the mute.
    """
    from datetime import timedelta

    from alerts.wishes import mute as wish

    now, chosen = app.clock.now(), _chosen(app, ids, topic, analyst)
    until, withheld = now + timedelta(hours=hours), 0
    if app.remote:
        until = max(app.remote.mute(name, hours) or until for name in chosen)
    else:
        with app.store().write() as tx:
            withheld = sum(wish(tx, name, until, now) for name in chosen)
    said = f"muted until {until:%Y-%m-%d %H:%M} UTC: {', '.join(chosen)}"
    value = {"muted": chosen, "muted_until": until, "withheld": withheld}
    app.emit(value, said + (f"; {withheld} waiting messages are withheld" if withheld else ""))


@command.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--topic", help="Every subscription to this topic.")
@click.option("--analyst", help="Every subscription of this analyst.")
@pass_app
def unmute(app: App, ids: tuple[str, ...], topic: str | None, analyst: str | None) -> None:
    """Deliver again."""
    from alerts.wishes import unmute as wish

    chosen = _chosen(app, ids, topic, analyst)
    if app.remote:
        for name in chosen:
            app.remote.mute(name, 0)
    else:
        with app.store().write() as tx:
            for name in chosen:
                wish(tx, name)
    app.emit({"unmuted": chosen}, f"delivers again: {', '.join(chosen)}")
