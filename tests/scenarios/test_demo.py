"""The demo on its own shipped world, end to end, and its comparison on numbers made by hand."""

from __future__ import annotations

import re
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from rich.console import Console

from stillwatch.errors import RunError
from stillwatch_lab import demo, opened
from stillwatch_lab.scores.scorecard import CampaignScore, InnocentScore, Scores

FOUND = CampaignScore(
    campaign_id="T1",
    profile="letter",
    found_as=("C1",),
    accounts=60,
    accounts_found=58,
    accounts_error=-2 / 60,
    recall={"act": 0.9, "review": 0.95, "watch": 0.95},
    exchanges=2_000,
    exchanges_found=1_950,
    exchanges_error=-0.025,
    exchange_precision=0.999,
    exchange_recall=0.97,
    first_day_error=0.5,
    last_day_error=0.0,
    targets_distance=0.1,
    purity=0.98,
    completeness=0.95,
    leak_share=0.04,
    leak_share_any=0.03,
)
NOBODY = InnocentScore(0, 0.0, {}, (), 0.0, ())
MISSED = replace(FOUND, campaign_id="T2", found_as=(), recall=dict.fromkeys(FOUND.recall, 0.0), exchange_recall=0.0)
SCORES = Scores(
    accounts=2_400,
    innocent_accounts=2_300,
    innocent_kinds={"person": 2_240, "batch_job": 60},
    campaigns=(FOUND, MISSED),
    innocents={
        "act": NOBODY,
        "review": NOBODY,
        "watch": replace(NOBODY, accounts=3, by_kind={"batch_job": 3}, false_campaigns=("C9",)),
    },
    split=(),
    merged=(),
    reliability=(),
    calibration_error=None,
)


def printed(*shown: object) -> str:
    text = StringIO()
    Console(file=text, width=160).print(*shown)
    return text.getvalue()


def test_the_table_shows_what_was_found_and_what_was_missed() -> None:
    table = printed(demo.beside_the_truth(SCORES))
    for expected in (
        "T1 (letter)",
        "57 of 60",
        "1,940 of 2,000",
        "1,950, 99.9 % right",
        "4.0 %",
        "not found",
        "0 of 60",
    ):
        assert expected in table


def test_the_innocents_are_named() -> None:
    words = demo.innocents_in_words(SCORES)
    assert "2,300 accounts (2,240 person, 60 batch job)" in words
    assert "0 at act, 0 at review, 3 at watch (3 batch job)" in words
    assert "at act or review that are no true campaign: 0" in words


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    out = tmp_path_factory.mktemp("demo") / "run"
    text = StringIO()
    assert demo.run(out, Console(file=text, width=160)) == 0
    return out, text.getvalue()


def test_the_demo_finds_its_campaigns_and_accuses_nobody(shown: tuple[Path, str]) -> None:
    out, text = shown
    levels = pq.read_table(out / "campaigns.parquet", columns=["level"])["level"].to_pylist()
    assert len(levels) >= 2 and set(levels) <= {"act", "review"}
    assert "Innocents accused: 0 at act, 0 at review" in text
    assert "not found" not in text


def test_the_demo_says_where_the_report_is(shown: tuple[Path, str]) -> None:
    out, text = shown
    assert str(out / "report.html") in text.replace("\n", "")
    assert (out / "report.html").stat().st_size > 1_000


def test_the_demo_watches_the_world_as_it_came(shown: tuple[Path, str]) -> None:
    _, text = shown
    said = text[text.index("The same world as it came, watched:") :]
    lines = re.findall(r"(\d+) accounts at act, of which +(\d+) new (by a search|as they joined)", said)
    assert len(lines) > 5
    joined = sum(int(fresh) for _, fresh, how in lines if how == "as they joined")
    assert joined >= 20
    assert f"{joined} accounts were answered for as they joined" in said
    kept = re.search(r"The searches since left (\d+) of them at act", said)
    assert kept is not None
    assert int(kept[1]) >= 0.9 * joined
    assert "level act, network N" in said


def test_the_demo_ends_with_a_console_that_answers(shown: tuple[Path, str]) -> None:
    _, text = shown
    found = re.search(
        r"A console on what was watched answered at http://127\.0\.0\.1:\d+/enter with its page “Overview”", text
    )
    assert found is not None, text[-500:]


def test_a_console_that_cannot_be_served_is_told(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"no database at all" * 100)
    (tmp_path / "runs").write_text("a file where a folder belongs", encoding="utf-8")
    with opened.served(tmp_path) as address, pytest.raises(RunError, match="does not answer"):
        opened.first_page(address)
