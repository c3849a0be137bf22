"""Trains the shipped arrays: `python -m training.train_capability PROMPTS_DIR [--seed N] [--out FILE]`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from stillwatch.sketch.capability import WEIGHTS_FILE, model_digest
from training.document_frequency import feature_weights
from training.examples import learning_groups, licensed
from training.model import fit, pack, prepare
from training.sources import SOURCES


def main() -> None:
    """Writes the .npz and prints the digest that the model card must state."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("prompts", type=Path, help="folder of <kind>__<source>.jsonl.gz files")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=WEIGHTS_FILE)
    wanted = parser.parse_args()
    groups = learning_groups(wanted.prompts, wanted.seed)
    # MetaMath repeats one long frame, whose words would look common
    counted = tuple(source for source in SOURCES if source.learn and "metamath" not in source.stem)
    documents = [p for group in licensed(wanted.prompts, counted, wanted.seed) for p in group.prompts]
    documents += [p for group in groups if group.name == "own ordinary" for p in group.prompts]
    model = pack(fit(groups, prepare(groups)), feature_weights(documents))
    np.savez_compressed(wanted.out, **model._asdict())
    size = wanted.out.stat().st_size
    sys.stdout.write(f"{wanted.out}: {size:,} bytes, arrays sha256 {model_digest(model)}\n")


if __name__ == "__main__":
    main()
