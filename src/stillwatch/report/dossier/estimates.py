"""Words of estimative probability (ICD 203), and how much confidence a judgement deserves: two things kept apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from stillwatch.report.digest import agreeing_sorts, listed, open_explanations
from stillwatch.report.document import Campaign, Document
from stillwatch.report.losses import losses
from stillwatch.report.wording import explanation

LIKELIHOODS = (
    ("almost no chance", 0.01, 0.05),
    ("very unlikely", 0.05, 0.20),
    ("unlikely", 0.20, 0.45),
    ("roughly even chance", 0.45, 0.55),
    ("likely", 0.55, 0.80),
    ("very likely", 0.80, 0.95),
    ("almost certain", 0.95, 0.99),
)
"""The words of Intelligence Community Directive 203 (2 January 2015), D.6.e(2)(a), each with its range."""

CONFIDENCES = ("low", "moderate", "high")
WELL_SUPPORTED = 3  # sorts of evidence that agree; with fewer one mistake can carry a finding
MANY_OFF = 4  # sorts of evidence that could not be used, of about a dozen


@dataclass(frozen=True, slots=True)
class Confidence:
    """How far a judgement can be relied on, and why; never `high`, for error rates were measured on simulations."""

    degree: str
    reasons: tuple[str, ...]


def likelihood(probability: float) -> str:
    """The word for a probability with its range, such as `very likely (80 to 95 %)`."""
    word, low, high = next(one for one in reversed(LIKELIHOODS) if probability >= one[1] or one is LIKELIHOODS[0])
    return f"{word} ({round(100 * low)} to {round(100 * high)} %)"


def confidence(document: Document, campaign: Campaign) -> Confidence:
    """What the quality of the evidence allows."""
    against = tuple(_against(document, campaign))
    always = "error rates are known from simulated campaigns only"
    if against:
        return Confidence("low", (*against, always))
    sorts = agreeing_sorts(campaign.evidence)
    return Confidence("moderate", (f"{len(sorts)} sorts of evidence agree and no explanation is open, but {always}",))


def _against(document: Document, campaign: Campaign) -> Iterator[str]:
    sorts = agreeing_sorts(campaign.evidence)
    if len(sorts) < WELL_SUPPORTED:
        yield f"only {len(sorts)} {'sort' if len(sorts) == 1 else 'sorts'} of evidence agree"
    open_ones = [explanation(one.alternative) for one in open_explanations(campaign.alternatives)]
    if open_ones:
        yield f"{listed(open_ones)} {'is' if len(open_ones) == 1 else 'are'} not ruled out"
    if next(losses(document), None) is not None:
        yield "a part of the log could not be used"
    if len(document.channels_off) >= MANY_OFF:
        yield f"{len(document.channels_off)} sorts of evidence could not be used"
