"""`python -m bench.serve` measures look-ups, `/v1/verdict` beside a bare route, and LiteLLM with the guardrail.

    python -m bench.serve [--parts lookup route litellm] [--accounts 3000000] [--minutes 10] [--out FOLDER]

The bare route is a process of its own, without a snapshot; both are asked in turns by one open-loop generator.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from tests.serve.gateways.programs import free_port, running
from tests.serve.live import live

import stillwatch
from bench.measure import ROOT, machine, say
from bench.serve import litellm, snapshots
from stillwatch.ledger import opened

PARTS = ("lookup", "route", "litellm")
BLOCK = 5.0  # seconds
SETTINGS = "[serve]\nrefresh_seconds = 0.5\n"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure beside its target."""

    what: str
    value: float
    unit: str
    most: float | None = None

    def __str__(self) -> str:
        met = "" if self.most is None else f"<= {self.most:g} {'met' if self.value <= self.most else 'MISSED'}"
        return f"{self.what:58} {self.value:14,.3f} {self.unit:8} {met}".rstrip()


def main(words: Sequence[str]) -> int:
    """Runs the parts of the command line, and writes the table."""
    options = arguments(words)
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="stillwatch-bench-") as name:
        state = Path(name)
        if {"lookup", "route"} & set(options.parts):
            say(f"writing two snapshots of {options.accounts:,} accounts")
            names = snapshots.make_two(state / "verdicts", options.accounts)
        if "lookup" in options.parts:
            figures += look_ups(state, options)
        if "route" in options.parts:
            figures += route(state, names, options)
        if "litellm" in options.parts:
            figures += cost_to_litellm(state / "litellm", options)
    publish(figures, options)
    return 0


def arguments(words: Sequence[str]) -> argparse.Namespace:
    """The command line as values."""
    parser = argparse.ArgumentParser(prog="python -m bench.serve", description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--accounts", type=int, default=3_000_000)
    parser.add_argument(
        "--minutes", type=float, default=10.0, help="of requests to /v1/verdict; as many to the bare route"
    )
    parser.add_argument("--rate", type=float, default=2_000.0, help="requests a second")
    parser.add_argument("--swap", type=float, default=5.0, help="seconds between swaps")
    parser.add_argument("--rounds", type=int, default=8, help="of 250 requests each with and without the guardrail")
    parser.add_argument("--seed", type=int, default=18)
    parser.add_argument("--out", type=Path, default=ROOT / "docs/results/serve")
    return parser.parse_args(words)


def look_ups(state: Path, options: argparse.Namespace) -> list[Figure]:
    """Look-ups in process."""
    found = snapshots.look_ups(state / "verdicts", options.accounts, options.seed)
    size = max(path.stat().st_size for path in (state / "verdicts").glob("*.verdicts"))
    return [
        Figure("look-up of a known account, median of 7 rounds", found["known_us"], "us", 5.0),
        Figure("  the same, worst round", found["known_worst_us"], "us"),
        Figure("look-up of an unknown account, median of 7 rounds", found["unknown_us"], "us", 5.0),
        Figure("size of the snapshot", size / 1e6, "MB"),
    ]


def route(state: Path, names: tuple[str, str], options: argparse.Namespace) -> list[Figure]:
    """`/v1/verdict` and the bare route, in turns."""
    with opened(state) as ledger:
        key = ledger.keys.create("bench", "verdict", datetime.now(UTC))[1]
    bare = free_port()
    with ExitStack() as stack:
        ours = stack.enter_context(live(state, SETTINGS))
        words = [sys.executable, "-m", "bench.serve.bare", str(bare)]
        other = stack.enter_context(running(words, bare, state / "bare.log"))
        stack.enter_context(swapping(state / "verdicts", names, options.swap))
        say(f"{options.minutes:g} minutes of requests to each route, in turns of {BLOCK:g} s")
        asked = [request(key, snapshots.account(number * 37 % options.accounts)) for number in range(2_000)]
        given = {
            "ports": {"verdict": ours.port, "bare": bare},
            "requests": {"verdict": asked, "bare": asked},
            "rate": options.rate,
            "block_seconds": BLOCK,
            "blocks": round(options.minutes * 60 / BLOCK),
            "seed": options.seed,
        }
        before = {"verdict": litellm.processor_seconds(ours.process.pid), "bare": litellm.processor_seconds(other.pid)}
        done = subprocess.run(
            [sys.executable, "-m", "bench.serve.load"],
            input=json.dumps(given),
            capture_output=True,
            text=True,
            check=True,
        )
        found = json.loads(done.stdout)
        for name, pid in (("verdict", ours.process.pid), ("bare", other.pid)):
            found[name]["processor"] = litellm.processor_seconds(pid) - before[name]
        lines = ours.lines()
    return compared(found, sum(line["event"] == "snapshot taken" for line in lines), lines)


@contextmanager
def swapping(folder: Path, names: tuple[str, str], seconds: float) -> Iterator[None]:
    """A process that swaps the snapshots until the block ends."""
    words = [sys.executable, "-m", "bench.serve.snapshots", str(folder), *names, str(seconds)]
    process = subprocess.Popen(words)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def request(key: str, account: str) -> str:
    """A request as it stands on the wire."""
    body = json.dumps({"account_id": account})
    return (
        f"POST /v1/verdict HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {key}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n{body}"
    )


def compared(found: dict[str, Any], swaps: int, lines: list[dict[str, object]]) -> list[Figure]:
    """The figures of both routes, and ours by the other's."""
    figures = []
    at: dict[str, dict[float, float]] = {}
    for name in ("bare", "verdict"):
        latencies = np.array(found[name]["latencies"])
        at[name] = {share: float(np.percentile(latencies, share)) for share in (50, 99, 99.9)}
        figures.append(Figure(f"{name}: requests answered 200", float(len(latencies)), ""))
        figures.append(Figure(f"{name}: requests that failed", float(found[name]["failed"]), "", 0.0))
        figures += [Figure(f"{name}: p{share:g}", value, "ms") for share, value in at[name].items()]
        each = found[name]["processor"] / (len(latencies) + found[name]["failed"]) * 1e6
        figures.append(Figure(f"{name}: processor time a request, swaps included", each, "us"))
    figures.append(Figure("verdict: p50 by the bare route's", at["verdict"][50] / at["bare"][50], "times", 1.3))
    figures.append(Figure("verdict: p99 by the bare route's", at["verdict"][99] / at["bare"][99], "times", 2.0))
    figures.append(Figure("snapshots taken meanwhile", float(swaps), ""))
    figures.append(Figure("errors in the log", float(sum(line["level"] == "error" for line in lines)), "", 0.0))
    return figures


def cost_to_litellm(folder: Path, options: argparse.Namespace) -> list[Figure]:
    """LiteLLM's own processor time a request, with and without the guardrail."""
    if not litellm.installed():
        say("LiteLLM is not installed; run `make litellm`")
        return []
    found = litellm.measured(folder, options.rounds)
    each = {"none": "alone", "own": "with stillwatch_guardrail.py", "generic": "with its generic guardrail"}
    figures = [Figure(f"LiteLLM {each[name]}, processor time a request", found[name], "ms") for name in each]
    more = {name: (found[name] / found["none"] - 1) * 100 for name in ("own", "generic")}
    figures += [Figure(f"  more {each[name]}", more[name], "%", 35.0) for name in more]
    return [*figures, Figure("requests to each", found["requests"], "")]


def publish(figures: Sequence[Figure], options: argparse.Namespace) -> None:
    """Prints the table, and writes it."""
    head = (
        f"stillwatch {stillwatch.__version__}, {machine()}; {datetime.now(UTC):%Y-%m-%d}; seed {options.seed}; "
        f"{os.getloadavg()[2]:.1f} processes wanted to run on average in the last 15 minutes; "
        f"{options.accounts:,} accounts, {options.rate:,.0f} requests/s (Poisson), a swap every {options.swap:g} s"
    )
    text = "\n".join([head, "", *map(str, figures)])
    say(text)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / f"serve-{stillwatch.__version__}.txt").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
