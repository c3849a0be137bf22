"""Reads, sketches and scans the provider's own logs once, and leaves on disk what every stream starts from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stillwatch import (
    assess,
    group,
    link,
    read,
    sketch,
)
from stillwatch.calibrate.findings import Found, count_found
from stillwatch.calibrate.strata import Strata, strata
from stillwatch.engine import Engine, Query, literal
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.errors import InputError
from stillwatch.job import Job
from stillwatch.records.columns import Kind, Table, columns
from stillwatch.records.definitions import SILENCE
from stillwatch.records.inputs import ACCOUNTS, JUDGEMENTS, PERMITS
from stillwatch.records.sketches import EXCHANGE_SKETCHES

OBSERVED = Table(
    "observed_exchanges",
    (
        *EXCHANGE_SKETCHES.columns,
        # the account's index, and the exchange's rank among the exchanges of its account in order of time
        *columns(Kind.INT64, "account_index turn", required=True),
        *columns(Kind.TIMESTAMP, "next_at", required=True),  # the account's next exchange, or half an hour later
        # the exchange's conversation; where the log names none, the account's number of half-hour silences so far
        *columns(Kind.INT64, "own_conversation_value", required=True),
    ),
    ("account_id", "started_at", "exchange_id"),
)
GIVEN_TABLES = (ACCOUNTS, PERMITS, JUDGEMENTS)


@dataclass(frozen=True, slots=True)
class Observed:
    """What was observed: files in `folder`, and for each account index its id, exchanges, strata and whether accused.

    `accused` marks accounts in a campaign at any level and all accounts of that campaign's networks; `first` and
    `last` are the times of the first and last exchange.
    """

    folder: Path
    accounts: tuple[str, ...]
    exchanges: NDArray[np.int64]
    strata: Strata
    accused: NDArray[np.bool_]
    first: datetime
    last: datetime
    found: Found


def observe(job: Job, folder: Path) -> Observed:
    """Scans the job's logs and leaves sketches, accounts, permits and judgements in `folder`.

    Raises UsageError and InputError for what the job names, RunError when the scan cannot finish.
    """
    with DuckDBEngine(job.settings.engine, folder) as engine:
        read.run(engine, job)
        sketch.run(engine, job)
        if engine.sizes(["account_sketches"])["account_sketches"] == 0:
            raise InputError("the logs hold no usable exchange; run `stillwatch check` on them to see why")
        for stage in (link, group, assess):
            stage.run(engine, job)
        engine.view(OBSERVED.name, observed_sql())
        for table in (OBSERVED, *GIVEN_TABLES):
            engine.export(table, folder / f"{table.name}.parquet")
        rows = engine.fetch(seen_sql())
        return Observed(
            folder,
            tuple(rows["account_id"].to_pylist()),
            rows["exchanges"].to_numpy(),
            strata(engine),
            rows["accused"].to_numpy(zero_copy_only=False),
            min(rows["first_seen"].to_pylist()),
            max(rows["last_seen"].to_pylist()),
            count_found(engine),
        )


def observed_sql() -> Query:
    """The exchange sketches with account and turn as integers, the next exchange's time, and the conversation."""
    names = ", ".join(f"exchanges.{name}" for name in EXCHANGE_SKETCHES.names)
    return Query(
        "observed exchanges",
        f"""
SELECT
  {names},
  account_index,
  turn,
  next_at,
  coalesce(conversation_value, CAST(count_if(after_silence) OVER (
    PARTITION BY account_id ORDER BY turn ROWS UNBOUNDED PRECEDING
  ) AS BIGINT)) AS own_conversation_value
FROM (
  SELECT
    sketches.*,
    CAST(seen.account_index AS BIGINT) AS account_index,
    row_number() OVER following - 1 AS turn,
    coalesce(
      lead(sketches.started_at) OVER following, sketches.started_at + to_microseconds({SILENCE})
    ) AS next_at,
    coalesce(
      epoch_us(sketches.started_at) - epoch_us(lag(sketches.started_at) OVER following) > {SILENCE}, true
    ) AS after_silence
  FROM exchange_sketches AS sketches
  JOIN account_sketches AS seen USING (account_id)
  WINDOW following AS (PARTITION BY sketches.account_id ORDER BY sketches.started_at, sketches.exchange_id)
) AS exchanges
""",
    )


def seen_sql() -> Query:
    """Accounts by account index, with whether the scan accused them or linked them to one it accused."""
    return Query(
        "accounts seen",
        """
WITH accused AS (
  SELECT account_id FROM campaign_members
  UNION
  SELECT members.account_id
  FROM (SELECT unnest(networks) AS network_id FROM campaigns) AS named
  JOIN network_members AS members USING (network_id)
)
SELECT
  sketches.account_id,
  sketches.exchanges,
  sketches.first_seen,
  sketches.last_seen,
  accused.account_id IS NOT NULL AS accused
FROM account_sketches AS sketches
LEFT JOIN accused USING (account_id)
ORDER BY sketches.account_index
""",
    )


def name_observed(engine: Engine, observed: Observed, tables: Sequence[Table] = (OBSERVED, *GIVEN_TABLES)) -> None:
    """Creates views of what was observed; `accounts` is called `observed_accounts`, because streams may change it."""
    for table in tables:
        name = "observed_accounts" if table is ACCOUNTS else table.name
        path = literal(str(observed.folder / f"{table.name}.parquet"))
        engine.view(name, Query(name, f"SELECT * FROM read_parquet({path})"))
