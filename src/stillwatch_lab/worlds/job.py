"""The scan of a built world's files."""

from __future__ import annotations

from pathlib import Path

from stillwatch.job import Inputs, Job, resolve


def job_of(world: Path) -> Job:
    """The scan of a built world's files, accounts and permits included where the world has them."""
    tables = {name: (str(path),) for name in ("accounts", "permits") if (path := world / f"{name}.parquet").is_file()}
    return resolve(Inputs((str(world / "exchanges"),), **tables))
