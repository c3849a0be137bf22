"""A made-up run with three campaigns, networks with and without one, evidence both ways, and hostile names.

No detector made these rows. They are shaped like a run's tables so that renderings can be looked at and compared.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from stillwatch import __version__
from stillwatch.engine import Engine
from stillwatch.records import Table
from stillwatch.records.inputs import EVIDENCE_SOURCES, QUARANTINE, SOURCES
from stillwatch.records.outputs import (
    ALTERNATIVES,
    CAMPAIGN_EXCHANGES,
    CAMPAIGN_MEMBERS,
    CAMPAIGNS,
    EVIDENCE,
    NETWORK_LINKS,
    NETWORK_MEMBERS,
    NETWORK_VALUES,
    NETWORKS,
    REFERENCE_SHARES,
    RUN_FILES,
)
from stillwatch.settings import Settings
from tests.report import synthetic_access, synthetic_past

Rows = list[dict[str, Any]]

TABLES: tuple[Table, ...] = (*RUN_FILES, SOURCES, EVIDENCE_SOURCES)
HOSTILE = (
    "</script><script>alert(1)</script>",
    "<img src=https://evil.example/x onerror=alert(1)>",
    "\u202egnp.exe\u202c",
    "%s%n{0}{{7*7}}{% raw %}[red]bold[/red]:smile:",
    "a\x00b\x1b[31mc\r\nd",
    "| cell | **bold** [link](https://evil.example) www.evil.example",
    "z" * 1_000_000,
    "e" + "\u0301" * 40,
    '" style="x" onload="y',
)
START = datetime(2026, 4, 22)


@dataclass
class SyntheticRun:
    """Rows by table name."""

    rows: dict[str, Rows] = field(default_factory=lambda: {table.name: [] for table in TABLES})

    def add(self, table: Table, **row: Any) -> None:
        self.rows[table.name].append(row)

    def store(self, engine: Engine, shuffle: int | None = None) -> None:
        """The tables in an engine, their rows in another order for every `shuffle`."""
        for table in TABLES:
            rows = list(self.rows[table.name])
            if shuffle is not None:
                random.Random(shuffle).shuffle(rows)
            engine.store(table, pa.Table.from_pylist(rows, schema=table.schema))

    def write(self, engine: Engine, run: Path) -> Path:
        """The folder that a finished run leaves, from the tables stored in the engine."""
        run.mkdir()
        for table in RUN_FILES:
            engine.export(table, run / f"{table.name}.parquet")
        off = {row["name"]: row["sentence"] for row in self.rows["evidence_sources"] if not row["available"]}
        record = {
            "stillwatch": __version__,
            "settings": Settings().model_dump(mode="json"),
            "window": {"since": None, "until": None},
            "inputs": self.rows["sources"],
            "channels_off": off,
        }
        (run / "run.json").write_text(json.dumps(record), encoding="utf-8")
        return run


def empty_run() -> SyntheticRun:
    """A run over one clean file in which nothing was found."""
    run = SyntheticRun()
    _source(run, "logs/exchanges.parquet", "exchanges", 12_000, 0, 0)
    return run


def full_run(seed: int = 7) -> SyntheticRun:
    """Three campaigns, one at each level, over four networks; two more networks without a campaign."""
    run, draw = SyntheticRun(), random.Random(seed)
    _source(run, "logs/2026-04.parquet", "exchanges", 1_812_440, 31, 4)
    _source(run, "logs/2026-05 and a name with <b>markup</b>.jsonl.gz", "exchanges", 1_201_007, 0, 9)
    _source(run, "logs/accounts.parquet", "accounts", 101_204, 0, 0)
    _evidence_sources(run)
    _quarantine(run)
    letter = _network(run, draw, "N1", "relay", 1180)
    mixed = _network(run, draw, "N2", "relay", 420)
    small = _network(run, draw, "N3", "fraud_ring", 24)
    _network(run, draw, "N4", "enterprise", 312)
    _network(run, draw, "N5", "shared_access", 9)
    targets = [("software_engineering", 0.41), ("general_instruction", 0.35), ("data_analysis", 0.24)]
    run.add(REFERENCE_SHARES, accounts=3_912, exchanges=88_410, targets=targets, subjects=[], forms=[])
    _campaign(run, draw, "C1", "act", letter, 45)
    _campaign(run, draw, "C2", "review", mixed[:160], 20)
    _campaign(run, draw, "C3", "watch", small, 9)
    run.add(
        ALTERNATIVES,
        subject="N4",
        alternative="is_enterprise",
        verdict="preferred",
        sentence="One organisation, one e-mail domain, and every seat remembers its own work.",
    )
    run.add(
        EVIDENCE,
        subject="C3",
        claim="judged_unsure",
        bits=0.0,
        sentence="a person has judged this unsure, which outranks the score",
        examples=[],
    )
    for name in HOSTILE:
        run.add(
            CAMPAIGN_MEMBERS,
            campaign_id="C2",
            account_id=name,
            exchanges=900,
            probability=0.999,
            level="act",
            detected_at=START + timedelta(days=6),
        )
    run.rows["evidence"][0]["examples"] = list(HOSTILE[:5])
    synthetic_access.add(run.rows)
    run.rows["lineage"] = synthetic_past.lineage()
    run.rows["applied_judgements"] = synthetic_past.judgements(letter[0])
    _headlines(run)
    return run


def large_run(accounts: int, seed: int = 5) -> SyntheticRun:
    """One campaign at `act` over one relay of so many accounts, for eight days."""
    run, draw = SyntheticRun(), random.Random(seed)
    _source(run, "logs/2026-04.parquet", "exchanges", 316_000_000, 0, 0)
    _evidence_sources(run)
    _campaign(run, draw, "C1", "act", _network(run, draw, "N1", "relay", accounts), 8)
    _headlines(run)
    return run


def _source(run: SyntheticRun, path: str, feeds: str, used: int, duplicate: int, quarantined: int) -> None:
    run.add(
        SOURCES,
        source=path,
        feeds=feeds,
        format="json",
        digest=f"{random.Random(path).getrandbits(256):064x}",
        bytes=used * 480,
        rows_read=used + duplicate + quarantined,
        rows_used=used,
        rows_duplicate=duplicate,
        rows_quarantined=quarantined,
        rows_outside_window=1_200 if feeds == "exchanges" else 0,
        ignored_columns=["colour", "<b>"] if "markup" in path else [],
    )


def _evidence_sources(run: SyntheticRun) -> None:
    run.add(EVIDENCE_SOURCES, name="shared_address", available=True, sentence="Needs `client_address`.")
    run.add(
        EVIDENCE_SOURCES,
        name="shared_device",
        available=False,
        sentence="Needs `device_id`, which no file has: accounts that share a device were not compared.",
    )
    run.add(
        EVIDENCE_SOURCES,
        name="payment",
        available=False,
        sentence="Needs `payment_fingerprint` or `payment_issuer` of the accounts table, and both are empty.",
    )


def _quarantine(run: SyntheticRun) -> None:
    for line in (18, 204, 9_001):
        run.add(
            QUARANTINE,
            source="logs/2026-05 and a name with <b>markup</b>.jsonl.gz",
            line=line,
            reason="truncated JSON",
            column_name=None,
            bytes=5_000 + line,
            digest=f"{line:064x}",
            raw='{"exchange_id": "x1", "account_id": "</td><script>',
        )
    stored = {"source": "logs/2026-04.parquet", "line": 77, "bytes": 80, "digest": f"{77:064x}"}
    run.add(QUARANTINE, **stored, reason="impossible time", column_name="started_at", raw=None)


_VALUES = (
    ("infrastructure", "same_address_subnet", 0.6),
    ("infrastructure", "same_client_fingerprint", 0.9),
    ("registration", "same_signup_minute", 0.15),
    ("registration", "same_email_shape", 0.5),
    ("payment", "same_payment_issuer", 0.7),
    ("content", "same_prompt_frame", 0.3),
    ("content", "same_tool_schema", 0.4),
    ("time", "same_restart_after_pause", 0.35),
    ("lifecycle", "opened_after_closure", 0.1),
)


SHOWN = {
    "same_address_subnet": "203.0.113.0/24",
    "same_client_fingerprint": "client 8f21…",
    "same_payment_issuer": "bank 4242 42",
}
"""Values that a provider's own log shows; the other claims have none."""


def _network(run: SyntheticRun, draw: random.Random, name: str, kind: str, size: int) -> list[str]:
    accounts = sorted(f"acct_{draw.getrandbits(48):012x}" for _ in range(size))
    for account in accounts:
        linked = START + timedelta(days=1)
        run.add(NETWORK_MEMBERS, network_id=name, account_id=account, probability=0.99, bits=20.0, linked_at=linked)
    for index, (family, claim, held) in enumerate(_VALUES * (2 if size > 100 else 1)):
        holders = [account for account in accounts if draw.random() < held]
        value = f"{draw.getrandbits(64):016x}"
        outside = draw.randrange(0, 60)
        shown = SHOWN.get(claim)
        run.add(
            NETWORK_VALUES,
            network_id=name,
            value_id=value,
            family=family,
            claim=claim,
            accounts=len(holders),
            outside_accounts=outside,
            bits=round(len(holders) * (9 - index % 9) / 3 - outside / 5, 3),
            shown=HOSTILE[1] if shown and index >= len(_VALUES) else shown,
        )
        for account in holders[:70]:
            run.add(NETWORK_LINKS, network_id=name, account_id=account, value_id=value)
    run.add(
        NETWORKS,
        network_id=name,
        kind=kind,
        accounts=size,
        exchanges=size * 343,
        first_seen=START - timedelta(days=30),
        last_seen=START + timedelta(days=44, hours=9),
        confidence=99.97 if kind == "enterprise" else 96.0,
        formed_at=START + timedelta(days=1),
    )
    run.add(
        EVIDENCE,
        subject=name,
        claim="independent_families_agree",
        bits=31.5,
        sentence="Infrastructure, payment and registration each tie these accounts together on their own.",
        examples=[],
    )
    return accounts


def _campaign(run: SyntheticRun, draw: random.Random, name: str, level: str, accounts: list[str], days: int) -> None:
    for account in accounts:
        detected = START + timedelta(days=draw.choice((2, 2, 3, 3, 4, 6)), minutes=draw.randrange(1440))
        own = 0
        for day in range(days):
            rate = 6 if day < 4 else 1.2
            for one in range(int(draw.random() * rate)):
                started = START + timedelta(days=day, minutes=draw.randrange(1440))
                run.add(
                    CAMPAIGN_EXCHANGES,
                    campaign_id=name,
                    exchange_id=f"{name}-{account}-{day}-{one}",
                    account_id=account,
                    started_at=started,
                    probability=0.97,
                )
                own += 1
        run.add(
            CAMPAIGN_MEMBERS,
            campaign_id=name,
            account_id=account,
            exchanges=own,
            probability=round(0.9 + draw.random() / 10, 4),
            level=level if draw.random() < 0.9 else "watch",
            detected_at=detected,
        )
    _facts(run, name, level)


def _facts(run: SyntheticRun, name: str, level: str) -> None:
    strength = {"act": 1.0, "review": 0.55, "watch": 0.2}[level]
    observed = (
        ("draws_from_one_pool", 42.7, "Questions of one account are as alike as those of different accounts."),
        ("asks_one_mix", 28.1, "All accounts ask for one mix of capabilities; people differ 14 times as much."),
        ("never_repeats_a_slot", 19.4, "No two accounts asked the same thing, where 212 repeats were to be expected."),
        (
            "continues_conversation_of",
            12.2,
            "87 conversations were continued on another account within seconds.",
        ),
        ("moves_to_new_models_at_once", 7.9, "Half of the accounts moved to a new model within a day of its release."),
        ("has_real_tool_results", -3.4, "One account in nine returns tool results that look real."),
        ("office_hours_only", -0.8, "traffic falls at night in one time zone, as an office's does."),
    )
    for claim, weight, sentence in observed:
        if weight > 0 or level != "act":
            run.add(
                EVIDENCE,
                subject=name,
                claim=claim,
                bits=round(weight * (strength if weight > 0 else 1.0), 2),
                sentence=sentence,
                examples=["exchange C1-17", "exchange C1-18"],
            )
    open_one = {"act": "excluded", "review": "possible", "watch": "preferred"}[level]
    explanations = (
        ("is_popular_tool", "excluded", "The tool's users differ from each other; these accounts do not."),
        ("is_enterprise", "excluded", "No organisation, no common address and 41 card issuers."),
        ("is_evaluation_harness", open_one, "A harness asks all accounts the same; here every slice is another."),
        ("is_class_or_hackathon", "excluded", "There is no common evening and no common assignment."),
    )
    for alternative, verdict, sentence in explanations:
        run.add(ALTERNATIVES, subject=name, alternative=alternative, verdict=verdict, sentence=sentence)


def _headlines(run: SyntheticRun) -> None:
    """Adds one row for each campaign, with counts taken from the rows already made."""
    numbers = {
        "C1": (0.012, 97.2, 0.0004, [("agentic_reasoning", 0.38), ("grading", 0.16), ("software_engineering", 0.46)]),
        "C2": (2.31, 81.0, 0.031, [("agentic_reasoning", 0.71), ("long_horizon_planning", 0.26), ("other", 0.03)]),
        "C3": (11.4, 42.5, 0.19, [("grading", 0.9), ("mathematical_reasoning", 0.1)]),
    }
    name_of_form = {"C1": "agentic", "C2": "planning", "C3": "grading"}
    for name, (innocents, confidence, q_value, targets) in numbers.items():
        if not any(row["campaign_id"] == name for row in run.rows["campaign_members"]):
            continue
        exchanges = [row for row in run.rows["campaign_exchanges"] if row["campaign_id"] == name]
        members = [row for row in run.rows["campaign_members"] if row["campaign_id"] == name]
        run.add(
            CAMPAIGNS,
            campaign_id=name,
            first_seen=min(row["started_at"] for row in exchanges),
            last_seen=max(row["started_at"] for row in exchanges),
            accounts=len(members),
            exchanges=len(exchanges),
            conversations=None if name == "C3" else len(exchanges) // 7,
            input_tokens=len(exchanges) * 1_903,
            output_tokens=len(exchanges) * 811,
            expected_innocent_accounts=innocents,
            confidence=confidence,
            q_value=q_value,
            level={"C1": "act", "C2": "review", "C3": "watch"}[name],
            targets=targets,
            subjects=[("software", 0.46), ("knowledge", 0.44), ("unclear", 0.1)],
            forms=[("answer", 0.5), (name_of_form[name], 0.5)],
            networks={"C1": ["N1", "N2"], "C2": ["N2"], "C3": ["N3"]}[name],
        )
