"""Evidence as the ledger keeps it: claims and bits, in words of our own, so that no value or prompt gets there."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from stillwatch.ledger.records import Evidence
from stillwatch.records.claims import FAMILIES, GROUP_CLAIMS, STATED_CLAIMS

MOST_FOR, MOST_AGAINST = 12, 6
"""Claims of a finding that a decision names; all of them stand in the run."""

_NAME = re.compile(r"[a-z0-9_]{1,64}")
_SHARED = {
    family.claim: f"The accounts share {family.words} more than strangers would." for family in FAMILIES.values()
}
_MEASURED = {claim.name for claim in GROUP_CLAIMS} | {claim.name for claim in STATED_CLAIMS}


def sentence(claim: str, bits: float) -> str:
    """A sentence about the claim that is made of its name and bits alone."""
    if claim in _SHARED:
        return _SHARED[claim]
    known = claim.replace("_", " ") if claim in _MEASURED else "a claim that this version does not know"
    verb = "speaks for" if bits >= 0.0 else "speaks against"
    return f"Measured: {known}. It {verb} the finding with {abs(bits):.1f} bits."


def rebuilt(rows: Iterable[Mapping[str, Any]], subjects: Collection[str]) -> dict[str, tuple[Evidence, ...]]:
    """By subject its strongest claims, for and against; what the run wrote beside them stays in the run."""
    found: dict[str, list[Evidence]] = defaultdict(list)
    for row in rows:
        claim, bits = str(row["claim"]), float(row["bits"])
        if row["subject"] in subjects and _NAME.fullmatch(claim):
            found[row["subject"]].append(Evidence(claim, round(bits, 3), sentence(claim, bits)))
    return {subject: _strongest(items) for subject, items in found.items()}


def _strongest(items: list[Evidence]) -> tuple[Evidence, ...]:
    ordered = sorted(items, key=lambda one: (-abs(one.bits), one.claim))
    speaking_for = [one for one in ordered if one.bits >= 0.0][:MOST_FOR]
    return (*speaking_for, *[one for one in ordered if one.bits < 0.0][:MOST_AGAINST])
