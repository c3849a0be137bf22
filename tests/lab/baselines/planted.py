"""Sketches and accounts with one planted crew, written as the files that baselines read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from stillwatch.records import Table
from stillwatch.records.inputs import ACCOUNTS
from stillwatch.records.sketches import EXCHANGE_SKETCHES, FEATURES
from stillwatch_lab.baselines import Logs

HONEST, GUILTY, EACH = 240, 24, 30  # accounts of both sorts, exchanges an account
BEGINS = np.datetime64("2026-05-01", "us").astype(np.int64)
HOUR, DAY = 3_600_000_000, 86_400_000_000


def account_ids() -> list[str]:
    """The crew's ids are spread among the others': nothing can be read from their order."""
    order = np.random.default_rng(9).permutation(HONEST + GUILTY)
    return [f"a{number:04d}" for number in order]


def write(folder: Path, shuffled: bool = False) -> tuple[Logs, Path]:
    """Writes logs and truth: 24 accounts that work through one pool of addresses and heads, hour by hour together."""
    ids = account_ids()
    rng = np.random.default_rng(1)
    exchanges = table(EXCHANGE_SKETCHES, _exchanges(rng, ids))
    pq.write_table(table(ACCOUNTS, _accounts(rng, ids)), folder / "accounts.parquet")
    if shuffled:
        exchanges = exchanges.take(pa.array(rng.permutation(len(exchanges))))
    pq.write_table(exchanges, folder / "sketches.parquet")
    truth = folder / "truth.parquet"
    write_truth(truth, ids, ["person"] * HONEST + ["letter"] * GUILTY)
    return Logs(str(folder / "sketches.parquet"), str(folder / "accounts.parquet")), truth


def write_truth(path: Path, ids: list[str], kinds: list[str], innocent: str = "person") -> None:
    """The truth's accounts table, in which every kind but one is a campaign."""
    roles = ["organic" if kind == innocent else "campaign" for kind in kinds]
    nobody = pa.nulls(len(ids), pa.string())
    columns = {"account_id": ids, "role": roles, "kind": kinds, "group_id": nobody, "campaign_id": nobody}
    pq.write_table(pa.table(columns), path)


def table(of: Table, columns: dict[str, object]) -> pa.Table:
    """The columns given, nulls for the rest."""
    rows = len(next(iter(columns.values())))  # type: ignore[arg-type]
    return pa.table({field.name: pa.array(columns.get(field.name, [None] * rows), field.type) for field in of.schema})


def _exchanges(rng: np.random.Generator, ids: list[str]) -> dict[str, object]:
    account = np.repeat(np.arange(HONEST + GUILTY), EACH)
    crew = account >= HONEST
    step = np.tile(np.arange(EACH), HONEST + GUILTY)
    alone = rng.integers(0, 20 * DAY, len(account))
    together = step * 8 * HOUR + rng.integers(0, HOUR, len(account))
    own = (account + 1) * 1_000 + rng.integers(0, 3, len(account))
    return {
        "exchange_id": [f"x{number:06d}" for number in range(len(account))],
        "account_id": [ids[number] for number in account],
        "started_at": BEGINS + np.where(crew, together, alone),
        "address_value": np.where(crew, step % 6, own),
        "user_agent_value": rng.integers(0, 4, len(account)),
        "head_value": np.where(crew, 7 + step % 5, 50_000 + rng.integers(0, 9_000, len(account))),
        "payload_value": 10**6 + np.arange(len(account)),
        "content_features": _features(rng, crew),
        "subject": np.where(crew, 1, rng.integers(0, 4, len(account))),
        "form": np.where(crew, 2, rng.integers(0, 2, len(account))),
        "input_tokens": np.where(crew, 4_000, rng.integers(50, 900, len(account))),
        "output_tokens": rng.integers(50, 900, len(account)),
    }


def _features(rng: np.random.Generator, crew: NDArray[np.bool_]) -> list[bytes]:
    """The crew draws its words from a vocabulary of its own."""
    theirs, others = (rng.integers(*span, (len(crew), FEATURES)) for span in ((1, 60), (40, 900)))
    words = np.where(crew[:, None], theirs, others)
    return [row.tobytes() for row in words.astype("<u4")]


def _accounts(rng: np.random.Generator, ids: list[str]) -> dict[str, object]:
    number = np.arange(HONEST + GUILTY)
    crew = number >= HONEST
    return {
        "account_id": ids,
        "created_at": BEGINS - np.where(crew, DAY, rng.integers(0, 300 * DAY, len(number))) + rng.integers(0, HOUR),
        "payment_fingerprint": [f"card{one % 2 if one >= HONEST else 10 + one}" for one in number],
        "payment_issuer": [f"issuer{one % 2 if one >= HONEST else rng.integers(0, 30)}" for one in number],
        "email_domain": ["crew.example" if one >= HONEST else f"mail{rng.integers(0, 8)}.example" for one in number],
        "email_shape": ["aaa99" if one >= HONEST else "a" * int(rng.integers(3, 12)) for one in number],
        "signup_address": [f"10.0.0.{one % 6}" if one >= HONEST else f"20.{one}.0.1" for one in number],
        "signup_fingerprint": [f"f{0 if one >= HONEST else rng.integers(0, 40)}" for one in number],
        "referrer": [f"r{rng.integers(0, 3)}" for _ in number],
    }
