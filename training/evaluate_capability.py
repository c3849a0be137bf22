"""Measures the model on prompts outside its training: `python -m training.evaluate_capability PROMPTS_DIR`.

It prints the tables of the model card. For every row some prompts are left out of training: a licensed source, or a
quarter of the templates of every grammar. Collections without a licence for training are only measured.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from stillwatch.records.inputs import CAPABILITIES
from training.examples import TRACE, Group, features, learning_groups, licensed, own
from training.model import Fitted, fit, prepare
from training.sources import SOURCES

OWN = ("own ", "words ", "turns ")
MIXTURES, MIXTURE_SIZE = 200, 1_000
Scores = npt.NDArray[np.float64]


def main() -> None:
    """Prints accuracy and false elicitation by source, and the error of shares over 1,000 prompts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("prompts", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    sys.stdout.write(
        f"seed {wanted.seed}\n\n| left out of training | capability | prompts | right | most often | elicited |\n"
    )
    sys.stdout.write("|---|---|---|---|---|---|\n")
    measured = []
    for group, scores in _measured(wanted.prompts, wanted.seed):
        sys.stdout.write(_row(group, scores) + "\n")
        measured.append((group, scores))
    sys.stdout.write(_shares(measured, wanted.seed) + "\n")


def _measured(folder: Path, seed: int) -> Iterator[tuple[Group, Scores]]:
    for group in licensed(folder, tuple(s for s in SOURCES if s.learn and s.capability), seed):
        yield group, _fitted(learning_groups(folder, seed, without=group.name)).logits(features(group.prompts))
    fitted = _fitted(learning_groups(folder, seed, held_out=False))
    every = learning_groups(folder, seed)
    tasks = [prompt for group in every if not group.name.startswith(OWN) for prompt in group.prompts]
    for group in own(tasks, seed + 1, held_out=True):
        yield group, fitted.logits(features(group.prompts))
    fitted = _fitted(every)
    for group in licensed(folder, tuple(s for s in SOURCES if not s.learn), seed):
        yield group, fitted.logits(features(group.prompts))


def _fitted(groups: list[Group]) -> Fitted:
    return fit(groups, prepare(groups))


def _row(group: Group, scores: Scores) -> str:
    guess = scores[:, :-1].argmax(axis=1)
    right = np.mean(_merged(guess) == _merged(np.array(CAPABILITIES.index(group.capability))))
    common = np.bincount(guess, minlength=len(CAPABILITIES))
    top = ", ".join(f"{CAPABILITIES[c]} {common[c] / len(guess):.0%}" for c in np.argsort(-common, kind="stable")[:3])
    elicited = np.mean(scores[:, -1] > 0)
    return f"| {group.name} | {group.capability} | {len(guess):,} | {right:.1%} | {top} | {elicited:.2%} |"


def _merged(codes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    # `other` and `general_instruction` are both ordinary use, so that confusing them accuses no account.
    return np.where(codes == CAPABILITIES.index("other"), CAPABILITIES.index("general_instruction"), codes)


def _shares(measured: list[tuple[Group, Scores]], seed: int) -> str:
    # Mixtures of left-out prompts with random true shares, like those that a campaign's targets are computed from.
    chance = np.random.default_rng(seed)
    labels = _merged(np.concatenate([np.full(len(s), CAPABILITIES.index(g.capability)) for g, s in measured]))
    guesses = _merged(np.concatenate([s[:, :-1].argmax(axis=1) for _, s in measured]))
    elicited = np.concatenate([s[:, -1] > 0 for _, s in measured])
    pools = [np.flatnonzero(labels == code) for code in range(len(CAPABILITIES) - 1)]
    errors, elicitation = [], []
    for _ in range(MIXTURES):
        counts = chance.multinomial(MIXTURE_SIZE, chance.dirichlet(np.full(len(pools), 0.3)))
        drawn = np.concatenate([chance.choice(pool, count) for pool, count in zip(pools, counts, strict=True)])
        found = np.bincount(guesses[drawn], minlength=len(pools))
        errors.append((found - counts) / MIXTURE_SIZE)
        elicitation.append(elicited[drawn].mean() - counts[TRACE] / MIXTURE_SIZE)
    lines = [f"\nShares over {MIXTURE_SIZE:,} prompts, {MIXTURES} random mixtures:", "", "| capability | mean error |"]
    lines += ["|---|---|"] + [
        f"| {name} | {np.abs(np.array(errors)[:, code]).mean():.3f} |" for code, name in enumerate(CAPABILITIES[:-1])
    ]
    return "\n".join([*lines, f"| elicitation | {np.abs(elicitation).mean():.3f} |"])


if __name__ == "__main__":
    main()
