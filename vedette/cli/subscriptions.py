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
    with app.store().read() as tx:
        rows = tx.subscriptions.list()
    app.emit_rows(
        rows,
        ("id", "analyst", "topic", "channel", "cadence", "quiet hours", "muted until", "active"),
        lambda s: (
            s.id,
            s.analyst,
            s.topic,
            s.channel,
            s.cadence,
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
@pass_app
def add(app: App, analyst: str, topic: str, channel: str, quiet_hours: str) -> None:
    """Tell ANALYST of TOPIC through CHANNEL."""
    from vedette import apply

    row = {"analyst": analyst, "topic": topic, "channel": channel, "quiet_hours": quiet_hours or None}
    (subscription,) = apply.subscriptions("subscription", row)
    declared = apply.Declared("subscription", subscriptions=[subscription])
    (line,) = apply.apply(declared, app.store(), app.settings.vault(), app.clock.now())
    app.emit({"subscription": subscription, "answer": line.answer}, f"{line.answer}: {subscription.id}")


@command.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@pass_app
def remove(app: App, ids: tuple[str, ...]) -> None:
    """End subscriptions."""
    with app.store().write() as tx:
        for name in ids:
            if not tx.subscriptions.delete(name):
                raise UsageError(f"unknown subscription {name!r}: `vedette subscriptions list` shows them")


@command.command()
@click.argument("subscription_id", metavar="ID")
@click.option("--hours", default=24.0, show_default=True, type=click.FloatRange(0, min_open=True))
@pass_app
def mute(app: App, subscription_id: str, hours: float) -> None:
    """Deliver nothing for some hours; what would have come leaves a reason."""
    from datetime import timedelta

    until = app.clock.now() + timedelta(hours=hours)
    with app.store().write() as tx:
        tx.subscriptions.mute(subscription_id, until)
    app.emit({"muted_until": until}, f"muted until {until:%Y-%m-%d %H:%M} UTC")


@command.command()
@click.argument("subscription_id", metavar="ID")
@pass_app
def unmute(app: App, subscription_id: str) -> None:
    """Deliver again."""
    with app.store().write() as tx:
        tx.subscriptions.mute(subscription_id, None)
