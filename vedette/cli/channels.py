"""Channels: list, add, test, preview, enable, disable, remove."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from vedette.cli._app import App, local, pass_app
from vedette.errors import UsageError

if TYPE_CHECKING:
    from alerts.feed import Form
    from vedette.model import Analyst, Channel, Notice


@click.group()
def command() -> None:
    """Where analysts are told."""


@command.command("list")
@pass_app
def list_(app: App) -> None:
    """Show all channels; secrets by their last characters."""
    if app.remote:
        rows = [_told(row) for row in app.remote.channels()]
    else:
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

    rows = app.remote.channel_kinds() if app.remote else []
    for name, kind in () if app.remote else CHANNELS.items():
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
    if app.remote:
        given = {key: value for key, value in row.items() if key not in ("id", "kind", "analyst")}
        made, answer = app.remote.add_channel(channel_id, kind, given)
        app.emit({"id": made, "answer": answer}, f"{answer}: {made}. Try it: vedette channels test {made}")
        return
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
    from alerts.notice import sample_notice
    from vedette.model import DeliveryState

    if app.remote:
        told = app.remote.on_channel("POST", channel_id, "/test")
        app.emit(told, "sent" if told["sent"] else f"not sent: {told['why']}")
        return 0 if told["sent"] else 1
    channel = _get(app, channel_id)
    about = sample_notice(app.clock.now(), _reader(app, channel))
    delivery, attempts = send_test(app.context("deliver"), channel_id, about)
    sent = delivery.state is DeliveryState.SENT
    last = attempts[-1] if attempts else None
    why = f"{last.phase}: {last.error or last.code}" if last else delivery.last_error
    hint = "" if channel.active else f". The channel is off: `vedette channels enable {channel_id}`"
    app.emit({"delivery": delivery, "attempts": attempts}, f"sent{hint}" if sent else f"not sent: {why}")
    return 0 if sent else 1


@command.command()
@local("messages are made with the templates of the daemon's machine")
@click.argument("name", metavar="ID|KIND")
@click.option("--delivery", type=int, help="Show this delivery's message instead of a sample.")
@pass_app
def preview(app: App, name: str, delivery: int | None) -> None:
    """Show the message that a channel, or a kind of channel, would send, in your templates."""
    from alerts.channels import CHANNELS, SendContext, make_channel, validate
    from alerts.notice import sample_notice

    now, settings, reader = app.clock.now(), app.settings, None
    if name in CHANNELS:
        kind = CHANNELS[name]
        channel = kind(validate(name, kind.example))
    else:
        stored = _get(app, name)
        channel, reader = make_channel(stored.kind, stored.settings, settings.vault()), _reader(app, stored)
    context = SendContext(now, app.clock.wall(), smtp=settings.smtp, templates=settings.deliver.templates, channel=name)
    about = sample_notice(now, reader) if delivery is None else _stored_notice(app, delivery)
    shown = channel.preview(about, context)
    app.emit({"kind": channel.kind, "preview": shown}, shown)


@command.command("rotate-secret")
@local("this works on the machine of the daemon only")
@click.argument("channel_id", metavar="ID")
@click.option("--finish", is_flag=True, help="The receiver knows the new secret: sign with it alone from now on.")
@pass_app
def rotate_secret(app: App, channel_id: str, finish: bool) -> None:
    """Give a webhook a new secret, shown once. Messages are signed with the old one too, until --finish."""
    from alerts.channels.webhook import new_secret, rotated, settled

    channel = _get(app, channel_id)
    if channel.kind != "webhook":
        raise UsageError(f"{channel_id} is of the kind {channel.kind}: only webhooks have secrets that are replaced so")
    secret = new_secret()
    vault = app.settings.vault()
    changed = settled(channel.settings) if finish else rotated(channel.settings, vault.encrypt(secret))
    with app.store().write() as tx:
        tx.channels.change_settings(channel_id, changed)
    if finish:
        app.emit({"id": channel_id, "rotating": False}, f"{channel_id}: messages are signed with the new secret alone")
        return
    hint = f"When the receiver knows it: vedette channels rotate-secret {channel_id} --finish"
    app.emit({"id": channel_id, "rotating": True, "secret": secret}, f"{secret}\n{hint}")


@command.command()
@local("`vedette channels list` tells its address, which any program reads")
@click.argument("channel_id", metavar="ID")
@click.option(
    "--form", type=click.Choice(["atom", "rss", "json"]), default="atom", help="Atom 1.0, RSS 2.0 or JSON Feed 1.1."
)
@click.option("--address", "address_only", is_flag=True, help="Only where a feed reader finds it.")
@pass_app
def feed(app: App, channel_id: str, form: Form, address_only: bool) -> None:
    """Show the private feed of a channel of the kind feed, or its address. Who has the address reads the feed."""
    from alerts.channels import make_channel
    from alerts.feed import MOST_ITEMS, FeedHead, build_feed, feed_token, items_of
    from vedette.links import LinkSigner, feed_address
    from vedette.model import DeliveryState

    channel, settings = _get(app, channel_id), app.settings
    if channel.kind != "feed":
        raise UsageError(f"{channel_id} is of the kind {channel.kind}: it has no feed")
    vault, public = settings.vault(), settings.alerts.public_url
    signer, own = LinkSigner(vault), make_channel(channel.kind, channel.settings, vault).settings
    token = feed_token(signer, channel_id, own.key.get_secret_value())
    address = feed_address(public, token, form) if public else ""
    if address_only:
        if not address:
            raise UsageError("set [alerts] public_url, the address of the web pages: feeds are served there")
        app.emit({"id": channel_id, "address": address}, address)
        return
    with app.store().read() as tx:
        sent = tx.deliveries.list(DeliveryState.SENT, limit=MOST_ITEMS, channel=channel_id)
    head = FeedHead(channel_id, own.title, address, public, settings.deliver.templates)
    document = build_feed(head, items_of(sent, signer, public), app.clock.now(), form).decode()
    app.emit({"id": channel_id, "address": address, "feed": document}, document)


@command.command()
@click.argument("channel_id", metavar="ID")
@pass_app
def enable(app: App, channel_id: str) -> None:
    """Use a channel again; what waits for it is sent."""
    if app.remote:
        app.remote.on_channel("POST", channel_id, "/enable")
    else:
        with app.store().write() as tx:
            tx.channels.enable(channel_id)
    app.emit({"id": channel_id, "active": True}, f"{channel_id} is on")


@command.command()
@local("this works on the machine of the daemon only")
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
    if app.remote:
        for name in ids:
            app.remote.on_channel("DELETE", name)
    else:
        with app.store().write() as tx:
            for name in ids:
                if not tx.channels.delete(name):
                    raise UsageError(f"unknown channel {name!r}: `vedette channels list` shows them")
    app.emit({"removed": list(ids)}, f"removed: {', '.join(ids)}")


def _stored_notice(app: App, delivery_id: int) -> Notice:
    from alerts.links import with_links
    from vedette.links import LinkSigner

    with app.store().read() as tx:
        delivery = tx.deliveries.get(delivery_id)
    if delivery is None:
        raise UsageError(f"unknown delivery {delivery_id}: `vedette deliveries list` shows them")
    return with_links(delivery, LinkSigner(app.settings.vault()), app.settings.alerts.public_url)


def _get(app: App, channel_id: str) -> Channel:
    with app.store().read() as tx:
        channel = tx.channels.get(channel_id)
    if channel is None:
        raise UsageError(f"unknown channel {channel_id!r}: `vedette channels list` shows them")
    return channel


def _reader(app: App, channel: Channel) -> Analyst | None:
    """Whose channel it is: its messages speak their language."""
    with app.store().read() as tx:
        return tx.analysts.get(channel.analyst or "")


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


def _told(row: dict[str, Any]) -> dict[str, Any]:
    """A channel of one's own, as a server tells it."""
    state = "on" if row["active"] else f"off: {row['disabled_reason']}"
    shown = {name: row[name] for name in ("id", "kind", "settings", "failing_since")}
    return {**shown, "analyst": "", "state": state, **({"feed": row["feed"]} if row["feed"] else {})}
