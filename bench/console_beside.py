"""What stands beside the console while pages are timed: partners and shares in the ledger, epochs of a watch."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from stillwatch.ledger import Attribution, opened
from stillwatch.ledger.exchanged import Share, Sighting
from stillwatch.ledger.ledger import Ledger
from stillwatch.records.identifiers import stamp, stix_id

PARTNERS, INDICATORS, SHARES, SEEN = 20, 500, 40, 100  # the second and the last of each partner
FACTS = 12  # of each worksheet, of which the first campaigns have one
PARTNER = "partner-0"


def told(state: Path, campaigns: int) -> str:
    """Fills the state's ledger once with what partners told and are to be told; returns the id of a share."""
    now = datetime.now(UTC)
    with opened(state) as ledger:
        shares = ledger.shares.list()
        if not shares:
            for number in range(PARTNERS):
                _partner(ledger, f"partner-{number}", now, campaigns)
            for number in range(SHARES):
                _share(ledger, number, now, campaigns)
            for number in range(min(campaigns, 20)):
                ledger.attributions.add(_worksheet(f"C{number}", now))
            shares = ledger.shares.list()
        return shares[0].share_id


def _partner(ledger: Ledger, partner: str, now: datetime, campaigns: int) -> None:
    objects = [_indicator(partner, number, now) for number in range(INDICATORS)]
    ledger.received.add(partner, objects, now, INDICATORS)
    seen = [
        Sighting(partner, one["id"], f"C{place % campaigns}", "a run", now) for place, one in enumerate(objects[:SEEN])
    ]
    ledger.received.see(seen)


def _indicator(by: str, number: int, now: datetime) -> dict[str, Any]:
    at = stamp(now - timedelta(days=1))
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": stix_id("indicator", by, str(number)),
        "created_by_ref": stix_id("identity", by),
        "created": at,
        "modified": at,
        "name": f"Address {number}",
        "pattern": f"[ipv4-addr:value = '198.51.{number // 250}.{number % 250}']",
        "pattern_type": "stix",
        "valid_from": at,
    }


def _share(ledger: Ledger, number: int, now: datetime, campaigns: int) -> None:
    by = "A provider"
    who = {"type": "identity", "spec_version": "2.1", "id": stix_id("identity", by), "name": by}
    at = stamp(now)
    identity = {**who, "created": at, "modified": at, "identity_class": "organization"}
    share = Share(
        share_id="",
        made_at=now,
        recipient=f"partner-{number % PARTNERS}",
        subject=f"C{(number % PARTNERS + number // PARTNERS) % campaigns}",  # a subject waits once for a partner
        run="a run",
        profile="partner",
        marking="amber",
        legal_basis="an agreement",
        made_by="bench",
        digest="",
        needs_approval=True,
    )
    ledger.shares.add(share, [identity, *(_indicator(by, one, now) for one in range(100))])


def _worksheet(campaign: str, now: datetime) -> list[Attribution]:
    names = ("one", "many", "none")
    facts = [f"fact {number}" for number in range(FACTS)]
    rows = [Attribution(campaign, "hypothesis", "bench", now, name, text="who it may be") for name in names]
    rows += [
        Attribution(campaign, "item", "bench", now, item=fact, value="log", text="what was seen") for fact in facts
    ]
    rated = [(fact, name) for fact in facts for name in names]
    return rows + [Attribution(campaign, "rating", "bench", now, name, fact, "C") for fact, name in rated]


@contextmanager
def epochs(folder: Path, accounts: int, exchanges: int) -> Iterator[None]:
    """Lets a watch take a made world in and search it, again and again from nothing, until the block ends; prints how
    often it came to an end. Nothing runs for no exchanges.
    """
    if not exchanges:
        yield
        return
    world = folder / f"world-{accounts}-{exchanges}"
    if not (world / "exchanges").is_dir():
        made = ["lab", "build", "demo", "--accounts", str(accounts), "--exchanges", str(exchanges), "--out", str(world)]
        subprocess.run([sys.executable, "-m", "stillwatch", *made], check=True, stdout=subprocess.DEVNULL)
    over, spans = threading.Event(), list[float]()
    thread = threading.Thread(target=_again, args=(world, folder / "beside", over, spans))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    shown = ", ".join(f"{one:.0f}" for one in spans) or "none"
    print(f"epochs over {exchanges:,} exchanges that ended beside the pages, seconds each: {shown}")


def _again(world: Path, state: Path, over: threading.Event, spans: list[float]) -> None:
    words = ["watch", str(world / "exchanges"), "--accounts", str(world / "accounts.parquet"), "--state", str(state)]
    while not over.is_set():
        shutil.rmtree(state, ignore_errors=True)
        began = time.perf_counter()
        command = [sys.executable, "-m", "stillwatch", *words, "--once"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
            while process.poll() is None and not over.wait(0.5):
                pass
            process.terminate()
            said = process.stderr.read() if process.stderr is not None else b""
        if not over.is_set():
            if process.returncode:
                raise RuntimeError(f"the epoch failed: {said.decode()[-500:]}")
            spans.append(time.perf_counter() - began)
