"""Pools the runs of many seeds: every statistic is a ratio of sums over seeds, so that seeds can be resampled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stillwatch_lab.benchmark.intervals import Estimate, resampled, share
from stillwatch_lab.worlds.campaigns.profiles import PROFILES

Row = dict[str, Any]
PER_100K = 100_000


@dataclass(frozen=True, slots=True)
class Pool:
    """The records of one variant, one per seed."""

    runs: tuple[Row, ...]

    @property
    def profiles(self) -> tuple[str, ...]:
        """The profiles of all worlds: those of the benchmark in their order, then any others."""
        present = {one["profile"] for run in self.runs for one in run["campaigns"]}
        return (*(profile for profile in PROFILES if profile in present), *sorted(present - set(PROFILES)))

    def campaigns(self, profile: str) -> list[tuple[int, Row]]:
        """The true campaigns of a profile, each with the index of its seed."""
        return [(at, one) for at, run in enumerate(self.runs) for one in run["campaigns"] if one["profile"] == profile]

    def over_campaigns(
        self, profile: str, hits: Callable[[Row], float | None], trials: Callable[[Row], float], counted: bool = True
    ) -> Estimate:
        """A ratio of sums over the profile's campaigns; campaigns with hits None are left out."""
        over, of = np.zeros(len(self.runs)), np.zeros(len(self.runs))
        for at, one in self.campaigns(profile):
            found = hits(one)
            if found is not None:
                over[at] += found
                of[at] += trials(one)
        return share(over.tolist(), of.tolist(), counted)

    def recall(self, profile: str, level: str) -> Estimate:
        """Share of the profile's accounts found at a level or a stronger one."""
        return self.over_campaigns(profile, lambda one: round(one["recall"][level] * one["accounts"]), _accounts)

    def mean(self, profile: str, value: Callable[[Row], float | None]) -> Estimate:
        """The mean of a score over the profile's campaigns that have it."""
        return self.over_campaigns(profile, value, lambda _: 1.0, counted=False)

    def leak(self, profile: str, name: str = "leak_share") -> Estimate:
        """Share of the profile's exchanges made before their account reached `act` (or any level)."""
        return self.over_campaigns(
            profile, lambda one: one[name] * one["exchanges"], lambda one: one["exchanges"], False
        )

    def innocents(self, level: str, kind: str | None = None) -> Estimate:
        """Innocents accused per 100,000 accounts of the world, or per 100,000 innocents of one kind."""
        if kind is None:
            hits = [run["innocents"][level]["accounts"] for run in self.runs]
            trials = [run["accounts"] for run in self.runs]
        else:
            hits = [run["innocents"][level]["by_kind"].get(kind, 0) for run in self.runs]
            trials = [run["innocent_kinds"].get(kind, 0) for run in self.runs]
        return share(hits, trials).scaled(PER_100K)

    def swept(self, level: str) -> list[str]:
        """Kinds of the wholly accused innocent groups, one entry a group."""
        return [kind for run in self.runs for kind in run["swept"][level]]

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of innocents, the most numerous first."""
        totals: dict[str, int] = {}
        for run in self.runs:
            for kind, accounts in run["innocent_kinds"].items():
                totals[kind] = totals.get(kind, 0) + accounts
        return tuple(sorted(totals, key=lambda kind: (-totals[kind], kind)))

    def ratio(self, hits: Callable[[Row], float], trials: Callable[[Row], float], counted: bool = True) -> Estimate:
        """A ratio of sums over runs."""
        return share([hits(run) for run in self.runs], [trials(run) for run in self.runs], counted)

    def reliability(self) -> list[Row]:
        """Pooled tenths of stated probability: members (`n`), summed probability, number in true campaigns."""
        pooled: dict[float, Row] = {}
        for run in self.runs:
            for one in run["reliability"]:
                into = pooled.setdefault(
                    one["low"], {"low": one["low"], "high": one["high"], "n": 0, "stated": 0, "observed": 0}
                )
                into["n"] += one["members"]
                into["stated"] += one["members"] * one["stated"]
                into["observed"] += one["members"] * one["observed"]
        return [pooled[low] for low in sorted(pooled)]

    def calibration_error(self) -> Estimate:
        """Expected calibration error over the members of all runs together (Naeini et al. 2015), ten equal bins."""
        n, stated, observed = (np.zeros((len(self.runs), 10)) for _ in range(3))
        for at, run in enumerate(self.runs):
            for one in run["reliability"]:
                tenth = round(one["low"] * 10)
                n[at, tenth] = one["members"]
                stated[at, tenth], observed[at, tenth] = (one["members"] * one[name] for name in ("stated", "observed"))

        def error(weight: NDArray[np.int64]) -> float | None:
            members = float((weight @ n).sum())
            return float(np.abs(weight @ stated - weight @ observed).sum() / members) if members else None

        return resampled(len(self.runs), error)

    def onset(self, one: Row) -> Row:
        """Days from a true campaign's first exchange to its last, and to the time when half its accounts are at act."""
        found: Row = next(run["onset"][one["campaign_id"]] for run in self.runs if one["campaign_id"] in run["onset"])
        return found

    def curve(self, profile: str) -> NDArray[np.float64] | None:
        """The share of exchanges from accounts already at `act`, by part of the time order, (campaigns, parts)."""
        found = [self.runs[at]["curves"][one["campaign_id"]] for at, one in self.campaigns(profile)]
        whole = [curve for curve in found if len(curve) == max(map(len, found))]
        return np.array(whole) if whole else None


def pools(seeds: Sequence[Row], names: Sequence[str]) -> dict[str, Pool]:
    """Pools by variant, in the order of `names`, from the measurements of each seed."""
    return {name: Pool(tuple(seed[name] for seed in seeds)) for name in names}


def _accounts(one: Row) -> float:
    return float(one["accounts"])
