"""Snapshots of a stated size, and a process that swaps two of them to and fro."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from stillwatch.verdicts import Effect, Reader, Verdict, write

ONE_IN = 100  # accounts with an effect
NOTICE = "This account is suspended. To object, quote SW-0123456789abcdef."


def account(number: int) -> str:
    """The id of an account."""
    return f"account-{number:08}-{number * 7919 % 1_000_003:06x}"


def records(accounts: int, decision: str) -> Iterator[Verdict]:
    """Verdicts on so many accounts, one in ONE_IN of them with an effect."""
    now = datetime.now(UTC)
    held = (Effect("suspend", "extraction", now, now + timedelta(days=7), decision, "SW-0123456789abcdef", NOTICE),)
    for number in range(accounts):
        network, campaign = f"n{number % 5_000:016x}", f"c{number % 300:016x}"
        yield Verdict(account(number), "watch", network, campaign, held if number % ONE_IN == 0 else ())


def make_two(folder: Path, accounts: int) -> tuple[str, str]:
    """Writes two snapshots side by side; returns their ids."""
    first = write(folder, records(accounts, "d1"), datetime.now(UTC))
    aside = folder / "aside"
    (folder / f"{first}.verdicts").rename(aside)
    second = write(folder, records(accounts, "d2"), datetime.now(UTC))
    aside.rename(folder / f"{first}.verdicts")
    return first, second


def swap_for_ever(folder: Path, names: tuple[str, str], seconds: float) -> None:
    """Makes the one and the other current, every so many seconds."""
    number = 0
    while True:
        time.sleep(seconds)
        fresh = folder / ".next"
        fresh.write_text(f"{names[number % 2]}\n")
        fresh.replace(folder / "current")
        number += 1


def look_ups(folder: Path, accounts: int, seed: int, count: int = 200_000) -> dict[str, float]:
    """µs a look-up in process: the median and the worst of seven rounds, for known accounts and for strangers."""
    reader = Reader(folder)
    draw = random.Random(seed)
    known = [account(draw.randrange(accounts)) for _ in range(count)]
    found = {}
    for name, ids in (("known", known), ("unknown", [f"{one}x" for one in known])):
        rounds = []
        for _ in range(7):
            began = time.perf_counter()
            for one in ids:
                reader.find(one)
            rounds.append((time.perf_counter() - began) / count * 1e6)
        found[f"{name}_us"] = sorted(rounds)[3]
        found[f"{name}_worst_us"] = max(rounds)
    return found


if __name__ == "__main__":
    swap_for_ever(Path(sys.argv[1]), (sys.argv[2], sys.argv[3]), float(sys.argv[4]))
