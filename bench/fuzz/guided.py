"""Alters input guided by coverage, for the parts of the reader that take bytes of strangers apart in Python.

    python -m bench.fuzz.guided TARGET [FOLDER] [-max_total_time=600] ...

TARGET is `parquet` (footer and page headers), `binpb` (messages of OTLP) or the name of a gateway's format; FOLDER
keeps what was found, and the other options are libFuzzer's. It needs `atheris`, which is no dependency since it has no
wheels for every Python and system: `pip install atheris` on Linux.
"""

from __future__ import annotations

import contextlib
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.fuzz.seeds import EXAMPLES, seed

Target = Callable[[bytes], None]


def main(words: Sequence[str]) -> None:
    """Runs until libFuzzer's options say to stop, or an input raises what it may not."""
    import atheris

    with atheris.instrument_imports(include=["stillwatch.read"]):
        work = target(words[0])
    with tempfile.TemporaryDirectory(prefix="stillwatch-guided-") as folder:
        seeds = Path(folder)
        for number, data in enumerate(seeds_of(words[0])):
            (seeds / f"seed-{number}").write_bytes(data)
        atheris.Setup([sys.argv[0], *words[1:], folder], work)
        atheris.Fuzz()


def target(name: str) -> Target:
    """The function that takes bytes apart; it returns whatever the bytes are."""
    return {"parquet": parquet, "binpb": protobuf}.get(name, lambda: gateway(name))()


def parquet() -> Target:
    """A whole file: its footer, and the headers of its pages."""
    from stillwatch.read.formats.parquet_pages import check_page_headers
    from stillwatch.read.formats.thrift import DamagedError

    path = Path(tempfile.mkdtemp(prefix="stillwatch-guided-")) / "file.parquet"

    def take(data: bytes) -> None:
        path.write_bytes(data)
        with contextlib.suppress(DamagedError):
            check_page_headers(path)

    return take


def protobuf() -> Target:
    """A file of OTLP messages."""
    from stillwatch.errors import StillwatchError
    from stillwatch.input_files import Source
    from stillwatch.read.gateways import messages, named

    form = named("otel")

    def take(data: bytes) -> None:
        path = Path("x.binpb")
        with contextlib.suppress(StillwatchError):
            for _, _, document in messages(Source(path, str(path), path.name), iter([data])):
                list(form.rows(document, Counter()))

    return take


def gateway(name: str) -> Target:
    """A line or message of a gateway's log."""
    from stillwatch.read.gateways import named
    from stillwatch.records.inputs import EXCHANGES

    form = named(name)

    def take(data: bytes) -> None:
        for row in form.rows(form.decode(data), Counter()):
            if not set(row) <= set(EXCHANGES.names):
                raise AssertionError(f"a row has columns of its own: {sorted(row)}")

    return take


def seeds_of(name: str) -> list[bytes]:
    """Whole inputs from which alterations begin."""
    if name == "parquet":
        return [seed("parquet", random.Random(number), number).data for number in range(20)]
    if name == "binpb":
        return [path.read_bytes() for path in EXAMPLES.glob("*.binpb")]
    return [line for path in EXAMPLES.glob(f"{name}.*l*") for line in path.read_bytes().splitlines()]


if __name__ == "__main__":
    main(sys.argv[1:])
