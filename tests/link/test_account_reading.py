"""What is read of the accounts that changed, beside what was kept of all others, is what a reading of all gives."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.link import account_reading, partials, segments
from stillwatch.link.account_reading import partial_results
from stillwatch.link.conversation_starts import ConversationStarts, conversation_starts
from stillwatch.link.graph import Graph, load
from stillwatch.link.partials import UnusableError
from stillwatch.records.definitions import DIGEST, account_sums_sql
from stillwatch.records.sketches import ACCOUNT_SKETCHES, EXCHANGE_SKETCHES, RECEIVED_GROUPS
from stillwatch.settings import EngineSettings
from stillwatch.sketch.account import ranked_sql
from tests.link.test_graph import filled

HOUR = 3_600_000_000
Row = tuple[int, str, int]  # number, account, µs: all else of an exchange follows from its number

Read = tuple[ConversationStarts, Graph, list[tuple[int, int, int]]]


def logged(first: int, last: int, accounts: int, hour: int = 0) -> list[Row]:
    """Exchanges by number, each account's at hours of its own."""
    draw = np.random.default_rng(first)
    names = draw.integers(0, accounts, last - first).tolist()
    at = (hour * HOUR + draw.integers(0, 50 * HOUR, last - first)).tolist()
    return [(first + n, f"m{name:03}", when) for n, (name, when) in enumerate(zip(names, at, strict=True))]


def keep(engine: DuckDBEngine, rows: list[Row]) -> None:
    """Makes these exchanges the log."""
    numbers = np.array([row[0] for row in rows])
    features = np.random.default_rng(5).integers(1, 400, (5000, 16)).astype("<u4")[numbers]
    # one number has always the same values, and values meet: of three, twenty, and most
    columns = {
        "exchange_id": pa.array([f"x{row[0]}" for row in rows]),
        "account_id": pa.array([row[1] for row in rows]),
        "started_at": pa.array([row[2] for row in rows], pa.timestamp("us")),
        "user_agent_value": pa.array(numbers % 3 + 1, pa.int64()),
        "address_value": pa.array(numbers % 20 + 1, pa.int64()),
        "payload_value": pa.array(numbers * 7919 % 900 + 1, pa.int64(), mask=numbers % 11 == 0),
        # as keyed values are: stretches without a conversation have small numbers of their own
        "conversation_value": pa.array((numbers // 3 + 1) << 40, pa.int64(), mask=numbers % 5 == 0),
        "head_value": pa.array(numbers % 40, pa.int64()),
        "content_features": pa.array([one.tobytes() for one in features], pa.binary()),
    }
    engine.store(EXCHANGE_SKETCHES, filled(EXCHANGE_SKETCHES, columns))
    engine.store(RECEIVED_GROUPS, RECEIVED_GROUPS.schema.empty_table())
    engine.create(ACCOUNT_SKETCHES.name, ranked_sql(account_sums_sql(EXCHANGE_SKETCHES.name, DIGEST)))


def read(engine: DuckDBEngine, folder: Path | None) -> Read:
    size = engine.sizes([ACCOUNT_SKETCHES.name])[ACCOUNT_SKETCHES.name]
    with partial_results(engine, folder) as chunks:
        starts, holdings = conversation_starts(chunks, size), load(engine, chunks, size, frozenset())
    sent = holdings.sent
    uses = sorted(set(zip(sent.account_index.tolist(), sent.value.tolist(), sent.at.tolist(), strict=True)))
    return starts, holdings.graph({}), shared(uses)


def shared(uses: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Uses of what several accounts use: of the others a few are left as well, by chance."""
    holders: dict[int, set[int]] = {}
    for account, value, _ in uses:
        holders.setdefault(value, set()).add(account)
    return [use for use in uses if len(holders[use[1]]) > 1]


def check_same(one: Read, other: Read) -> None:
    for mine, others in zip(one[:2], other[:2], strict=True):
        for field in fields(mine):
            assert np.array_equal(getattr(mine, field.name), getattr(others, field.name)), field.name
    assert one[2] == other[2] and len(one[2]) > 100


def exchanges_read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of exchanges of which values are read, of each segment from now on."""
    seen: list[int] = []
    log = account_reading.Log

    def noted(rows: pa.Table, accounts: int) -> account_reading.Log:
        seen.append(len(rows))
        return log(rows, accounts)

    monkeypatch.setattr(account_reading, "Log", noted)
    return seen


BASE = logged(0, 2000, 60)
CHANGES = {
    "an hour more": [*BASE, *logged(2000, 2040, 60, hour=50)],
    "late exchanges": [*BASE, *logged(2000, 2010, 60, hour=3)],
    "new accounts before all others": [*BASE, *((n, f"a{n % 7}", n) for n in range(2000, 2060))],
    "old ones dropped": [row for row in BASE if row[2] > 5 * HOUR],
    "as many dropped as added": [*BASE[7:], *((2000 + n, BASE[n][1], BASE[n][2]) for n in range(7))],
    "an account gone": [row for row in BASE if row[1] != "m003"],
    "in another order": BASE[::-1],
    "nothing": BASE,
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("at_once", [300, 10**6])
def test_it_is_the_same_as_reading_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str, at_once: int
) -> None:
    monkeypatch.setattr(segments, "ROWS", at_once)
    monkeypatch.setattr(partials, "SUPERSEDED", np.inf)
    with DuckDBEngine(EngineSettings(threads=1), tmp_path) as engine:
        kept = tmp_path / "kept"
        keep(engine, BASE)
        check_same(read(engine, kept), read(engine, None))
        rows = CHANGES[change]
        keep(engine, rows)
        seen = exchanges_read(monkeypatch)
        found = read(engine, kept)
        touched = {row[1] for row in set(rows) ^ set(BASE)}
        assert sum(seen) == sum(row[1] in touched for row in rows), "only accounts that changed are read"
        check_same(found, read(engine, None))


def test_many_epochs_one_after_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "ROWS", 500)
    rows, kept, most = list(BASE), tmp_path / "kept", 0
    for hour in range(12):
        with DuckDBEngine(EngineSettings(threads=1), tmp_path) as engine:  # a restart each time
            rows = [row for row in rows if row[2] > hour * 2 * HOUR]
            rows += logged(2000 + 100 * hour, 2100 + 100 * hour, 60 + hour, hour=50 + hour)
            keep(engine, rows)
            check_same(read(engine, kept), read(engine, None))
            most = max(most, len(list(kept.iterdir())))
    assert most < 20, "what is superseded goes"


def test_a_file_damaged_in_its_midst_is_told_and_then_read_anew(tmp_path: Path) -> None:
    with DuckDBEngine(EngineSettings(threads=1), tmp_path) as engine:
        kept = tmp_path / "kept"
        keep(engine, BASE)
        whole = read(engine, kept)
        (path,) = kept.iterdir()
        bytes_ = bytearray(path.read_bytes())
        with np.load(path) as arrays:
            at = bytes_.find(arrays["payload_value.value"].tobytes())
        bytes_[at] ^= 1
        path.write_bytes(bytes_)
        with pytest.raises(UnusableError, match="is damaged"):
            read(engine, kept)
        assert not path.exists()
        check_same(read(engine, kept), whole)


def test_what_other_code_made_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with DuckDBEngine(EngineSettings(threads=1), tmp_path) as engine:
        keep(engine, BASE)
        read(engine, tmp_path / "kept")
        monkeypatch.setattr(partials, "made_by", lambda: "another version")
        seen = exchanges_read(monkeypatch)
        read(engine, tmp_path / "kept")
        assert sum(seen) == len(BASE)
