"""One measured task of the comparison in a process of its own (`python -m bench.beside.child TASK JSON`)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from bench.child import scan
from stillwatch_lab.benchmark.cost import Result, run_task

# Each task imports the heavy modules that it needs, so that a child's peak memory is its task's.


def sketch(exchanges: str, out: str, threads: int) -> Result:
    """Sketches the world's logs; all linkers start from the sketches."""
    from stillwatch import flow
    from stillwatch.job import Inputs, resolve
    from stillwatch.settings import EngineSettings, Settings

    job = resolve(Inputs((exchanges,)), settings=Settings(engine=EngineSettings(threads=threads)))
    return {"rows": flow.write_sketches(job, Path(out)).used}


def sketchers(exchanges: str, texts: int, seed: int, rounds: int) -> Result:
    """Runs every sketcher on the same texts."""
    from bench.beside.sketching import compared

    return compared(Path(exchanges), texts, seed, rounds)


def link(sketches: str, accounts: str, out: str, threads: int) -> Result:
    """Runs Stillwatch's stages up to link."""
    from bench.beside.linkers import stillwatch_link

    return stillwatch_link(sketches, accounts, out, threads)


def splink(sketches: str, accounts: str, out: str, threads: int) -> Result:
    """Runs Splink on the accounts table."""
    from bench.beside.linkers import baseline
    from stillwatch_lab.baselines.entity_resolution import ENTITY_RESOLUTION

    return baseline(ENTITY_RESOLUTION, sketches, accounts, out, threads)


def lockstep(sketches: str, accounts: str, out: str, threads: int) -> Result:
    """Runs hourly Jaccard similarity over all objects, in SQL."""
    from bench.beside.linkers import baseline
    from bench.beside.lockstep_joins import EVERY_OBJECT_JOINED

    return baseline(EVERY_OBJECT_JOINED, sketches, accounts, out, threads)


def lockstep_addresses(sketches: str, accounts: str, out: str, threads: int) -> Result:
    """Runs hourly Jaccard similarity over addresses, in SQL."""
    from bench.beside.linkers import baseline
    from bench.beside.lockstep_joins import ADDRESSES_JOINED

    return baseline(ADDRESSES_JOINED, sketches, accounts, out, threads)


TASKS: dict[str, Callable[..., Result]] = {
    "sketch": sketch,
    "sketchers": sketchers,
    "link": link,
    "splink": splink,
    "lockstep": lockstep,
    "lockstep_addresses": lockstep_addresses,
    "scan": scan,
}


if __name__ == "__main__":
    run_task(TASKS, sys.argv[1:])
