"""Makes one stream from the observed logs, by moving values between accounts or leaving accounts out, and scans it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch import assess, group, link
from stillwatch.calibrate.bundles import (
    LIFETIME,
    OF_ACCOUNTS,
    USED,
    NullStream,
)
from stillwatch.calibrate.findings import NOTHING, Found, count_found
from stillwatch.calibrate.observed import Observed, name_observed
from stillwatch.calibrate.strata import donors, exchange_linked
from stillwatch.engine import Engine, Query, literal
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.job import Job
from stillwatch.records.columns import Kind, Table, columns
from stillwatch.records.inputs import ACCOUNTS
from stillwatch.records.sketches import EXCHANGE_SKETCHES
from stillwatch.sketch import account

BATCH_ROWS = 131_072

AccountIndices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Replay:
    """The accounts (by account index) that a replay keeps, and its half-open span of event time."""

    kept: NDArray[np.bool_]
    since: datetime | None = None
    until: datetime | None = None


def run_null(observed: Observed, null: NullStream, seed: int, job: Job) -> Found:
    """Draws one null stream from the seed, scans it and counts what is found."""
    with DuckDBEngine(job.settings.engine, observed.folder) as engine:
        name_observed(engine, observed)
        draw_null(engine, observed, null, seed)
        return _scanned(engine, job)


def run_replay(observed: Observed, replay: Replay, job: Job) -> Found:
    """Scans the exchanges of the kept accounts inside the span and counts what is found."""
    with DuckDBEngine(job.settings.engine, observed.folder) as engine:
        name_observed(engine, observed)
        _store(engine, "kept_accounts", {"account_index": np.flatnonzero(replay.kept)})
        _keep_exchanges(engine, kept_sql(replay))
        engine.view(ACCOUNTS.name, Query("accounts", "SELECT * FROM observed_accounts"))
        return _scanned(engine, job)


def _scanned(engine: Engine, job: Job) -> Found:
    account.run(engine, EXCHANGE_SKETCHES.name)
    if engine.sizes(["account_sketches"])["account_sketches"] == 0:
        return NOTHING  # every account was left out
    for stage in (link, group, assess):
        stage.run(engine, job)
    return count_found(engine)


def draw_null(engine: Engine, observed: Observed, null: NullStream, seed: int) -> None:
    """Writes `exchange_sketches` and `accounts` of a null stream; the views of `name_observed` must be there."""
    moved = permutations(observed, null, seed)
    own = np.arange(len(observed.accounts), dtype=np.int64)
    used = {bundle: moved.get(bundle, own) for bundle in USED}
    donated = {f"{bundle}_donor": donor for bundle, donor in used.items()}
    donated |= {f"{bundle}_exchanges": observed.exchanges[donor] for bundle, donor in used.items()}
    _store(engine, "donors", {"account_index": own, "exchanges": observed.exchanges, **donated})
    _keep_exchanges(engine, moved_exchanges_sql(null.own_conversations))
    stated = {f"{bundle}_donor": moved.get(bundle, own) for bundle in OF_ACCOUNTS}
    _store(engine, "stated_donors", {"account_index": own, **stated}, {"account_id": observed.accounts})
    engine.create(ACCOUNTS.name, moved_accounts_sql())


def _keep_exchanges(engine: Engine, query: Query) -> None:
    schema = EXCHANGE_SKETCHES.schema
    engine.store_batches(EXCHANGE_SKETCHES, (batch.cast(schema) for batch in engine.batches(query, BATCH_ROWS)))


def permutations(observed: Observed, null: NullStream, seed: int) -> dict[str, AccountIndices]:
    """For each bundle that moves, the donor of every account; bundles of one number have the same donors.

    Where values of use and registration fields move together, the strata of use hold for both.
    """
    drawn: dict[int, AccountIndices] = {}
    base = (seed, *null.name.encode())
    strata, linked = observed.strata, observed.strata.linked
    used, stated = (exchange_linked(one, linked, np.random.default_rng(base)) for one in (strata.used, strata.stated))
    for bundle, number in null.permutations.items():
        if number not in drawn:
            drawn[number] = donors(used if bundle in USED else stated, np.random.default_rng((*base, number)))
    moved = {bundle: drawn[number] for bundle, number in null.permutations.items()}
    return moved | {bundle: moved["time"] for bundle in LIFETIME if "time" in moved}


def moved_exchanges_sql(own_conversations: bool) -> Query:
    """Every exchange with its own content and with the address, client and time of a donor's exchange.

    The k-th of n exchanges takes the values of the donor's exchange number floor(k m / n) of m: one whole history in
    its order. Between the times of a donor with fewer exchanges further times are filled in evenly, so that no two
    exchanges coincide. `own_conversations` makes conversations of different accounts different.
    """
    source = {column: bundle for bundle, names in USED.items() for column in names}
    source |= {name: "own" for name in EXCHANGE_SKETCHES.names if name not in source}
    made = {"started_at": f"{_BETWEEN} AS started_at"}
    if own_conversations:
        made["conversation_value"] = f"{_OWN_CONVERSATION} AS conversation_value"
    chosen = [made.get(name, f"{source[name]}.{name}") for name in EXCHANGE_SKETCHES.names]
    joins = "\n".join(
        f"JOIN observed_exchanges AS {bundle} ON {bundle}.account_index = donors.{bundle}_donor\n"
        f"  AND {bundle}.turn = own.turn * donors.{bundle}_exchanges // donors.exchanges"
        for bundle in USED
    )
    return Query(
        "exchanges of a null stream",
        f"""
SELECT {", ".join(chosen)}
FROM observed_exchanges AS own
JOIN donors ON donors.account_index = own.account_index
{joins}
""",
    )


# a time between the donor's exchange and the donor's next one; the donor's own time where both have equally many
_BETWEEN = (
    "time.started_at + to_microseconds(CAST(floor(own.turn * donors.time_exchanges % donors.exchanges"
    " / donors.exchanges * (epoch_us(time.next_at) - epoch_us(time.started_at))) AS BIGINT))"
)


# account indices stay below 2^31, so that the shift fits; exclusive or keeps different conversations different
_OWN_CONVERSATION = "xor(own.own_conversation_value, (own.account_index + 1) << 31)"


def moved_accounts_sql() -> Query:
    """Every account with the registration fields of its donors; an account without a row stays without one."""
    source = {column: bundle for bundle, names in OF_ACCOUNTS.items() for column in names}
    chosen = ", ".join(f"{source.get(name, 'own')}.{name}" for name in ACCOUNTS.names)
    joins = "\n".join(
        f"LEFT JOIN stated AS {bundle} ON {bundle}.account_index = donors.{bundle}_donor" for bundle in OF_ACCOUNTS
    )
    return Query(
        "accounts of a null stream",
        f"""
WITH stated AS (
  SELECT stated_donors.account_index, observed_accounts.*
  FROM observed_accounts JOIN stated_donors USING (account_id)
)
SELECT {chosen}
FROM stated_donors AS donors
JOIN stated AS own ON own.account_index = donors.account_index
{joins}
""",
    )


def kept_sql(replay: Replay) -> Query:
    """The observed exchanges of kept accounts inside the span."""
    names = ", ".join(f"exchanges.{name}" for name in EXCHANGE_SKETCHES.names)
    spans = [
        f"\n  AND exchanges.started_at {sign} TIMESTAMP {literal(moment.isoformat(sep=' '))}"
        for sign, moment in ((">=", replay.since), ("<", replay.until))
        if moment is not None
    ]
    return Query(
        "exchanges of a replay",
        f"""
SELECT {names}
FROM observed_exchanges AS exchanges
SEMI JOIN kept_accounts USING (account_index)
WHERE true{"".join(spans)}
""",
    )


def _store(
    engine: Engine,
    name: str,
    numbers: Mapping[str, NDArray[np.int64]],
    texts: Mapping[str, tuple[str, ...]] | None = None,
) -> None:
    """Stores columns of whole numbers and of texts as a table."""
    strings = texts or {}
    table = Table(name, (*columns(Kind.INT64, " ".join(numbers)), *columns(Kind.STRING, " ".join(strings))))
    arrays = {
        **{key: pa.array(value, pa.int64()) for key, value in numbers.items()},
        **{k: pa.array(v) for k, v in strings.items()},
    }
    engine.store(table, pa.table(arrays))
