"""Measures how often each true name is decided as which: `python -m training.naming_rates DATA_DIR [--seed N]`.

Every source is named by a model that was trained without its group, bare, in wrappers and after other turns. A group of
sources with one label counts once, whatever its size. `stillwatch.records.shares` works shares back with the rates.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from stillwatch.records.shares import AXES, RATES_FILE
from stillwatch.sketch.naming import load_model, model_digest
from training.evaluate_naming import Named, evaluate
from training.evaluate_shares import Measured, lines
from training.examples import public


def main() -> None:
    """Writes the rates with the digest of the arrays that they belong to; prints how well shares are worked back."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder with the folders `prompts` and `prompts_by_capability`")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=RATES_FILE)
    wanted = parser.parse_args()
    found = list(evaluate(public(wanted.data, wanted.seed), wanted.seed))
    measured = rates(found)
    stated = {"arrays": model_digest(load_model()), **measured}
    wanted.out.write_text(as_json(stated), encoding="utf-8")
    groups = {axis: sum(map(len, names.values())) for axis, names in measured.items()}
    sys.stdout.write(f"{wanted.out}: groups of sources by axis {groups}\n")
    for line in lines(found, measured, wanted.seed):
        sys.stdout.write(f"{line}\n")


def rates(found: Sequence[Named]) -> Measured:
    """The mean share of each decided name over a group's sources and guises, by axis and true name."""
    result: Measured = {}
    for place, (axis, names) in enumerate(AXES.items()):
        shares: dict[str, dict[str, list[list[float]]]] = defaultdict(lambda: defaultdict(list))
        for one in found:
            if label := one.label(place):
                shares[label][one.group.left_out_with].append([one.share(place, name) for name in names])
        result[axis] = {
            name: {group: np.mean(rows, axis=0).round(4).tolist() for group, rows in sorted(shares[name].items())}
            for name in names
            if name in shares
        }
    return result


def as_json(stated: object) -> str:
    """One group of sources a line."""
    text = json.dumps(stated, indent=1)
    return re.sub(r"\[\s+([^\]]*?)\s+\]", lambda row: f"[{' '.join(row[1].split())}]", text) + "\n"


if __name__ == "__main__":
    main()
