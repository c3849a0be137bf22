"""What a reader needs within a minute: what a finding's level means, what speaks for and against it, its limits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stillwatch.records.claims import EVIDENCE_SORTS, GROUP_CLAIMS, STATED_CLAIMS
from stillwatch.report.document import Alternative, Campaign, Evidence
from stillwatch.report.wording import explanation

STRONGEST = 3  # pieces of evidence for a finding that stand beside its level

FRAMING = (
    "A finding alone is not enough: an operator who copies an innocent customer's requests and client can bring that "
    "customer to level act (framing). Before anything is done, a person must check that each account did it itself."
)
CAPABILITIES_ARE_ESTIMATES = (
    "The shares of capabilities are an estimate from the wording of requests only, corrected for the naming errors "
    "that were measured on other prompts. Of new kinds of prompts they can be wrong: one in five of the intervals, "
    "which allow for sampling and for how errors differ between kinds, missed the true share. Read some requests "
    "before you cite one."
)

CAVEATS = (
    "It does not say who is behind it: a network is no company or lab, and a relay's other customers are innocent.",
    "It proves nothing about a single account, which may have been copied: its holder deserves a way to answer.",
    "It does not see everything: a relay that only collects its customers' traffic and small campaigns are missed.",
    "Its probabilities were checked on simulated campaigns only; no log of a real campaign is public.",
)
WORDS = (
    ("Network", "accounts that are operated together, which is no accusation."),
    ("Campaign", "exchanges that serve one effort to extract a model's capabilities."),
    ("Bits", "base-2 logarithm of a likelihood ratio; negative bits speak for innocence."),
    ("Innocent accounts expected", "how many accounts at the campaign's level are probably listed wrongly."),
)

SORTS = {
    "shared_infrastructure": "what the accounts run on and are registered as",
    "scheduling": "how requests are dealt out over the accounts",
    "content": "what is written in the requests",
    "self_similarity": "whether an account resembles its own past",
    "purpose": "what the requests are for",
}
SORT_OF = {
    **{claim.name: claim.evidence for claim in GROUP_CLAIMS},
    **{claim.name: claim.evidence for claim in STATED_CLAIMS},
}


def listed(parts: Sequence[str], last: str = "and") -> str:
    """Parts as a list in a sentence: `a`, `a and b`, `a, b and c`."""
    return f" {last} ".join(part for part in (", ".join(parts[:-1]), *parts[-1:]) if part)


def agreeing_sorts(evidence: Sequence[Evidence]) -> tuple[str, ...]:
    """The sorts of evidence, in words, of which some item speaks for the finding."""
    found = {SORT_OF.get(fact.claim) for fact in evidence if fact.bits > 0}
    return tuple(SORTS[sort] for sort in EVIDENCE_SORTS if sort in found)


def open_explanations(alternatives: Sequence[Alternative]) -> tuple[Alternative, ...]:
    """The innocent explanations that are preferred, and then those that are possible."""
    return tuple(one for verdict in ("preferred", "possible") for one in alternatives if one.verdict == verdict)


def strongest_for(evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """The items with the most bits for the finding, at most `STRONGEST`."""
    return tuple(sorted((fact for fact in evidence if fact.bits > 0), key=lambda fact: -fact.bits)[:STRONGEST])


def all_against(evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """Every item that speaks against the finding, the weightiest first."""
    return tuple(sorted((fact for fact in evidence if fact.bits < 0), key=lambda fact: fact.bits))


def nothing_against(campaign: Campaign) -> str:
    """What stands in place of evidence against a campaign of which none was observed."""
    return "" if all_against(campaign.evidence) else "No observation speaks against it."


def level_meaning(campaign: Campaign) -> str:
    """What the campaign's level allows, in one sentence: its first part, up to the colon, can stand alone."""
    meaning = {"act": _act, "review": _review, "watch": _watch}.get(campaign.level)
    return "" if meaning is None else meaning(campaign)


def _act(campaign: Campaign) -> str:
    sorts = agreeing_sorts(campaign.evidence)
    which = f" ({listed(sorts)})" if sorts else ""
    agree = f"{len(sorts)} sorts of evidence agree{which}" if len(sorts) > 1 else f"its evidence agrees{which}"
    return (
        f"The evidence is sufficient to act against these accounts, once a person has checked them: {agree}, and the "
        "share of innocent accounts expected among all at this level stays under the one in the settings."
    )


def _review(campaign: Campaign) -> str:
    doubts = listed([explanation(one.alternative) for one in open_explanations(campaign.alternatives)], "or")
    doubt = (
        f"it may also be {doubts}, which is not ruled out"
        if doubts
        else "it stays below what level act needs, which limits the share of innocent accounts expected"
    )
    return f"A person should review these accounts before anything is done: the evidence is strong, but {doubt}."


def _watch(_: Campaign) -> str:
    return "Keep these accounts under observation and do nothing else: the evidence is too weak to question anybody."


def warnings(campaign: Campaign) -> Iterator[str]:
    """What must be read together with the level: that a finding is not enough, and what stays open."""
    if campaign.level == "act":
        yield FRAMING
    open_ones = [explanation(one.alternative) for one in open_explanations(campaign.alternatives)]
    if open_ones:
        noun = "explanation is" if len(open_ones) == 1 else "explanations are"
        yield f"The evidence does not exclude every innocent explanation. The open {noun}: {'; '.join(open_ones)}."
