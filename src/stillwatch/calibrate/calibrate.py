"""Scans the logs once, then every null stream and every replay, and collects what each scan accused."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from stillwatch.calibrate.bundles import NULL_STREAMS, Expected
from stillwatch.calibrate.findings import Calibration, Found, Stream
from stillwatch.calibrate.observed import Observed, observe
from stillwatch.calibrate.streams import Replay, run_null, run_replay
from stillwatch.disk import private, sweep
from stillwatch.job import Job
from stillwatch.progress import progress

REPLAYED: Expected = "no campaign at act"
MOST_STREAMS = 1_000  # streams of one sort, so that the streams of two seeds never coincide


@dataclass(frozen=True, slots=True)
class _Planned:
    """A stream that has not been scanned yet."""

    name: str
    number: int
    expected: Expected
    description: str
    run: Callable[[], Found]


def calibrate(job: Job, streams: int = 1, seed: int = 1) -> Calibration:
    """Returns what a scan would accuse in the job's logs if no accounts acted together.

    `streams` null streams of each sort and as many half-samples of the accounts are drawn from the seed. The same logs,
    settings and seed give the same result. Raises what a scan of the job raises.
    """
    parent = Path(job.settings.engine.temp_directory or tempfile.gettempdir())
    sweep(parent)
    with private(parent, "null") as folder:
        observed = observe(job, folder)
        planned = [*_nulls(observed, streams, seed, job), *_replays(observed, streams, seed, job)]
        found = []
        with progress("scanning streams", total=len(planned)) as advance:
            for plan in planned:
                found.append(Stream(plan.name, plan.number, plan.expected, plan.description, plan.run()))
                advance(1)
    return Calibration(seed, observed.found, int(observed.accused.sum()), tuple(found))


def _nulls(observed: Observed, streams: int, seed: int, job: Job) -> Iterator[_Planned]:
    for null in NULL_STREAMS:
        for number in range(1, streams + 1):
            drawn = partial(run_null, observed, null, seed * MOST_STREAMS + number, job)
            yield _Planned(null.name, number, null.expected, null.description, drawn)


def _replays(observed: Observed, streams: int, seed: int, job: Job) -> Iterator[_Planned]:
    rest = ~observed.accused
    middle = observed.first + (observed.last - observed.first) / 2
    replays = [
        ("unaccused", 1, "the accounts that are neither accused nor linked to an accused account", Replay(rest)),
        ("first half", 1, "the same accounts in the first half of the time", Replay(rest, until=middle)),
        ("second half", 1, "the same accounts in the second half of the time", Replay(rest, since=middle)),
    ]
    for number in range(1, streams + 1):
        half = np.random.default_rng((seed, number)).random(len(rest)) < 0.5
        replays.append(("half of accounts", number, "a random half of the same accounts", Replay(rest & half)))
    for name, number, description, replay in replays:
        yield _Planned(name, number, REPLAYED, description, partial(run_replay, observed, replay, job))
