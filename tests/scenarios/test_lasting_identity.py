"""A world that grows is scanned ten times in a row: ids and judgements hold while accounts come, go, part and meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from stillwatch import flow
# from stillwatch.job import Inputs, resolve
from stillwatch.records.inputs import JUDGEMENTS
from stillwatch_lab.worlds.build import build
from tests.scenarios.small_world import SmallWorld, digests, rows, table_of

RECIPE = """
[world]
days = 40
volume_sigma = 1.4

[[population]]
kind = "letter"
count = 80
groups = 1

[[population]]
kind = "enterprise"
count = 30
groups = 1
"""
SEED, ACCOUNTS, EXCHANGES = 5, 700, 16_000
MARKED = ("user_agent", "client_fingerprint", "device_id", "session_id", "conversation_id", "client_address")
REGISTERED = ("payment_fingerprint", "payment_issuer", "email_domain", "signup_address", "signup_fingerprint", "referrer")
WORDED = ("system_instructions", "input_text")
REPLACED = 10


@dataclass(frozen=True)
class Step:
    """One scan: the share of the time that has passed, and which of the operator's accounts the log holds."""

    passed: float
    one: int  # of the first half's accounts
    other: int = 40  # of the second half's
    replaced: bool = False  # ten accounts of the first half go on under other ids
    apart: bool = True  # the halves have nothing in common


STEPS = (
    Step(0.55, 24),
    Step(0.60, 32),
    Step(0.65, 40),
    Step(0.70, 40, replaced=True),
    Step(0.75, 40, replaced=True),
    Step(0.80, 40, replaced=True, apart=False),
    Step(0.85, 40, replaced=True, apart=False),
    Step(0.90, 40, replaced=True),
    Step(0.95, 40, 0, replaced=True),
    Step(1.00, 40, replaced=True),
)


def changed(table: pa.Table, name: str, column: pa.ChunkedArray) -> pa.Table:
    place = table.schema.get_field_index(name)
    return table.set_column(place, table.schema.field(place), column)


def elsewhere(exchanges: pa.Table, mine: pa.Array) -> pa.Table:
    """The exchanges with those marked `mine` made by another hand: other addresses, clients and words."""
    for name in MARKED:
        pattern, into = (r"^\d+\.\d+", "198.51") if name == "client_address" else (r"$", "-b")
        other = pc.replace_substring_regex(exchanges[name], pattern, into)
        exchanges = changed(exchanges, name, pc.if_else(mine, other, exchanges[name]))
    for name in WORDED:
        other = pc.replace_substring_regex(exchanges[name], r"(\w)\b", r"\1u")
        exchanges = changed(exchanges, name, pc.if_else(mine, other, exchanges[name]))
    warmer = pc.if_else(mine, pc.add(exchanges["temperature"], 0.05), exchanges["temperature"])
    return changed(exchanges, "temperature", warmer)


def registered_elsewhere(accounts: pa.Table, mine: pa.Array) -> pa.Table:
    """The accounts with those marked `mine` signed up at another time with other means."""
    for name in REGISTERED:
        pattern, into = (r"^\d+\.\d+", "198.51") if name == "signup_address" else (r"$", "-b")
        other = pc.replace_substring_regex(accounts[name], pattern, into)
        accounts = changed(accounts, name, pc.if_else(mine, other, accounts[name]))
    later = pc.add(accounts["created_at"], pa.scalar(timedelta(days=-23, hours=5), pa.duration("us")))
    return changed(accounts, "created_at", pc.if_else(mine, later, accounts["created_at"]))
