"""Each target turns from met to missed where it should, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest

from stillwatch_lab.benchmark.pooled import Pool
from stillwatch_lab.benchmark.targets import targets
from tests.lab.benchmark.records import ORACLE, campaign, expected, run

PROFILES = ("loud", "letter", "hydra", "mixed", "sharded", "agentic", "grading", "patient")


def verdicts(changed: dict[str, dict[str, Any]] | None = None, missing: int = 0, **changes: Any) -> dict[str, str]:
    """Verdicts over two equal seeds; `changed` by profile, `missing` innocents more without text."""
    campaigns = [campaign(profile, **(changed or {}).get(profile, {})) for profile in PROFILES]
    pool = Pool((run(campaigns, **changes), run(campaigns, seed=2, **changes)))
    less = Pool(tuple(run(campaigns, innocents=missing) for _ in range(2)))
    found = targets({"complete": pool, "without-text": less}, [{"oracle-patient": ORACLE}] * 2)
    return {one.what: one.verdict for one in found}


def missed(**changes: Any) -> set[str]:
    return {what for what, verdict in verdicts(**changes).items() if verdict == "missed"}


def test_a_perfect_detector_meets_all() -> None:
    found = verdicts()
    assert len(found) == 21
    assert set(found.values()) == {"met", "reported"}
    assert found["patient: time to act"] == "reported"


@pytest.mark.parametrize(
    ("profile", "change", "what"),
    [
        ("letter", {"recall": {"act": 0.96, "review": 1.0, "watch": 1.0}}, "letter: accounts found at act"),
        ("hydra", {"recall": {"act": 0.89, "review": 1.0, "watch": 1.0}}, "hydra: accounts found at act"),
        ("letter", {"leak_share": 0.021}, "letter: leak share"),
        ("hydra", {"leak_share": 0.11}, "hydra: leak share"),
        ("loud", {"accounts_error": 0.3}, "campaign totals: accounts"),
        ("loud", {"exchanges_error": -0.3}, "campaign totals: exchanges"),
        ("loud", {"first_day_error": None}, "campaign totals: days"),
    ],
)
def test_one_shortfall_misses_one_target(profile: str, change: dict[str, Any], what: str) -> None:
    assert missed(changed={profile: change}) == {what}


def test_recall_may_fall_where_nothing_is_demanded() -> None:
    lower = {"recall": dict.fromkeys(("act", "review", "watch"), 0.1)}
    assert missed(changed={"patient": lower}) == set()


def test_innocents_are_counted_per_hundred_thousand() -> None:
    assert missed(innocents=1, missing=1) == set()
    assert missed(innocents=2, missing=2) == {"innocents at act, per 100,000 accounts"}
    assert len(missed(innocents=11, missing=11)) == 2
    assert missed(missing=1) == {"without text: innocents"}
    swept = {"act": ["class"], "review": ["class"], "watch": ["class"]}
    assert missed(swept=swept) == {"whole innocent groups at act"}


def test_exchanges_inside_mixed_accounts() -> None:
    separation = [
        {"campaign_id": f"T-{profile}", "exchanges": 1_000, "listed": 1_000, "hits": 960} for profile in PROFILES
    ]
    assert missed(separation=separation) == {"mixed: exchange precision inside its accounts"}
    separation = [{**one, "listed": 890, "hits": 890} for one in separation]
    assert missed(separation=separation) == {"mixed: exchange recall inside its accounts"}


def test_probabilities_are_held_to_the_truth() -> None:
    what = "innocents expected against the truth"
    assert missed(expected=[expected(innocent=30)]) == {what}
    assert missed(expected=[expected(innocent=0, doubt=30.0, right=1.0)]) == {what}
    assert missed(expected=[expected(innocent=29, doubt=30.0, right=1.0)]) == set()
    off = [{"low": 0.9, "high": 1.0, "members": 800, "stated": 0.99, "observed": 0.96}]
    assert missed(reliability=off) == {"expected calibration error"}


def test_a_harvesting_relay_is_found_and_not_accused() -> None:
    assert missed(claimed=[{"campaign_id": "C2", "kind": "harvest", "rank": 2, "level": "watch"}]) == {"harvest"}
    unlinked = [{"kind": "harvest", "accounts": 400, "linked": 400, "together": 100}]
    assert missed(linked=unlinked) == {"harvest"}
