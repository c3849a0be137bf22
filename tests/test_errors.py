"""What an error says of a file or an address is in words: no number, no name a second time, and what to do."""

from __future__ import annotations

import ast
import errno
import urllib.error
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.cli.main import invoke
from stillwatch.custody.signing import load_trusted
from stillwatch.errors import InputError, StillwatchError, reason_of
from stillwatch.records.address_ranges import read_countries
from stillwatch.report.dossier.aids import names_of
from stillwatch.report.dossier.damage import load_prices
from stillwatch.report.dossier.worksheet_file import load_worksheet
from stillwatch.respond.policy import Protect
from stillwatch.runs.tables import table_of
from stillwatch.screening.holders import rows_of
from tests.share.runs import written

SOURCES = Path(__file__).resolve().parents[1] / "src"
LOOKED_AT = {"duckdb_errors.py"}
"""Modules in which an error's own words are searched, and not printed as they are."""


def raw_prints(handler: ast.ExceptHandler) -> Iterator[int]:
    """The lines on which an error that may be the system's is printed as it is."""
    caught = {one.id for one in ast.walk(handler.type) if isinstance(one, ast.Name)} if handler.type else set()
    if "OSError" not in caught:
        return
    for part in ast.walk(handler):
        printed = part.value if isinstance(part, ast.FormattedValue) else None
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id in ("str", "repr"):
            printed = part.args[0]
        if isinstance(printed, ast.Name) and printed.id == handler.name:
            yield printed.lineno


def test_no_module_prints_an_error_of_the_system_as_it_is() -> None:
    found = []
    for path in sorted(SOURCES.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ExceptHandler) and path.name not in LOOKED_AT:
                found += [f"{path.relative_to(SOURCES)}:{line}" for line in raw_prints(node)]
    assert found == []


def arrows(path: str) -> BaseException:
    with pytest.raises(OSError) as raised:
        pq.read_table(path, partitioning=None)
    return raised.value


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "a.toml"), "No such file or directory"),
        (FileNotFoundError(errno.ENOENT, "Failed to open local file 'a'. Detail: x"), "No such file or directory"),
        (PermissionError(errno.EACCES, "Permission denied", "a.toml"), "Permission denied"),
        (urllib.error.URLError(ConnectionRefusedError(errno.ECONNREFUSED, "refused")), "Connection refused"),
        (OSError("not a gzipped file"), "not a gzipped file"),
        (UnicodeDecodeError("utf-8", b"ab\xff", 2, 3, "invalid start byte"), "byte 2 is not UTF-8"),
        (KeyError("parts"), "it has no 'parts'"),
        (ValueError("one line\nand another"), "one line"),
        (pa.ArrowInvalid(), "ArrowInvalid"),
    ],
)
def test_a_reason_is_words(error: BaseException, said: str) -> None:
    assert reason_of(error) == said


def test_a_table_that_is_gone_is_named_once(tmp_path: Path) -> None:
    assert reason_of(arrows(str(tmp_path / "gone.parquet"))) == "No such file or directory"
    with pytest.raises(InputError, match=r"^`[^`]*gone\.parquet` cannot be read \(No such file or directory\); scan"):
        table_of(tmp_path, "gone")


READERS: dict[str, Callable[[Path], object]] = {
    "names": names_of,
    "prices": load_prices,
    "worksheet": load_worksheet,
    "accounts": lambda path: Protect(accounts_file=path).all_accounts(),
    "countries": read_countries,
    "holders": lambda path: list(rows_of(path, ("account_id",))),
    "keys": load_trusted,
}


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
@pytest.mark.parametrize("reason", ["No such file or directory", "Is a directory"])
def test_a_file_that_cannot_be_read_is_said_in_words(
    tmp_path: Path, read: Callable[[Path], object], reason: str
) -> None:
    path = tmp_path / "one.csv"
    if reason == "Is a directory":
        path.mkdir()
    with pytest.raises(StillwatchError) as raised:
        read(path)
    said = str(raised.value)
    assert f"one.csv`: cannot be read ({reason}); " in said.replace("` cannot", "`: cannot")
    assert said.count(path.name) == 1


def test_the_shell_shows_no_number_of_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, gone = str(written(tmp_path / "run")), str(tmp_path / "gone")
    for words in (
        ["attribution", "add", gone, "--state", str(tmp_path)],
        ["attribution", "aids", run, "--campaign", "C00000000000a", "--names", gone],
        ["report", run, "--campaign", "C00000000000a", "--prices", gone],
        ["screen", gone, "--lists", gone],
    ):
        assert invoke(words) in (1, 2)
        said = capsys.readouterr().err
        assert "Errno" not in said and f"{gone}`" in said, words
