"""What commands print: no character of a log, a path or a name commands the terminal, wherever it is printed."""

from __future__ import annotations

import ast
import io
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table
from rich.text import Text

from stillwatch import flow, report
from stillwatch.cli import output
from stillwatch.cli.escaping import EscapingConsole
from stillwatch.cli.main import invoke
from stillwatch.records.printable import escaped
from tests import small_stages
from tests.read.rows import exchange, write

HOSTILE = "a\x1b]0;owned\x07\x1b[31mb\x9b2J\u202ec\r"
SHOWN = r"a\x1b]0;owned\x07\x1b[31mb\x9b2J\u202ec\r"
PRODUCT = Path(__file__).resolve().parents[2] / "src" / "stillwatch"


def obeyed(text: str) -> set[str]:
    """Characters that a terminal would obey or that reorder what it shows, but for ends of lines."""
    return {one for one in text if not one.isprintable()} - {"\n"}


@given(st.text())
def test_escaped_text_is_printable_and_tells_texts_apart(text: str) -> None:
    assert escaped(text).isprintable()
    if text.isprintable():
        assert escaped(text) == text


def test_every_line_is_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    output.say(HOSTILE)
    output.show_document(f"{HOSTILE}\n{HOSTILE}\n")
    output.print_json({HOSTILE: HOSTILE})
    output.complain(f"{HOSTILE}\n\udcff")
    shown = capsys.readouterr()
    assert shown.out.startswith(f"{SHOWN}\n{SHOWN}\n{SHOWN}\n{{")
    assert not obeyed(shown.out + shown.err)
    assert json.loads(shown.out[len(3 * f"{SHOWN}\n") :]) == {HOSTILE: HOSTILE}
    assert shown.err.splitlines()[-1] == r"stillwatch: \udcff"


@pytest.mark.parametrize("colours", [True, False])
def test_a_console_escapes_texts_and_keeps_its_own_styles(colours: bool) -> None:
    table = Table(title=HOSTILE)
    table.add_column(HOSTILE)
    table.add_row(HOSTILE, style="bold")
    file = io.StringIO()
    system = "standard" if colours else None
    console = EscapingConsole(file=file, width=300, force_terminal=colours, color_system=system, highlight=False)
    for one in (HOSTILE, Text(HOSTILE, "bold"), f"[bold]{HOSTILE}[/]", table):
        console.print(one)
    written = file.getvalue()
    plain = re.sub("\x1b\\[(0|1|3)m", "", written)
    assert (plain != written) == colours, "its own styles are not escaped"
    assert not obeyed(plain)
    # bells and returns rich leaves out itself
    assert plain.splitlines()[:3] == [SHOWN.replace(r"\x07", "").replace(r"\r", "")] * 3


def test_nothing_is_printed_but_through_this_module() -> None:
    """`typer.echo` and `print` stand in `cli/output.py` alone, and a console is made nowhere else but for files."""
    found = []
    for path in sorted(PRODUCT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("typer.echo", "print", "Console"):
                found.append(f"{path.relative_to(PRODUCT)}: {ast.unparse(node.func)}")
    allowed = {"calibrate/terminal.py: Console", "progress.py: Console", "cli/output.py: typer.echo"}
    assert set(found) == allowed


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(flow, "STAGES", small_stages.STAGES)
    return tmp_path


def test_no_column_name_and_no_path_commands_the_terminal(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (work / HOSTILE).mkdir()
    log = write(work / HOSTILE / "log.jsonl", [exchange(0, client_address=HOSTILE)])
    with log.open("a", encoding="utf-8") as file:
        file.write(json.dumps({HOSTILE: 1, **exchange(1)}, default=str) + "\n")
    monkeyed = str(work / HOSTILE / "run")
    for words in (
        ["check", str(log)],
        ["check", str(log), "--json"],
        ["scan", str(log), "--out", monkeyed, "--json"],
        ["check", str(work / HOSTILE / "no such log")],
        ["report", HOSTILE],
        ["report", ".", "--campaign", HOSTILE, "--accounts-out", HOSTILE],
        ["scan", HOSTILE, "--key-file", HOSTILE, f"--{HOSTILE}"],
    ):
        invoke(words)
        shown = capsys.readouterr()
        assert shown.out + shown.err
        assert not obeyed(shown.out + shown.err), words


@pytest.mark.parametrize(
    ("mode", "warned"), [(0o600, False), (0o400, False), (0o640, True), (0o604, True), (0o622, True)]
)
def test_a_key_file_that_others_may_open_is_warned_of(
    work: Path, capsys: pytest.CaptureFixture[str], mode: int, warned: bool
) -> None:
    log = write(work / "log.jsonl", [exchange(0)])
    (work / "key").write_bytes(b"k" * 16)
    (work / "key").chmod(mode)
    assert invoke(["sketch", str(log), "--key-file", "key", "--out", "sketches"]) == 0
    said = capsys.readouterr().err
    assert (f"key file `key` is open to others than its owner (mode {mode:o})" in said) == warned
    assert ("run `chmod 600 key`" in said) == warned
    assert "kkkk" not in said


def test_accounts_are_written_instead_of_a_dossier_or_beside_it(
    work: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (work / "run.json").write_text("{}")
    asked = []
    monkeypatch.setattr(report, "write_dossier", lambda *words: asked.append(words) or b"dossier")
    monkeypatch.setattr(report, "write_accounts", lambda *words: asked.append(words) or 1_234)
    assert invoke(["report", ".", "--network", "N1", "--accounts-out", "a.csv"]) == 0
    assert capsys.readouterr().out == "1,234 rows, one for each account of the network: a.csv\n"
    assert asked == [(Path(), Path("a.csv"), None, "N1")]
    assert invoke(["report", ".", "--campaign", "C1", "--accounts-out", "a.parquet", "--out", "d.md"]) == 0
    assert (work / "d.md").read_text() == "dossier"
    assert asked[1:] == [(Path(), Path("a.parquet"), "C1", None), (Path(), "C1", report.Asked("md"))]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--network N1 --campaign C1", "`--network`: cannot stand beside `--campaign`"),
        (
            "--accounts-out a.xlsx",
            "`--accounts-out a.xlsx`: has no known suffix; let the name end in `.csv` or `.parquet`",
        ),
        ("--accounts-out a.csv --out ./a.csv", "`--accounts-out a.csv`: is `--out` as well"),
    ],
)
def test_words_that_contradict_one_another(
    work: Path, capsys: pytest.CaptureFixture[str], words: str, said: str
) -> None:
    (work / "run.json").write_text("{}")
    assert invoke(["report", ".", *words.split()]) == 2
    assert said in capsys.readouterr().err
