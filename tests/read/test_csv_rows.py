"""CSV and TSV give back what was written, and a quote that a client wrote takes no row of anybody."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stillwatch.input_files import Source
from stillwatch.job import Inputs, resolve
from stillwatch.read.formats.csv_lines import Lines
from stillwatch.read.formats.csv_rows import first_rows
from stillwatch.settings import ReadSettings, Settings
from tests.read.rows import quarantined, read_in

COLUMNS = 4
HEADER = ["exchange_id", "account_id", "started_at", "user_agent", "input_text"]
SIZES = st.sampled_from([1, 2, 3, 7, 50, 10_000])
LIMITS = st.sampled_from([100, 1_000, 1_000_000])


def read(data: bytes, name: str, size: int = 1_000, limit: int = 1_000_000) -> list[tuple[str, ...]]:
    """The rows after the header that have as many cells as it."""
    parts: Iterator[bytes] = (data[at : at + size] for at in range(0, len(data), size))
    _, rows = first_rows(Source(Path(name), name, name), parts, limit, 1_000_000)
    return [tuple(row.values()) for row in rows]


def written(rows: list[list[str]], delimiter: str, quoting: int) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, quoting=quoting)  # type: ignore[arg-type]
    writer.writerow([f"c{number}" for number in range(COLUMNS)])
    writer.writerows(rows)
    return text.getvalue().encode()


def tables(alphabet: str, longest: int = 10) -> st.SearchStrategy[list[list[str]]]:
    """Rows whose first cell is never blank, since blank rows are left out."""
    cells = st.text(alphabet, max_size=longest)
    rows = st.tuples(st.sampled_from("xyz"), cells, *[cells] * (COLUMNS - 2)).map(list)
    return st.lists(rows, max_size=12)


@given(tables('"ab,;\t|\r\n', 30), st.sampled_from(",;|"), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]), SIZES)
def test_what_was_written_as_csv_is_read_back(rows: list[list[str]], delimiter: str, quoting: int, size: int) -> None:
    data = written(rows, delimiter, quoting)
    found = read(data, "a.csv", size)
    assert found == [tuple(row) for row in rows]
    assert found == list(map(tuple, csv.reader(io.StringIO(data.decode(), newline=""), delimiter=delimiter)))[1:]


@given(tables('"ab,\t\r\n', 30), SIZES)
def test_what_was_written_as_quoted_tsv_is_read_back(rows: list[list[str]], size: int) -> None:
    assert read(written(rows, "\t", csv.QUOTE_ALL), "a.tsv", size) == [tuple(row) for row in rows]


@given(tables('"ab,\r\n', 30), SIZES)
def test_what_was_written_as_tsv_with_few_quotes_is_read_back(rows: list[list[str]], size: int) -> None:
    assert read(written(rows, "\t", csv.QUOTE_MINIMAL), "a.tsv", size) == [tuple(row) for row in rows]


@given(tables('"ab ,'), st.sampled_from(["\n", "\r\n", "\r"]), SIZES, LIMITS)
@example([["x", '"', "", ""], ["y", "a", "", ""], ["z", '"', "", ""]], "\n", 50, 1_000)
@example([["x", 'a"', "b", '"'], ["y", 'a"', "b", '"'], ["z", "", "", ""]], "\n", 50, 1_000)
@example([["x", '"', "", ""], *[["y", "a" * 10, "b" * 10, ""]] * 20], "\n", 50, 100)
def test_quotes_in_tsv_that_quotes_nothing_lose_no_row(rows: list[list[str]], end: str, size: int, limit: int) -> None:
    header = [f"c{number}" for number in range(COLUMNS)]
    data = "".join("\t".join(row) + end for row in [header, *rows]).encode()
    found = read(data, "a.tsv", size, limit)
    assert [row[0] for row in found] == [row[0] for row in rows]
    for there, row in zip(found, rows, strict=True):
        for shown, cell in zip(there, row, strict=True):
            assert shown in (cell, *next(csv.reader([cell]), [""])), "at most the quotes around a cell are left out"


@given(st.binary(max_size=300), st.sampled_from(["a.csv", "a.tsv"]), SIZES, st.sampled_from([1, 10, 100]))
def test_no_bytes_are_too_odd(data: bytes, name: str, size: int, limit: int) -> None:
    read(b"a\tb\n" + data.replace(b"a", b"\t").replace(b"b", b'"').replace(b"c", b"\n"), name, size, limit)


def log(agents: list[str], delimiter: str, text: str = "hi") -> bytes:
    rows = [[f"e{n}", f"a{n}", f"2026-05-01T10:00:{n % 60:02}Z", agent, text] for n, agent in enumerate(agents)]
    return "".join(delimiter.join(row) + "\n" for row in [HEADER, *rows]).encode()


CLOSED = ['a"b', 'a"', '""', '"a"b', '"a" ']
OPEN = ['"', '"a', '"""']  # two of them are one quoted cell of CSV, in which every comma and line end is text
CASES = [(name, agent, False) for name in ("log.csv", "log.tsv") for agent in CLOSED + OPEN]
CASES += [("log.csv", agent, True) for agent in CLOSED] + [("log.tsv", agent, True) for agent in CLOSED + OPEN]


@pytest.mark.parametrize(("name", "agent", "twice"), CASES)
def test_a_quote_takes_no_row(tmp_path: Path, name: str, agent: str, twice: bool) -> None:
    agents = [agent if n == 3 or (twice and n == 9) else "curl" for n in range(400)]
    (tmp_path / name).write_bytes(log(agents, "\t" if name == "log.tsv" else ","))
    # the limit is such that a cell which goes on to the file's end is cut, and too long to be held
    job = resolve(Inputs((str(tmp_path / name),)), settings=Settings(read=ReadSettings(max_line_bytes=1_000)))
    rows, summary = read_in(tmp_path, job)
    assert len(rows) == 400
    assert (summary.rows.read, summary.rows.quarantined) == (400, 0)
    assert summary.altered == ()


def test_every_line_of_a_record_that_is_none_is_told_of(tmp_path: Path) -> None:
    rows = b'e0,a,2026-05-01,c,x\ne1,a,2026-05-01,c,"cut\nhere\ne2,a,2026-05-01,"c, d",y\ne3,a,2026-05-01,c,z\n'
    path = tmp_path / "log.csv"
    path.write_bytes(",".join(HEADER).encode() + b"\n" + rows)
    found, summary = read_in(tmp_path, [path])
    assert [(row["exchange_id"], row["user_agent"], row["input_text"]) for row in found] == [
        ("e0", "c", "x"),
        ("e1", "c", '"cut'),
        ("e2", "c, d", "y"),
        ("e3", "c", "z"),
    ]
    assert [(line, why) for line, why, _ in quarantined(tmp_path, [path])] == [(4, "wrong_field_count")]
    assert summary.rows.read == 5


@pytest.mark.parametrize("name", ["log.csv", "log.tsv"])
def test_lines_of_a_text_that_is_cut_by_the_end_of_its_file_are_no_rows(tmp_path: Path, name: str) -> None:
    text = io.StringIO()
    delimiter = "\t" if name == "log.tsv" else ","
    forged = delimiter.join(["x", "victim", "2026-05-01", "c", "never said"])
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    for row in (
        HEADER,
        ["e0", "a", "2026-05-01", "c", "two\nlines"],
        ["e1", "a", "2026-05-01", "c", f"x\n{forged}\n{forged}\n"],
    ):
        writer.writerow(row)
    (tmp_path / name).write_text(text.getvalue()[:-2])
    found, summary = read_in(tmp_path, [tmp_path / name])
    assert [row["account_id"] for row in found] == ["a"]
    assert [why for _, why, _ in quarantined(tmp_path, [tmp_path / name])] == ["malformed_csv"]
    assert summary.rows.read == 2


@pytest.mark.parametrize("between", ["", '"a"b\tz\n', "short\n"])
def test_what_a_file_has_shown_holds_where_a_line_fits_neither_way(between: str) -> None:
    shown, forged = 'x\t"a\tb"\t\t\n', 'y\t\t\t"a\nv\tf\to\tr\nv\tg\te\td"\n'
    found = read(f"a\tb\tc\td\n{shown}{between}{forged}".encode(), "a.tsv")
    assert found == [("x", "a\tb", "", ""), ("y", "", "", "a\nv\tf\to\tr\nv\tg\te\td")]


@pytest.mark.parametrize("size", [1, 10_000])
def test_what_a_file_shows_later_holds_for_its_first_record(size: int) -> None:
    forged, shown = 'y\t\t\t"a\nv\tf\to\tr\nv\tg\te\td"\n', 'x\t"a\tb"\t\t\n'
    found = read(f"a\tb\tc\td\n{forged}{shown}".encode(), "a.tsv", size)
    assert found == [("y", "", "", "a\nv\tf\to\tr\nv\tg\te\td"), ("x", "a\tb", "", "")]


def test_a_line_is_read_at_most_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    given_out, original = 0, Lines.__next__

    def counted(lines: Lines) -> str:
        nonlocal given_out
        given_out += 1
        return original(lines)

    monkeypatch.setattr(Lines, "__next__", counted)
    rows = ['x\ta"\tb\t"', 'x\t"\t"\t"', 'x\t"\t\t', "x\t\t\t"] * 500  # each may end one quoted cell and begin another
    assert len(read("\n".join(["a\tb\tc\td", *rows]).encode(), "a.tsv")) == len(rows)
    assert given_out <= 8 * len(rows), "four times, and as often to see whether the file quotes cells"


@pytest.mark.parametrize("size", [1, 7, 10_000])
@pytest.mark.parametrize("name", ["log.csv", "log.tsv"])
def test_a_long_quoted_cell_is_cut_and_keeps_its_row(tmp_path: Path, name: str, size: int) -> None:
    delimiter = "\t" if name == "log.tsv" else ","
    cells = [["k", 'say "x"\n' * 30, "m", 'z""' * 40], ["l", "", "", ""]]
    (first, second) = read(written(cells, delimiter, csv.QUOTE_MINIMAL), name, size, limit=120)
    assert second == ("l", "", "", "")
    for shown, cell in zip(first, cells[0], strict=True):
        assert cell.startswith(shown)
        assert len(shown) >= min(len(cell), 30), "half of the limit, in which each quote is written as two"


def test_a_long_line_with_an_open_quote_takes_no_other_row() -> None:
    rows = ["x\t" + '"' + "a" * 5_000 + "\tb\tc", "y\t\t\t", "z\t\t\t"]
    assert [row[0] for row in read("\n".join(["a\tb\tc\td", *rows]).encode(), "a.tsv", limit=1_000)] == ["y", "z"]
