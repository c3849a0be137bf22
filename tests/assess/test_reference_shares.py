"""What ordinary accounts ask for is counted from them alone, and corrected as campaigns' shares are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.assess.shares import shares_of, write_reference
from stillwatch.engine import Query
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.group.reference_population import reference_population
from stillwatch.records.candidates import REFERENCE_NAMES
from stillwatch.records.naming import FORMS, SUBJECTS
from stillwatch.records.outputs import REFERENCE_SHARES
from stillwatch.settings import EngineSettings
from tests.group.worlds import exchanges

MOST = 40
PEOPLE = exchanges(1, accounts=MOST, each=1)
PAIRS = st.lists(st.tuples(st.integers(-1, len(SUBJECTS) - 1), st.integers(-1, len(FORMS) - 1)), max_size=MOST)


@given(PAIRS)
def test_exchanges_are_counted_as_they_were_named(pairs: list[tuple[int, int]]) -> None:
    people = PEOPLE.take(np.arange(len(pairs)))
    people.subject[:], people.form[:] = np.array(pairs, np.int16).reshape(-1, 2).T
    rows = reference_population(people).names().to_pylist()
    found = [(row["subject"], row["form"]) for row in rows for _ in range(row["exchanges"])]
    assert sorted(found) == sorted(one for one in pairs if min(one) >= 0)
    assert {row["accounts"] for row in rows} <= {len(pairs)}  # each exchange is of an account of its own


def written(folder: Path, rows: list[dict[str, int]]) -> list[dict[str, object]]:
    with DuckDBEngine(EngineSettings(threads=1), folder) as engine:
        engine.store(REFERENCE_NAMES, pa.Table.from_pylist(rows, schema=REFERENCE_NAMES.schema))
        write_reference(engine)
        return engine.fetch(Query("shares", f"SELECT * FROM {REFERENCE_SHARES.name}")).to_pylist()


def test_shares_are_those_of_a_campaign_that_was_named_so(tmp_path: Path) -> None:
    chance = np.random.default_rng(4)
    named = [(s, f, int(chance.integers(1, 500))) for s in range(len(SUBJECTS)) for f in range(0, len(FORMS), 2)]
    rows = [{"subject": s, "form": f, "accounts": 77, "exchanges": n} for s, f, n in named]
    (found,) = written(tmp_path, rows)
    assert (found["accounts"], found["exchanges"]) == (77, sum(n for _, _, n in named))
    campaign = shares_of({"campaign_id": "C1", **row} for row in rows)["C1"]
    for column, shares in campaign.items():
        assert dict(found[column]) == shares  # type: ignore[call-overload]
        assert sum(shares.values()) == pytest.approx(1.0, abs=1e-4)


def test_without_ordinary_accounts_there_is_no_row(tmp_path: Path) -> None:
    assert written(tmp_path, []) == []
