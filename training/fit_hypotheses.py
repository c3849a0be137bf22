"""Fits what each hypothesis expects of a group: `python -m training.fit_hypotheses [GROUPS...] [--out FILE]`."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression, minimize
from scipy.sparse import csr_array

from stillwatch.assess.hypotheses import ARRAYS, UNMET, normalised
from training.facets import (
    BURST,
    DATA,
    EXTRACTION,
    FACETS_OF,
    FALLING,
    HAND,
    HIDDEN,
    MEASURES_OF,
    POOL,
    PUBLIC,
    RISING,
    taught,
)
from training.labelled import Group, load

GROUPS = tuple(sorted(Path(__file__).parent.glob("groups-*.jsonl.gz")))  # that the shipped arrays are fitted to

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Flags = NDArray[np.bool_]

KNOTS = 8  # of a measure, between which bits are interpolated: equally spaced among the balanced groups of the fit
RIDGE = 0.0003  # penalty of squared log ratios, since shrunk ratios hold elsewhere; `slopes` undoes the scale
SMOOTHNESS = 0.003  # penalty of squared differences of neighbouring knots
SUBSETS, SUBSET = 8, 0.6  # fits whose mean is taken, and the share of the worlds that each sees
SEED = 20261130
LEAST_ASSURED, MOST_ASSURED = 0.5, 3.0  # times that all log ratios are stretched
CHANCE = 1.645  # standard deviations, 95 %, by which innocents may be more than stated
STATED = (0.9, 0.95)  # probabilities from which innocents are counted against what is stated
PRIOR = 0.1  # of a network to serve extraction, as the settings have it
MOST_STRETCHED = 4.0  # times that log ratios are stretched at most
MOST_FOR = 3.0  # nats that one measure may say for a facet, and against it, before they are stretched
# Bits that one measure may say against a facet. An operator can give its accounts the looks of people, so that a sign
# that is missing says little; that accounts say openly whose they are is no mere lack of a sign.
LEAST_BITS = {POOL: 2.0, HAND: 2.0, HIDDEN: 6.0, DATA: 2.0, PUBLIC: 6.0, BURST: 6.0}
LEAST_BITS_OF = {"born_together": 1.0}  # an operator makes its accounts in batches, as a firm does
# Bits that one measure may say for it: a firm can work from many places as well, and an effort can ask all again.
MOST_BITS = {POOL: 6.0, HAND: 6.0, HIDDEN: 3.0, DATA: 6.0, PUBLIC: 3.0, BURST: 6.0}
HALF_LIKE = 0.5  # share of the measures in which an innocent kind not met before looks like extraction
PRIOR_UNMET = 0.1  # prior of it among innocents
MOST = 40.0  # groups' worth that one kind counts at most, however many there are
FOLDS = 5  # parts of the worlds
LEAST_MOVEMENT = 0.6  # knots by which a measure is taken to move between generators at least,
MOVEMENT_TIMES = 1.5  # and how many times as far as it was seen to move between sorts of worlds
LEAST_GROUPS = 30  # groups that must have a measure before it is used


@dataclass
class Fit:
    """Places of every group between the knots of each measure, and what is fitted to them."""

    measures: list[str]
    facets: list[str]  # (measures,) the facet that each shows
    knots: list[Float]
    names: list[str]  # of hypotheses, extraction first
    place: Float  # (groups, measures) among the knots, NaN absent
    side: Int  # (groups, measures): 1 with the measure's facet, 0 without, -1 no example of either
    hypothesis: Int  # (groups,)
    kind: Int  # (groups,)
    world: NDArray[np.str_]  # (groups,)
    open_to_act: Flags  # (groups,) as `Group` has it
    fold: Int  # (groups,)
    kinds: list[str]
    movement: Float  # (measures,) knots by which each is taken to move between generators
    stretched: dict[str, float] = field(default_factory=dict)
    known: dict[tuple[tuple[int, ...], bytes], list[Float]] = field(default_factory=dict, repr=False)


def places_of(groups: Sequence[Group], measures: Sequence[str], knots: Sequence[Float]) -> Float:
    """Where each measure of each group lies among its knots (groups, measures), NaN where it is absent."""
    found = np.full((len(groups), len(measures)), np.nan)
    for j, (name, knot) in enumerate(zip(measures, knots, strict=True)):
        for i, group in enumerate(groups):
            if name in group.values:
                found[i, j] = np.interp(group.values[name], knot, np.arange(len(knot)))
    return found


def prepare(groups: Sequence[Group]) -> Fit:
    """Places the knots of measures and says which groups teach what."""
    kinds = sorted({(one.extraction, one.kind) for one in groups})
    kind = np.array([kinds.index((one.extraction, one.kind)) for one in groups])
    worlds = sorted({one.world for one in groups})
    fold = np.array([worlds.index(one.world) % FOLDS for one in groups])
    names = [EXTRACTION, *sorted(FACETS_OF.keys() - {EXTRACTION})]
    weight, effort = kind_weights(kind), np.array([one.extraction for one in groups])
    weight = weight * np.where(effort, 1.0 / max(weight[effort].sum(), 1e-9), 1.0 / max(weight[~effort].sum(), 1e-9))
    facets, knots, kept = [], [], []
    for facet, of in MEASURES_OF.items():
        for name in of:
            have = np.array([name in one.values for one in groups])
            if have.sum() >= LEAST_GROUPS:
                values = np.array([one.values.get(name, np.nan) for one in groups])[have]
                found = weighted_quantiles(values, weight[have], (np.arange(KNOTS) + 0.5) / KNOTS)
                knots.append(np.unique(np.round(found, 6)))
                kept.append(name)
                facets.append(facet)
    place = places_of(groups, kept, knots)
    sort = np.array([one.sort for one in groups])
    moved = np.array([movement(place[:, j], kind, sort) for j in range(len(kept))])
    hypothesis = np.array([names.index(one.hypothesis) for one in groups])
    side = np.array([[_side(one, facet) for facet in facets] for one in groups])
    titles = [f"{'!' if extraction else ''}{name}" for extraction, name in kinds]
    world = np.array([one.world for one in groups])
    to_act = np.array([one.open_to_act for one in groups])
    fit = Fit(kept, facets, knots, names, place, side, hypothesis, kind, world, to_act, fold, titles, moved)
    fit = replace(fit, stretched=slopes(fit))
    sure = assurance(fit)
    return replace(fit, stretched={facet: sure * slope for facet, slope in fit.stretched.items()})


def _side(group: Group, facet: str) -> int:
    teaches = taught(group.kind, group.extraction)
    if facet in teaches.unlike:
        return -1
    return int(facet in FACETS_OF[teaches.hypothesis])


def movement(place: Float, kind: Int, sort: Int) -> float:
    """Knots by which groups of one kind move between sorts of worlds (standard deviation of their means), times
    MOVEMENT_TIMES: sorts of one generator differ less than generators do."""
    moved = []
    for one in np.unique(kind):
        means = [
            place[rows].mean()
            for other in np.unique(sort)
            if (rows := (kind == one) & (sort == other) & ~np.isnan(place)).sum() >= 5
        ]
        if len(means) >= 2:
            moved.append(float(np.std(means)))
    return max(LEAST_MOVEMENT, MOVEMENT_TIMES * float(np.mean(moved)) if moved else 0.0)


def weighted_quantiles(values: Float, weight: Float, at: Float) -> Float:
    """Values below which these shares of the weight lie."""
    order = np.argsort(values, kind="stable")
    cumulated = np.cumsum(weight[order])
    found = np.minimum(np.searchsorted(cumulated, at * cumulated[-1]), len(order) - 1)
    return np.asarray(values[order][found], float)


def kind_weights(kind: Int) -> Float:
    """Each kind counts as at most MOST groups."""
    return np.asarray(np.minimum(1.0, MOST / np.maximum(np.bincount(kind), 1))[kind], float)


def slopes(fit: Fit) -> dict[str, float]:
    """By how much the log ratios of each facet are stretched, fitted to groups left out (Platt 1999): shrinking them
    gave the right order and too little assurance."""
    found = {}
    for facet in dict.fromkeys(fit.facets):
        mine = [j for j, one in enumerate(fit.facets) if one == facet]
        side = fit.side[:, mine[0]]
        score = np.zeros(len(side))
        for part in range(FOLDS):
            ratios = log_ratios(fit, mine, fit.fold != part)
            for j, ratio in zip(mine, ratios, strict=True):
                score[fit.fold == part] += between(ratio[None, :], fit.place[fit.fold == part, j])[:, 0]
        known, weight = side >= 0, kind_weights(fit.kind)
        have = side[known] == 1
        weight = np.where(have, weight[known] / weight[known][have].sum(), weight[known] / weight[known][~have].sum())
        margin = np.where(have, 1.0, -1.0) * score[known] * np.log(2.0)
        tried = np.arange(0.5, MOST_STRETCHED + 0.05, 0.1)
        losses = [(weight * np.logaddexp(0.0, -slope * margin)).sum() for slope in tried]
        found[facet] = float(tried[int(np.argmin(losses))])
    return found


def densities(fit: Fit, used: Flags) -> list[Float]:
    """log₂ likelihood at each knot (hypotheses + 1, knots) of every measure, up to a constant, from the groups `used`.

    For each facet, a logistic regression tells groups with it from groups without; a knot's coefficient is the log
    ratio of the density there with the facet to that without.
    """
    ratios = [np.zeros(len(knot)) for knot in fit.knots]
    for facet in MEASURES_OF:
        mine = [j for j, one in enumerate(fit.facets) if one == facet]
        if mine:
            for j, ratio in zip(mine, log_ratios(fit, mine, used), strict=True):
                least = LEAST_BITS_OF.get(fit.measures[j], LEAST_BITS[facet])
                ratios[j] = np.clip(fit.stretched.get(facet, 1.0) * ratio, -least, MOST_BITS[facet])
    result = []
    for facet, ratio in zip(fit.facets, ratios, strict=True):
        bits = np.vstack([np.zeros(len(ratio)), ratio])
        # one not met before is a mixture, measure by measure, of what extraction has and of what it has not
        own = int(facet in FACETS_OF[EXTRACTION])
        unmet = np.log2(HALF_LIKE * 2.0 ** bits[own] + (1.0 - HALF_LIKE) * 2.0 ** bits[1 - own])
        result.append(np.vstack([*(bits[int(facet in FACETS_OF[name])] for name in fit.names), unmet]))
    return result


def log_ratios(fit: Fit, mine: Sequence[int], used: Flags) -> list[Float]:
    """log₂ ratio at each knot of the measures `mine`, which show one facet: the mean of fits to random parts of the
    worlds, which varies less than one fit to all (Bühlmann & Yu, Annals of Statistics 30, 2002)."""
    name = (tuple(mine), used.tobytes())
    if name not in fit.known:
        worlds = np.unique(fit.world[used])
        generator = np.random.default_rng(SEED)
        drawn = [generator.choice(worlds, math.ceil(SUBSET * len(worlds)), replace=False) for _ in range(SUBSETS)]
        each = [_log_ratios(fit, mine, used & np.isin(fit.world, part)) for part in drawn]
        fit.known[name] = [np.asarray(np.mean(ratios, axis=0)) for ratios in zip(*each, strict=True)]
    return fit.known[name]


def _log_ratios(fit: Fit, mine: Sequence[int], used: Flags) -> list[Float]:
    side = fit.side[:, mine[0]]
    rows = np.flatnonzero((side >= 0) & used)
    weight = kind_weights(fit.kind[rows])
    have = side[rows] == 1
    if not have.any() or have.all():
        return [np.zeros(len(fit.knots[j])) for j in mine]
    weight = np.where(have, weight / weight[have].sum(), weight / weight[~have].sum()) / 2.0
    shares = [shares_of(fit.place[rows, j], len(fit.knots[j])) for j in mine]
    design = csr_array(np.hstack(shares))
    start = np.concatenate([[0], np.cumsum([one.shape[1] for one in shares])])
    sign = np.where(have, 1.0, -1.0)
    smooth = [_differences(one.shape[1], fit.movement[j]) for j, one in zip(mine, shares, strict=True)]

    def loss(x: Float) -> tuple[float, Float]:
        # no constant: where nothing is measured, nothing is known
        margin = sign * (design @ x)
        slope = -weight * sign / (1.0 + np.exp(np.clip(margin, -500.0, 500.0)))
        value = (weight * np.logaddexp(0.0, -margin)).sum() + RIDGE * (x**2).sum()
        gradient = design.T @ slope + 2.0 * RIDGE * x
        for first, last, matrix in zip(start[:-1], start[1:], smooth, strict=True):
            steps = matrix @ x[first:last]
            value += SMOOTHNESS * (steps**2).sum()
            gradient[first:last] += 2.0 * SMOOTHNESS * (matrix.T @ steps)
        return float(value), gradient

    bounds = [(-MOST_FOR, MOST_FOR)] * int(start[-1])
    found = minimize(loss, np.zeros(start[-1]), jac=True, method="L-BFGS-B", bounds=bounds).x / np.log(2.0)
    return [
        directed(fit.measures[j], found[first:last]) for j, first, last in zip(mine, start[:-1], start[1:], strict=True)
    ]


def shares_of(place: Float, knots: int) -> Float:
    """How much each knot counts for each group (groups, knots): 1 in all, shared by the two knots it lies between; none
    where the measure is absent."""
    have = ~np.isnan(place)
    low = np.minimum(np.where(have, place, 0.0).astype(int), max(knots - 2, 0))
    high = np.minimum(low + 1, knots - 1)
    found = np.zeros((len(place), knots))
    rows, part = np.flatnonzero(have), (place - low)[have]
    found[rows, low[have]] += 1.0 - part
    found[rows, high[have]] += part
    return found


def between(table: Float, place: Float) -> Float:
    """What a table (hypotheses, knots) says at these places (groups, hypotheses): 0 where the measure is absent."""
    return np.asarray(shares_of(place, table.shape[1]) @ table.T)


def _differences(size: int, movement: float) -> Float:
    """Differences of neighbouring knots (size - 1, size), the heavier the farther the measure moves."""
    return np.asarray(movement * np.diff(np.eye(size), axis=0))


def directed(name: str, ratio: Float) -> Float:
    """The log ratio at each knot, so that it never falls in the known direction (isotonic regression, Barlow 1972)."""
    if name not in (*RISING, *FALLING):
        return ratio
    return np.asarray(isotonic_regression(ratio, increasing=name in RISING).x)


def supports(place: Float, tables: Sequence[Float]) -> Float:
    """(groups, measures, hypotheses + 1) log₂ likelihood of each measure; 0 where it is absent."""
    return np.stack([between(table, place[:, j]) for j, table in enumerate(tables)], axis=1)


def held_out(fit: Fit, without_kind: bool) -> Float:
    """Supports of every group from arrays that saw neither its part of the worlds nor, if asked, its kind."""
    result = np.zeros((len(fit.kind), len(fit.measures), len(fit.names) + 1))
    for part in range(FOLDS):
        for kind in range(len(fit.kinds)) if without_kind else (-1,):
            rows = (fit.fold == part) & ((fit.kind == kind) | (kind < 0))
            if rows.any():
                tables = densities(fit, (fit.fold != part) & (fit.kind != kind))
                result[rows] = supports(fit.place[rows], tables)
    return result


def prior_of(innocent: int) -> Float:
    """Priors among so many innocent hypotheses: all that are known alike, and last the one not met before."""
    return np.array([*np.full(innocent - 1, (1.0 - PRIOR_UNMET) / (innocent - 1)), PRIOR_UNMET])


def assurance(fit: Fit) -> float:
    """By how much all log ratios are stretched: the most up to which, among groups of worlds left out that could be
    acted on, no more are innocent than is stated, at each level of STATED and above; CHANCE allows for chance."""
    best = LEAST_ASSURED
    for factor in np.arange(LEAST_ASSURED, MOST_ASSURED, 0.1):
        wider = replace(fit, stretched={facet: factor * slope for facet, slope in fit.stretched.items()})
        found = posterior(held_out(wider, False).sum(axis=1))
        taken = [(found >= level) & fit.open_to_act for level in STATED]
        if any((rows & (fit.hypothesis > 0)).sum() > most_stated(found[rows]) for rows in taken):
            break
        best = float(factor)
    return best


def most_stated(probability: Float) -> float:
    """Innocents among groups of these probabilities, which by chance are exceeded one time in twenty."""
    return float((1.0 - probability).sum() + CHANCE * np.sqrt((probability * (1.0 - probability)).sum()))


def posterior(support: Float) -> Float:
    """Probability of extraction (groups,), from log₂ likelihoods (groups, hypotheses)."""
    before = np.concatenate([[PRIOR], (1.0 - PRIOR) * prior_of(support.shape[1] - 1)])
    return np.asarray(normalised(np.log2(before) + support)[:, 0])


def to_json(fit: Fit) -> str:
    """The arrays as `stillwatch.assess.hypotheses` reads them."""
    tables = densities(fit, np.full(len(fit.kind), True))
    measures = {
        name: {
            "facet": facet,
            "knots": knot.tolist(),
            "bits": np.round(table, 4).tolist(),
        }
        for name, facet, knot, table in zip(fit.measures, fit.facets, fit.knots, tables, strict=True)
    }
    stated = {"hypotheses": [*fit.names, UNMET], "prior": prior_of(len(fit.names)).round(6).tolist()}
    return json.dumps({**stated, "measures": measures}, indent=1) + "\n"


def main() -> None:
    """Writes the arrays and prints the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("groups", type=Path, nargs="*", default=GROUPS, help="files of `training.groups`, one a sort")
    parser.add_argument("--out", type=Path, default=ARRAYS)
    wanted = parser.parse_args()
    groups = load(wanted.groups)
    fit = prepare(groups)
    wanted.out.write_text(to_json(fit), encoding="utf-8")
    sys.stdout.write(f"{len(groups)} groups\n")
    for name, facet, table in zip(fit.measures, fit.facets, densities(fit, np.full(len(groups), True)), strict=True):
        most = table[0] - table[fit.names.index("is_enterprise")]
        sys.stdout.write(f"{facet:8} {name:32} {' '.join(f'{one:5.1f}' for one in most)}\n")


if __name__ == "__main__":
    main()
