"""Sizes of the reference case at each scale, and the disk that writing one needs."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from stillwatch.errors import Mistake, OutputError, UsageError

PEOPLE_MEAN = (317_000_000 - 28_800_000) / 2_475_000
"""Exchanges per account outside the campaign."""
CAMPAIGN_MEAN = 1_152.0
"""Exchanges per account of the campaign: 28.8 million for 25,000 accounts."""
WORLD_BYTES = 79.0
"""Bytes per exchange on disk with tables and truth (measured: see docs/performance.md)."""
POOL_BYTES = 110.0
"""Bytes per exchange of the people that replicas are made from."""
SPARE_BYTES = 500_000_000


@dataclass(frozen=True, slots=True)
class Size:
    """A world's accounts: `people` are drawn once and written `replicas` times, and `campaign` is written once."""

    scale: str
    people: int
    replicas: int
    campaign: int

    @property
    def accounts(self) -> int:
        """The number of all accounts."""
        return self.people * self.replicas + self.campaign

    @property
    def exchanges(self) -> int:
        """The approximate number of exchanges."""
        return round(self.people * self.replicas * PEOPLE_MEAN + self.campaign * CAMPAIGN_MEAN)

    @property
    def disk_bytes(self) -> int:
        """The approximate bytes on disk while the world is written."""
        return round(self.exchanges * WORLD_BYTES + self.people * PEOPLE_MEAN * POOL_BYTES) + SPARE_BYTES


SIZES = {
    size.scale: size
    for size in (
        Size("1", 24_750, 100, 25_000),
        Size("0.1", 24_750, 10, 2_500),
        Size("0.01", 12_375, 2, 250),
        Size("0.001", 825, 3, 25),
    )
}


def size_of(scale: str) -> Size:
    """The size of that name; UsageError for any other."""
    try:
        return SIZES[f"{float(scale):g}"]
    except (ValueError, KeyError):
        known = ", ".join(f"`{name}`" for name in SIZES)
        raise UsageError([Mistake(f"scale `{scale}`", "is not one that is measured", f"use one of {known}")]) from None


def prepare(out: Path, size: Size, written: int = 0) -> None:
    """Creates the folder `out` and checks that there is space for the world, of which `written` bytes are there.

    Raises OutputError for a folder that cannot be written and for a disk that is too small.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"cannot make the folder `{out}`: {reason}; name another with OUT=") from error
    if not os.access(out, os.W_OK | os.X_OK):
        raise OutputError(f"cannot write into `{out}`: permission denied; name another folder with OUT=")
    free, needed = shutil.disk_usage(out).free, max(0, size.disk_bytes - written)
    if free < needed:
        raise OutputError(
            f"a world of scale {size.scale} needs {needed / 1e9:.1f} GB in `{out}`, and {free / 1e9:.1f} GB are free; "
            "free space there, name a folder on another disk with OUT=, or take a smaller SCALE="
        )
