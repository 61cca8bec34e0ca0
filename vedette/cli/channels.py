"""Channels: list, add, test, preview, enable, disable, remove."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from vedette.cli._app import App, pass_app
from vedette.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from vedette.model import Channel, Notice


@click.group()
def command() -> None:
    """Where analysts are told."""


@command.command("list")
@pass_app
def list_(app: App) -> None:
    """Show all channels; secrets by their last characters."""
    with app.store().read() as tx:
        rows = [_shown(app, channel) for channel in tx.channels.list()]
    app.emit_rows(
        rows,
        ("id", "kind", "analyst", "state", "settings"),
        lambda c: (c["id"], c["kind"], c["analyst"], c["state"], [f"{k}={v}" for k, v in c["settings"].items()]),
        empty="There are no channels yet: `vedette channels add ID KIND KEY=VALUE...`.",
    )


@command.command()
@pass_app
def kinds(app: App) -> None:
    """Show the kinds of channels and the settings they take."""
    from alerts.channels import CHANNELS, secret_fields

    rows = []
    for name, kind in CHANNELS.items():
        fields = {
            key: {"required": f.is_required(), "secret": key in secret_fields(name)}
            for key, f in kind.Settings.model_fields.items()
        }
        summary = (kind.__doc__ or "").strip().split("\n")[0]
        rows.append({"kind": name, "about": summary, "settings": fields, "example": dict(kind.example)})
    app.emit_rows(
        rows,
        ("kind", "settings", "about"),
        lambda r: (
            r["kind"],
            ", ".join(k + ("*" if f["required"] else "") for k, f in r["settings"].items()),
            r["about"],
        ),
    )


@command.command()
@click.argument("channel_id", metavar="ID")
@click.argument("kind")
@click.argument("settings", nargs=-1, metavar="KEY=VALUE...")
@click.option("--analyst", help="Whose it is.")
@pass_app
def add(app: App, channel_id: str, kind: str, settings: tuple[str, ...], analyst: str | None) -> None:
    """Make a channel, or change it. A secret may be given as env:NAME or file:/path; others are encrypted at rest."""
    from vedette import apply

    row: dict[str, Any] = {"id": channel_id, "kind": kind, "analyst": analyst}
    for text in settings:
        key, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f"write {text!r} as KEY=VALUE")
        row[key] = value
    (channel,) = apply.channels_of("channel", row)
    declared = apply.Declared("channel", channels=[channel])
    (line,) = apply.apply(declared, app.store(create=True), app.settings.vault(), app.clock.now())
    hint = f"Try it: vedette channels test {channel.id}"
    app.emit({"id": channel.id, "answer": line.answer}, f"{line.answer}: {channel.id}. {hint}")


@command.command()
@click.argument("channel_id", metavar="ID")
@pass_app
def test(app: App, channel_id: str) -> int:
    """Send a real test message through the real path, once, even when the channel is off; exits 1 when not taken."""
    from alerts.deliver import send_test
    from vedette.model import DeliveryState

    channel = _get(app, channel_id)
    delivery, attempts = send_test(app.context("deliver"), channel_id, _sample(app.clock.now()))
    sent = delivery.state is DeliveryState.SENT
    last = attempts[-1] if attempts else None
    why = f"{last.phase}: {last.error or last.code}" if last else delivery.last_error
    hint = "" if channel.active else f". The channel is off: `vedette channels enable {channel_id}`"
    app.emit({"delivery": delivery, "attempts": attempts}, f"sent{hint}" if sent else f"not sent: {why}")
    return 0 if sent else 1


@command.command()
@click.argument("name", metavar="ID|KIND")
@pass_app
def preview(app: App, name: str) -> None:
    """Show the message that a channel, or a kind of channel, would send."""
    from alerts.channels import CHANNELS, SendContext, make_channel, validate

    now, settings = app.clock.now(), app.settings
    if name in CHANNELS:
        kind = CHANNELS[name]
        channel = kind(validate(name, kind.example))
    else:
        stored = _get(app, name)
        channel = make_channel(stored.kind, stored.settings, settings.vault())
    context = SendContext(now, app.clock.wall(), smtp=settings.smtp, templates=settings.deliver.templates)
    shown = channel.preview(_sample(now), context)
    app.emit({"kind": channel.kind, "preview": shown}, shown)


@command.command()
@click.argument("channel_id", metavar="ID")
@pass_app
def enable(app: App, channel_id: str) -> None:
    """Use a channel again; what waits for it is sent."""
    with app.store().write() as tx:
        tx.channels.enable(channel_id)
    app.emit({"id": channel_id, "active": True}, f"{channel_id} is on")


@command.command()
@click.argument("channel_id", metavar="ID")
@click.option("--reason", default="switched off by hand", help="Why; the list shows it.")
@pass_app
def disable(app: App, channel_id: str, reason: str) -> None:
    """Stop using a channel; its messages wait."""
    with app.store().write() as tx:
        tx.channels.disable(channel_id, reason, app.clock.now())
    app.emit({"id": channel_id, "active": False}, f"{channel_id} is off; its messages wait")


@command.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@pass_app
def remove(app: App, ids: tuple[str, ...]) -> None:
    """Forget channels that no subscription uses."""
    with app.store().write() as tx:
        for name in ids:
            if not tx.channels.delete(name):
                raise UsageError(f"unknown channel {name!r}: `vedette channels list` shows them")
    app.emit({"removed": list(ids)}, f"removed: {', '.join(ids)}")


def _get(app: App, channel_id: str) -> Channel:
    with app.store().read() as tx:
        channel = tx.channels.get(channel_id)
    if channel is None:
        raise UsageError(f"unknown channel {channel_id!r}: `vedette channels list` shows them")
    return channel


def _shown(app: App, channel: Channel) -> dict[str, Any]:
    from alerts.channels import CHANNELS, masked

    known = channel.kind in CHANNELS  # the module of a plug-in may be gone; what is secret is not known then
    settings = masked(channel.kind, channel.settings, app.settings.vault()) if known else {}
    state = "on" if channel.active else f"off: {channel.disabled_reason}"
    return {
        "id": channel.id,
        "kind": channel.kind,
        "analyst": channel.analyst,
        "state": state,
        "settings": settings,
        "next_ok_at": channel.next_ok_at,
        "failing_since": channel.failing_since,
    }


def _sample(now: datetime) -> Notice:
    from vedette.model import DeliveryReason, Notice, Sentence

    return Notice(
        topic="test",
        topic_title="Test",
        topic_version=1,
        title="This is a test message of Vedette",
        url="https://example.org/vedette-test",
        site="Example Gazette",
        language="en",
        country="IT",
        published_at=now,
        published_precision="instant",
        seen_at=now,
        sentences=(Sentence("The minister visits ADEX in Baku; the C-27J is being delivered.", ((20, 24), (38, 43))),),
        hits=("adex (ADEX)", "c-27j (C-27J)"),
        story_id=0,
        alert_id=None,
        reason=DeliveryReason.TEST,
    )
