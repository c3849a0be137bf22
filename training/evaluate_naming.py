"""Measures the model on whole groups of sources left out: `python -m training.evaluate_naming DATA_DIR [--seed N]`.

In each fold the groups of one part are left out of training, and their prompts are named bare, in wrappers that
training has not seen, and as the last of several turns. Campaigns are simulated from them, with ordinary traffic mixed
in.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stillwatch.records.naming import FORMS, SUBJECTS, UNCLEAR
from stillwatch.sketch.naming import LEAST_OF_TARGETS
from training.examples import Group, Wrappers, load_wrappers, own, public, tasks_of, wrapped
from training.model import AXES, Fitted, Float, fit, prepare
from training.sources import SOURCES

FOLDS = 5
PROMPTS = 200  # of each source and guise
GUISES = ("bare", "wrapped", "in turns")
CAMPAIGNS, EXCHANGES = 4, 200  # simulated campaigns of each source, guise and share, and exchanges of each
ORDINARY_SHARES = (0.0, 0.3, 0.6)
DEFAULT = {0: "knowledge", 1: "answer"}
LEAST_EXCESS = (0.1, 0.07)  # least share of the exchanges, above that of ordinary traffic, of a top subject and form
NAMES = (SUBJECTS, FORMS)


@dataclass(frozen=True, slots=True)
class Named:
    """The names that a left-out source's prompts were given in one guise: subjects, then forms."""

    group: Group
    guise: str
    names: tuple[list[str], list[str]]

    def label(self, axis: int) -> str:
        """The source's true subject or form; empty where unknown."""
        return (self.group.subject, self.group.form)[axis]

    def share(self, axis: int, name: str) -> float:
        """The share of the prompts that were given a name."""
        return self.names[axis].count(name) / len(self.names[axis])


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder with the folders `prompts` and `prompts_by_capability`")
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    found = list(evaluate(public(wanted.data, wanted.seed), wanted.seed))
    for line in (*by_source(found), *by_language(found), *campaigns(found, wanted.seed)):
        sys.stdout.write(f"{line}\n")


def evaluate(groups: Sequence[Group], seed: int) -> Iterator[Named]:
    """Every source in every guise, named by a model that was trained without its group."""
    learnt = {source.name for source in SOURCES if source.learn}
    fold = folds(groups)
    for part in range(FOLDS):
        kept = [g for g in groups if fold[g.left_out_with] != part and g.name in learnt]
        kept += own(tasks_of(kept), seed)
        fitted = fit(prepare(wrapped(kept, load_wrappers("learn"), seed)))
        for group in groups:
            if fold[group.left_out_with] == part:
                yield from _named(fitted, group, seed)


def folds(groups: Sequence[Group]) -> dict[str, int]:
    """The part in which each group is left out: groups with one label are dealt over the parts."""
    label: dict[str, str] = {}
    for group in groups:
        mine = (group.form if group.form != "answer" else group.subject) or "several"
        label.setdefault(group.left_out_with, mine)
    order = sorted(label, key=lambda name: (label[name], name))
    return {name: place % FOLDS for place, name in enumerate(order)}


def _named(fitted: Fitted, group: Group, seed: int) -> Iterator[Named]:
    chance = random.Random(f"{group.name} measured {seed}")
    prompts = [chance.choice(group.prompts) for _ in range(PROMPTS)]
    wrappers = load_wrappers("test")
    for guise in GUISES:
        texts = tuple(_in_guise(prompt, group, guise, wrappers, chance) for prompt in prompts)
        totals = fitted.totals(prepare([Group(group.name, "", "", texts)])[0])
        yield Named(group, guise, (names(totals, 0), names(totals, 1)))


def _in_guise(prompt: str, group: Group, guise: str, wrappers: Wrappers, chance: random.Random) -> str:
    if guise == "bare":
        return prompt
    if guise == "wrapped":
        return wrappers.around(prompt, chance)
    earlier = [chance.choice(group.prompts) for _ in range(chance.randint(1, 3))]
    return "\n\n".join([*(f"{turn}\n\n{chance.choice(wrappers.turns)}" for turn in earlier), prompt])


def names(totals: Float, axis: int) -> list[str]:
    """The names that summed exponentials (n, SCORES) speak for, as the kernel decides them."""
    first, last = AXES[axis]
    default = NAMES[axis].index(DEFAULT[axis])
    targets = totals[:, first:last].copy()
    usual, targets[:, default] = targets[:, default].copy(), 0.0
    best, whole = targets.argmax(axis=1), targets.sum(axis=1)
    clear = targets.max(axis=1) >= LEAST_OF_TARGETS * whole
    places = np.where(usual >= whole, default, np.where(clear, best, last - first))
    return [NAMES[axis][place] for place in places]


def by_source(found: Sequence[Named]) -> Iterator[str]:
    """Shares of prompts named rightly and unclearly, by source."""
    axis = "right: bare · wrapped · in turns | unclear"
    yield f"| left out | language | subject | {axis} | form | {axis} | named most often, bare |"
    yield "|---|---|---|---|---|---|---|---|---|"
    every: dict[str, list[Named]] = defaultdict(list)
    for one in found:
        every[one.group.name].append(one)
    for name, three in every.items():
        cells = [name, three[0].group.language]
        for axis in range(2):
            label = three[0].label(axis)
            right = " · ".join(f"{one.share(axis, label):.0%}" for one in three) if label else ""
            cells += [label or "several", right, " · ".join(f"{one.share(axis, UNCLEAR):.0%}" for one in three)]
        most = Counter(zip(*three[0].names, strict=True)).most_common(2)
        cells.append(", ".join(f"{subject} {form} {n / PROMPTS:.0%}" for (subject, form), n in most))
        yield f"| {' | '.join(cells)} |"


def by_language(found: Sequence[Named]) -> Iterator[str]:
    """Ordinary prompts about no target subject that are given a target form or subject, by language and guise."""
    ordinary = [one for one in found if (one.label(0), one.label(1)) == ("knowledge", "answer")]
    yield ""
    yield "| ordinary prompts | sources | given a target form: bare · wrapped · in turns | given a target subject |"
    yield "|---|---|---|---|"
    for language in sorted({one.group.language for one in ordinary}):
        mine = [one for one in ordinary if one.group.language == language]
        cells = []
        for axis in (1, 0):
            wrong = [
                np.mean(
                    [
                        1.0 - one.share(axis, DEFAULT[axis]) - one.share(axis, UNCLEAR)
                        for one in mine
                        if one.guise == guise
                    ]
                )
                for guise in GUISES
            ]
            cells.append(" · ".join(f"{share:.1%}" for share in wrong))
        yield f"| {language} | {len(mine) // len(GUISES)} | {' | '.join(cells)} |"


def campaigns(found: Sequence[Named], seed: int) -> Iterator[str]:
    """Simulated campaigns of one source each, with shares of ordinary traffic: is the top name right?"""
    right: dict[tuple[int, str, str], list[float]] = defaultdict(list)
    unclear: dict[tuple[int, str, str], list[float]] = defaultdict(list)
    for one in found:
        chance = random.Random(f"{one.group.name} {one.guise} campaigns {seed}")
        for axis in range(2):
            label = one.label(axis)
            ordinary, others = _ordinary(found, axis), _ordinary(found, axis, one.group.left_out_with)
            usual = Counter(others)
            for share in ORDINARY_SHARES * CAMPAIGNS if label else ():
                mixed = [
                    chance.choice(ordinary if chance.random() < share else one.names[axis]) for _ in range(EXCHANGES)
                ]
                top = top_name(Counter(mixed), usual, axis)
                right[axis, label, one.guise].append(float(top == label))
                unclear[axis, label, one.guise].append(float(top == UNCLEAR))
    yield ""
    yield "| campaigns of | sources | top name right: bare · wrapped · in turns | unclear |"
    yield "|---|---|---|---|"
    for axis in range(2):
        labels = [name for name in NAMES[axis] if (axis, name, "bare") in right]
        for label in labels:
            cells = [" · ".join(f"{np.mean(kept[axis, label, g]):.0%}" for g in GUISES) for kept in (right, unclear)]
            sources = len(right[axis, label, "bare"]) // (CAMPAIGNS * len(ORDINARY_SHARES))
            yield f"| {label} | {sources} | {' | '.join(cells)} |"
        targets = [label for label in labels if label != DEFAULT[axis]]
        for what, chosen in (("mean over targets", targets), ("mean over all", labels)):
            cells = [
                " · ".join(f"{np.mean([np.mean(kept[axis, one, g]) for one in chosen]):.0%}" for g in GUISES)
                for kept in (right, unclear)
            ]
            yield f"| {('subjects', 'forms')[axis]}, {what} | | {' | '.join(cells)} |"


def _ordinary(found: Sequence[Named], axis: int, without: str | None = None) -> list[str]:
    """The names of ordinary prompts, without those of the group that is under test."""
    kept = (one for one in found if (one.label(0), one.label(1)) == ("knowledge", "answer"))
    return [name for one in kept if one.group.left_out_with != without for name in one.names[axis]]


def top_name(count: Counter[str], usual: Counter[str], axis: int) -> str:
    """The target whose share most exceeds its share of ordinary traffic, by LEAST_EXCESS, else default or unclear."""
    default = DEFAULT[axis]
    excess = {
        name: count[name] / count.total() - usual[name] / max(usual.total(), 1)
        for name in NAMES[axis]
        if name not in (default, UNCLEAR)
    }
    target = max(excess, key=lambda name: excess[name])
    if excess[target] >= LEAST_EXCESS[axis]:
        return target
    return UNCLEAR if count[UNCLEAR] > count[default] else default


if __name__ == "__main__":
    main()
