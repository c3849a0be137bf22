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
OFTEN = 10  # conversation starts from which self-similarity is well estimated


def self_similarity(engine: Engine) -> Rows:
    """One row a kind: its accounts, those judged, and how far their self-similarity differs from people's.

    Accounts with too few conversation starts are not judged. `quantiles` are those of the ratio of similarity within
    the account to similarity with its nearest accounts. `auc` is the chance that a person's ratio exceeds that of an
    account of the kind (ties count half), and `auc_often` the same among accounts with OFTEN conversation starts or
    more. `positive` is the share of judged accounts with bits above 0, which speak against a person.
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
    judged, often = conversation_starts >= MINIMUM_STARTS, conversation_starts >= OFTEN
    people = kind == "person"
    return [
        _self_similarity_row(name, (kind == name), people, judged, often, ratio, bits) for name in sorted(set(kind))
    ]


def _self_similarity_row(  # noqa: PLR0913  one array an aspect of the same accounts
    name: str,
    own: NDArray[np.bool_],
    people: NDArray[np.bool_],
    judged: NDArray[np.bool_],
    often: NDArray[np.bool_],
    ratio: Float,
    bits: Float,
) -> dict[str, Any]:
    own_ratio = ratio[own & judged]
    return {
        "kind": name,
        "accounts": int(own.sum()),
        "judged": len(own_ratio),
        "quantiles": [float(x) for x in np.quantile(own_ratio, [0.1, 0.5, 0.9])] if len(own_ratio) else None,
        "auc": auc(ratio[people & judged], own_ratio),
        "auc_often": auc(ratio[people & often], ratio[own & often]),
        "positive": float((bits[own & judged] > 0).mean()) if len(own_ratio) else None,
    }


def tests(engine: Engine) -> Rows:
    """One row a kind and test: the number of candidates with most members of that kind, and their bits, ascending."""
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
