"""The worlds of a benchmark: they are built once, and rewritten without columns or with shuffled rows."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

import stillwatch_lab
from bench.measure import ROOT, measured, say

TEXT_COLUMNS = ("system_instructions", "input_text", "output_text")
COMPLETE = ".complete"


@dataclass(frozen=True, slots=True)
class World:
    """A built world: its folder, and the arguments of its build."""

    folder: Path
    name: str
    seed: int
    accounts: int

    @property
    def exchanges(self) -> Path:
        return self.folder / "exchanges"

    @property
    def truth(self) -> Path:
        return self.folder / "truth"

    def table(self, name: str) -> str | None:
        """The path of `accounts` or `permits`, None if the world has none."""
        path = self.folder / f"{name}.parquet"
        return str(path) if path.is_file() else None


def prompt_folder(named: Path | None) -> Path | None:
    """The folder of prompts that worlds are made from: the one named, else the default, else None.

    The default is `prompts` under STILLWATCH_DATA or under `../shared/data`. None means the shipped prompts.
    """
    if named is not None:
        return named
    data = Path(os.environ.get("STILLWATCH_DATA", ROOT.parent / "shared" / "data"))
    found = data / "prompts"
    return found if found.is_dir() else None


def world_of(folder: Path, name: str, seed: int, size: tuple[int, int], prompts: Path | None) -> World:
    """The world of that name, seed, size (accounts, exchanges) and prompts in `folder`; it is built if missing."""
    accounts, exchanges = size
    home = folder / f"{name}-{accounts}-{exchanges}-{seed}-{recipe_digest(prompts)}"
    world = World(home, name, seed, accounts)
    if (home / COMPLETE).is_file():
        say(f"{home.name}: kept from before")
        return world
    shutil.rmtree(home, ignore_errors=True)
    arguments = {"world": name, "seed": seed, "accounts": accounts, "exchanges": exchanges, "out": str(home)}
    measured("build", prompts=None if prompts is None else str(prompts), **arguments)
    (home / COMPLETE).touch()
    return world


def recipe_digest(prompts: Path | None) -> str:
    """A digest of the prompts' folder and the code that builds worlds; a world of other code is not used again."""
    rooms = Path(stillwatch_lab.__file__).parent / "worlds"
    digest = hashlib.sha256(b"own" if prompts is None else str(prompts.absolute()).encode())
    for path in sorted([*rooms.rglob("*.py"), *rooms.rglob("*.toml")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:8]


def without_text(world: World) -> Path:
    """Writes the world's logs without the text columns to another folder beside them."""
    bare = world.folder / "exchanges-without-text"
    shutil.rmtree(bare, ignore_errors=True)
    bare.mkdir()
    for part in sorted(world.exchanges.glob("*.parquet")):
        source = pq.ParquetFile(part)
        kept = [name for name in source.schema_arrow.names if name not in TEXT_COLUMNS]
        pq.write_table(source.read(columns=kept), bare / part.name, compression="zstd")
    return bare


def shuffled(exchanges: Path, out: Path, seed: int, parts: int = 3) -> Path:
    """Writes the same rows in a random order, in another number of files."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    rows = pq.read_table(exchanges)
    order = np.random.default_rng(seed).permutation(rows.num_rows)
    for number, indices in enumerate(np.array_split(order, parts)):
        pq.write_table(rows.take(indices), out / f"shuffled-{number}.parquet")
    return out


def digests(run: Path) -> dict[str, str]:
    """SHA-256 of every Parquet file of a run folder, by name."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(run.glob("*.parquet"))}


def differences(runs: dict[str, dict[str, str]]) -> list[str]:
    """The files that differ from those of the first run, as `run: file`."""
    (_, first), *others = runs.items()
    return [
        f"{name}: {file}"
        for name, files in others
        for file in sorted({*first, *files})
        if first.get(file) != files.get(file)
    ]
