"""What Prometheus is told: requests and their times by route, failures, the snapshot's age, and how the watch does."""

from __future__ import annotations

import itertools
from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from stillwatch.records.watch_status import status_of
from stillwatch.serve.http import Response
from stillwatch.serve.snapshots import Snapshots

_BOUNDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10.0)
_NONE = (0.0,) * (len(_BOUNDS) + 2)
_TEXT = (b"content-type", b"text/plain; version=0.0.4; charset=utf-8")


class Measures:
    """The measures of one process; labels are names of routes and words of ours, never what a caller sent."""

    def __init__(self, snapshots: Snapshots, state: Path) -> None:
        self._registry = CollectorRegistry()
        to = self._registry
        to.register(_Watching(state))
        self._requests = _Requests()
        to.register(self._requests)
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
        self.answered = self._requests.answered

    def failed(self, route: str, reason: str) -> None:
        """Counts an answer that stood on a setting, because nothing could be said of the caller."""
        self._failed.labels(route, reason).inc()

    def shown(self) -> Response:
        """Returns all measures as Prometheus reads them."""
        return Response(200, (_TEXT,), generate_latest(self._registry))


class _Requests(Collector):
    """Answers by route and status, and their times by route.

    The library's own counters take locks at each request; these belong to the one thread that answers.
    """

    def __init__(self) -> None:
        # by route and status, how many took at most each of _BOUNDS, how many longer, and the seconds of all
        self._times: dict[tuple[str, int], list[float]] = {}

    def answered(self, route: str, status: int, seconds: float) -> None:
        """Counts an answer."""
        times = self._times.get((route, status))
        if times is None:
            times = self._times[route, status] = [0] * (len(_BOUNDS) + 2)
        times[bisect_left(_BOUNDS, seconds)] += 1
        times[-1] += seconds

    def collect(self) -> Iterator[Metric]:
        """What was counted until now."""
        answers = CounterMetricFamily("stillwatch_requests", "Requests answered.", labels=("route", "status"))
        of_routes: dict[str, list[float]] = {}
        for (route, status), times in sorted(self._times.items()):
            answers.add_metric((route, str(status)), sum(times[:-1]))
            of_routes[route] = [sum(both) for both in zip(times, of_routes.get(route, _NONE), strict=True)]
        yield answers
        shown = HistogramMetricFamily("stillwatch_request_seconds", "Time to answer.", labels=("route",))
        bounds = [*map(floatToGoString, _BOUNDS), "+Inf"]
        for route, (*counts, seconds) in of_routes.items():
            shown.add_metric((route,), list(zip(bounds, itertools.accumulate(counts), strict=True)), seconds)
        yield shown


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
