"""The adversary search: it finds for each profile the cheapest evasion that halves recall."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean

from stillwatch.progress import progress
from stillwatch_lab.adversary.bill import Bill
from stillwatch_lab.adversary.evasions import (
    GOODS,
    Evasion,
    Playbook,
    Price,
)
from stillwatch_lab.adversary.world import Conditions, Outcome, outcome

HALVED = 0.5


@dataclass(frozen=True, slots=True)
class Attempt:
    """A profile with one evasion or none, over all seeds: the mean recall at `act`, and the mean costs."""

    name: str
    says: str
    recall: float
    innocents: float  # accused at `act`, per world
    used: Mapping[str, float]  # goods, per world
    exchanges: float
    refused: float  # refused requests per answered one
    dollars_per_million: float
    pace: float  # exchanges per account and active day
    exchanges_a_day: float  # of the whole campaign


@dataclass(frozen=True, slots=True)
class ProfileResult:
    """A profile without and with every evasion tried."""

    profile: str
    plain: Attempt
    attempts: tuple[Attempt, ...]

    @property
    def cheapest(self) -> Attempt | None:
        """The evasion that halves recall for the least dollars per million exchanges; None if none does."""
        halving = (
            [one for one in self.attempts if one.recall <= HALVED * self.plain.recall] if self.plain.recall else []
        )
        return min(halving, key=lambda one: (one.dollars_per_million, -one.pace), default=None)

    def waiting(self, one: Attempt) -> float:
        """The share of requests that another account repeats in the plain profile, but that wait or are lost here."""
        return min(max(0.0, self.plain.refused - one.refused), 1.0)

    def accounts_needed(self, one: Attempt) -> float:
        """The accounts that this evasion needs for as many exchanges per day as the plain profile makes.

        All requests that wait are counted as lost.
        """
        brought_in = one.exchanges_a_day * (1.0 - self.waiting(one))
        return one.used["account"] * self.plain.exchanges_a_day / max(brought_in, 1e-9)


@dataclass(frozen=True, slots=True)
class AdversaryResult:
    """The result of the adversary search for every profile."""

    seeds: tuple[int, ...]
    scale: float
    prices: Mapping[str, Price]
    profiles: tuple[ProfileResult, ...]

    def as_dict(self) -> dict[str, object]:
        """The result as plain values for JSON, with the cheapest evasion of each profile."""
        profiles = [
            {
                "profile": one.profile,
                "plain": asdict(one.plain),
                "cheapest": one.cheapest.name if one.cheapest else None,
                "evasions": [
                    {**asdict(tried), "waiting": one.waiting(tried), "accounts_needed": one.accounts_needed(tried)}
                    for tried in one.attempts
                ],
            }
            for one in self.profiles
        ]
        prices = {good: asdict(price) for good, price in self.prices.items()}
        return {"seeds": list(self.seeds), "scale": self.scale, "prices": prices, "profiles": profiles}


def try_evasions(
    playbook: Playbook, profiles: Sequence[str], only: Sequence[str], seeds: Sequence[int], conditions: Conditions
) -> AdversaryResult:
    """Runs every evasion of the playbook, or only those named in `only`, on every campaign profile and seed.

    Raises the same errors as building and scanning a world.
    """
    plans = {
        profile: [one for one in playbook.evasions[profile] if not only or one.name in only] for profile in profiles
    }
    worlds = sum(len(plan) + 1 for plan in plans.values()) * len(seeds)
    found = []
    with progress("trying evasions", total=worlds) as advance:
        for profile, evasions in plans.items():
            plain: list[Outcome] = []
            tried: dict[str, list[Outcome]] = {one.name: [] for one in evasions}
            for seed in seeds:
                plain.append(outcome(profile, None, {}, seed, conditions))
                advance(1)
                for one in evasions:
                    tried[one.name].append(outcome(profile, one, plain[-1].drawn, seed, conditions))
                    advance(1)
            attempts = tuple(summed(one, tried[one.name], playbook.prices) for one in evasions)
            found.append(
                ProfileResult(profile, summed(Evasion("plain", "without evasion"), plain, playbook.prices), attempts)
            )
    return AdversaryResult(tuple(seeds), conditions.scale, playbook.prices, tuple(found))


def summed(evasion: Evasion, outcomes: Sequence[Outcome], prices: Mapping[str, Price]) -> Attempt:
    """One evasion over all seeds; dollars and pace are ratios of sums, so that large campaigns weigh more."""
    bills = [one.bill for one in outcomes]
    whole = Bill(
        sum(one.exchanges for one in bills),
        sum(one.refused for one in bills),
        sum(one.account_days for one in bills),
        sum(one.days for one in bills),
        {good: sum(one.used[good] for one in bills) for good in GOODS},
    )
    return Attempt(
        evasion.name,
        evasion.says,
        fmean(one.recall for one in outcomes),
        fmean(one.innocents for one in outcomes),
        {good: used / len(bills) for good, used in whole.used.items()},
        whole.exchanges / len(bills),
        whole.refused_share,
        whole.dollars_per_million(prices),
        whole.pace,
        whole.exchanges_a_day,
    )
