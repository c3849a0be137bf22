"""Scans the logs once, then every null stream and every replay, and gathers what each accused."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from stillwatch.calibrate.bundles import NULLS, Expected
from stillwatch.calibrate.findings import Calibration, Found, Stream
from stillwatch.calibrate.observed import Observed, observe
from stillwatch.calibrate.streams import Replay, run_null, run_replay
from stillwatch.disk import sweep
from stillwatch.job import Job
from stillwatch.progress import progress

ORGANIC: Expected = "nobody at act"
MOST_STREAMS = 1_000  # of a sort, so that the streams of two seeds never coincide


@dataclass(frozen=True, slots=True)
class _Planned:
    """A stream not yet run."""

    name: str
    number: int
    expected: Expected
    says: str
    run: Callable[[], Found]


def calibrate(job: Job, streams: int = 1, seed: int = 1) -> Calibration:
    """Answers what would be accused in the job's logs if nobody in them acted together.

    `streams` null streams of each sort and as many half-samples are drawn from the seed. The same logs, settings and
    seed give the same answer. Raises what a scan of the job raises.
    """
    parent = Path(job.settings.engine.temp_directory or tempfile.gettempdir())
    sweep(parent)
    with tempfile.TemporaryDirectory(prefix="stillwatch-null-", dir=parent) as folder:
        observed = observe(job, Path(folder))
        planned = [*_nulls(observed, streams, seed, job), *_replays(observed, streams, seed, job)]
        found = []
        with progress("scanning streams", total=len(planned)) as advance:
            for plan in planned:
                found.append(Stream(plan.name, plan.number, plan.expected, plan.says, plan.run()))
                advance(1)
    return Calibration(seed, observed.found, int(observed.accused.sum()), tuple(found))


def _nulls(observed: Observed, streams: int, seed: int, job: Job) -> Iterator[_Planned]:
    for null in NULLS:
        for number in range(1, streams + 1):
            drawn = partial(run_null, observed, null, seed * MOST_STREAMS + number, job)
            yield _Planned(null.name, number, null.expected, null.says, drawn)


def _replays(observed: Observed, streams: int, seed: int, job: Job) -> Iterator[_Planned]:
    rest = ~observed.accused
    middle = observed.first + (observed.last - observed.first) / 2
    replays = [
        ("organic", 1, "everybody who was not accused and is in no accused network", Replay(rest)),
        ("first half", 1, "the same, first half of the time", Replay(rest, until=middle)),
        ("second half", 1, "the same, second half of the time", Replay(rest, since=middle)),
    ]
    for number in range(1, streams + 1):
        half = np.random.default_rng((seed, number)).random(len(rest)) < 0.5
        replays.append(("half of accounts", number, "the same, a random half of the accounts", Replay(rest & half)))
    for name, number, says, replay in replays:
        yield _Planned(name, number, ORGANIC, says, partial(run_replay, observed, replay, job))
