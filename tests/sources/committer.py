"""A smallest watch: it polls a source, keeps the ids of the records and commits them with the offset in one step."""

from __future__ import annotations

import gzip
import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

from stillwatch.errors import OutputError
from stillwatch.sources import Batch, Counts, Offset, Source, opened, parse
from stillwatch.sources.folder import FolderSource


class Committer:
    """What was committed of one source: its offset, and every id that it gave, in files that `committed.json` names."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.troubles: list[str] = []
        self.counts = Counts()
        state.mkdir(parents=True, exist_ok=True)
        (state / "source").mkdir(exist_ok=True)

    @property
    def offset(self) -> Offset | None:
        found: Offset | None = self._committed()["offset"]  # type: ignore[assignment]
        return found

    def folder(self, root: Path, settle_seconds: float = 0.0) -> FolderSource:
        """A source of this folder as a watch opens it after a start."""
        return FolderSource(str(root), str(root), self.state / "source", settle_seconds)

    def opened(self, address: str) -> Source:
        """The source at this address as a watch opens it after a start."""
        return opened(parse([address])[0], self.state / "source", lambda secret: secret == "key", 0.0)

    def once(self, source: Source, most_bytes: int = 1 << 20, wait: float = 0.0) -> list[str]:
        """Polls once and commits; returns the ids that came."""
        batch = source.poll(self.offset, most_bytes, wait)
        if batch is None:
            return []
        self.troubles += map(str, batch.troubles)
        mine, new = self.counts, batch.counts
        self.counts = Counts(*(getattr(mine, name) + getattr(new, name) for name in Counts.__slots__))
        found = ids_of(batch)
        self.commit(found, batch.offset)
        return found

    def drain(self, source: Source, most_bytes: int = 1 << 20, wait: float = 0.0) -> list[str]:
        """Polls and commits until nothing comes; returns all ids that came."""
        found: list[str] = []
        before = None
        while before != self.offset or before is None:
            before = self.offset
            found += self.once(source, most_bytes, wait)
            if before is None and self.offset is None:
                break
        return found

    def wait_for(self, source: Source, count: int, seconds: float = 60) -> list[str]:
        """Polls and commits until so many ids came, or for so long."""
        found: list[str] = []
        until = time.monotonic() + seconds
        while len(found) < count and time.monotonic() < until:
            found += self.once(source, wait=0.2)
        return found

    def commit(self, found: list[str], offset: Offset) -> None:
        committed = self._committed()
        part = f"part-{len(committed['parts']):06}"
        (self.state / part).write_text("\n".join(found))
        fresh = self.state / "fresh.json"
        fresh.write_text(json.dumps({"offset": offset, "parts": [*committed["parts"], part]}))
        fresh.replace(self.state / "committed.json")

    def ids(self) -> Counter[str]:
        """How often each id was committed."""
        parts = [(self.state / part).read_text() for part in self._committed()["parts"]]
        return Counter(line for part in parts for line in part.splitlines())

    @property
    def commits(self) -> int:
        return len(self._committed()["parts"])

    def _committed(self) -> dict[str, list[str]]:
        path = self.state / "committed.json"
        return json.loads(path.read_text()) if path.exists() else {"offset": None, "parts": []}  # type: ignore[no-any-return]


def full_disk(*_: object) -> None:
    raise OutputError("cannot write; free space")


def ids_of(batch: Batch) -> list[str]:
    return [found for path in batch.files for found in ids_in(path)]


def ids_in(path: Path) -> list[str]:
    """The ids in a file of a batch: `{"id": …}` a line, or in a document; or the lines themselves."""
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    if path.suffix == ".json":
        return [str(one["id"]) for one in json.loads(data)]
    if path.suffix == ".binpb":
        return spans_in(data)
    if path.suffix in (".csv", ".parquet"):
        return [data.decode("latin-1")]
    if data.startswith(b'{"resourceSpans"'):
        return [span["name"] for line in data.splitlines() for span in _spans(json.loads(line))]
    return [_id(line) for line in data.splitlines() if line.strip()]


def spans_in(data: bytes) -> list[str]:
    """The names of spans in messages of OTLP, each after its length."""
    from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

    found: list[str] = []
    while data:
        size = int.from_bytes(data[:4], "big")
        message = TracesData.FromString(data[4 : 4 + size])
        found += [
            span.name for resource in message.resource_spans for scope in resource.scope_spans for span in scope.spans
        ]
        data = data[4 + size :]
    return found


def _spans(document: Any) -> Any:
    return document["resourceSpans"][0]["scopeSpans"][0]["spans"]


def _id(line: bytes) -> str:
    try:
        return str(json.loads(line)["id"])
    except (ValueError, KeyError, TypeError):
        return line.decode("utf-8", "replace")
