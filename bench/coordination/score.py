"""How much of each operator a method links, and at how many strangers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillwatch.group.cohorts import cohort_divergence
from stillwatch_lab.baselines.ranking import auc

LEAST_SIZE = 8  # accounts of a group that counts, as many as a network of the product needs
GROUP = 30  # accounts of the random groups whose sign-ups are compared
TURNS = 200  # random groups of each sort
WITHIN = {"hour": 3_600_000_000, "day": 86_400_000_000}  # µs
Int64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Score:
    """What a method finds in a set.

    `best` and `anywhere` are the shares of operators' accounts that are in the group with most accounts of their
    operator, and in any group; `strangers_beside` are strangers in those best groups, `strangers` in any group.
    `purity` is the share of grouped accounts that belong to the commonest owner of their group, strangers having none.
    Without labels the first four are None. `groups` counts groups, `grouped` their accounts, `largest` the most in one.
    """

    groups: int
    grouped: int
    largest: int
    best: float | None = None
    anywhere: float | None = None
    strangers_beside: int | None = None
    strangers: int | None = None
    purity: float | None = None


def score(groups: Iterable[frozenset[str]], operator: Mapping[str, str], labelled: bool) -> Score:
    """Scores the groups of at least LEAST_SIZE accounts; `operator` names the owner of each account that has one."""
    counted = [group for group in groups if len(group) >= LEAST_SIZE]
    grouped = frozenset[str]().union(*counted)
    sizes = len(counted), len(grouped), max(map(len, counted), default=0)
    if not labelled:
        return Score(*sizes)
    best = {name: best_group(counted, operator, name) for name in sorted(set(operator.values()))}
    held = sum(1 for account, name in operator.items() if account in best[name])
    beside = frozenset[str]().union(*best.values())
    owned = sum(max(map(_owned, Counter(map(operator.get, group)).items())) for group in counted)
    return Score(
        *sizes,
        held / len(operator),
        len(grouped & operator.keys()) / len(operator),
        len(beside - operator.keys()),
        len(grouped - operator.keys()),
        owned / sum(map(len, counted)) if counted else None,
    )


def _owned(counted: tuple[str | None, int]) -> int:
    """The accounts of an owner; strangers, who have none, count for one account at most."""
    return counted[1] if counted[0] is not None else min(1, counted[1])


def best_group(groups: Sequence[frozenset[str]], operator: Mapping[str, str], name: str) -> frozenset[str]:
    """The group with most accounts of an operator, the smallest of several; empty where none has two."""
    held = [(sum(1 for account in group if operator.get(account) == name), group) for group in groups]
    count, group = max(held, key=lambda one: (one[0], -len(one[1])), default=(0, frozenset[str]()))
    return group if count >= 2 else frozenset()


def by_operator(groups: Iterable[frozenset[str]], operator: Mapping[str, str]) -> dict[str, dict[str, float]]:
    """For each operator: its accounts, the shares of them in the best and in any group, and strangers in the best."""
    counted = [group for group in groups if len(group) >= LEAST_SIZE]
    grouped = frozenset[str]().union(*counted)
    result = {}
    for name, count in sorted(Counter(operator.values()).items()):
        best = best_group(counted, operator, name)
        own = {account for account, owner in operator.items() if owner == name}
        result[name] = {
            "accounts": count,
            "best": round(len(own & best) / count, 4),
            "anywhere": round(len(own & grouped) / count, 4),
            "strangers_beside": len(best - operator.keys()),
        }
    return result


def births(created_at: Mapping[str, int], operator: Mapping[str, str]) -> dict[str, dict[str, float]]:
    """How far sign-ups (µs) tell each operator's accounts from strangers; empty without strangers.

    `hour` and `day` are AUCs of the number of other accounts born within so much, for single accounts. `groups_of_30`
    is the AUC of the product's `born_together` between random groups of 30 of the operator and of strangers, `fifth`
    the same where a fifth of the group are the operator's and the rest strangers, and `whole` its value in bits an
    account for all of the operator's accounts beside strangers.
    """
    known = sorted(created_at)
    at = np.array([created_at[account] for account in known], np.int64)
    owner = np.array([operator.get(account, "") for account in known])
    people = at[owner == ""]
    if len(people) < 2 * GROUP:
        return {}
    ordered = np.sort(at)
    result = {}
    for name in sorted(set(owner) - {""}):
        own = at[owner == name]
        result[name] = {
            **{unit: _alone(ordered, own, people, width) for unit, width in WITHIN.items()},
            "groups_of_30": _grouped(own, people, GROUP),
            "fifth": _grouped(own, people, GROUP // 5),
            "whole": round(cohort_divergence(own, np.sort(np.concatenate([own, people]))), 3),
        }
    return result


def _alone(ordered: Int64, own: Int64, people: Int64, width: int) -> float:
    """AUC of the number of accounts born within `width` of each."""
    at = np.concatenate([own, people])
    near = np.searchsorted(ordered, at + width, side="right") - np.searchsorted(ordered, at - width)
    return _auc(near.astype(np.float64), len(own))


def _grouped(own: Int64, people: Int64, inside: int) -> float:
    """AUC of `born_together` between groups with `inside` accounts of the operator and groups of people alone."""
    generator = np.random.default_rng(1)
    values = []
    for owned in (inside, 0):
        for _ in range(TURNS):
            drawn = generator.permutation(people)
            members = np.concatenate([generator.choice(own, owned, replace=False), drawn[: GROUP - owned]])
            everyone = np.sort(np.concatenate([members, drawn[GROUP - owned :]]))
            values.append(cohort_divergence(members, everyone))
    return _auc(np.array(values), TURNS)


def _auc(values: NDArray[np.float64], guilty: int) -> float:
    found = auc(values, np.arange(len(values)) < guilty)
    return round(found if found is not None else 0.5, 3)
