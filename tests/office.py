"""An outbox in a database of its own: channels that lead to receivers of the test, messages to deliver."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from alerts.channels import seal
from alerts.deliver import Tally, deliver_due
from storage import open_store
from tests.notices import NOW, SECRET, notice
from vedette import config, log
from vedette.clock import Clock, FrozenClock
from vedette.daemon.context import Context
from vedette.model import Analyst, Attempt, Channel, Delivery, DeliveryReason, NewDelivery, Notice

ANNA = Analyst("anna", "Anna", timezone="Europe/Rome")


class Office:
    """A store, a clock that stands still, and one analyst."""

    def __init__(self, folder: Path, configuration: str = "", clock: Clock | None = None) -> None:
        self.config = folder / "vedette.toml"
        self.config.write_text(
            f'[data]\ndirectory = "{folder}"\n[network]\nallow_addresses = ["127.0.0.0/8"]\n' + configuration
        )
        self.settings = config.load(self.config)
        self.store = open_store(self.settings.database_url, upgrade=True)
        self.clock = clock or FrozenClock(NOW)
        with self.store.write() as tx:
            tx.analysts.put(ANNA)

    def context(self, boot: str = "boot") -> Context:
        return Context(self.settings, self.clock, self.store, "deliver", boot, log.get("vedette"))

    def channel(self, name: str, kind: str, settings: Mapping[str, Any], analyst: str | None = "anna") -> None:
        with self.store.write() as tx:
            tx.channels.put(Channel(name, kind, seal(kind, settings, self.settings.vault()), analyst))

    def hook(self, name: str, url: str) -> None:
        self.channel(name, "webhook", {"url": url, "secret": SECRET})

    def post(
        self, channel: str, key: str, about: Notice | None = None, *, alert_id: int | None = None, **changes: Any
    ) -> int:
        """Put a message into the outbox."""
        new = NewDelivery(
            key,
            channel,
            DeliveryReason.NEW_STORY,
            about or replace(notice(), title=key),
            self.clock.now(),
            expires_at=self.clock.now() + timedelta(days=3),
        )
        with self.store.write() as tx:
            delivery_id = tx.deliveries.add(replace(new, **changes), alert_id, self.clock.now())
        assert delivery_id is not None
        return delivery_id

    def deliver(self) -> Tally:
        return deliver_due(self.context())

    def get(self, delivery_id: int) -> Delivery:
        with self.store.read() as tx:
            delivery = tx.deliveries.get(delivery_id)
        assert delivery is not None
        return delivery

    def attempts(self, delivery_id: int) -> list[Attempt]:
        with self.store.read() as tx:
            return tx.deliveries.attempts(delivery_id)

    def channel_now(self, name: str) -> Channel:
        with self.store.read() as tx:
            channel = tx.channels.get(name)
        assert channel is not None
        return channel

    def advance(self, **span: float) -> None:
        assert isinstance(self.clock, FrozenClock)
        self.clock.advance(timedelta(**span).total_seconds())
