"""What a shared value is, as the log shows it to the provider: an address range, a card, a client.

Sketches hold keyed hashes, from which nothing can be read. The plain value stands in the raw exchanges and in the
accounts table; it is looked up for the few values that a network shows. Text is never shown: it must not leave the log.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.engine import Engine, Query, identifier
from stillwatch.link.graph import Graph
from stillwatch.link.values import ATTRIBUTES, used_value_sql
from stillwatch.records.addresses import LONGEST, client_address, range_around
from stillwatch.records.columns import Kind, Table, columns
from stillwatch.records.definitions import NETWORK_BITS, SUBNET_BITS
from stillwatch.records.printable import printable

Int64 = NDArray[np.int64]
Row = Mapping[str, object]

_LETTERS = 256  # characters of a raw value that are read: more than are shown, so that a cut value is known to be one
_TOOLS = 64  # tool names of one exchange that are read

USES_TO_SHOW = Table(
    "uses_to_show",
    (
        *columns(Kind.INT64, "value attribute keyed", required=True),  # keyed: the value as exchange_sketches hold it
        *columns(Kind.STRING, "account_id", required=True),
        *columns(Kind.TIMESTAMP, "started_at", required=True),
    ),
)
EXCHANGES_TO_SHOW = Table("exchanges_to_show", columns(Kind.STRING, "exchange_id account_id", required=True))
ACCOUNTS_TO_SHOW = Table("accounts_to_show", columns(Kind.STRING, "account_id", required=True))


@dataclass(frozen=True, slots=True)
class Shown:
    """How a value is shown: the raw columns that hold it, and the text made of one row of them and of the number of
    trusted hops (None for no text)."""

    columns: tuple[str, ...]
    text: Callable[[Row, int], str | None]


def _column(name: str) -> Shown:
    return Shown((name,), lambda row, _: None if row[name] is None else str(row[name]))


def _range(name: str, bits: Mapping[int, int] | None = None) -> Shown:
    """The address in a column, or the range of so many bits around it."""

    def text(row: Row, trusted_hops: int) -> str | None:
        address = client_address(str(row[name] or ""), trusted_hops)
        if address is None:
            return None
        return str(address) if bits is None else range_around(address, bits)

    return Shown((name,), text)


def _minute(row: Row, _: int) -> str | None:
    created = row["created_at"]
    return f"{created:%Y-%m-%d %H:%M} UTC" if isinstance(created, datetime) else None


def _hour(row: Row, _: int) -> str | None:
    created = row["created_at"]
    return f"{created:%Y-%m-%d %H:00 to %H:59} UTC" if isinstance(created, datetime) else None


def _day(row: Row, _: int) -> str | None:
    created = row["created_at"]
    return f"{created:%Y-%m-%d} UTC" if isinstance(created, datetime) else None


def _parameters(row: Row, _: int) -> str | None:
    return ", ".join(f"{name} {row[name]}" for name in _PARAMETERS if row[name] is not None) or None


_PARAMETERS = ("temperature", "top_p", "max_tokens", "choice_count")

USED = {
    "same_address": _range("client_address"),
    "same_subnet": _range("client_address", SUBNET_BITS),
    "same_address_network": _range("client_address", NETWORK_BITS),
    "same_client_fingerprint": _column("client_fingerprint"),
    "same_user_agent": _column("user_agent"),
    "same_device": _column("device_id"),
    "same_session": _column("session_id"),
    "same_tools": _column("tool_names"),
    "same_parameters": Shown(_PARAMETERS, _parameters),
    "same_parameters_of_client": Shown(_PARAMETERS, _parameters),
    "continues_conversation_of": _column("conversation_id"),
}
"""By claim: how a value that exchanges carry is shown. Claims about text are not listed."""

STATED = {
    "same_payment_fingerprint": _column("payment_fingerprint"),
    "same_payment_issuer": _column("payment_issuer"),
    "same_organisation": _column("organisation_id"),
    "same_email_domain": _column("email_domain"),
    "same_email_shape": _column("email_shape"),
    "same_phone_prefix": _column("phone_prefix"),
    "same_signup_address": _range("signup_address"),
    "same_signup_subnet": _range("signup_address", SUBNET_BITS),
    "same_signup_fingerprint": _column("signup_fingerprint"),
    "same_referrer": _column("referrer"),
    "same_signup_minute": Shown(("created_at",), _minute),
    "same_signup_hour": Shown(("created_at",), _hour),
    "same_signup_day": Shown(("created_at",), _day),
}
"""By claim: how a value that the accounts table states is shown."""


def shown_values(engine: Engine, graph: Graph, values: Int64, names: pa.Array, trusted_hops: int = 0) -> dict[int, str]:
    """The text of those of these `values` of the graph that may be shown and that the logs of this run hold.

    `names` (accounts,) are account ids, `trusted_hops` is as in `records.addresses`. What came to the run as sketches
    has no text: what a state keeps, for one. Of a value's holders the one that took it up last is looked at, since its
    exchanges are the likeliest to be raw.
    """
    edge = np.array([_last_edge(graph, value) for value in values.tolist()], np.int64)
    claim = [ATTRIBUTES[code].claim for code in graph.attribute[values]]
    used = np.flatnonzero([one in USED for one in claim])
    stated = np.flatnonzero([one in STATED for one in claim])
    found: dict[int, str | None] = {}
    if len(used) and _has_raw_exchanges(engine):
        rows = _exchanges_of(engine, _uses(graph, values[used], edge[used], names))
        texts = {int(values[place]): USED[claim[place]].text for place in used.tolist()}
        found |= {value: texts[value](row, trusted_hops) for value, row in rows.items()}
    if len(stated) and engine.columns("accounts"):
        holders = dict(zip(values[stated].tolist(), names.take(graph.holder[edge[stated]]).to_pylist(), strict=True))
        accounts = _accounts_of(engine, sorted(set(holders.values())))
        texts = {int(values[place]): STATED[claim[place]].text for place in stated.tolist()}
        known = {value: accounts[name] for value, name in holders.items() if name in accounts}
        found |= {value: texts[value](row, trusted_hops) for value, row in known.items()}
    return {value: printable(text) for value, text in found.items() if text}


def _last_edge(graph: Graph, value: int) -> int:
    """The edge of the holder that took a value up last; the lowest account of several."""
    begin, end = graph.value_start[value], graph.value_start[value + 1]
    return int(begin + np.argmax(graph.first_at[begin:end]))


def _has_raw_exchanges(engine: Engine) -> bool:
    if not engine.columns("exchanges"):
        return False
    query = Query("raw exchanges", "SELECT count(*) AS n FROM sources WHERE feeds = 'exchanges' AND rows_used > 0")
    return int(engine.fetch(query)["n"][0].as_py()) > 0


def _uses(graph: Graph, values: Int64, edge: Int64, names: pa.Array) -> pa.Table:
    columns = {
        "value": values,
        "attribute": graph.attribute[values].astype(np.int64),
        "keyed": graph.keyed[values],
        "account_id": names.take(graph.holder[edge]),
        "started_at": pa.array(graph.first_at[edge], pa.timestamp("us")),
    }
    return pa.table(columns).cast(USES_TO_SHOW.schema)


def exchange_of_use_sql() -> Query:
    """One exchange in which each use of a value was made: `value`, `exchange_id`, `account_id`.

    An account's exchanges at one time may carry other values, so that the keyed value is compared as well.
    """
    cases = " ".join(
        f"WHEN {code} THEN {used_value_sql(attribute.expression)}"
        for code, attribute in enumerate(ATTRIBUTES)
        if attribute.claim in USED
    )
    return Query(
        "exchanges to show",
        f"""
SELECT wanted.value, exchanges.account_id, min(exchanges.exchange_id) AS exchange_id
FROM exchange_sketches AS exchanges
JOIN uses_to_show AS wanted
  ON exchanges.account_id = wanted.account_id AND exchanges.started_at = wanted.started_at
WHERE CASE wanted.attribute {cases} END = wanted.keyed
GROUP BY wanted.value, exchanges.account_id
""",
    )


def raw_exchanges_sql() -> Query:
    """The raw columns of `exchanges_to_show`, cut to a length that bounds what a hostile client can make of them."""
    names = sorted({name for shown in USED.values() for name in shown.columns} - {"tool_names", *_PARAMETERS})
    texts = ",\n  ".join(_cut_sql("exchanges", name) for name in names)
    numbers = ", ".join(f"exchanges.{name}" for name in _PARAMETERS)
    return Query(
        "values in raw exchanges",
        f"""
SELECT
  exchanges.exchange_id,
  exchanges.account_id,
  {texts},
  left(array_to_string(exchanges.tool_names[1:{_TOOLS}], ', '), {_LETTERS}) AS tool_names,
  {numbers}
FROM exchanges
JOIN exchanges_to_show AS wanted
  ON exchanges.exchange_id = wanted.exchange_id AND exchanges.account_id = wanted.account_id
""",
    )


def _cut_sql(table: str, name: str) -> str:
    """SQL of a text column, cut; of a list of addresses the right end is read, and one character shows that it was."""
    kept = f"right({table}.{identifier(name)}, {LONGEST + 1})"
    if name not in ("client_address", "signup_address"):
        kept = f"left({table}.{identifier(name)}, {_LETTERS})"
    return f"{kept} AS {identifier(name)}"


def _exchanges_of(engine: Engine, uses: pa.Table) -> dict[int, Row]:
    """By value a row of `raw_exchanges_sql`, of those uses that were read raw."""
    engine.store(USES_TO_SHOW, uses)
    places = engine.fetch(exchange_of_use_sql())
    engine.drop(USES_TO_SHOW.name)
    names = list(EXCHANGES_TO_SHOW.names)
    engine.store(EXCHANGES_TO_SHOW, places.group_by(names).aggregate([]).select(names))
    # clients can choose the id that some gateways log: two accounts may have used one
    rows = {(row["exchange_id"], row["account_id"]): row for row in engine.fetch(raw_exchanges_sql()).to_pylist()}
    engine.drop(EXCHANGES_TO_SHOW.name)
    where = zip(*(places[name].to_pylist() for name in ("value", "exchange_id", "account_id")), strict=True)
    return {value: rows[exchange, account] for value, exchange, account in where if (exchange, account) in rows}


def _accounts_of(engine: Engine, accounts: list[str]) -> dict[str, Row]:
    """What these accounts state, by account id."""
    engine.store(ACCOUNTS_TO_SHOW, pa.table({"account_id": pa.array(accounts, pa.string())}))
    names = sorted({name for shown in STATED.values() for name in shown.columns} - {"created_at"})
    texts = ", ".join(_cut_sql("accounts", name) for name in names)
    source = "accounts JOIN accounts_to_show USING (account_id)"
    sql = f"SELECT accounts.account_id, accounts.created_at, {texts} FROM {source}"
    rows = engine.fetch(Query("values that accounts state", sql))
    engine.drop(ACCOUNTS_TO_SHOW.name)
    return {str(row["account_id"]): row for row in rows.to_pylist()}
