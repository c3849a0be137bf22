"""The command line: every mistake at once, the contract's exit codes, results on stdout and words on stderr."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from stillwatch import __version__, flow, report
from stillwatch.cli import main as cli
from stillwatch.cli.main import invoke
from stillwatch.runs import state as states
from tests import small_stages
from tests.read.rows import exchange, write


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(flow, "STAGES", small_stages.STAGES)
    return write(tmp_path / "log.jsonl", [exchange(0), exchange(1, client_address="192.0.2.1")])


@pytest.fixture
def bad_log(log: Path) -> Path:
    with log.open("a") as file:
        file.write("{\n")
    return log


def complaints(capsys: pytest.CaptureFixture[str]) -> list[str]:
    shown = capsys.readouterr()
    assert shown.out == ""
    return [line.removeprefix("stillwatch: ") for line in shown.err.splitlines()]


def test_help_waits_for_no_heavy_module() -> None:
    code = (
        "import sys\nfrom stillwatch.cli.main import invoke\nassert invoke(['--help']) == 0\n"
        "print(sorted({'duckdb', 'numba', 'numpy', 'pyarrow', 'scipy', 'jinja2'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "scan" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["--version"]) == 0
    assert capsys.readouterr().out == f"stillwatch {__version__}\n"


def test_all_mistakes_are_listed_at_once(tmp_path: Path, log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").touch()
    (tmp_path / "key").write_bytes(b"short")
    (tmp_path / "s.toml").write_text("[engine]\nmemory_limt = '1GB'\nthreads = -1\n[raed]\n")
    words = "scan gone.jsonl log.txt empty --strct --accounts no.csv --permits key --since soon --until 2026-13-01"
    words += " --engine flink --settings s.toml --key-file key --out full"
    assert invoke(words.split()) == 2
    found = complaints(capsys)
    for expected in (
        "`gone.jsonl`: does not exist",
        "`log.txt`: does not exist",
        "`empty`: holds no",
        "`--strct`: is not an option; did you mean `--strict`?",
        "--accounts `no.csv`: does not exist",
        "--permits `key`: has a name that says no known format",
        "`--since soon`: is not a time",
        "`--until 2026-13-01`: is not a time",
        "`--engine flink`: is not an engine; use `duckdb` or `spark`",
        "`engine.memory_limt`: is not known here; did you mean `engine.memory_limit`?",
        "`engine.threads`: must be at least 0",
        "`raed`: is not known here; did you mean `read`?",
        "key file `key`: holds 5 bytes",
        "`--out full`: holds files but no `run.json`",
    ):
        assert sum(expected in line for line in found) == 1, expected
    assert len(found) == 14
    assert all(line.count("; ") >= 1 for line in found), "each says what to do"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("scan", "LOGS: none were named"),
        ("check", "LOGS: none were named"),
        ("sketch log.jsonl", "`--out`: is missing"),
        ("sketch log.jsonl --out x", "`--key-file`: is missing"),
        ("scan log.jsonl --since 2026-05-02 --until 2026-05-01", "is not before"),
        ("scan log.jsonl --engine polars", "is not an engine"),
        ("scan log.jsonl --spark-remote sc://host:15002", "says nothing to `duckdb`"),
        ("scan log.jsonl --engine spark --spark-remote host:15002", "like `sc://host:15002`"),
        ("scan log.jsonl --out log.jsonl", "is a file"),
        ("report nowhere --format pdf", "is for dossiers"),
        ("report nowhere", "is not a run folder"),
        ("lab score nowhere truth", "is not a run folder"),
        ("lab demo --out log.jsonl", "is a file"),
        ("scan log.jsonl --version", "`--version`: is not an option; see `--help`"),
        ("scan log.jsonl --prevous .", "did you mean `--previous`?"),
        ("scan log.jsonl --engine \x1b[31mred", "`--engine \\x1b[31mred`: is not an engine"),
        ("scan log.jsonl --previous gone", "`--previous gone`: does not exist"),
        ("scan log.jsonl --previous .", "`--previous .`: is not a run folder"),
        ("scan log.jsonl --previous a --previous b", "names two previous runs or more (`a`, `b`)"),
    ],
)
@pytest.mark.usefixtures("log")
def test_a_wrong_command_line(words: str, expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(words.split()) == 2
    assert any(expected in line for line in complaints(capsys))


def test_a_previous_run_cannot_stand_beside_a_state_that_has_its_own(
    tmp_path: Path, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "key").write_bytes(b"k" * 16)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_text("{}")
    assert invoke(["sketch", str(log), "--state", "state", "--key-file", "key"]) == 0
    capsys.readouterr()
    state = states.load(tmp_path / "state")
    lineage = ("lineage-000001.parquet", "lineage_members-000001.parquet")
    for name in lineage:
        state.path(name).touch()
    states.publish(replace(state, lineage=lineage))
    assert invoke(["scan", "--state", "state", "--previous", "run"]) == 2
    assert any("carries the ids of its own last run forward" in line for line in complaints(capsys))


@pytest.mark.parametrize("state", ["both", "both/state", "link", "both/../both"])
def test_a_run_does_not_replace_the_folder_of_its_own_state(
    tmp_path: Path, log: Path, capsys: pytest.CaptureFixture[str], state: str
) -> None:
    (tmp_path / "link").symlink_to("both")
    assert invoke(["scan", str(log), "--state", state, "--out", "both"]) == 2
    assert any("would be replaced together with" in line for line in complaints(capsys))
    assert not (tmp_path / "both").exists()


@pytest.mark.parametrize("words", ["nonsense", "scan log.jsonl --out", "lab build"])
@pytest.mark.usefixtures("log")
def test_what_the_parser_refuses_is_wrong_usage_too(words: str) -> None:
    assert invoke(words.split()) == 2


def test_check_prints_rows_reasons_and_evidence(bad_log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["check", str(bad_log)]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "3 rows read: 2 used, 0 duplicate, 1 quarantined" in shown
    assert "truncated_json: 1" in shown
    assert "on shared_address" in shown


def test_check_says_which_column_may_be_mistyped(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(log, [exchange(0, client_adress="192.0.2.1", colour="red")])
    assert invoke(["check", str(log)]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "did you mean `client_address` by the column 'client_adress'?" in shown
    assert shown.count("did you mean") == 1


def test_check_hides_no_refusal_behind_evidence(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log.write_text('{"id": "x"}\n', encoding="utf-8")
    assert invoke(["check", str(log)]) == 1
    shown = capsys.readouterr().out
    assert "none of 1 rows can be used" in shown
    assert "evidence" not in shown


def test_a_mapping_is_proposed_for_no_file_without_records(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = log.with_name("words.log")
    words.write_text("INFO started\nINFO stopped\n", encoding="utf-8")
    assert invoke(["check", str(words), "--suggest"]) == 1
    (said,) = complaints(capsys)
    assert said.startswith("nothing can be proposed: no file holds records of JSON, CSV or Parquet")


def test_check_as_json(bad_log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["check", str(bad_log), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["rows"] == {"read": 3, "used": 2, "duplicate": 0, "quarantined": 1, "outside_window": 0}
    assert found["reasons"] == {"truncated_json": 1}


def test_strict_only_minds_quarantined_rows(tmp_path: Path, log: Path) -> None:
    (tmp_path / "key").write_bytes(b"k" * 16)
    words = (["check", "log.jsonl"], ["sketch", "log.jsonl", "--out", "sketches", "--key-file", "key"])
    assert [invoke([*one, "--strict"]) for one in words] == [0, 0]
    log.write_text(log.read_text() + "{\n")
    assert [invoke([*one, "--strict"]) for one in words] == [3, 3]
    assert [invoke(one) for one in words] == [0, 0]


def test_a_run_that_fails_says_what_and_where(tmp_path: Path, capsys: pytest.CaptureFixture[str], log: Path) -> None:
    (tmp_path / "cut.parquet").write_bytes(b"PAR1")
    assert invoke(["scan", str(log), "cut.parquet"]) == 1
    line, remedy = complaints(capsys)
    assert line.startswith("`cut.parquet` cannot be read: ")
    assert "--skip-unreadable" in remedy
    assert not (tmp_path / "runs").exists() or list((tmp_path / "runs").iterdir()) == []


class SurpriseError(Exception):
    """What nobody expected."""


@pytest.mark.parametrize("debug", [True, False])
def test_the_unexpected_is_one_line_without_debug(
    log: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], debug: bool
) -> None:
    def fail(*_: object) -> None:
        raise SurpriseError("boo")

    monkeypatch.setattr(flow, "check", fail)
    assert invoke(["check", str(log), *(["--debug"] if debug else [])]) == 1
    shown = capsys.readouterr().err
    assert ("Traceback" in shown) == debug
    last = shown.splitlines()[-1]
    assert "failed unexpectedly (SurpriseError: boo)" in last
    assert cli.ISSUES in last
    assert debug or len(shown.splitlines()) == 1


@pytest.mark.parametrize("out", ["no/such/folder/report.md", "."])
def test_a_report_that_cannot_be_written_says_where(
    log: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, out: str
) -> None:
    (log.parent / "run.json").write_text("{}")
    monkeypatch.setattr(report, "write", lambda *_: "text")
    assert invoke(["report", ".", "--out", out]) == 1
    (line,) = complaints(capsys)
    assert line.startswith(f"cannot write `{Path(out)}`")


def test_a_reader_that_leaves_is_no_error(log: Path) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    done = subprocess.run(
        [sys.executable, "-m", "stillwatch", "check", str(log)], stdout=write_end, stderr=subprocess.PIPE, check=False
    )
    os.close(write_end)
    assert done.stderr == b""
