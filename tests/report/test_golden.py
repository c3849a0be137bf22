"""Markdown and terminal lines are compared with files that a person has read.

`STILLWATCH_WRITE_GOLDEN=1 pytest tests/report/test_golden.py` writes them anew; read the difference.
"""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from rich.console import Console

from stillwatch import __version__, report

GOLDEN = Path(__file__).parents[1] / "golden" / "report"


def terminal_text(run: Path, width: int) -> str:
    out = io.StringIO()
    report.show(run, Console(file=out, width=width, force_terminal=False, legacy_windows=False))
    return out.getvalue().replace(str(run), "RUN")


def compare(name: str, text: str) -> None:
    path = GOLDEN / name
    text = text.replace(f"Stillwatch {__version__}", "Stillwatch VERSION")
    if os.environ.get("STILLWATCH_WRITE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
        pytest.skip(f"wrote {name}")
    assert text == path.read_text(encoding="utf-8")


def test_terminal(full_folder: Path) -> None:
    compare("terminal.txt", terminal_text(full_folder, 80))


def test_terminal_when_nothing_was_found(empty_folder: Path) -> None:
    compare("terminal-empty.txt", terminal_text(empty_folder, 80))


def test_markdown(full_folder: Path) -> None:
    compare("report.markdown", report.write(full_folder, None, "md"))


def test_markdown_when_nothing_was_found(empty_folder: Path) -> None:
    compare("report-empty.markdown", report.write(empty_folder, None, "md"))


@pytest.mark.parametrize("width", [40, 60, 80, 132])
def test_terminal_lines_fit(full_folder: Path, width: int) -> None:
    lines = terminal_text(full_folder, width).splitlines()
    assert len(lines) > 20
    for line in lines:
        assert len(line) <= width or " " not in line.strip(), line
        assert line == line.rstrip()


def test_headline_starts_with_the_size_of_the_campaign(full_folder: Path) -> None:
    (line,) = [line for line in terminal_text(full_folder, 240).splitlines() if line.startswith("Campaign C1")]
    assert line == (
        "Campaign C1: 1,180 accounts · 19,914 exchanges · 22 Apr – 5 Jun · software engineering 46 %, "
        "agentic reasoning 38 %, grading 16 % (estimated from wording) · "
        "confidence 97 of 100 · 0.01 innocent accounts expected"
    )
