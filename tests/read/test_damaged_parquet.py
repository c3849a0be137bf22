"""A Parquet file that is damaged or lies about itself is refused by name: no crash, no hang, no memory as claimed."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bench.fuzz.thrift_tree import BINARY, I64, LIST, STRUCT, Node, altered, footer_of, parse, with_footer, written

from stillwatch import flow
from stillwatch.errors import InputError
from stillwatch.input_files import Source
from stillwatch.job import Inputs, resolve
from stillwatch.read.formats.parquet import check_headers, footer
from stillwatch.read.summary import ReadSummary
from stillwatch.settings import EngineSettings, Settings
from tests.read.rows import START, exchange, read_in, write

SHARED = Path(__file__).resolve().parents[2] / "../shared/data/logs/failing"
SCHEMA, ROWS, GROUPS, COLUMNS = 2, 3, 4, 1
GROUP_ROWS, META = 3, 3
TYPE, CODEC, VALUES, SIZE, PAGES = 1, 4, 5, 7, 9


def log(path: Path, rows: int = 40, **options: Any) -> Path:
    """A small whole log."""
    keys = {
        "exchange_id": [f"{path.stem} e{n}" for n in range(rows)],
        "account_id": [f"a{n % 3}" for n in range(rows)],
        "started_at": pa.array([START] * rows, pa.timestamp("us")),
        "input_text": [f"how does a {n} become a {n + 1}" for n in range(rows)],
    }
    pq.write_table(pa.table(keys), path, **options)
    return path


def refusal(*paths: Path) -> str:
    """What a check of these files says when it refuses them."""
    with pytest.raises(InputError) as caught:
        checked(*paths)
    return str(caught.value)


def checked(*paths: Path) -> ReadSummary:
    settings = Settings(engine=EngineSettings(threads=1, memory_limit="500MB", temp_directory=str(paths[0].parent)))
    return flow.check(resolve(Inputs(tuple(map(str, paths))), settings=settings))


IN_LITTLE_MEMORY = """
import resource
from stillwatch.cli.main import main
resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
main()
"""


def of(path: Path) -> Source:
    return Source(path, str(path), ".parquet")


def every_chunk(change: int, to: int) -> dict[tuple[int, ...], int]:
    return {(GROUPS, 0, COLUMNS, column, META, change): to for column in range(4)}


LIES: dict[str, tuple[dict[tuple[int, ...], Any], str]] = {
    "2^40 rows": (
        {(ROWS,): 2**40, (GROUPS, 0, GROUP_ROWS): 2**40, **every_chunk(VALUES, 2**40)},
        "claims 1,099,511,627,776 rows",
    ),
    "more rows than its groups": ({(ROWS,): 41}, "claims 41 rows, but its row groups claim 40"),
    "fewer than no rows": ({(ROWS,): -1, (GROUPS, 0, GROUP_ROWS): -1}, "claims -1 rows"),
    "more values than rows": (every_chunk(VALUES, 41), "claims 41 values in 40 rows"),
    "2^50 values": (every_chunk(VALUES, 2**50), "`exchange_id` claims 1,125,899,906,842,624 values"),
    "a column of two types": ({(GROUPS, 0, COLUMNS, 1, META, TYPE): 2}, "`account_id` is said to be of two types"),
    "a type that is none": ({(SCHEMA, 2, TYPE): 99}, "a column of an unknown type"),
    "pages behind the end": ({(GROUPS, 0, COLUMNS, 0, META, PAGES): 2**40}, "where the file has no room"),
    "pages before the start": ({(GROUPS, 0, COLUMNS, 0, META, PAGES): -5}, "where the file has no room"),
    "pages of 100 GB": ({(GROUPS, 0, COLUMNS, 0, META, SIZE): 10**11}, "where the file has no room"),
    "a codec that no engine reads": ({(GROUPS, 0, COLUMNS, 3, META, CODEC): 3}, "`input_text` is compressed by LZO"),
    "a codec that is none": ({(GROUPS, 0, COLUMNS, 0, META, CODEC): 77}, "`exchange_id` is compressed by the unknown"),
    "2^31 columns": ({(SCHEMA, 0, 5): 2**31 - 1}, "its columns make no tree"),
    "columns below a column": ({(SCHEMA, 1, 4): b"", (SCHEMA, 0, 5): 3}, "its columns make no tree"),
}


@pytest.mark.parametrize(("changes", "reason"), LIES.values(), ids=LIES)
def test_a_footer_that_lies(tmp_path: Path, changes: dict[tuple[int, ...], Any], reason: str) -> None:
    path = altered(log(tmp_path / "log.parquet", use_dictionary=False), changes)
    said = refusal(path)
    assert said.startswith(f"`{path}` cannot be read: ")
    assert reason in said
    assert "mend or leave out that file" in said


def deep(levels: int) -> Node:
    inside = Node(STRUCT, {})
    for _ in range(levels):
        inside = Node(STRUCT, {1: inside})
    return inside


def nested_schema(levels: int) -> bytes:
    """A footer whose columns lie so many deep in one another."""
    group = b"\x35\x02\x18\x01g\x15\x02\x00"  # optional, named `g`, one below it
    leaf = b"\x15\x0c\x25\x02\x18\x01x\x00"
    root = b"\x48\x01r\x15\x02\x00"
    size = levels + 2
    head = bytes([0xFC]) + bytes([size & 0x7F | 0x80, size >> 7 & 0x7F | 0x80, size >> 14])
    return b"\x15\x02\x19" + head + root + group * levels + leaf + b"\x16\x00\x19\x0c\x00"


STRANGE: dict[str, Callable[[Node], Node | bytes]] = {
    "nothing": lambda _: b"",
    "structs 100,000 deep": lambda _: b"\xbc" * 100_000,
    "columns 100,000 deep": lambda _: nested_schema(100_000),
    "a list of 2^31": lambda _: b"\x15\x02\x19\xfc\xff\xff\xff\xff\x07",
    "a text of 2^60 bytes": lambda _: b"\x68" + b"\xff" * 8 + b"\x0f",
    "a number without end": lambda _: b"\x15" + b"\xff" * 40,
    "groups before columns": lambda node: Node(STRUCT, {**node.value, SCHEMA: Node(LIST, [])}),
    "text for a number": lambda node: Node(STRUCT, {**node.value, ROWS: Node(BINARY, b"many")}),
    "no columns of a group": lambda node: Node(
        STRUCT, {**node.value, GROUPS: Node(LIST, [Node(STRUCT, {GROUP_ROWS: Node(I64, 40)})])}
    ),
}


@pytest.mark.parametrize("change", STRANGE.values(), ids=STRANGE)
def test_a_footer_that_is_none(tmp_path: Path, change: Callable[[Node], Node | bytes]) -> None:
    path = log(tmp_path / "log.parquet")
    data = path.read_bytes()
    path.write_bytes(with_footer(data, change(footer_of(data))))
    assert refusal(path).startswith(f"`{path}` cannot be read: ")


PAGE_LIES: dict[str, tuple[dict[tuple[int, ...], int], str]] = {
    "a page of 2 GB": ({(2,): 2**31 - 1}, "claims 2,147,483,647 bytes"),
    "a page of less than nothing": ({(3,): -9}, "claims -9 bytes"),
    "a page of 100 GB": ({(2,): 10**11, (3,): 10**11}, "claims 100,000,000,000 bytes"),
    "a page longer than its column": ({(2,): 90_000, (3,): 90_000}, "claims 90,000 bytes"),
}


def with_page_header(path: Path, changes: dict[tuple[int, ...], int]) -> Path:
    """Changes the header of the last column's only page; what follows it in the file moves."""
    data = path.read_bytes()
    tree = footer_of(data)
    meta = tree.at(GROUPS, 0, COLUMNS, 3, META)
    at = meta.at(PAGES).value
    header, end = parse(data, at)
    for place, value in changes.items():
        header.set(*place, to=value)
    new = written(header)
    meta.set(SIZE, to=meta.at(SIZE).value + len(new) - (end - at))
    path.write_bytes(with_footer(data[:at] + new + data[end:], tree))
    return path


@pytest.mark.parametrize(("changes", "reason"), PAGE_LIES.values(), ids=PAGE_LIES)
def test_a_page_that_lies_is_named_among_whole_files(
    tmp_path: Path, changes: dict[tuple[int, ...], int], reason: str
) -> None:
    whole = [log(tmp_path / f"{name}.parquet") for name in "az"]
    options = {"use_dictionary": False, "compression": "none"}
    path = with_page_header(log(tmp_path / "b.parquet", **options), changes)
    said = refusal(*whole, path)
    assert said.startswith(f"`{path}` cannot be read: ")
    assert reason in said


def test_a_page_that_claims_more_values_than_its_column(tmp_path: Path) -> None:
    path = log(tmp_path / "log.parquet", use_dictionary=False, compression="none")
    check_headers([of(path)])
    with pytest.raises(InputError, match="hold 2,147,483,647 values instead of 40"):
        check_headers([of(with_page_header(path, {(5, 1): 2**31 - 1}))])
    assert len(read_in(tmp_path, [path])[0]) == 40  # as many as the footer says


@pytest.mark.parametrize("compression", ["snappy", "zstd", "gzip"])
def test_pages_that_cannot_be_unpacked_are_named_among_whole_files(tmp_path: Path, compression: str) -> None:
    whole = [log(tmp_path / f"{name}.parquet") for name in "az"]
    path = log(tmp_path / "b.parquet", compression=compression, use_dictionary=False)
    data = bytearray(path.read_bytes())
    meta = footer_of(bytes(data)).at(GROUPS, 0, COLUMNS, 3, META)
    _, begin = parse(bytes(data), meta.at(PAGES).value)
    end = meta.at(PAGES).value + meta.at(SIZE).value
    data[begin:end] = random.Random(1).randbytes(end - begin)
    path.write_bytes(data)
    assert refusal(*whole, path).startswith(f"`{path}` cannot be read: ")


def test_cut_anywhere_it_is_refused(tmp_path: Path) -> None:
    whole = log(tmp_path / "whole.parquet").read_bytes()
    path = tmp_path / "cut.parquet"
    for size in [*range(12), *range(12, len(whole), 101), len(whole) - 1]:
        path.write_bytes(whole[:size])
        with pytest.raises(InputError, match=r"`.*cut\.parquet` cannot be read: "):
            footer(of(path))


def test_encrypted_it_is_refused(tmp_path: Path) -> None:
    path = log(tmp_path / "log.parquet")
    path.write_bytes(path.read_bytes()[:-4] + b"PARE")
    assert "it is encrypted; write it without encryption" in refusal(path)
    other = log(tmp_path / "column.parquet")
    tree = footer_of(other.read_bytes())
    tree.at(GROUPS, 0, COLUMNS, 3).value[8] = Node(STRUCT, {1: Node(STRUCT, {})})
    other.write_bytes(with_footer(other.read_bytes(), tree))
    assert "`input_text` is encrypted" in refusal(other)


def test_a_footer_with_any_byte_changed_is_read_or_refused(tmp_path: Path) -> None:
    """No library reads the footer: an abort inside one would end the tests."""
    whole = log(tmp_path / "whole.parquet", write_page_index=True).read_bytes()
    path, chance = tmp_path / "changed.parquet", random.Random(4)
    length = int.from_bytes(whole[-8:-4], "little")
    refused = 0
    for _ in range(1_500):
        data = bytearray(whole)
        for _ in range(chance.choice((1, 1, 2, 8))):
            data[chance.randrange(len(data) - 8 - length, len(data))] = chance.randrange(256)
        path.write_bytes(data)
        try:
            footer(of(path))
        except InputError:
            refused += 1
    assert 300 < refused < 1_400


def test_damaged_anywhere_the_reader_reads_or_refuses(tmp_path: Path) -> None:
    chance = random.Random(5)
    options = [{"compression": "none"}, {"compression": "zstd", "data_page_version": "2.0"}, {"use_dictionary": False}]
    outcomes = set()
    for number in range(36):
        path = log(tmp_path / f"{number}.parquet", **options[number % 3])
        data = bytearray(path.read_bytes())
        for _ in range(chance.choice((1, 3))):
            data[chance.randrange(4, len(data))] ^= 1 << chance.randrange(8)
        path.write_bytes(data)
        try:
            rows = checked(path).rows
        except InputError as error:
            assert str(path) in str(error)
            outcomes.add("refused")
        else:
            assert rows.read == rows.used + rows.duplicate + rows.quarantined
            outcomes.add("read")
    assert outcomes == {"read", "refused"}


def test_times_that_contradict_their_statistics_are_looked_at(tmp_path: Path) -> None:
    path = log(tmp_path / "log.parquet", compression="none", use_dictionary=False)
    data = path.read_bytes()
    stored = int(pa.scalar(START, pa.timestamp("us")).value).to_bytes(8, "little", signed=True)
    rows = data.index(stored * 40)
    later = (2**62).to_bytes(8, "little")
    path.write_bytes(data[:rows] + later * 3 + data[rows + len(later) * 3 :])
    found = checked(path)
    assert (found.rows.used, found.rows.quarantined) == (37, 3)


def test_a_page_that_claims_bytes_beyond_all_is_refused_before_the_engine_reads(tmp_path: Path) -> None:
    """The engine's whole process ended at some of them."""
    path = log(tmp_path / "log.parquet", use_dictionary=False, compression="none")
    for size in (2**63 - 1, -(2**63), 2**31, -1):
        damaged = with_page_header(path, {(2,): size, (3,): size})
        with pytest.raises(InputError, match=r"a page at byte [\d,]+ claims"):
            check_headers([of(damaged)], counts=False)
        assert "claims" in refusal(damaged)


def test_a_claim_costs_no_memory(tmp_path: Path) -> None:
    """In a process that may have 3 GB of addresses, most of which libraries take before anything is read."""
    options = {"use_dictionary": False, "compression": "none"}
    page = with_page_header(log(tmp_path / "page.parquet", **options), {(2,): 2**31 - 1, (3,): 2**31 - 1})
    done = subprocess.run(
        [sys.executable, "-c", IN_LITTLE_MEMORY, "check", str(page)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr.count("\n")) == (1, 2), done.stderr
    assert str(page) in done.stderr


class TestColumnsThatNobodyReads:
    def test_may_be_named_as_they_like(self, tmp_path: Path) -> None:
        """Like a column that is read but for the case, as the engine calls a row's place, and in no UTF-8."""
        rows = [exchange(n, input_text=f"text {n}") for n in range(3)]
        path = write(tmp_path / "log.parquet", rows)
        plain, _ = read_in(tmp_path, [path])
        odd = {"Account_ID": ["x"] * 3, "FILE_INDEX": [7] * 3, "file_row_number": [7] * 3, "nam\u00e9": [1] * 3}
        pq.write_table(pa.table(odd | table_of(path)), path)
        path.write_bytes(path.read_bytes().replace("nam\u00e9".encode(), b"nam\xff\xff"))
        read, summary = read_in(tmp_path, [path])
        assert read == plain
        assert summary.rows.used == 3

    def test_may_be_anything(self, tmp_path: Path) -> None:
        path = log(tmp_path / "log.parquet", 2)
        odd = {
            "nothing": pa.nulls(2),
            "deep": pa.array([[{"a": [{"b": {"c": [1]}}]}], None]),
            "pairs": pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int64())),
            "money": pa.array([None, None], pa.decimal256(60, 4)),
            "id": pa.array([b"0" * 16, None], pa.uuid()),
            "span": pa.array([1, None], pa.duration("us")),
        }
        pq.write_table(pa.table(table_of(path) | odd), path)
        _, summary = read_in(tmp_path, [path])
        assert (summary.rows.read, summary.rows.used) == (2, 2)


def table_of(path: Path) -> dict[str, pa.ChunkedArray]:
    table = pq.read_table(path)
    return dict(zip(table.column_names, table.columns, strict=True))


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    path = log(tmp_path / "log.parquet", 2)
    table = pq.read_table(path)
    pq.write_table(table.append_column("account_id", pa.array(["b", "c"])), path)
    assert "it has 2 columns named `account_id`; rename all but one" in refusal(path)


def test_without_rows_it_is_read_and_without_columns_refused(tmp_path: Path) -> None:
    _, summary = read_in(tmp_path, [log(tmp_path / "none.parquet", 0)])
    assert summary.rows.read == 0
    pq.write_table(pa.table({}), tmp_path / "bare.parquet")
    assert "`exchange_id`" in refusal(tmp_path / "bare.parquet")


def test_ids_of_128_bits_are_read_as_they_are_written(tmp_path: Path) -> None:
    path = log(tmp_path / "log.parquet", 1)
    columns = table_of(path) | {"exchange_id": pa.array([bytes(range(16))], pa.uuid())}
    pq.write_table(pa.table(columns), path)
    ((row,), _) = read_in(tmp_path, [path])
    assert row["exchange_id"] == "00010203-0405-0607-0809-0a0b0c0d0e0f"


def test_a_byte_that_is_no_text_in_a_list_loses_no_row(tmp_path: Path) -> None:
    path = log(tmp_path / "log.parquet", 3)
    tools = pa.array([["bash", "okX"], None, []])
    pq.write_table(pa.table(table_of(path) | {"tool_names": tools}), path, compression="none")
    path.write_bytes(path.read_bytes().replace(b"okX", b"ok\xff"))
    rows, summary = read_in(tmp_path, [path])
    assert summary.rows.used == 3
    assert [row["tool_names"] for row in rows][1:] == [None, []]
    assert rows[0]["tool_names"][0] == "bash"


TYPES = (
    *(pa.int8(), pa.uint8(), pa.int16(), pa.uint16(), pa.int32(), pa.uint32(), pa.int64(), pa.uint64()),
    *(pa.float16(), pa.float32(), pa.float64(), pa.bool_(), pa.string(), pa.binary(), pa.binary(5), pa.date32()),
    *(pa.time32("ms"), pa.time64("us"), pa.time64("ns"), pa.timestamp("ms"), pa.timestamp("us"), pa.timestamp("ns")),
    *(pa.timestamp("us", "UTC"), pa.decimal128(5, 2), pa.decimal128(38, 3), pa.null(), pa.list_(pa.int64())),
    *(pa.list_(pa.list_(pa.string())), pa.struct([("a", pa.int64())]), pa.map_(pa.string(), pa.int64())),
)


@pytest.mark.parametrize("version", ["1.0", "2.6"])
def test_types_are_those_that_arrow_reads(tmp_path: Path, version: str) -> None:
    table = pa.table({str(kind): pa.array([None], kind) for kind in TYPES})
    pq.write_table(table, tmp_path / "types.parquet", version=version, store_schema=False)
    expected = pq.read_schema(tmp_path / "types.parquet")
    found = dict(footer(of(tmp_path / "types.parquet")).types)
    assert {name: found[name] for name in found if found[name] != expected.field(name).type} == {}


@pytest.mark.parametrize("name", ["m00325_p-none-2.6.parquet", "m02583_p-snappy-2.6.parquet"])
def test_found_files_that_ended_the_process_are_refused(name: str, tmp_path: Path) -> None:
    if not SHARED.is_dir():
        pytest.skip(f"{SHARED} is not on this machine")
    path = tmp_path / name
    path.write_bytes((SHARED / name).read_bytes())
    assert refusal(path).startswith(f"`{path}` cannot be read: ")


def test_a_found_file_with_a_name_in_no_utf8_is_read(tmp_path: Path) -> None:
    if not SHARED.is_dir():
        pytest.skip(f"{SHARED} is not on this machine")
    _, summary = read_in(tmp_path, [SHARED / "m00075_p-none-1.0.parquet"])
    assert (summary.rows.read, summary.rows.used) == (120, 120)
