"""Exact upper bounds of a share of which few or no cases were observed."""

from __future__ import annotations

from scipy.special import betaincinv

CONFIDENCE = 0.95


def upper_bound(hits: int, trials: int, confidence: float = CONFIDENCE) -> float:
    """Returns the one-sided exact upper bound of a share after `hits` of `trials` (Clopper & Pearson 1934).

    Without a hit it is 1 - (1 - confidence)^(1/trials), about 3/trials at 95 %: the rule of three (Hanley &
    Lippman-Hand 1983). 1 without trials. Raises ValueError unless 0 <= hits <= trials and 0 < confidence < 1.
    """
    if not 0 <= hits <= trials or not 0.0 < confidence < 1.0:
        raise ValueError(f"no bound for {hits} of {trials} at confidence {confidence}")
    return 1.0 if hits == trials else float(betaincinv(hits + 1, trials - hits, confidence))
