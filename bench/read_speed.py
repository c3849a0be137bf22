"""Measures how fast one core reads JSON lines: `python -m bench.read_speed [PROMPTS_DIR]`.

The texts are the prompts of a folder of <kind>__<source>.jsonl.gz files, or without one, words drawn with a seed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.json as pj

from bench.texts import cpu_seconds, texts
from stillwatch import read
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.input_files import Source
from stillwatch.job import Inputs, resolve
from stillwatch.read.formats.jsonl import text_schema
from stillwatch.read.formats.lines import BLOCK
from stillwatch.read.staging import stage
from stillwatch.read.validation.rejects import Rejects
from stillwatch.records.inputs import EXCHANGES
from stillwatch.settings import EngineSettings, ReadSettings, Settings

BYTES = 128_000_000  # size of the file, for which texts are repeated
START = datetime(2026, 4, 22)


def main() -> None:
    """Prints megabytes of JSON per CPU second: of Arrow's parser alone, of typed rows, and of the whole stage."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "log.jsonl"
        lines = _write(path, texts(Path(sys.argv[1]) if len(sys.argv) > 1 else None))
        size = path.stat().st_size
        print(f"{lines:,} lines, {size / 1e6:.1f} MB, {size / lines:,.0f} bytes each")
        for name, work in (
            ("Arrow alone", lambda: _arrow(path)),
            ("rows", lambda: _rows(path, Path(folder))),
            ("stage", lambda: _stage(path, Path(folder))),
        ):
            seconds = cpu_seconds(work)
            print(f"{name:12} {size / 1e6 / seconds:6.1f} MB/s {lines / seconds:9,.0f} lines/s a core")


def _write(path: Path, found: list[str]) -> int:
    count = 0
    with path.open("w", encoding="utf-8") as out:
        while out.tell() < BYTES:
            out.writelines(_line(count + at, text) for at, text in enumerate(found))
            count += len(found)
    return count


def _line(number: int, text: str) -> str:
    exchange = {
        "exchange_id": f"exchange-{number:012}",
        "account_id": f"account-{number % 9_973}",
        "started_at": f"{START + timedelta(milliseconds=37 * number):%Y-%m-%dT%H:%M:%S.%f}Z",
        "channel": "api",
        "request_model": "large-2026-04",
        "conversation_id": f"conversation-{number // 5}",
        "client_address": f"81.{number % 250}.{number % 13}.{number % 241}",
        "user_agent": f"client/{number % 40}",
        "input_tokens": len(text) // 4,
        "output_tokens": number % 1_000,
        "temperature": 0.7,
        "status_code": 200,
        "input_text": text,
        "tool_names": ["bash", "edit"],
    }
    return json.dumps(exchange, ensure_ascii=False) + "\n"


def _arrow(path: Path) -> None:
    data = pa.memory_map(str(path)).read_buffer()
    for start, size in _cuts(data):
        pj.read_json(
            pa.BufferReader(data.slice(start, size)),
            read_options=pj.ReadOptions(use_threads=False, block_size=size + 1),
            parse_options=pj.ParseOptions(explicit_schema=text_schema(EXCHANGES), unexpected_field_behavior="ignore"),
        )


def _cuts(data: pa.Buffer) -> Iterator[tuple[int, int]]:
    view, start = memoryview(data), 0
    while start < len(view):
        rest = bytes(view[start : start + BLOCK])
        size = rest.rindex(b"\n") + 1
        yield start, size
        start += size


def _rows(path: Path, folder: Path) -> None:
    source = Source(path, str(path), ".jsonl")
    for _ in stage(EXCHANGES, [(0, source)], ReadSettings(), Rejects(folder), lambda _: None):
        pass


def _stage(path: Path, folder: Path) -> None:
    job = resolve(Inputs((str(path),)), settings=Settings(engine=EngineSettings(threads=1)))
    with DuckDBEngine(job.settings.engine, folder) as engine:
        read.run(engine, job)


if __name__ == "__main__":
    main()
