"""The methods' statistics for each true kind of account: self-similarity, and the tests of every candidate."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from stillwatch.engine import Engine, Query
from stillwatch.link.memoryless import FLOOR
from stillwatch.link.nearest_accounts import MINIMUM_STARTS

Float = NDArray[np.float64]
Rows = list[dict[str, Any]]
OFTEN = 10  # openings from which memory says much


def self_similarity(engine: Engine) -> Rows:
    """One row a kind: accounts, those of whom something is said, quantiles of within over between, AUC against people.

    AUC is the chance that a person exceeds an account of the kind (ties half); `auc_often` among accounts with 10
    openings or more; `positive` the share of those spoken of whose bits say that there is no person.
    """
    sql = """
SELECT truth.kind, evidence.conversation_starts, evidence.within_similarity AS within,
  evidence.between_similarity AS between,
  evidence.memoryless_bits AS bits
FROM true_accounts AS truth JOIN account_evidence AS evidence USING (account_id)"""
    accounts = engine.fetch(Query("self-similarity", sql))
    kind = np.array(accounts["kind"].to_pylist(), dtype=object)
    conversation_starts, bits = accounts["conversation_starts"].to_numpy(), accounts["bits"].to_numpy()
    ratio = (accounts["within"].to_numpy() + FLOOR) / (accounts["between"].to_numpy() + FLOOR)
    said, often = conversation_starts >= MINIMUM_STARTS, conversation_starts >= OFTEN
    people = kind == "person"
    return [_self_similarity_row(name, (kind == name), people, said, often, ratio, bits) for name in sorted(set(kind))]


def _self_similarity_row(  # noqa: PLR0913  one array an aspect of the same accounts
    name: str,
    own: NDArray[np.bool_],
    people: NDArray[np.bool_],
    said: NDArray[np.bool_],
    often: NDArray[np.bool_],
    ratio: Float,
    bits: Float,
) -> dict[str, Any]:
    spoken = ratio[own & said]
    return {
        "kind": name,
        "accounts": int(own.sum()),
        "said": len(spoken),
        "quantiles": [float(x) for x in np.quantile(spoken, [0.1, 0.5, 0.9])] if len(spoken) else None,
        "auc": auc(ratio[people & said], spoken),
        "auc_often": auc(ratio[people & often], ratio[own & often]),
        "positive": float((bits[own & said] > 0).mean()) if len(spoken) else None,
    }


def tests(engine: Engine) -> Rows:
    """One row a kind and test: candidates most of whose members are of that kind, and the median bits."""
    sql = """
WITH kinds AS (
  SELECT candidate_id, mode(truth.kind ORDER BY truth.kind) AS kind
  FROM candidate_members JOIN true_accounts AS truth USING (account_id) GROUP BY candidate_id
)
SELECT kinds.kind, tests.test, count(*) AS candidates, list_sort(list(tests.bits)) AS bits
FROM group_tests AS tests JOIN kinds USING (candidate_id)
GROUP BY ALL ORDER BY ALL"""
    found: Rows = engine.fetch(Query("tests", sql)).to_pylist()
    return found


def auc(higher: Float, lower: Float) -> float | None:
    """Chance that a draw of `higher` exceeds one of `lower`, ties counted half; None without draws."""
    if len(higher) == 0 or len(lower) == 0:
        return None
    ranks = rankdata(np.concatenate([higher, lower]))[: len(higher)]
    return float((ranks.sum() - len(higher) * (len(higher) + 1) / 2) / (len(higher) * len(lower)))
