"""Record linkage of the accounts table (Splink): accounts that are probably one entity form a cluster."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.engine import Engine, Query, identifier
from stillwatch_lab.baselines.interface import Logs, UnavailableError, scored
from stillwatch_lab.baselines.tables import name_logs

CLUSTER_PROBABILITY = 0.95  # the threshold of Splink's own tutorial
RULE_RECALL = 0.7  # share of matching pairs that the deterministic rules are assumed to find: the tutorial's value
SAMPLED_PAIRS = 10_000_000.0  # random pairs from which u is estimated; Splink calls its own default of 1e6 too small

# Columns compared for exact agreement, some with Splink's adjustment for the frequency of values.
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
Rule = tuple[str, ...]
# Rules that are almost certainly right, from which Splink estimates how many pairs match.
DETERMINISTIC: tuple[Rule, ...] = (("payment_fingerprint",), ("signup_address", "signup_fingerprint"))
BLOCKING: tuple[Rule, ...] = (
    ("payment_fingerprint",),
    ("signup_address",),
    ("signup_subnet", "signup_fingerprint"),
    ("signup_hour", "payment_issuer"),
    ("signup_hour", "email_domain", "email_shape"),
    ("signup_day", "signup_fingerprint", "email_shape"),
)


@dataclass(frozen=True, slots=True)
class EntityResolution:
    """Scores accounts by the size of the cluster that Splink takes for one entity."""

    name: str = "registered_like_many_others"
    source: str = "Splink 5 (Linacre et al. 2022), Fellegi-Sunter linkage with expectation maximisation"

    def scores(self, engine: Engine, logs: Logs) -> pa.Table:
        """The size of each account's cluster times its highest match probability; 0 for accounts without a match.

        Raises UnavailableError without Splink 5 or without an accounts table.
        """
        if logs.accounts is None:
            raise UnavailableError("entity resolution reads the accounts table, and there is none")
        accounts = name_logs(engine, logs)
        found = matches(engine)
        return scored(accounts, np.zeros(len(accounts)) if found is None else cluster_scores(len(accounts), *found))


def matches(engine: Engine) -> tuple[pa.Table, pa.Table] | None:
    """Matching pairs and clusters as of `link`, of all records; None where no two agree on the columns of any rule.

    Needs the tables of `tables.name_logs`. Raises UnavailableError without Splink 5.
    """
    splink = _splink()
    records = engine.fetch(_records_sql(engine))
    named = [name for name in records.column_names if records[name].null_count < len(records)]
    rules = [rule for rule in BLOCKING if gives_pairs(records, rule)]
    return link(splink, records.select(named), rules) if rules else None


def _splink() -> Any:
    try:
        splink = import_module("splink")
    except ModuleNotFoundError as error:
        raise UnavailableError("Splink is not installed; install `stillwatch[lab]`") from error
    if splink.__version__.split(".")[0] != "5":
        raise UnavailableError(f"Splink 5 is wanted and {splink.__version__} is installed; install `stillwatch[lab]`")
    return splink


def _records_sql(engine: Engine) -> Query:
    """One row an account: `unique_id` (its account index), every compared column, and the keys that only block."""
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
  account_index AS unique_id{kept}
FROM logged_accounts JOIN logged_indices USING (account_id)
ORDER BY account_index
""",
    )


def gives_pairs(records: pa.Table, rule: Rule) -> bool:
    """True if any two records agree on all columns of a blocking rule; Splink cannot be trained on no pair."""
    if not set(rule) <= set(records.column_names):
        return False
    held = records.select(list(rule)).drop_null().group_by(list(rule)).aggregate([([], "count_all")])
    return bool((held["count_all"].to_numpy() > 1).any())


def link(splink: Any, records: pa.Table, rules: list[Rule]) -> tuple[pa.Table, pa.Table]:
    """Matching pairs (`unique_id_l`, `unique_id_r`, `match_probability`) and clusters (`unique_id`, `cluster_id`).

    `rules` are the blocking rules that give pairs. The model is trained as in Splink's tutorial: deterministic rules
    give the share of matching pairs, random pairs give u, and expectation maximisation under two blocking rules gives
    m, under each rule for the columns that the other rule fixes.
    """
    linker = _linker(splink, records, rules)
    training, block_on = linker.training, splink.block_on
    certain = [block_on(*rule) for rule in DETERMINISTIC if gives_pairs(records, rule)]
    if certain:
        training.estimate_probability_two_random_records_match(certain, recall=RULE_RECALL)
    training.estimate_u_using_random_sampling(max_pairs=SAMPLED_PAIRS, seed=1)
    for rule in rules[:2]:
        training.estimate_parameters_using_expectation_maximisation(block_on(*rule))
    found = linker.inference.predict(threshold_match_probability=CLUSTER_PROBABILITY)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(found, CLUSTER_PROBABILITY)
    names = ["unique_id_l", "unique_id_r", "match_probability"]
    return found.as_pyarrow_table().select(names), clusters.as_pyarrow_table().select(["unique_id", "cluster_id"])


def _linker(splink: Any, records: pa.Table, rules: list[Rule]) -> Any:
    present = set(records.column_names)
    library = import_module("splink.comparison_library")
    database = import_module("splink.backends.duckdb").DuckDBAPI()
    comparisons = [
        library.ExactMatch(name).configure(term_frequency_adjustments=True) for name in COMPARED if name in present
    ]
    if "created_at" in present:
        comparisons.append(_sign_up_times())
    settings = splink.SettingsCreator(
        link_type="dedupe_only",
        comparisons=comparisons,
        blocking_rules_to_generate_predictions=[splink.block_on(*rule) for rule in rules],
        retain_matching_columns=False,
    )
    return splink.Linker(database.register(records), settings, log_level=logging.ERROR)


def _sign_up_times() -> Any:
    """Sign-ups within a minute, an hour or a day of each other, or further apart."""
    library = import_module("splink.comparison_library")
    level = import_module("splink.comparison_level_library")
    near = [
        level.AbsoluteTimeDifferenceLevel("created_at", input_is_string=False, threshold=1, metric=unit)
        for unit in ("minute", "hour", "day")
    ]
    return library.CustomComparison(
        output_column_name="created_at",
        comparison_levels=[level.NullLevel("created_at"), *near, level.ElseLevel()],
    )


def cluster_scores(accounts: int, pairs: pa.Table, clusters: pa.Table) -> NDArray[np.float64]:
    """Each account's cluster size times its highest match probability, (accounts,); 0 without a match."""
    best = np.zeros(accounts)
    # The last digits of Splink's probabilities depend on the order of threads.
    probability = np.round(pairs["match_probability"].to_numpy(), 6)
    for side in ("unique_id_l", "unique_id_r"):
        np.maximum.at(best, pairs[side].to_numpy(), probability)
    _, cluster = np.unique(clusters["cluster_id"].to_numpy(), return_inverse=True)
    size = np.zeros(accounts)
    size[clusters["unique_id"].to_numpy()] = np.bincount(cluster)[cluster]
    return size * best


ENTITY_RESOLUTION = EntityResolution()
