"""Trains the shipped arrays: `python -m training.train_naming DATA_DIR [--seed N] [--out FILE]`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from stillwatch.sketch.naming import WEIGHTS_FILE, model_digest
from training.document_frequency import feature_weights
from training.examples import learning_groups, public
from training.model import fit, pack, prepare


def main() -> None:
    """Writes the .npz and prints the digest that the model card must state.

    Content features keep their weights, which linking and grouping stand on, unless they are to be counted anew.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder with the folders `prompts` and `prompts_by_capability`")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--frequencies", action="store_true", help="count the weights of content features anew")
    parser.add_argument("--out", type=Path, default=WEIGHTS_FILE)
    wanted = parser.parse_args()
    fitted = fit(prepare(learning_groups(wanted.data, wanted.seed)))
    with np.load(WEIGHTS_FILE, allow_pickle=False) as shipped:
        weights = shipped["feature_weights"]
    if wanted.frequencies:
        # MetaMath repeats one long frame, whose words would look common
        counted = [one for one in public(wanted.data, wanted.seed, learn=True) if "metamath" not in one.name]
        weights = feature_weights([prompt for group in counted for prompt in group.prompts])
    model = pack(fitted, weights)
    np.savez_compressed(wanted.out, **model._asdict())
    size = wanted.out.stat().st_size
    sys.stdout.write(f"{wanted.out}: {size:,} bytes, arrays sha256 {model_digest(model)}\n")


if __name__ == "__main__":
    main()
