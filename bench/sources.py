"""Measures how fast each source gives what waits in it: `python -m bench.sources [folder kafka nats otlp many]`.

Brokers are the programs that the tests run too; a source whose program is not installed is left out.
"""

from __future__ import annotations

import http.client
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.sources.brokers import Stream, Topic, free_port, kafka_broker, nats_server, running

from stillwatch.sources import Offset, Source, opened, parse

MOST_BYTES = 32_000_000  # of a batch
RECORDS = 400_000
TEXT = "How would you have it answered, and in how many words? " * 18  # a record is of 1.1 kB
FILES = 100_000


@dataclass(frozen=True, slots=True)
class Speed:
    """What one source gave: records, bytes, seconds by the clock and of the processor."""

    records: int
    size: int
    seconds: float
    processor: float


def main() -> None:
    """Prints a table."""
    asked = sys.argv[1:] or ["folder", "kafka", "nats", "otlp"]
    print(f"{'source':34} {'records':>9} {'records/s':>11} {'MB/s':>8} {'MB/s a core':>12}")
    for name in asked:
        with tempfile.TemporaryDirectory(prefix="bench-sources-") as folder:
            for what, speed in MEASURED[name](Path(folder)):
                rates = f"{speed.records / speed.seconds:11,.0f} {speed.size / 1e6 / speed.seconds:8,.0f}"
                print(f"{what:34} {speed.records:9,} {rates} {speed.size / 1e6 / speed.processor:12,.0f}", flush=True)
    print(f"largest memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


def drained(source: Source, wait: float = 0.0) -> Speed:
    """Polls until nothing comes."""
    offset: Offset | None = None
    records = size = 0
    began, used = time.monotonic(), time.process_time()
    while (batch := source.poll(offset, MOST_BYTES, wait)) is not None:
        offset = batch.offset
        records += batch.counts.records
        size += batch.counts.bytes
        ended = time.monotonic()
    return Speed(records, size, ended - began, time.process_time() - used)


def lines(first: int, last: int) -> list[bytes]:
    """Records with an id each."""
    text = json.dumps(TEXT)
    return [f'{{"exchange_id": "e{number}", "prompt": {text}}}'.encode() for number in range(first, last)]


def folder(where: Path) -> Iterator[tuple[str, Speed]]:
    """Four logs of JSON lines."""
    logs = where / "logs"
    logs.mkdir()
    for number in range(4):
        share = RECORDS // 2
        (logs / f"{number}.jsonl").write_bytes(b"\n".join(lines(number * share, (number + 1) * share)) + b"\n")
    yield "folder: logs of JSON lines", drained(opened(*parse([str(logs)]), where / "state", None, 0.0))


def many(where: Path) -> Iterator[tuple[str, Speed]]:
    """Very many files, and then a poll in which none of them is new."""
    for number in range(FILES):
        path = where / "many" / f"{number % 100:02}" / f"{number}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b'{"exchange_id": "e%d"}\n' % number)
        os.utime(path, (1_000_000, 1_000_000))
    source = opened(*parse([str(where / "many")]), where / "state", None, 0.0)
    offset: Offset | None = None
    began, used = time.monotonic(), time.process_time()
    while (batch := source.poll(offset, MOST_BYTES, 0)) is not None:
        offset = batch.offset
    yield (
        f"folder: {FILES:,} files of a line",
        Speed(FILES, 25 * FILES, time.monotonic() - began, time.process_time() - used),
    )
    began = time.monotonic()
    for _ in range(10):
        source.poll(offset, MOST_BYTES, 0)
    yield f"folder: 10 polls of {FILES:,} old files", Speed(10, 0, time.monotonic() - began, 1)


def kafka(where: Path) -> Iterator[tuple[str, Speed]]:
    """A topic of two partitions at a broker that keeps it in memory."""
    with running(kafka_broker(where)) as broker:
        topic = Topic(f"127.0.0.1:{broker.port}", partitions=2)
        topic.make()
        for first in range(0, RECORDS // 4, 10_000):
            topic.write(lines(first, first + 10_000), first // 10_000 % 2)
        source = opened(*parse([topic.address]), where / "state")
        yield "Kafka: 2 partitions", drained(source)
        source.close()


def nats(where: Path) -> Iterator[tuple[str, Speed]]:
    """A stream at a server that keeps it in files."""
    with running(nats_server(where)) as server:
        stream = Stream(server.port)
        stream.make()
        for first in range(0, RECORDS // 4, 2_000):
            stream.write(lines(first, first + 2_000))
        source = opened(*parse([stream.address]), where / "state")
        yield "NATS: one stream", drained(source)
        source.close()


def otlp(where: Path) -> Iterator[tuple[str, Speed]]:
    """One client that sends requests of 500 spans, each after the last was acknowledged."""
    source = opened(*parse([f"otlp://127.0.0.1:{free_port()}"]), where / "state", lambda _: True)
    connection = http.client.HTTPConnection("127.0.0.1", int(source.name.rpartition(":")[2]))
    headers = {"content-type": "application/json", "authorization": "Bearer key"}
    bodies = [_request(number) for number in range(100)]
    began, used = time.monotonic(), time.process_time()
    for body in bodies:
        connection.request("POST", "/v1/traces", body, headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200
    sent = Speed(50_000, sum(map(len, bodies)), time.monotonic() - began, time.process_time() - used)
    yield "OTLP: spans acknowledged", sent
    given = drained(source)
    yield "OTLP: spans given", Speed(50_000, given.size, given.seconds, given.processor)
    source.close()


def _request(number: int) -> bytes:
    content = [{"key": "gen_ai.input.messages", "value": {"stringValue": TEXT}}]
    spans = [{"spanId": f"{number}-{span}", "startTimeUnixNano": "1", "attributes": content} for span in range(500)]
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}).encode()


MEASURED = {"folder": folder, "kafka": kafka, "nats": nats, "otlp": otlp, "many": many}

if __name__ == "__main__":
    main()
