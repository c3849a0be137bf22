"""What was typed becomes a job: what is typed wins over the settings file, and times are UTC."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
import typer

from stillwatch.cli.arguments import default_out, job_from
from stillwatch.cli.findings import Findings, check_format, check_one_place
from stillwatch.cli.main import app
from stillwatch.cli.options import Typed
from stillwatch.errors import UsageError
from stillwatch.job import Window
from stillwatch.key import load_key


@pytest.fixture
def context() -> typer.Context:
    """That of `scan`."""
    command = typer.main.get_command(app)
    return typer.Context(command.commands["scan"])  # type: ignore[attr-defined]


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "log.jsonl").touch()
    return "log.jsonl"


def test_what_is_typed_wins_over_the_file(tmp_path: Path, context: typer.Context, log: str) -> None:
    (tmp_path / "s.toml").write_text('[engine]\nname = "duckdb"\nthreads = 3\n[sketch]\nkey_file = "gone"\n')
    (tmp_path / "key").write_bytes(b"k" * 16)
    typed = Typed(logs=[log], settings=Path("s.toml"), engine="spark", key_file=Path("key"))
    job = job_from(context, typed, Findings())
    assert (job.settings.engine.name, job.settings.engine.threads) == ("spark", 3)
    assert job.key == load_key(Path("key"))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2026-04-22", datetime(2026, 4, 22)),
        ("2026-04-22T13:00:00Z", datetime(2026, 4, 22, 13)),
        ("2026-04-22T13:00:00+02:00", datetime(2026, 4, 22, 11)),
    ],
)
def test_times_are_utc(context: typer.Context, log: str, typed: str, meant: datetime) -> None:
    assert job_from(context, Typed(logs=[log], since=typed), Findings()).window == Window(since=meant)


def test_what_was_found_before_is_told_with_the_rest(context: typer.Context) -> None:
    findings = Findings()
    check_format("docx", findings)
    check_one_place(Path("a"), Path("b"), findings)
    with pytest.raises(UsageError) as caught:
        job_from(context, Typed(logs=["gone", "--ot"], until="soon"), findings, needs_key=True)
    told = [str(mistake) for mistake in caught.value.mistakes]
    for expected in (
        "`--format docx`: is not a format",
        "`--out`: cannot stand beside `--state`",
        "`--key-file`: is missing",
        "`--ot`: is not an option; did you mean `--out`?",
        "`--until soon`: is not a time",
        "LOGS `gone`: does not exist",
    ):
        assert sum(line.startswith(expected) for line in told) == 1, expected
    assert len(told) == 6


def test_runs_are_named_after_the_second() -> None:
    assert default_out().parent == Path("runs")
    assert datetime.strptime(default_out().name, "%Y%m%dT%H%M%SZ").year >= 2026
