"""Record linkage of the accounts table (Splink): accounts that are probably one entity form a cluster."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.engine import Engine, Query, identifier
from stillwatch.lab.baselines.interface import Logs, Unavailable, scored
from stillwatch.lab.baselines.tables import name_logs

CLUSTER_PROBABILITY = 0.95  # the threshold of Splink's own tutorial
RULE_RECALL = 0.7  # share of matching pairs the deterministic rules are said to find: the tutorial's value
SAMPLED_PAIRS = 1_000_000.0  # random pairs from which u is estimated: Splink's default

# exact agreement, with Splink's term-frequency adjustment where common values mean little
COMPARED = (
    "payment_fingerprint",
    "payment_issuer",
    "organisation_id",
    "email_domain",
    "email_shape",
    "phone_prefix",
    "signup_address",
    "signup_subnet",
    "signup_fingerprint",
    "referrer",
)
# rules that are almost certainly right, for Splink's estimate of how many pairs match at all
DETERMINISTIC = (("payment_fingerprint",), ("signup_address", "signup_fingerprint"))
BLOCKING = (
    ("payment_fingerprint",),
    ("signup_address",),
    ("signup_subnet", "signup_fingerprint"),
    ("signup_hour", "payment_issuer"),
    ("signup_hour", "email_domain", "email_shape"),
    ("signup_day", "signup_fingerprint", "email_shape"),
)


@dataclass(frozen=True, slots=True)
class EntityResolution:
    """Accounts in a large cluster of accounts that Splink takes for one entity."""

    name: str = "registered_like_many_others"
    source: str = "Splink 5 (Linacre et al. 2022), Fellegi-Sunter linkage with expectation maximisation"

    def scores(self, engine: Engine, logs: Logs) -> pa.Table:
        """Size of each account's cluster times its highest match probability; 0 for accounts that match nobody.

        Raises Unavailable without Splink 5 or without an accounts table.
        """
        if logs.accounts is None:
            raise Unavailable("entity resolution reads the accounts table, and there is none")
        splink = _splink()
        accounts = name_logs(engine, logs)
        records = engine.fetch(_records_sql(engine))
        named = [name for name in records.column_names if records[name].null_count < len(records)]
        pairs, clusters = link(splink, records.select(named))
        return scored(accounts, cluster_scores(len(accounts), pairs, clusters))


def _splink() -> Any:
    try:
        splink = import_module("splink")
    except ModuleNotFoundError as error:
        raise Unavailable("Splink is not installed; install `stillwatch[lab]`") from error
    if splink.__version__.split(".")[0] != "5":
        raise Unavailable(f"Splink 5 is wanted and {splink.__version__} is installed; install `stillwatch[lab]`")
    return splink


def _records_sql(engine: Engine) -> Query:
    """One row an account: `unique_id` (its position), every compared column, and the keys that only block."""
    present = set(engine.columns("logged_accounts"))
    derived = {"signup_subnet": ("signup_address", "regexp_replace(signup_address, '[.:][^.:]*$', '')")}
    for unit in ("hour", "day"):
        derived[f"signup_{unit}"] = ("created_at", f"CAST(date_trunc('{unit}', created_at) AS VARCHAR)")
    columns = {name: identifier(name) for name in COMPARED if name in present}
    columns |= {name: sql for name, (needed, sql) in derived.items() if needed in present}
    kept = "".join(f",\n  nullif({sql}, '') AS {identifier(name)}" for name, sql in columns.items())
    kept += ",\n  created_at" if "created_at" in present else ""
    return Query(
        "account records",
        f"""
SELECT
  position AS unique_id{kept}
FROM logged_accounts JOIN logged_positions USING (account_id)
ORDER BY position
""",
    )


def link(splink: Any, records: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Matching pairs (`unique_id_l`, `unique_id_r`, `match_probability`) and clusters (`unique_id`, `cluster_id`).

    Trained as Splink's tutorial does: deterministic rules for the share of matching pairs, random pairs for u,
    expectation maximisation under two blocking rules for m.
    """
    present = set(records.column_names)
    linker = _linker(splink, records, present)
    training, block_on = linker.training, splink.block_on
    rules = [block_on(*columns) for columns in DETERMINISTIC if present.issuperset(columns)]
    if rules:
        training.estimate_probability_two_random_records_match(rules, recall=RULE_RECALL)
    training.estimate_u_using_random_sampling(max_pairs=SAMPLED_PAIRS, seed=1)
    for columns in BLOCKING[:2]:
        if present.issuperset(columns):
            training.estimate_parameters_using_expectation_maximisation(block_on(*columns))
    found = linker.inference.predict(threshold_match_probability=CLUSTER_PROBABILITY)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(found, CLUSTER_PROBABILITY)
    names = ["unique_id_l", "unique_id_r", "match_probability"]
    return found.as_pyarrow_table().select(names), clusters.as_pyarrow_table().select(["unique_id", "cluster_id"])


def _linker(splink: Any, records: pa.Table, present: set[str]) -> Any:
    library = import_module("splink.comparison_library")
    database = import_module("splink.backends.duckdb").DuckDBAPI()
    comparisons = [
        library.ExactMatch(name).configure(term_frequency_adjustments=True) for name in COMPARED if name in present
    ]
    if "created_at" in present:
        comparisons.append(library.AbsoluteTimeDifferenceAtThresholds(
            "created_at", input_is_string=False, metrics=["minute", "hour", "day"], thresholds=[1, 1, 1]
        ))
    settings = splink.SettingsCreator(
        link_type="dedupe_only",
        comparisons=comparisons,
        blocking_rules_to_generate_predictions=[
            splink.block_on(*columns) for columns in BLOCKING if present.issuperset(columns)
        ],
        retain_matching_columns=False,
    )
    return splink.Linker(database.register(records), settings, log_level=None)


def cluster_scores(accounts: int, pairs: pa.Table, clusters: pa.Table) -> NDArray[np.float64]:
    """Accounts (accounts,) by cluster size times their highest match probability; 0 without a match."""
    best = np.zeros(accounts)
    # Splink adds up in the order of threads: the last digits are not its own
    probability = np.round(pairs["match_probability"].to_numpy(), 6)
    for side in ("unique_id_l", "unique_id_r"):
        np.maximum.at(best, pairs[side].to_numpy(), probability)
    _, cluster = np.unique(clusters["cluster_id"].to_numpy(), return_inverse=True)
    size = np.zeros(accounts)
    size[clusters["unique_id"].to_numpy()] = np.bincount(cluster)[cluster]
    return size * best


ENTITY_RESOLUTION = EntityResolution()
