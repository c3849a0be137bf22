"""Measures shares worked back from names, on made campaigns of sources whose groups had no part in the rates.

`python -m training.naming_rates` prints the lines.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillwatch.assess.thresholds import RIGHTLY_NAMED
from stillwatch.records.naming import FORMS, SUBJECTS, capability_of
from stillwatch.records.shares import AXES, Rates, explain, intervals, make_rates
from training.evaluate_naming import DEFAULT, NAMES, Named

Float = NDArray[np.float64]
Measured = dict[str, dict[str, dict[str, list[float]]]]  # axis, true name, group: share of each decided name
EXCHANGES, CAMPAIGNS, MOST_SOURCES = 2_000, 300, 4


@dataclass(frozen=True, slots=True)
class Made:
    """A made campaign: the sources that it is mixed of and their shares."""

    parts: tuple[Named, ...]
    shares: tuple[float, ...]

    @property
    def counts(self) -> Float:
        """(subjects, forms): the exchanges by decided names."""
        counts = np.zeros((len(SUBJECTS), len(FORMS)))
        for one, share in zip(self.parts, self.shares, strict=True):
            for subject, form in zip(*one.names, strict=True):
                counts[SUBJECTS.index(subject), FORMS.index(form)] += EXCHANGES * share / len(one.names[0])
        return counts

    def truth(self, axis: int) -> dict[str, float]:
        """The shares of true subjects or forms."""
        found: dict[str, float] = defaultdict(float)
        for one, share in zip(self.parts, self.shares, strict=True):
            found[one.label(axis)] += share
        return found

    @property
    def targets(self) -> dict[str, float]:
        """The shares of true capabilities."""
        found: dict[str, float] = defaultdict(float)
        for one, share in zip(self.parts, self.shares, strict=True):
            found[capability(one)] += share
        return found


def capability(one: Named) -> str:
    """The capability of a source; empty where its labels do not say."""
    subject, form = one.label(0), one.label(1)
    return capability_of(subject, form) if form and (subject or form != DEFAULT[1]) else ""


def lines(found: Sequence[Named], measured: Measured, seed: int) -> Iterator[str]:
    """Total variation and largest target, plain and adjusted, and what the intervals hold."""
    known = [one for one in found if capability(one)]
    single = [Made((one,), (1.0,)) for one in known if capability(one) != "general_instruction"]
    mixed = list(mixtures(known, seed))
    for what, made in (("one source", single), ("mixtures", mixed)):
        results = np.array([_errors(one, measured) for one in made])
        off, right = results[:, :2].mean(axis=0), results[:, 2:].mean(axis=0)
        yield (
            f"{what}, {len(made)} campaigns: total variation {off[0]:.2f} -> {off[1]:.2f}, "
            f"largest right {right[0]:.0%} -> {right[1]:.0%}"
        )
    for axis, name in enumerate(AXES):
        whole = [one for one in mixed if all(part.label(axis) for part in one.parts)]
        held = [hit for one in whole for hit in _held(one, axis, measured)]
        yield f"{name}: intervals hold {np.mean(held):.0%} of {len(held)} shares that were asked for"


def mixtures(known: Sequence[Named], seed: int) -> Iterator[Made]:
    """Campaigns of one to four capabilities, each from one source in one guise."""
    chance, shares = random.Random(seed), np.random.default_rng(seed)
    sources: dict[str, list[Named]] = defaultdict(list)
    for one in known:
        sources[capability(one)].append(one)
    for _ in range(CAMPAIGNS):
        chosen = chance.sample(sorted(sources), min(chance.randint(1, MOST_SOURCES), len(sources)))
        parts = tuple(chance.choice(sources[name]) for name in chosen)
        yield Made(parts, tuple(shares.dirichlet(np.ones(len(parts))).tolist()))


def without(measured: Measured, axis: str, groups: set[str]) -> Rates:
    """The rates without some groups, except where nothing would be left of a name."""
    kept = {
        name: {group: row for group, row in rows.items() if group not in groups} or rows
        for name, rows in measured[axis].items()
    }
    return make_rates(AXES[axis], kept)


def _rates(one: Made, measured: Measured) -> tuple[Rates, Rates]:
    groups = {part.group.left_out_with for part in one.parts}
    return without(measured, "subjects", groups), without(measured, "forms", groups)


def _adjusted(one: Made, measured: Measured) -> Float:
    subjects, forms = _rates(one, measured)
    return explain(one.counts, subjects.mean, forms.mean, RIGHTLY_NAMED)


def _errors(one: Made, measured: Measured) -> tuple[float, float, bool, bool]:
    plain, adjusted = targets(one.counts / EXCHANGES), targets(_adjusted(one, measured))
    top = max(one.targets, key=one.targets.__getitem__)
    right = [max(found, key=found.__getitem__) == top for found in (plain, adjusted)]
    return total_variation(one.targets, plain), total_variation(one.targets, adjusted), right[0], right[1]


def targets(shares: Float) -> dict[str, float]:
    """Capabilities from shares (subjects, forms)."""
    found: dict[str, float] = defaultdict(float)
    for (subject, form), share in np.ndenumerate(shares):
        found[capability_of(SUBJECTS[subject], FORMS[form])] += float(share)
    return found


def total_variation(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Half of the summed differences: 0 for the same shares, 1 for nothing in common."""
    return sum(abs(one.get(name, 0.0) - other.get(name, 0.0)) for name in {*one, *other}) / 2


def _held(one: Made, axis: int, measured: Measured) -> Iterator[bool]:
    rates = _rates(one, measured)[axis]
    low, high = intervals(_adjusted(one, measured).sum(axis=1 - axis), EXCHANGES // 4, rates)
    for name, share in one.truth(axis).items():
        place = NAMES[axis].index(name)
        yield bool(low[place] <= share <= high[place])
