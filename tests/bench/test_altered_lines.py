"""The bench of altered lines sums up what a verification says, and finds a world's files in either layout."""

from __future__ import annotations

from pathlib import Path

from bench.altered_lines import beside, logs, told
from bench.child import command

from stillwatch import __version__


def test_differences_are_summed_by_figure_and_table() -> None:
    rows = [{"part": f"evidence claim_{one}", "outcome": "differs", "said": "bits: 1 was sealed"} for one in range(8)]
    said = [
        {"part": "inputs", "outcome": "differs", "said": "3 files were sealed; of these 1 are not here"},
        {"part": "figure exchanges", "outcome": "differs", "said": "9 was sealed, 8 was found"},
        {"part": "figure accounts", "outcome": "same", "said": "2 was sealed, 2 was found"},
        *rows,
        {"part": "evidence", "outcome": "differs", "said": "1,200 more rows differ"},
        {"part": "reference_shares", "outcome": "differs", "said": "exchanges: 9 was sealed, 8 was found"},
    ]
    assert told(said) == (
        "of these 1 are not here; exchanges (9 was sealed, 8 was found); 1208 rows of evidence; 1 rows of "
        "reference_shares"
    )
    assert told(said[2:3]) == "nothing differs"


def test_tables_are_files_or_folders_of_parts(tmp_path: Path) -> None:
    (tmp_path / "exchanges").mkdir()
    for name in ("part-1.parquet", "part-0.parquet", ".part-0.parquet.done"):
        (tmp_path / "exchanges" / name).touch()
    (tmp_path / "accounts").mkdir()
    (tmp_path / "permits.parquet").touch()
    assert [Path(one).name for one in logs(tmp_path)] == ["part-0.parquet", "part-1.parquet"]
    found = ["--accounts", str(tmp_path / "accounts"), "--permits", str(tmp_path / "permits.parquet")]
    assert beside(tmp_path) == found


def test_a_command_says_how_it_ended_and_what_it_printed() -> None:
    done = command(["--version"])
    assert done["code"] == 0
    assert __version__ in done["said"]
    assert command(["report", "nowhere", "--campaign", "C1", "--format", "json"])["code"] not in (0, 1)
