"""An anomaly score of each account by itself, which group methods pool."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri
from scipy.stats import rankdata

from stillwatch.engine import Engine, Query
from stillwatch.records.naming import FORMS, SUBJECTS
from stillwatch_lab.baselines.unions import Floats

NORMAL_MAD = 1.4826  # standard deviation of a normal law over its median absolute deviation
EXTREME = 5.0  # largest deviation counted, so that no feature can dominate the score


def features_sql() -> Query:
    """One row an account: `account_index` and the figures of a usual dashboard, with counts as logarithms."""
    shares = ", ".join(f"count(*) FILTER (WHERE subject = {code})" for code in range(len(SUBJECTS)))
    traces = FORMS.index("reasoning_trace")
    return Query(
        "per-account features",
        f"""
SELECT
  account_index,
  ln(1 + count(*)) AS volume,
  ln(1 + coalesce(avg(input_tokens), 0)) AS input_size,
  ln(1 + coalesce(avg(output_tokens), 0)) AS output_size,
  ln(1 + count(*) / count(DISTINCT CAST(started_at AS DATE))) AS daily_volume,
  greatest({shares}) / greatest(count(subject), 1) AS narrowness,
  count(*) FILTER (WHERE form = {traces}) / greatest(count(form), 1) AS elicitation,
  count(DISTINCT date_part('hour', started_at)) / least(24, count(*)) AS hours,
  count(DISTINCT address_value) / count(*) AS addresses,
  count(DISTINCT payload_value) / greatest(count(payload_value), 1) AS payloads
FROM logged_exchanges JOIN logged_indices USING (account_id)
GROUP BY account_index
ORDER BY account_index
""",
    )


def anomalies(engine: Engine, accounts: int) -> Floats:
    """Each account's anomaly as a normal score, (accounts,): 0 for the median account, 2 for one in 44.

    The anomaly is the Euclidean length of its features' robust deviations. Accounts without exchanges get the least.
    """
    rows = engine.fetch(features_sql())
    names = [name for name in rows.column_names if name != "account_index"]
    table = np.column_stack([rows[name].to_numpy().astype(np.float64) for name in names])
    length = np.full(accounts, -1.0)
    if len(table):
        length[rows["account_index"].to_numpy()] = np.sqrt((deviations(table) ** 2).sum(axis=1))
    # The last bits of an average depend on the order of threads; ranks of rounded numbers do not.
    return normal_scores(np.round(length, 6))


def deviations(table: Floats) -> Floats:
    """Distances from the column's median in robust standard deviations, at most EXTREME either way; (rows, columns)."""
    distance = table - np.median(table, axis=0)
    spread = NORMAL_MAD * np.median(np.abs(distance), axis=0)
    # If more than half of the accounts have one value, the robust deviation is 0, and the standard one is used.
    spread = np.where(spread > 0, spread, distance.std(axis=0))
    return np.asarray(np.clip(distance / np.where(spread > 0, spread, 1.0), -EXTREME, EXTREME))


def normal_scores(values: Floats) -> Floats:
    """Ranks as quantiles of the standard normal law (van der Waerden 1952), ties sharing their mean rank."""
    return np.asarray(ndtri(rankdata(values) / (len(values) + 1)))
