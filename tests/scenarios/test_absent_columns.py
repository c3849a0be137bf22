"""What a log does not have is no evidence: with a column missing, no claim that needs it is stated, for or against."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from stillwatch.records.claims import GROUP_CLAIMS, STATED_CLAIMS
from tests.scenarios.small_world import SmallWorld, acted_on, rewritten, rows, without

OF_REGISTRATION = {
    "claims_many_identities",
    "names_organisation",
    "pays_with_one_card",
    "is_education",
    "is_under_contract",
}
OF_PLACES = {"spreads_over_networks", "sits_in_one_network"}
OF_TEXT = {
    "draws_from_one_pool",
    "asks_one_mix",
    "narrow_purpose",
    "narrow_vocabulary",
    "never_repeats_a_slot",
    "repeats_questions",
    "stands_apart_from_people",
    "returns_within_the_hour",
    "returns_on_the_same_day",
    "rewords_within_the_hour",
    "repeats_conversation_starts",
    "covers_the_pool",
    "uses_many_words",
    "hands_over_refused_requests",
}
OF_SIZES = {"same_sizes", "answers_of_one_length"}
NEEDS = {
    ("payment_fingerprint",): {"pays_with_one_card", "claims_many_identities"},
    ("organisation_id",): {"names_organisation"},
    ("account_type", "verification"): {"is_education", "is_under_contract"},
    (
        *("organisation_id", "organisation_name", "organisation_country", "account_type", "verification"),
        *("payment_fingerprint", "payment_issuer", "payment_country"),
    ): OF_REGISTRATION,
    ("client_address",): OF_PLACES,
    ("system_instructions", "input_text", "output_text", "conversation_id"): {
        *OF_TEXT,
        "asks_once",
        "passes_requests_on",
    },
    ("output_text", "input_text", "input_tokens", "output_tokens"): OF_SIZES,
    ("max_tokens", "temperature", "top_p", "choice_count"): {"changes_settings"},
}


def stated(run: Path) -> set[str]:
    """Claims of measures that any evidence of a run states."""
    measured = {claim.name for claim in (*GROUP_CLAIMS, *STATED_CLAIMS)}
    return {row["claim"] for row in rows(run, "evidence")} & measured


@pytest.mark.parametrize("missing", NEEDS, ids=" ".join)
def test_of_a_missing_column_nothing_is_claimed(
    world: SmallWorld, plain: Path, tmp_path: Path, missing: tuple[str, ...]
) -> None:
    assert NEEDS[missing] <= stated(plain), "what is never stated proves nothing"
    files = {}
    for name, table in (("exchanges", world.exchanges), ("accounts", world.accounts)):
        dropped = [column for column in missing if column in table.column_names]
        files[name] = rewritten(table, tmp_path / f"{name}.parquet", without(*dropped))
    assert {*pq.read_schema(files["exchanges"]).names, *pq.read_schema(files["accounts"]).names}.isdisjoint(missing)
    found = world.scan(tmp_path / "run", **files)
    assert stated(found), "a run that states nothing proves nothing"
    assert not NEEDS[missing] & stated(found)
    assert acted_on(found) <= set(world.accounts_of("letter"))
