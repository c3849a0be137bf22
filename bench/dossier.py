"""`python -m bench.dossier`: flipped bytes that a verification finds, and what a dossier of 25,000 accounts costs.

Prints one line for each part (dossier, statement, entries of the seal by kind, log of seals, tables): how many of the
flipped bytes were found, and missed; then processor time and memory of writing, sealing and verifying the large
dossier, each in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner
from tests.report.synthetic_run import START, SyntheticRun, full_run, large_run

from stillwatch import report
from stillwatch.custody import check, log
from stillwatch.custody.seal import Sealing
from stillwatch.custody.signing import Trusted
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.ledger.records import Attribution
from stillwatch.records.lineage import LINEAGE_MEMBERS
from stillwatch.records.outputs import (
    CAMPAIGN_TEXTS,
    CAMPAIGN_USAGE,
    NETWORK_PROFILES,
    NETWORK_STANDINGS,
    NETWORKS,
)
from stillwatch.report import Asked
from stillwatch.report.dossier.facts import Recorded
from stillwatch.report.likeness import ASPECTS
from stillwatch.settings import EngineSettings

SIGNED_LINES = 3  # of a seal: the signed statement, the public key, and a stamp or `null`
OTHERS = 300  # networks of no campaign
MEASURED = """
import sys
from bench.dossier import {function}
from stillwatch_lab.benchmark.cost import cpu_seconds, peak_bytes
{function}(*sys.argv[1:])
print(f"{{cpu_seconds():.1f}} {{peak_bytes() / 1e9:.2f}}")
"""


def written(made: SyntheticRun, folder: Path) -> Path:
    """A run folder of these rows."""
    with DuckDBEngine(EngineSettings(threads=2), folder) as engine:
        made.store(engine)
        return made.write(engine, folder / "run")


def signing(folder: Path) -> tuple[Sealing, Trusted]:
    """How seals are made, and whom a checker trusts."""
    signer = CryptoSigner(Ed25519PrivateKey.generate())
    how = Sealing(signer, datetime.now(UTC), folder / "seals.log")
    return how, Trusted(signer.public_key.keyid, "the bench")


def flips(trials: int, seed: int, folder: Path) -> Counter[tuple[str, bool]]:
    """Flips one bit of one byte, `trials` times, in each part of what a verification reads as often as in another."""
    run = written(taking_run(), folder)
    how, trusted = signing(folder)
    entered = Attribution("C3", "hypothesis", "the bench", how.now, "one laboratory", text="entered by a person")
    for form in ("html", "md"):  # two seals, so that the log has a seal before this one
        asked = Asked(form, recorded=Recorded(attributions=(entered,)))
        dossier, whole, enter = report.seal_dossier(run, "C3", asked, how, "bench")
        enter()
        how = replace(how, now=datetime.now(UTC))
    tables = sorted(run.glob("*.parquet"))
    draw, found = random.Random(seed), Counter[tuple[str, bool]]()
    parts = {"dossier": dossier, "seal": whole, "log": (folder / "seals.log").read_bytes()}
    spans = seal_spans(whole)
    names = ("dossier", *spans, "log", "evidence table", "other table")
    for _ in range(trials):
        name = draw.choice(names)
        part = "seal" if name in spans else name
        path = run / "evidence.parquet" if part == "evidence table" else draw.choice(tables)
        before = parts.get(part) or path.read_bytes()
        changed = flipped(before, draw, draw.choice(spans[name]) if name in spans else None)
        now = parts | {part: changed}
        if part not in parts:
            path.write_bytes(changed)
        (folder / "seals.log").write_bytes(now["log"])
        result = check.check(now["dossier"], now["seal"], [trusted])
        check.check_log(result, folder / "seals.log")
        check.check_files(result, "run/", {one.name: one for one in run.iterdir()})
        found[name, result.differs] += 1
        if part not in parts:
            path.write_bytes(before)
    (folder / "seals.log").write_bytes(parts["log"])
    assert not check.check(parts["dossier"], parts["seal"], [trusted]).differs
    assert len(log.read(folder / "seals.log").envelopes) == 2
    return found


def taking_run() -> SyntheticRun:
    """A run whose campaign C3, which has no name of 1 MB on which most flips would fall, has rows of every kind."""
    made = full_run()
    add_taken(made, "C3", ("m-1",))
    members = [row for row in made.rows["campaign_members"] if row["campaign_id"] == "C3"]
    for row in members[::2]:  # whom a dossier names; at `watch` an entry is withheld
        row["level"] = "review"
    return made


def add_taken(made: SyntheticRun, campaign: str, models: tuple[str, ...]) -> None:
    """What the campaign took, by capability and model."""
    spent = {"exchanges": 60, "conversations": 8, "tasks": 8, "input_tokens": 1_903, "output_tokens": 811}
    for capability in ("grading", "software_engineering", "tool_use"):
        named = {"campaign_id": campaign, "capability": capability}
        for model, detected in product(models, (False, True)):
            made.add(CAMPAIGN_USAGE, **named, **spent, request_model=model, detected=detected)
        made.add(CAMPAIGN_TEXTS, **named, times=1, texts=120)


def add_past(made: SyntheticRun, members: list[str]) -> None:
    """Six earlier campaigns of as many accounts, and OTHERS networks, beside the one that a campaign of them uses.

    An epoch of 316,000 exchanges has 304 networks with 510,000 values; here are 640,000.
    """
    draw, seen = random.Random(5), {"first_seen": START, "last_seen": START, "formed_at": START, "confidence": 99.0}
    earlier = [f"R{place}" for place in range(6)]
    for name, values in (("N1", 40_000), *((one, 25_000) for one in earlier)):
        _profile(made, draw, name, values)
    for place in range(OTHERS):
        made.add(NETWORKS, network_id=f"X{place}", kind="unknown", accounts=50, exchanges=900, **seen)
        _profile(made, draw, f"X{place}", 1_500)
    stood = {"exchanges": 900, "act": len(members), "review": 0, "watch": 0, "read_until": START - timedelta(days=30)}
    for name in earlier:
        named = {"network_id": name, "campaign_id": f"C{name}", "remembered": True, "accounts": len(members)}
        made.add(NETWORK_STANDINGS, **named, **stood)
        for account in members:
            made.add(LINEAGE_MEMBERS, subject=f"C{name}", account_id=account, joined_at=START, left_at=None)


def _profile(made: SyntheticRun, draw: random.Random, name: str, values: int) -> None:
    claims = [claim for one in ASPECTS for claim in one.claims]
    held = {"accounts": 9, "held_since": START, "remembered": name.startswith("R")}
    for place in range(values):
        drawn = {"keyed": 10 * place + draw.randrange(10), "usage": draw.random(), "rate": draw.random() / 100}
        made.add(NETWORK_PROFILES, network_id=name, claim=claims[place % len(claims)], **held, **drawn)


def seal_spans(whole: bytes) -> dict[str, list[range]]:
    """Where the parts of a seal lie: its signed lines, and its entries by kind."""
    spans, at = defaultdict[str, list[range]](list), 0
    for place, line in enumerate(whole.splitlines(keepends=True)):
        name = "signed statement" if place < SIGNED_LINES else _kind(json.loads(line))
        spans[name].append(range(at, at := at + len(line)))
    return dict(sorted(spans.items()))


def _kind(entry: dict[str, Any]) -> str:
    return f"entry: {entry['entry']['kind']}" if "entry" in entry else "entry withheld"


def flipped(whole: bytes, draw: random.Random, span: range | None = None) -> bytes:
    """The bytes with one bit of one of them turned, which lies in `span` where one is given."""
    changed = bytearray(whole)
    changed[draw.choice(span or range(len(whole)))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def make(folder: str, accounts: str) -> None:
    """Writes the large run."""
    made = large_run(int(accounts))
    add_taken(made, "C1", tuple(f"m-{one}" for one in range(9)))
    add_past(made, [row["account_id"] for row in made.rows["campaign_members"]])
    written(made, Path(folder))


def write(folder: str, form: str, profile: str) -> None:
    """Writes a dossier of the large run and its seal."""
    where = Path(folder)
    how, _ = signing(where)
    how = replace(how, log=where / f"{form}-{profile}.log")
    dossier, whole, enter = report.seal_dossier(where / "run", "C1", Asked(form, profile), how, "bench")
    (where / f"d.{form}").write_bytes(dossier)
    (where / f"d.{form}.seal").write_bytes(whole)
    enter()


def verify(folder: str, form: str, profile: str) -> None:
    """Verifies it, with every table of the run and the log."""
    where = Path(folder)
    found = check.check((where / f"d.{form}").read_bytes(), (where / f"d.{form}.seal").read_bytes())
    check.check_log(found, where / f"{form}-{profile}.log")
    check.check_files(found, "run/", {one.name: one for one in (where / "run").iterdir()})
    assert not found.differs


def measured(function: str, *words: str) -> tuple[float, float]:
    """Processor seconds and GB of one function in a process of its own."""
    code = MEASURED.format(function=function)
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True, timeout=900)
    seconds, memory = done.stdout.split()
    return float(seconds), float(memory)


def main() -> None:
    """Prints both tables, or with `--json` the same as data."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--accounts", type=int, default=25_000)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    result: dict[str, object] = {}
    with TemporaryDirectory(prefix="bench-dossier-") as folder:
        found = flips(asked.trials, asked.seed, Path(folder))
        parts = sorted({name for name, _ in found})
        result["flipped"] = {one: {"found": found[one, True], "missed": found[one, False]} for one in parts}
        result["found"] = sum(many for (_, seen), many in found.items() if seen)
    with TemporaryDirectory(prefix="bench-dossier-") as folder:
        measured("make", folder, str(asked.accounts))
        for form, profile in (("pdf", "counsel"), ("html", "internal"), ("json", "internal")):
            for function in ("write", "verify"):
                result[f"{function} {form} {profile}"] = measured(function, folder, form, profile)
    if asked.json:
        print(json.dumps(result, indent=2))
        return
    for name, counts in result.pop("flipped").items():  # type: ignore[attr-defined]
        print(f"flipped in {name:<26} {counts['found']:>6} found, {counts['missed']} missed")
    print(f"in all {result.pop('found')} of {asked.trials} flipped bytes were found")
    for name, (seconds, memory) in result.items():  # type: ignore[misc]
        print(f"{name:<24} {asked.accounts:,} accounts  {seconds:5.1f} CPU-s  {memory:4.2f} GB")


if __name__ == "__main__":
    main()
