"""How hypotheses fare on groups that no fit saw: `python -m training.evaluate_hypotheses [FIT...] [--on OTHER...]`.

Three tables of groups: worlds left out of the fit, then each kind of group left out as well, then worlds of another
generator (`--on`), which no fit has seen. Each row counts the groups of one kind, how many could be acted on (0.95, and
`Group.open_to_act`), and how many stand at a probability of 0.95, of 0.9 and of 0.5.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from stillwatch.assess.hypotheses import from_json, support_of
from stillwatch.assess.thresholds import ACT_PROBABILITY, REVIEW_PROBABILITY, WATCH_PROBABILITY
from training.fit_hypotheses import GROUPS, Fit, Flags, Float, held_out, posterior, prepare, to_json
from training.labelled import Group, load

LEVELS = (ACT_PROBABILITY, REVIEW_PROBABILITY, WATCH_PROBABILITY)
BINS = 10  # of the reliability curve
OPENLY = ("!loud", "!heavy")  # campaigns that register as one customer or under its name, which nothing accuses


def main() -> None:
    """Prints the tables, or writes them as JSON lines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("groups", type=Path, nargs="*", default=GROUPS, help="files of `training.groups`, one a sort")
    parser.add_argument("--on", type=Path, nargs="*", default=[], help="files of another generator's worlds")
    parser.add_argument("--json", type=Path, help="write rows here as JSON lines")
    wanted = parser.parse_args()
    groups = load(wanted.groups)
    fit = prepare(groups)
    rows = [*left_out(fit)]
    if wanted.on:
        rows += [*on_others(fit, load(wanted.on))]
    for row in rows:
        sys.stdout.write(
            f"{row['left_out']:14} {row['kind']:28} {row['groups']:5}  act: {row['act']:4}  "
            + "  ".join(f"{level}: {row[str(level)]:4}" for level in LEVELS)
            + f"  median {row['median']:.4f}\n"
        )
    for name in dict.fromkeys(row["left_out"] for row in rows):
        mine = [row for row in rows if row["left_out"] == name]
        sys.stdout.write(f"{name:14} {'; '.join(at_act(mine))}\n")
        errors = ", ".join(f"{calibration(mine, open_too):.3f}" for open_too in (True, False))
        sys.stdout.write(f"{name:14} calibration error {errors} without openly registered campaigns\n")
        sys.stdout.write(f"{name:14} innocent groups {'; '.join(stated(mine, level) for level in LEVELS)}\n")
    if wanted.json is not None:
        plain = [
            {key: value for key, value in row.items() if key not in ("probability", "open_to_act")} for row in rows
        ]
        wanted.json.write_text("".join(json.dumps(row) + "\n" for row in plain), encoding="utf-8")


def left_out(fit: Fit) -> Iterator[dict[str, Any]]:
    """Rows of worlds left out, and of kinds left out as well."""
    for name, without_kind in (("worlds", False), ("kinds", True)):
        found = posterior(held_out(fit, without_kind).sum(axis=1))
        for number, kind in enumerate(fit.kinds):
            rows = fit.kind == number
            yield _row(name, kind, found[rows], fit.open_to_act[rows])


def on_others(fit: Fit, others: Sequence[Group]) -> Iterator[dict[str, Any]]:
    """Rows of another generator's groups, as the fitted arrays judge them."""
    model = from_json(to_json(fit))
    support = np.array([support_of(model, one.values) for one in others])
    found = posterior(support)
    kinds = [f"{'!' if one.extraction else ''}{one.kind}" for one in others]
    to_act = np.array([one.open_to_act for one in others])
    for kind in sorted(set(kinds)):
        rows = np.array([one == kind for one in kinds])
        yield _row("generator", kind, found[rows], to_act[rows])


def _row(left: str, kind: str, found: Float, to_act: Flags) -> dict[str, Any]:
    counts = {str(level): int((found >= level).sum()) for level in LEVELS}
    median = float(np.median(found)) if len(found) else float("nan")
    act = int((to_act & (found >= ACT_PROBABILITY)).sum())
    return {
        "left_out": left,
        "kind": kind,
        "groups": len(found),
        "act": act,
        **counts,
        "median": median,
        "probability": found,
        "open_to_act": to_act,
    }


def at_act(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """How many groups of each side could be acted on: all campaigns, those that do not register openly, innocents."""
    campaigns = [row for row in rows if row["kind"].startswith("!")]
    hidden = [row for row in campaigns if row["kind"] not in OPENLY]
    innocent = [row for row in rows if not row["kind"].startswith("!")]
    for what, chosen in (("campaigns", campaigns), ("not openly registered", hidden), ("innocent groups", innocent)):
        counts = [sum(row[key] for row in chosen) for key in ("act", str(REVIEW_PROBABILITY), "groups")]
        yield f"{what}: {counts[0]} at act, {counts[1]} at {REVIEW_PROBABILITY} of {counts[2]}"


def calibration(rows: Sequence[dict[str, Any]], open_too: bool) -> float:
    """Expected calibration error over groups (Naeini et al. 2015), with or without campaigns that register openly."""
    found, truth = _pooled([row for row in rows if open_too or row["kind"] not in OPENLY])
    place = np.minimum((found * BINS).astype(int), BINS - 1)
    return float(sum(abs((found - truth)[place == one].sum()) for one in range(BINS)) / len(found))


def stated(rows: Sequence[dict[str, Any]], level: float) -> str:
    """Innocent groups stated and seen among those at a probability of `level` or more that could be acted on."""
    found, truth = _pooled(rows, acted_on=True)
    taken = found >= level
    doubt, spread = (1.0 - found[taken]).sum(), np.sqrt((found * (1.0 - found))[taken].sum())
    return f"at {level}: {doubt:.1f} +- {spread:.1f} stated, {int((1.0 - truth)[taken].sum())} seen of {taken.sum()}"


def _pooled(rows: Sequence[dict[str, Any]], acted_on: bool = False) -> tuple[Float, Float]:
    """Probabilities and truth (groups,) of several rows."""
    found = [row["probability"][row["open_to_act"]] if acted_on else row["probability"] for row in rows]
    truth = [np.full(len(one), float(row["kind"].startswith("!"))) for one, row in zip(found, rows, strict=True)]
    return np.concatenate(found), np.concatenate(truth)


if __name__ == "__main__":
    main()
