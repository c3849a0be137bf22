"""A calibration as a table and sentences on a terminal, and as files in a folder."""

from __future__ import annotations

import json
from pathlib import Path

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from stillwatch import __version__
from stillwatch.calibrate.findings import Calibration, Found
from stillwatch.calibrate.sentences import CANNOT_SHOW, sentences
from stillwatch.job import Job
from stillwatch.records.outputs import LEVELS
from stillwatch.runs.folder import MARKER, published

WIDTH = 110  # columns of `calibration.txt`
STREAMS = (
    "Every stream is made from these logs. In a stream named after what it moves (everything, questions, "
    "infrastructure, registration), values move between accounts, so that ties between accounts are cut. The others "
    "leave accounts out."
)


def render(found: Calibration, console: Console) -> None:
    """Prints one row for each stream, the verdict, and what the calibration cannot show."""
    console.print(_table(found))
    console.print(STREAMS, markup=False)
    console.print()
    for sentence in sentences(found):
        console.print(sentence, markup=False)
    console.print()
    console.print("What a calibration cannot show:")
    for sentence in CANNOT_SHOW:
        console.print(f"- {sentence}", markup=False)


def write(found: Calibration, job: Job, out: Path) -> None:
    """Writes `calibration.json`, `calibration.txt` and the folder's `run.json`.

    Raises OutputError when the disk refuses.
    """
    with published(out) as staged:
        (staged / "calibration.json").write_text(json.dumps(found.as_dict(), indent=1) + "\n", encoding="utf-8")
        with (staged / "calibration.txt").open("w", encoding="utf-8") as file:
            render(found, Console(file=file, width=WIDTH, highlight=False))
        record = {"stillwatch": __version__, "settings": job.settings.model_dump(mode="json"), "seed": found.seed}
        (staged / MARKER).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def _table(found: Calibration) -> Table:
    table = Table(
        title="What a scan finds in these logs and in streams made from them",
        title_justify="left",
        box=SIMPLE,
        padding=(0, 0),  # eighty columns hold the numbers whole; the requirement wraps at words
        pad_edge=False,
    )
    table.add_column("stream", no_wrap=True)
    for heading in ("accounts", "networks", "campaigns", "accused", "bound"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("required: result")
    table.add_row("the logs themselves", *_cells(found.real))
    for stream in found.streams:
        free = stream.expected == "reported only"
        bound = "" if free else f"{stream.bound_per_100k('act'):,.0f}"
        result = "nothing" if free else f"{stream.expected}: {'passed' if stream.holds else 'FAILED'}"
        table.add_row(f"{stream.name} {stream.number}", *_cells(stream.found), bound, result)
    table.caption = (
        "campaigns and accused accounts: act/review/watch; bound: falsely accused accounts at act of 100,000, at most, "
        "with 95 % confidence"
    )
    return table


def _cells(found: Found) -> tuple[str, ...]:
    campaigns, accused = ("/".join(f"{of[level]:,}" for level in LEVELS) for of in (found.campaigns, found.accused))
    return f"{found.accounts:,}", f"{found.networks:,}", campaigns, accused
