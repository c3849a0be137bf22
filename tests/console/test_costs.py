"""What a campaign took is shown as the dossier counts it, in money only by the user's own prices."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.records.outputs import CAMPAIGN_USAGE
from stillwatch.runs import epochs
from tests.console.asked import Console, served

PRICES = 'currency = "EUR"\nsource = "a <b>list</b>"\n[models.large]\ninput = 3\noutput = 15\n'


def usage(model: str, detected: bool, millions: int) -> dict[str, Any]:
    amounts = dict.fromkeys(("input_tokens", "output_tokens"), millions * 1_000_000)
    row = {"campaign_id": "C1", "capability": "grading", "request_model": model, "detected": detected}
    return {**row, "exchanges": 10, "conversations": 5, "tasks": 4, **amounts}


@pytest.fixture
def spent(state: Path) -> Path:
    """The state, whose newest run says what C1 took."""
    rows = [usage("large", False, 2), usage("large", True, 1), usage("<b>small</b>", True, 7)]
    run = epochs.latest(state)
    assert run is not None
    pq.write_table(pa.Table.from_pylist(rows, schema=CAMPAIGN_USAGE.schema), run / "campaign_usage.parquet")
    return state


@pytest.fixture
def priced(spent: Path, tmp_path: Path) -> Iterator[Console]:
    (tmp_path / "prices.toml").write_text(PRICES, encoding="utf-8")
    with served(spent, prices=tmp_path / "prices.toml") as found:
        yield found


def cells(text: str, caption: str) -> list[str]:
    """The lines of the table whose caption begins so."""
    return text.partition(f"<caption>{caption}")[2].partition("</table>")[0].splitlines()


def test_list_prices_are_the_dossiers(priced: Console) -> None:
    text = priced.get("/campaigns/C1").text
    (large,) = (line for line in cells(text, "At list price in EUR") if "large" in line)
    assert '<td class="n">36.00</td><td class="n">18.00</td>' in large  # 2 and 1 million of each at 3 and 15
    (small,) = (line for line in cells(text, "At list price in EUR") if "small" in line)
    assert small.count("not known") == 2 - 1  # nothing before, which costs nothing; afterwards without a price
    assert "<b>small" not in text and "<b>list" not in text


def test_without_prices_it_says_how_to_name_them(spent: Path) -> None:
    with served(spent) as console:
        text = console.get("/review/campaign/C1").text
        assert "<code>console.prices</code> names no file" in text and "At list price" not in text
        assert any('<td class="n">20</td>' in line for line in cells(text, "By model"))


@pytest.mark.parametrize("said", ["", "currency = 1", "[models.large]\ninput = -1\noutput = 1", "\x00", None])
def test_prices_that_cannot_be_used_are_said(spent: Path, tmp_path: Path, said: str | None) -> None:
    path = tmp_path / "prices.toml"
    if said is not None:
        path.write_text(said, encoding="utf-8")
    with served(spent, prices=path) as console:
        seen = console.get("/campaigns/C1")
        assert seen.status == 200 and "No prices." in seen.text and "console.prices" in seen.text
