"""Deliveries: list, show, retry."""

from __future__ import annotations

import click

from vedette.cli._app import App, local, pass_app
from vedette.errors import UsageError


@click.group()
def command() -> None:
    """Messages to channels and the log of their attempts."""


@command.command("list")
@local("these are the messages of all analysts; `vedette alerts show ID` tells one's own")
@click.option("--state", help="held, pending, sending, sent, retry, uncertain, suppressed, expired or dead.")
@click.option("--channel")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1))
@pass_app
def list_(app: App, state: str | None, channel: str | None, limit: int) -> None:
    """Show deliveries, the newest first."""
    from vedette.model import DeliveryState

    if state is not None and state not in set(DeliveryState):
        raise UsageError(f"unknown state {state!r}: use one of {', '.join(DeliveryState)}")
    with app.store().read() as tx:
        rows = tx.deliveries.list(DeliveryState(state) if state else None, limit, channel)
    app.emit_rows(
        rows,
        ("id", "state", "reason", "channel", "attempts", "next attempt", "sent", "title", "error"),
        lambda d: (
            d.id,
            d.state,
            d.reason,
            d.channel,
            d.attempts,
            d.next_attempt_at,
            d.sent_at,
            d.notice.title[:60],
            d.last_error,
        ),
        empty="No deliveries.",
    )


@command.command()
@local("these are the messages of all analysts; `vedette alerts show ID` tells one's own")
@click.argument("delivery_id", metavar="ID", type=int)
@pass_app
def show(app: App, delivery_id: int) -> None:
    """Show a delivery with all its attempts."""
    with app.store().read() as tx:
        delivery, attempts = tx.deliveries.get(delivery_id), tx.deliveries.attempts(delivery_id)
    if delivery is None:
        raise UsageError(f"unknown delivery {delivery_id}: `vedette deliveries list` shows them")
    lines = [
        f"delivery {delivery.id} to {delivery.channel}: {delivery.state} ({delivery.reason})",
        delivery.notice.title,
        delivery.notice.url,
        f"key {delivery.idem_key}",
    ]
    for a in attempts:
        ended = f"{a.outcome} {a.phase} {a.code} {a.error}".strip() if a.outcome else "not finished"
        lines.append(f"attempt {a.number} at {a.started_at:%Y-%m-%d %H:%M:%S}: {ended}")
    app.emit({"delivery": delivery, "attempts": attempts}, "\n".join(lines))


@command.command()
@local("these are the messages of all analysts; `vedette alerts show ID` tells one's own")
@click.argument("delivery_id", metavar="[ID]", type=int, required=False)
@click.option("--all-dead", is_flag=True, help="Every dead one.")
@pass_app
def retry(app: App, delivery_id: int | None, all_dead: bool) -> int:
    """Send a dead or expired delivery again, under its old key."""
    if all_dead == (delivery_id is not None):
        raise UsageError("name a delivery, or --all-dead")
    with app.store().write() as tx:
        count = tx.deliveries.retry(delivery_id, app.clock.now())
    app.emit({"retried": count}, f"{count} will be sent again")
    return 0 if count else 1
