"""The bill of a campaign: the goods that it used, counted from the world's files, at given prices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stillwatch.engine import Engine, Query, literal
from stillwatch.records.definitions import refused_sql
from stillwatch_lab.adversary.evasions import GOODS, Price

DAYS_A_MONTH = 30.0
MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Bill:
    """The goods that all campaigns of a world used together.

    `exchanges` counts answered requests and `refused` refused ones, which another account may have repeated.
    `account_days` counts the days on which an account was used for the campaign. The good `address_month` counts pairs
    of address and day in months, or pairs of account and day where those are fewer, since a rotating pool need not be
    larger than the number of active accounts.
    """

    exchanges: int
    refused: int
    account_days: int
    days: float  # from the first exchange to the last
    used: Mapping[str, float]  # by good

    def dollars(self, prices: Mapping[str, Price]) -> float:
        """The sum of the bill, in dollars."""
        return sum(prices[good].dollars * self.used[good] for good in GOODS)

    def dollars_per_million(self, prices: Mapping[str, Price]) -> float:
        """Dollars per million answered exchanges; infinite when there were none."""
        return self.dollars(prices) * MILLION / self.exchanges if self.exchanges else float("inf")

    @property
    def refused_share(self) -> float:
        """Refused requests per answered one."""
        return self.refused / max(self.exchanges, 1)

    @property
    def exchanges_a_day(self) -> float:
        """Answered exchanges of the whole campaign per day."""
        return self.exchanges / max(self.days, 1.0)

    @property
    def pace(self) -> float:
        """Exchanges per account and active day."""
        return self.exchanges / max(self.account_days, 1)


def bill_sql(world: Path) -> Query:
    """One row: the quantities of goods used by the campaign exchanges of a world."""
    true, logs, accounts = (
        literal(str(world / name)) for name in ("truth/exchanges.parquet", "exchanges/*.parquet", "accounts.parquet")
    )
    return Query(
        "bill",
        f"""
WITH serving AS (
  SELECT logs.exchange_id, logs.account_id, logs.client_address, logs.started_at,
    {refused_sql("logs")} AS refused
  FROM read_parquet({true}) AS truth
  JOIN read_parquet({logs}) AS logs USING (exchange_id)
),
holders AS (
  SELECT accounts.payment_fingerprint, accounts.phone_prefix
  FROM read_parquet({accounts}) AS accounts SEMI JOIN serving USING (account_id)
)
SELECT
  count(*) FILTER (NOT refused) AS exchanges,
  count(*) FILTER (refused) AS refused,
  count(DISTINCT account_id) AS account,
  count(DISTINCT (account_id, CAST(started_at AS DATE))) AS account_days,
  least(
    count(DISTINCT (client_address, CAST(started_at AS DATE))),
    count(DISTINCT (account_id, CAST(started_at AS DATE)))
  ) / {DAYS_A_MONTH} AS address_month,
  coalesce(epoch(max(started_at) - min(started_at)) / 86400, 0) AS days,
  (SELECT count(DISTINCT payment_fingerprint) FROM holders) AS card,
  (SELECT count(phone_prefix) FROM holders) AS phone
FROM serving
""",
    )


def bill_of(engine: Engine, world: Path) -> Bill:
    """The bill of the campaigns in the world's folder."""
    row = engine.fetch(bill_sql(world)).to_pylist()[0]
    used = {good: float(row[good]) for good in GOODS}
    return Bill(int(row["exchanges"]), int(row["refused"]), int(row["account_days"]), float(row["days"]), used)
