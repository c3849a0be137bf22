"""Records of runs made by hand, for what lays them out."""

from __future__ import annotations

from typing import Any

from stillwatch.records.outputs import LEVELS
from stillwatch_lab.benchmark.document import Document

Row = dict[str, Any]
COST = {"seconds": 2.0, "cpu": 3.0, "peak_bytes": 5_000_000, "stages": {"link": [1.0, 2.0]}}


def campaign(profile: str, found: float = 1.0, **changes: Any) -> Row:
    """A true campaign of 100 accounts and 1,000 exchanges, found to this share at every level."""
    return {
        "campaign_id": f"T-{profile}",
        "profile": profile,
        "found_as": ["C1"],
        "accounts": 100,
        "exchanges": 1_000,
        "recall": dict.fromkeys(LEVELS, found),
        "accounts_error": found - 1,
        "exchanges_error": found - 1,
        "exchange_precision": 1.0,
        "exchange_recall": found,
        "first_day_error": 0.0,
        "last_day_error": 0.0,
        "targets_distance": 0.1,
        "purity": 1.0,
        "completeness": found,
        "leak_share": 1 - found,
        "leak_share_any": 1 - found,
        **changes,
    }


def run(campaigns: list[Row], innocents: int = 0, seed: int = 1, **changes: Any) -> Row:
    """A complete run over 100,000 accounts; `innocents` persons stand at every level."""
    ids = [one["campaign_id"] for one in campaigns]
    by_kind = {"person": innocents} if innocents else {}
    levels = {
        level: {"accounts": innocents, "by_kind": by_kind, "groups": [], "expected": 0.0, "false_campaigns": []}
        for level in LEVELS
    }
    label = {"known": 10, "known_found": 9, "audited": 10, "audited_guilty": 9}
    return {
        "seed": seed,
        "accounts": 100_000,
        "innocent_accounts": 99_000,
        "campaigns": campaigns,
        "innocent_kinds": {"person": 98_000, "harvest": 400, "class": 600},
        "innocents": levels,
        "split": [],
        "merged": [],
        "swept": {level: [] for level in LEVELS},
        "labels": dict.fromkeys(LEVELS, label),
        "reliability": [{"low": 0.9, "high": 1.0, "members": 800, "stated": 0.99, "observed": 0.99}],
        "expected": [expected()],
        "separation": [{"campaign_id": name, "exchanges": 1_000, "listed": 980, "hits": 970} for name in ids],
        "onset": {name: {"days": 30.0, "half_at_act": 2.0} for name in ids},
        "curves": {name: [0.0, 1.0, 1.0, 1.0] for name in ids},
        "linked": [
            {"kind": "harvest", "accounts": 400, "linked": 400, "together": 390},
            {"kind": "person", "accounts": 98000, "linked": 0, "together": None},
        ],
        "claimed": [],
        "glued": [{"campaign_id": "C<9>", "level": "watch", "kind": "class", "groups": 2, "accounts": 9}],
        "self_similarity": [
            {"kind": "person", "accounts": 98_000, "judged": 90_000, "quantiles": [0.3, 5.0, 19.0]}
            | {"auc": 0.5, "auc_often": None, "positive": 0.1}
        ],
        "tests": [{"kind": "letter", "test": "asks_one_mix", "candidates": 1, "bits": [4.0, 6.0]}],
        "cost": {"scan": COST, "score": {**COST, "stages": {}}},
        **changes,
    }


def expected(innocent: int = 0, doubt: float = 0.01, right: float = 0.9999) -> Row:
    return {"campaign_id": "C1", "level": "act", "right_prob": right, "expected": doubt} | {
        "members": 100,
        "innocent": innocent,
        "doubt": doubt * 1e6,
    }


FOUND = {
    "accounts": 100,
    "reached": 100,
    "threshold_bits": 16.6,
    "innocents_over_exact": 0,
    "innocents": 99_000,
    "half_at": 1.5,
    "days": 30.0,
    "leak_share": 0.01,
    "exchanges_needed": 3.0,
}
ORACLE = {"found": {**FOUND, "by_form": {**FOUND, "half_at": None}}, "cost": {"oracle": COST}}


def baseline(recall: float) -> Row:
    found = {"recall": recall, "profiles": {"letter": recall, "hydra": 0.0}, "innocents": 0}
    return {"found": {"source": "Cao et al. 2014", "why_not": None, "at": {"0": found}}, "cost": {"baseline": COST}}


def document(**changes: Any) -> Document:
    """A document without sections."""
    known: Row = {
        "version": "9.9",
        "machine": {"cores": 2},
        "world": "benchmark",
        "seeds": (1, 2),
        "accounts": 100_000,
        "exchanges": 3_000_000,
        "prompts": "our own",
        "command": "stillwatch lab benchmark",
        "targets": (),
        "sections": (),
    }
    return Document(**{**known, **changes})
