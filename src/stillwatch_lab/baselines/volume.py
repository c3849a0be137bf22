"""Per-account volume: it suspects accounts that ask more than others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from stillwatch.engine import Engine, Query
from stillwatch_lab.baselines.interface import Logs, scored
from stillwatch_lab.baselines.tables import name_logs


@dataclass(frozen=True, slots=True)
class Volume:
    """Scores accounts by `measure`, an SQL aggregate over the hours of an account."""

    name: str
    measure: str
    source: str = "rate and quota rules of API gateways; OWASP LLM10:2025, Unbounded Consumption"

    def scores(self, engine: Engine, logs: Logs) -> pa.Table:
        """The measured count of each account."""
        accounts = name_logs(engine, logs)
        rows = engine.fetch(_measured_sql(self.measure))
        score = np.zeros(len(accounts))
        score[rows["account_index"].to_numpy()] = rows["measured"].to_numpy()
        return scored(accounts, score)


def _measured_sql(measure: str) -> Query:
    return Query(
        "volume",
        f"""
SELECT account_index, CAST({measure} AS BIGINT) AS measured
FROM (
  SELECT
    account_index,
    count(*) AS exchanges,
    coalesce(sum(input_tokens), 0) + coalesce(sum(output_tokens), 0) AS tokens
  FROM logged_exchanges JOIN logged_indices USING (account_id)
  GROUP BY account_index, date_trunc('hour', started_at)
)
GROUP BY account_index
ORDER BY account_index
""",
    )


EXCHANGES = Volume("many_exchanges", "sum(exchanges)")
BUSIEST_HOUR = Volume("many_exchanges_in_one_hour", "max(exchanges)")
TOKENS = Volume("many_tokens", "sum(tokens)")
