"""What a finished run, and the accounts that joined since, say of each account."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from stillwatch.errors import InputError, reason_of
from stillwatch.ledger.records import LEVELS, Evidence, in_utc
from stillwatch.respond.evidence import rebuilt
from stillwatch.runs.tables import table_of

CUSTOMERS = frozenset(("relay", "reseller", "shared_access", "enterprise", "unknown"))
"""Kinds of networks whose members may be strangers to what one of them does."""

JOINED = "joined_a_living_network"
"""The claim of an account that was held against a known network since the run."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One account in one campaign, or in a network without a level of its own."""

    account_id: str
    subject: str  # the campaign, or the network
    level: str  # the account's own; `none` without a campaign
    network_id: str | None
    network_kind: str
    probability: float
    bits: float
    found_at: datetime  # event time from which the evidence sufficed
    first_seen: datetime
    last_seen: datetime  # first and last use that counts, for the months that the holder is told
    joined: bool = False

    @property
    def rank(self) -> tuple[int, float, float]:
        """How strong the finding is."""
        return LEVELS.index(self.level), self.probability, self.bits


@dataclass(frozen=True, slots=True)
class Found:
    """All findings by account, strongest first, and what a run says beside them."""

    run: str
    newest: datetime | None  # last exchange of any network, or when the last account joined one
    of: Mapping[str, tuple[Finding, ...]]
    evidence: Mapping[str, tuple[Evidence, ...]]  # by campaign
    innocent: frozenset[str]  # subjects that a person cleared and the run heeded
    cleared_at: Mapping[str, datetime]  # subjects that a judgement clears, with its time, which the run has heeded
    accounts_read: int | None
    read_permits: tuple[str, ...]  # files of permits that the run read


def found_in(run: Path, joins: pa.Table | None = None) -> Found:
    """Reads a run folder, and the accounts that joined since; raises InputError where the folder is not whole."""
    try:
        return _found_in(run, joins)
    except (KeyError, TypeError) as error:  # a table lacks a column or a row that another table speaks of
        raise InputError(f"`{run}` is not as this version writes a run ({error!r}); scan again") from error


def _found_in(run: Path, joins: pa.Table | None) -> Found:
    about = _about(run)
    networks = {row["network_id"]: row for row in _rows(run, "networks")}
    campaigns = {row["campaign_id"]: row for row in _rows(run, "campaigns")}
    members = _rows(run, "network_members")
    by_account: dict[str, dict[str, Finding]] = defaultdict(dict)
    linked = _strongest(members)
    spans = _spans(run)
    for row in _rows(run, "campaign_members"):
        one = _of_campaign(row, campaigns, networks, linked, spans)
        by_account[one.account_id][one.subject] = one
    for row in members:
        if not any(one.level != "none" for one in by_account.get(row["account_id"], {}).values()):
            network = networks[row["network_id"]]
            by_account[row["account_id"]][row["network_id"]] = _of_network(row, network)
    later = joins.to_pylist() if joins is not None else []
    for row in later:
        _join(by_account[row["account_id"]], row, networks)
    applied = _rows(run, "applied_judgements")
    return Found(
        run=run.resolve().name,
        newest=max(
            (*(in_utc(row["last_seen"]) for row in networks.values()), *(in_utc(row["linked_at"]) for row in later)),
            default=None,
        ),
        of={account: tuple(sorted(mine.values(), key=_strength)) for account, mine in by_account.items()},
        evidence=rebuilt(_rows(run, "evidence"), campaigns),
        innocent=frozenset(
            row["applies_to"] for row in applied if row["verdict"] == "innocent" and row["applies_to"] is not None
        ),
        cleared_at={
            row["subject"]: in_utc(row["decided_at"])
            for row in applied
            if row["verdict"] == "innocent" and row["decided_at"] is not None
        },
        accounts_read=_accounts_read(about),
        read_permits=tuple(one["source"] for one in about.get("inputs", ()) if one.get("feeds") == "permits"),
    )


def _strength(one: Finding) -> tuple[tuple[float, ...], str]:
    return tuple(-float(part) for part in one.rank), one.subject


def _about(run: Path) -> dict[str, Any]:
    try:
        found = json.loads((run / "run.json").read_text(encoding="utf-8"))
        if not isinstance(found, dict):
            raise ValueError("it is no object")
    except (OSError, ValueError) as error:
        raise InputError(
            f"`{run / 'run.json'}` cannot be read ({reason_of(error)}); name a folder that `scan` wrote"
        ) from error
    return found


def _accounts_read(about: Mapping[str, Any]) -> int | None:
    rows = [one.get("rows_used", 0) for one in about.get("inputs", ()) if one.get("feeds") == "accounts"]
    return sum(rows) or None


def _rows(run: Path, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = table_of(run, table).to_pylist()
    return found


def _strongest(members: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """By account its strongest link to a network."""
    best: dict[str, Mapping[str, Any]] = {}
    for row in members:
        other = best.get(row["account_id"])
        if other is None or (row["probability"], row["bits"]) > (other["probability"], other["bits"]):
            best[row["account_id"]] = row
    return best


def _spans(run: Path) -> dict[tuple[str, str], tuple[datetime, datetime]]:
    """By campaign and account its first and last exchange that serves the campaign."""
    table = table_of(run, "campaign_exchanges", ["campaign_id", "account_id", "started_at"])
    grouped = table.group_by(["campaign_id", "account_id"]).aggregate([("started_at", "min"), ("started_at", "max")])
    return {
        (row["campaign_id"], row["account_id"]): (row["started_at_min"], row["started_at_max"])
        for row in grouped.to_pylist()
    }


def _of_campaign(
    row: Mapping[str, Any],
    campaigns: Mapping[str, Mapping[str, Any]],
    networks: Mapping[str, Mapping[str, Any]],
    linked: Mapping[str, Mapping[str, Any]],
    spans: Mapping[tuple[str, str], tuple[datetime, datetime]],
) -> Finding:
    account, campaign = row["account_id"], campaigns[row["campaign_id"]]
    mine = campaign["networks"]
    link = linked.get(account)
    network: str | None = mine[0] if mine else None
    if link is not None and link["network_id"] in mine:
        network = link["network_id"]
    span = spans.get((row["campaign_id"], account), (row["detected_at"], row["detected_at"]))
    return Finding(
        account_id=account,
        subject=row["campaign_id"],
        level=row["level"],
        network_id=network,
        network_kind=networks[network]["kind"] if network is not None and network in networks else "unknown",
        probability=row["probability"],
        bits=link["bits"] if link is not None else 0.0,
        found_at=in_utc(row["detected_at"]),
        first_seen=in_utc(span[0]),
        last_seen=in_utc(span[1]),
    )


def _of_network(row: Mapping[str, Any], network: Mapping[str, Any]) -> Finding:
    linked = in_utc(row["linked_at"])
    return Finding(
        row["account_id"],
        row["network_id"],
        "none",
        row["network_id"],
        network["kind"],
        row["probability"],
        row["bits"],
        linked,
        linked,
        linked,
    )


def _join(mine: dict[str, Finding], row: Mapping[str, Any], networks: Mapping[str, Mapping[str, Any]]) -> None:
    """Adds what `joins` says, unless the run says as much already."""
    level = row["level"] or "none"
    subject = row["campaign_id"] if row["campaign_id"] and level != "none" else row["network_id"]
    network, linked = networks.get(row["network_id"]), in_utc(row["linked_at"])
    kind = network["kind"] if network is not None else "unknown"
    one = Finding(
        row["account_id"], subject, level, row["network_id"], kind, 0.0, row["bits"], linked, linked, linked, True
    )
    if level != "none":
        for name in [name for name, other in mine.items() if other.level == "none"]:
            del mine[name]
    if subject not in mine or one.rank > mine[subject].rank:
        mine[subject] = one
