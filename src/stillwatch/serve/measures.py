"""What Prometheus is told: requests and their times by route, failures, the snapshot's age, and how the watch does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from stillwatch.records.watch_status import status_of
from stillwatch.serve.http import Response
from stillwatch.serve.snapshots import Snapshots

_BOUNDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10.0)
_TEXT = (b"content-type", b"text/plain; version=0.0.4; charset=utf-8")


class Measures:
    """The measures of one process; labels are names of routes and words of ours, never what a caller sent."""

    def __init__(self, snapshots: Snapshots, state: Path) -> None:
        self._registry = CollectorRegistry()
        to = self._registry
        to.register(_Watching(state))
        self._requests = Counter("stillwatch_requests_total", "Requests answered.", ("route", "status"), registry=to)
        self._seconds = Histogram(
            "stillwatch_request_seconds", "Time to answer.", ("route",), buckets=_BOUNDS, registry=to
        )
        self._failed = Counter("stillwatch_failed_total", "Answers by setting only.", ("route", "reason"), registry=to)
        self.ledger_failures = Counter("stillwatch_ledger_failures_total", "Keys not read.", registry=to)
        self.refused = Counter("stillwatch_snapshots_refused_total", "Damaged snapshots.", registry=to)
        swaps = Gauge("stillwatch_snapshot_swaps", "Snapshots taken since the start.", registry=to)
        swaps.set_function(lambda: snapshots.swaps)
        age = Gauge("stillwatch_snapshot_age_seconds", "Age of the snapshot; NaN without one.", registry=to)
        age.set_function(lambda: float("nan") if snapshots.age is None else snapshots.age)
        usable = Gauge("stillwatch_snapshot_usable", "1 while verdicts are answered from a snapshot.", registry=to)
        usable.set_function(lambda: float(snapshots.usable))
        accounts = Gauge("stillwatch_snapshot_accounts", "Accounts in the snapshot.", registry=to)
        accounts.set_function(lambda: 0 if (found := snapshots.reader.snapshot) is None else found.accounts)
        self._by_route: dict[tuple[str, int], Counter] = {}
        self._times: dict[str, Histogram] = {}

    def answered(self, route: str, status: int, seconds: float) -> None:
        """Counts an answer."""
        counter = self._by_route.get((route, status))
        if counter is None:
            counter = self._by_route[route, status] = self._requests.labels(route, str(status))
            self._times[route] = self._seconds.labels(route)
        counter.inc()
        self._times[route].observe(seconds)

    def failed(self, route: str, reason: str) -> None:
        """Counts an answer that stood on a setting, because nothing could be said of the caller."""
        self._failed.labels(route, reason).inc()

    def shown(self) -> Response:
        """Returns all measures as Prometheus reads them."""
        return Response(200, (_TEXT,), generate_latest(self._registry))


class _Watching(Collector):
    """How the watch of the state does, as its own process last noted it; nothing where none ever watched."""

    def __init__(self, state: Path) -> None:
        self._state = state

    def collect(self) -> Iterator[Metric]:
        """Reads the note anew each time that Prometheus asks."""
        found = status_of(self._state)
        if found is None:
            return
        exchanges = CounterMetricFamily("stillwatch_watch_exchanges", "By what became of them.", labels=("outcome",))
        for outcome in ("taken", "repeated", "outside", "quarantined"):
            exchanges.add_metric((outcome,), getattr(found, outcome))
        yield exchanges
        gauges = (
            ("noted_timestamp_seconds", "When the watch last noted how it does.", _seconds(found.at)),
            ("newest_exchange_timestamp_seconds", "Time of the newest exchange.", _seconds(found.newest)),
            ("failures", "Steps that failed in a row.", found.failures),
            ("epoch_timestamp_seconds", "Until when the run that is answered from has read.", _seconds(found.epoch)),
            ("epoch_seconds", "How long the last epoch took.", found.epoch_seconds),
            ("epoch_failures", "Epochs that failed in a row.", found.epoch_failures),
        )
        for name, what, value in gauges:
            if value is not None:
                yield GaugeMetricFamily(f"stillwatch_watch_{name}", what, value)


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.replace(tzinfo=UTC).timestamp()
