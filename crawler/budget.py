"""The one knob of the polling rule, steered so that polls stay within the operator's budget.

It is kept in the database, so that all workers turn the same knob and a restart forgets nothing. Without a budget it
stays where `crawler.polling` puts it.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from crawler import polling

if TYPE_CHECKING:
    from vedette.daemon.context import Context

KEY = "polling"
"""Under which the database remembers the knob and the day for which it was turned."""


class Budget:
    """What a worker knows of the knob."""

    def __init__(self, context: Context) -> None:
        """`look` is to be called before `theta` is believed."""
        self.theta = polling.THETA
        self._context, self._day = context, None if context.settings.crawl.polls_per_day else date.max

    def is_due(self) -> bool:
        """Whether another day began since the last look."""
        return self._day is None or self._day < self._context.clock.now().date()

    def look(self) -> None:
        """Take over the knob; the first worker to look on a day turns it by what the day before cost."""
        budget, today = self._context.settings.crawl.polls_per_day, self._context.clock.now().date()
        if budget is None:
            return
        with self._context.store.write() as tx:
            known = tx.meta.get(KEY)
            if known is None:  # today is not a whole day any more: it will tell nothing
                known = {"theta": polling.THETA, "turned": (today + timedelta(days=1)).isoformat()}
            self.theta = float(known["theta"])
            if known["turned"] < today.isoformat():
                spent = tx.health.polls_per_source(today - timedelta(days=1))
                self.theta = polling.steer(self.theta, spent, budget) if spent is not None else self.theta
            tx.meta.set(KEY, {"theta": self.theta, "turned": max(known["turned"], today.isoformat())})
        self._day = today
