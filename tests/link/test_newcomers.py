"""An account is compared by what it had shown at each stage, and by nothing that it showed later."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from stillwatch.engine.factory import open_engine
from stillwatch.key import load_key
from stillwatch.link.joining import ABSENT
from stillwatch.link.newcomers import Compared, compared
from stillwatch.records.sketches import EXCHANGE_SKETCHES
from stillwatch.settings import EngineSettings
from tests.watch.test_newcomers import ACCOUNTS, AT, DATA_SET, LOGS, exchanges, found


def stages_of(tmp_path: Path, late: int) -> dict[int, Compared]:
    """An account of twelve exchanges that comes from the network's address from the one numbered `late` on."""
    rows = exchanges("a", 12, DATA_SET, {"user_agent_value": 2})
    for number, row in enumerate(rows):
        row["address_value"] = 1 if number >= late else 77
    with open_engine(EngineSettings(threads=1), tmp_path) as engine:
        engine.store(EXCHANGE_SKETCHES, pa.Table.from_pylist(rows, schema=EXCHANGE_SKETCHES.schema))
        made = [{"account_id": "a", "created_at": AT}]
        engine.store(ACCOUNTS, pa.Table.from_pylist(made, schema=ACCOUNTS.schema))
        result = compared(engine, LOGS, ["a"], found().profiles, load_key(None), 0)
        return {one.exchanges: one for one in result}


def test_what_comes_later_is_not_known_before(tmp_path: Path) -> None:
    beside = stages_of(tmp_path, late=5)
    assert sorted(beside) == [1, 10], "at sign-up it shares nothing, and fifty it has not sent"
    assert beside[1].bits["place"] == ABSENT
    assert beside[10].bits["place"] > 3.0
    assert beside[1].bits["software"] > 3.0


def test_what_it_asks_says_more_with_every_text(tmp_path: Path) -> None:
    beside = stages_of(tmp_path, late=12)
    assert 0.0 < beside[1].bits["contents"] < beside[10].bits["contents"]
    assert "time" not in beside[10].bits, "when the network signed up is over"
