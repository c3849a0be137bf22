"""Measures how fast one core sketches text: `python -m bench.sketch_speed [PROMPTS_DIR]`.

The texts are the prompts of a folder of <kind>__<source>.jsonl.gz files, or without one, words drawn with a seed.
"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa

from bench.texts import ROUNDS, cpu_seconds, texts
from stillwatch import sketch
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.job import Inputs, resolve
from stillwatch.key import load_key
from stillwatch.records.buffers import texts_of
from stillwatch.records.inputs import EXCHANGES
from stillwatch.settings import EngineSettings, Settings
from stillwatch.sketch.exchange import sketch_batch
from stillwatch.sketch.text import make_workspace, sketch_texts


def main() -> None:
    """Prints megabytes of text and documents per CPU second: of texts alone, of whole rows, and of the whole stage."""
    found = texts(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    column = pa.array(found)
    megabytes = sum(len(text.encode()) for text in found) / 1e6
    key = load_key(None)
    workspace = make_workspace(key)
    batch = _rows(column)
    print(f"{len(found):,} texts, {megabytes:.1f} MB, {1e6 * megabytes / len(found):,.0f} bytes each; best of {ROUNDS}")
    job = resolve(Inputs(), settings=Settings(engine=EngineSettings(threads=1)))
    with TemporaryDirectory() as folder, DuckDBEngine(job.settings.engine, Path(folder)) as engine:
        staged = pa.Table.from_batches([batch]).select(list(EXCHANGES.names)).cast(EXCHANGES.schema)
        engine.store_batches(EXCHANGES, staged.to_batches())
        for name, work in (
            ("texts", lambda: sketch_texts(texts_of(column), workspace)),
            ("rows", lambda: sketch_batch(batch, key, workspace)),
            ("stage", lambda: sketch.run(engine, job)),
        ):
            work()  # compiles, or loads what an earlier process compiled
            seconds = cpu_seconds(work)
            print(f"{name:6} {megabytes / seconds:6.1f} MB/s {len(found) / seconds:9,.0f} documents/s a core")


def _rows(texts: pa.Array) -> pa.RecordBatch:
    count = len(texts)
    given = {
        "exchange_id": pa.array([f"exchange-{n}" for n in range(count)]),
        "account_id": pa.array([f"account-{n % 997}" for n in range(count)]),
        "started_at": pa.array([datetime(2026, 4, 22)] * count, pa.timestamp("us")),
        "client_address": pa.array([f"81.{n % 250}.{n % 13}.{n % 241}" for n in range(count)]),
        "user_agent": pa.array([f"client/{n % 40}" for n in range(count)]),
        "temperature": pa.array([0.7] * count),
        "input_text": texts,
    }
    columns = {f.name: given.get(f.name, pa.nulls(count, f.type)) for f in EXCHANGES.schema}
    columns |= {"input_chars": pa.nulls(count, pa.int32()), "output_chars": pa.nulls(count, pa.int32())}
    columns["instructions_digest"] = pa.nulls(count, pa.string())
    return pa.RecordBatch.from_pydict(columns)


if __name__ == "__main__":
    main()
