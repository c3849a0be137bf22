"""Small files that unpack to very much are read, or refused by name, in bounded memory."""

from __future__ import annotations

import json
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterable

import pyarrow as pa
import pytest

ROW = b'{"exchange_id":"%s","account_id":"a","started_at":"2026-05-01T10:00:00Z"}\n'
CELLS = b"%s,a,2026-05-01,text\n"
HEADER = b"exchange_id,account_id,started_at,input_text\n"
BEGIN = b'{"exchange_id":"odd","account_id":"a","started_at":"2026-05-01","x":'
PIECE = 1 << 23
GIGABYTE = 128  # pieces
MOST = 1_000_000_000  # bytes of memory; nothing but a block of a file is ever held

CHECK = """
import json, sys
from stillwatch import flow
from stillwatch.errors import StillwatchError
from stillwatch.job import Inputs, resolve
from stillwatch.settings import EngineSettings, Settings
from stillwatch_lab.benchmark.cost import peak_bytes
settings = Settings(engine=EngineSettings(threads=2, memory_limit="500MB", temp_directory=sys.argv[1]))
for path in sys.argv[2:]:
    try:
        rows = flow.check(resolve(Inputs((path,)), settings=settings)).rows
        found = {"read": rows.read, "used": rows.used, "quarantined": rows.quarantined}
    except StillwatchError as error:
        found = {"refused": str(error)}
    print(json.dumps(found | {"peak": peak_bytes()}), flush=True)
"""

Parts = Iterable[tuple[bytes, int]]  # bytes, and how often they come one after the other


def gzipped(parts: Parts) -> bytes:
    """One member, in which repeated bytes are compressed once and their block is repeated."""
    squeezed = zlib.compressobj(6, zlib.DEFLATED, -15)
    out, size, check = [b"\x1f\x8b\x08\0\0\0\0\0\0\xff"], 0, 0
    for data, times in parts:
        out.append(squeezed.compress(data) + squeezed.flush(zlib.Z_FULL_FLUSH))
        # a block after a full flush stands for itself, wherever it comes
        out.append((squeezed.compress(data) + squeezed.flush(zlib.Z_FULL_FLUSH)) * (times - 1) if times > 1 else b"")
        for _ in range(times):
            check = zlib.crc32(data, check)
        size += len(data) * times
    out.append(squeezed.flush() + check.to_bytes(4, "little") + (size & 0xFFFFFFFF).to_bytes(4, "little"))
    return b"".join(out)


def zstd(parts: Parts) -> bytes:
    """One frame for each of the parts."""
    return b"".join(pa.compress(data, codec="zstd", asbytes=True) * times for data, times in parts)


def plain(parts: Parts) -> bytes:
    return b"".join(data * times for data, times in parts)


def lines(begin: bytes, inside: bytes, times: int, end: bytes) -> Parts:
    """A row, a line of a repeated inside, and a row after it."""
    return [(ROW % b"one" + begin, 1), (inside, times), (end + b"\n" + ROW % b"two", 1)]


BOMBS: dict[str, tuple[str, Callable[[Parts], bytes], Parts, dict[str, int]]] = {
    "a line of 1 GB": (
        *("log.jsonl.gz", gzipped, lines(BEGIN + b'"', b"a" * PIECE, GIGABYTE, b'"}')),
        {"read": 3, "used": 3},
    ),
    "a line of 1 GB by zstd": (
        *("log.jsonl.zst", zstd, lines(BEGIN + b'"', b"a" * PIECE, GIGABYTE, b'"}')),
        {"read": 3, "used": 3},
    ),
    "a cell of 1 GB": (
        "log.csv.gz",
        gzipped,
        [(HEADER + CELLS % b"one" + b'odd,a,2026-05-01,"', 1), (b"a" * PIECE, GIGABYTE), (b'"\n' + CELLS % b"two", 1)],
        {"read": 3, "used": 3},
    ),
    "nothing but NUL": ("log.jsonl.gz", gzipped, [(ROW % b"one" + ROW % b"two", 1), (b"\0" * PIECE, 32)], {"used": 2}),
    "nothing but line ends": (
        "log.jsonl.gz",
        gzipped,
        [(ROW % b"one" + ROW % b"two", 1), (b"\n" * PIECE, 8)],
        {"used": 2},
    ),
    "half a million empty objects": (
        *("log.jsonl.gz", gzipped, [(ROW % b"one" + ROW % b"two", 1), (b"{}\n" * 100_000, 5)]),
        {"read": 500_002, "used": 2, "quarantined": 500_000},
    ),
    "lists 100,000 deep": (
        *("log.jsonl", plain, lines(BEGIN, b"", 0, b"[" * 100_000 + b"]" * 100_000 + b"}")),
        {"read": 3, "used": 3},
    ),
    "lists 8 million deep without end": ("log.jsonl.gz", gzipped, lines(BEGIN, b"[" * PIECE, 1, b""), {"used": 2}),
    "a text of objects 100,000 deep": (
        *(
            "log.jsonl",
            plain,
            lines(BEGIN.replace(b'"x"', b'"input_text"'), b"", 0, b'{"a":' * 100_000 + b"1" + b"}" * 100_001),
        ),
        {"read": 3, "used": 3},
    ),
    "a million keys": (
        *("log.jsonl", plain, lines(BEGIN + b"1,", b"", 0, b",".join(b'"k%d":1' % n for n in range(10**6)) + b"}")),
        {"read": 3, "used": 3},
    ),
    "a key of its own in every row": (
        *(
            "log.jsonl",
            plain,
            [(b"".join(ROW.replace(b'"a"', b'"a","k%d":1' % n) % (b"e%d" % n) for n in range(50_000)), 1)],
        ),
        {"read": 50_000, "used": 50_000},
    ),
    "200,000 columns": (
        "log.csv",
        plain,
        [
            (HEADER.rstrip() + b"".join(b",k%d" % n for n in range(200_000)) + b"\n", 1),
            (CELLS.rstrip() % b"one" + b",1" * 200_000 + b"\n", 1),
        ],
        {"read": 1, "used": 1},
    ),
}


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, int]]:
    """What became of each, read one after the other by one process, with the memory that it had held until then."""
    home = tmp_path_factory.mktemp("bombs")
    paths = []
    for number, (name, pack, parts, _) in enumerate(BOMBS.values()):
        paths.append(home / str(number) / name)
        paths[-1].parent.mkdir()
        paths[-1].write_bytes(pack(parts))
    words = [sys.executable, "-c", CHECK, str(home), *map(str, paths)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2_000:]
    return dict(zip(BOMBS, map(json.loads, done.stdout.splitlines()), strict=True))


@pytest.mark.parametrize("bomb", BOMBS)
def test_what_unpacks_to_much_takes_little_memory(bomb: str, read: dict[str, dict[str, int]]) -> None:
    expected, found = BOMBS[bomb][3], read[bomb]
    assert {key: found.get(key) for key in expected} == expected, found
    assert found["peak"] < MOST
