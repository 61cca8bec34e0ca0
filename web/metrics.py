"""What `/metrics` tells Prometheus: requests, and what the database holds at the moment of asking."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.types import Scope

from vedette.model import SourceState

if TYPE_CHECKING:
    from web.site import Site

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """The metrics of one application."""

    def __init__(self, site: Site) -> None:
        """Nothing is counted yet."""
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "vedette_http_requests", "Answered requests", ("route", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "vedette_http_seconds", "Seconds until an answer begins", ("route",), registry=self.registry
        )
        self.registry.register(_Database(site))

    def answered(self, scope: Scope, status: int, seconds: float) -> None:
        """Count a request under its route, so that ids make no series of their own."""
        route: Any = scope.get("route")
        name = getattr(route, "path", "") or "none"
        self._requests.labels(name, str(status)).inc()
        self._seconds.labels(name).observe(seconds)

    def text(self) -> bytes:
        """The exposition."""
        return generate_latest(self.registry)


class _Database(Collector):
    """Gauges read from the database."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def describe(self) -> list[Any]:
        """Asked at registration: the database is not to be asked then."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """All figures, in one transaction."""
        now, clock = self._site.now(), self._site.context.clock
        with self._site.store.read() as tx:
            items, deliveries = tx.items.counts(), tx.deliveries.counts()
            states = {str(state): tx.sources.count(state) for state in SourceState}
            failing = tx.sources.failing_count()
            workers, articles = tx.workers.list(), tx.articles.count()
        yield GaugeMetricFamily("vedette_articles", "Articles in the archive", articles)
        yield _family("vedette_items", "Items by state", "state", {str(k): v for k, v in items.items()})
        yield _family("vedette_deliveries", "Deliveries by state", "state", {str(k): v for k, v in deliveries.items()})
        yield _family("vedette_sources", "Sources by state", "state", states)
        yield GaugeMetricFamily("vedette_sources_failing", "Active sources whose last poll failed", failing)
        ages: dict[str, float] = {}
        for worker in workers:
            age = (now - worker.beat_at).total_seconds() / clock.speed
            ages[worker.role] = min(age, ages.get(worker.role, age))
        yield _family("vedette_worker_beat_age_seconds", "Real seconds since a role last said it lives", "role", ages)


def _family(name: str, text: str, label: str, values: dict[str, Any]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family
