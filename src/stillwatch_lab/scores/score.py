"""Scores a run against the truth of its world: campaigns found, time to detection, and innocents accused."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from stillwatch.engine import Engine, Query
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.records.outputs import LEVELS
from stillwatch.settings import EngineSettings
from stillwatch_lab.scores import tables
from stillwatch_lab.scores.group_bits import cost_of_evidence
from stillwatch_lab.scores.scorecard import (
    CampaignScore,
    InnocentScore,
    ReliabilityBin,
    Scores,
)

MERGED_SHARE = (
    0.1  # least share of a found campaign's members that a true campaign must have to count as merged into it
)
WHOLE_GROUP = 0.5  # least share of an innocent group's accounts that must be accused for it to count as wholly accused
SECONDS_A_DAY = 86_400

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Found:
    """The results of the queries on found campaigns."""

    campaigns: dict[str, Row]
    members: dict[str, dict[str | None, int]]  # found → true (None: innocent) → members
    matches: dict[str, str]  # found → true


def score(run: Path, truth: Path) -> Scores:
    """The scores of a run folder against a world's `truth` folder.

    A found campaign matches the true campaign that most of its members belong to, unless more than half of its members
    are innocent; it then matches none. Levels are cumulative: `review` holds `act`, `watch` holds both.
    Raises InputError when a file is missing.
    """
    with tempfile.TemporaryDirectory() as folder, DuckDBEngine(EngineSettings(), Path(folder)) as engine:
        tables.name_files(engine, run, truth)
        found = _found(engine)
        campaigns = _campaigns(engine, found, _matched(engine, found))
        kinds = _rows(engine, tables.innocents_sql())
        kinds.extend({"kind": "unknown", "group_id": None, "accounts": 0, **row} for row in _strangers(engine))
        accounts = int(_rows(engine, Query("accounts", "SELECT count(*) AS n FROM true_accounts"))[0]["n"])
        bins = _reliability(_rows(engine, tables.reliability_sql()))
        evidence_cost = cost_of_evidence(engine, run)
    return Scores(
        accounts,
        sum(row["accounts"] for row in kinds),
        _by_kind(kinds, "accounts"),
        campaigns,
        {level: _innocents(level, kinds, accounts, found) for level in LEVELS},
        tuple(one.campaign_id for one in campaigns if len(one.found_as) > 1),
        _merged(found),
        bins,
        calibration_error(bins),
        evidence_cost,
    )


def _strangers(engine: Engine) -> list[Row]:
    """One row that counts accused accounts which are not in the truth, or no row if there are none."""
    return [row for row in _rows(engine, tables.strangers_sql()) if row["watch"]]


def calibration_error(bins: Sequence[ReliabilityBin]) -> float | None:
    """The expected calibration error (Naeini et al. 2015); None without members.

    It is the mean distance between stated probability and observed share of the bins, weighted by members.
    """
    members = sum(one.members for one in bins)
    if not members:
        return None
    return sum(one.members * abs(one.stated - one.observed) for one in bins) / members


def total_variation(left: Mapping[str, float], right: Mapping[str, float]) -> float:
    """Half the summed distance of two distributions, each scaled to sum 1: 0 if equal, 1 if disjoint."""
    total_l, total_r = sum(left.values()) or 1.0, sum(right.values()) or 1.0
    names = sorted({*left, *right})
    return sum(abs(left.get(name, 0.0) / total_l - right.get(name, 0.0) / total_r) for name in names) / 2


def _found(engine: Engine) -> _Found:
    members = _crossed(_rows(engine, tables.overlaps_sql()), "members")
    return _Found(
        {row["campaign_id"]: row for row in _rows(engine, tables.found_campaigns_sql())},
        members,
        {found: truth for found, counts in members.items() if (truth := _match(counts)) is not None},
    )


def _match(members: Mapping[str | None, int]) -> str | None:
    innocent = members.get(None, 0)
    named = {truth: count for truth, count in members.items() if truth is not None}
    if not named or innocent > sum(members.values()) / 2:
        return None
    return min(named, key=lambda truth: (-named[truth], truth))


def _matched(engine: Engine, found: _Found) -> dict[str, Row]:
    """The number of exchanges listed for each true campaign; one that several found campaigns list counts once."""
    names = pa.table({name: pa.array(column, pa.string()) for name, column in _columns(found.matches).items()})
    engine.store(tables.MATCHES, names)
    return {row["truth"]: row for row in _rows(engine, tables.matched_exchanges_sql())}


def _columns(matches: Mapping[str, str]) -> dict[str, list[str]]:
    return {"found": list(matches.keys()), "truth": list(matches.values())}


def _campaigns(engine: Engine, found: _Found, matched: Mapping[str, Row]) -> tuple[CampaignScore, ...]:
    leaks = {row["campaign_id"]: row for row in _rows(engine, tables.exchanges_sql())}
    none = {"exchanges": 0, "before_act": 0, "before_any": 0}
    rows = _rows(engine, tables.true_campaigns_sql())
    unlisted = {"listed": 0, "hits": 0}
    return tuple(
        _campaign(row, leaks.get(name, none) | matched.get(name, unlisted), found)
        for row in rows
        for name in (row["campaign_id"],)
    )


def _campaign(truth: Row, counted: Row, found: _Found) -> CampaignScore:
    name = truth["campaign_id"]
    matched = sorted(one for one, match in found.matches.items() if match == name and one in found.campaigns)
    claims = [found.campaigns[one] for one in matched]
    accounts_found = sum(claim["accounts"] for claim in claims)
    exchanges_found = sum(claim["exchanges"] for claim in claims)
    listed, hits = counted["listed"], counted["hits"]
    members = sum(sum(found.members[one].values()) for one in matched)
    true_members = [found.members[one].get(name, 0) for one in matched]
    return CampaignScore(
        campaign_id=name,
        profile=truth["rung"],
        found_as=tuple(matched),
        accounts=truth["accounts"],
        accounts_found=accounts_found,
        accounts_error=_share(accounts_found - truth["accounts"], truth["accounts"]),
        recall={level: _share(truth[level], truth["accounts"]) for level in LEVELS},
        exchanges=counted["exchanges"],
        exchanges_found=exchanges_found,
        exchanges_error=_share(exchanges_found - counted["exchanges"], counted["exchanges"]),
        exchange_precision=hits / listed if listed else None,
        exchange_recall=_share(hits, counted["exchanges"]),
        first_day_error=_days(min((claim["first_seen"] for claim in claims), default=None), truth["first_seen"]),
        last_day_error=_days(max((claim["last_seen"] for claim in claims), default=None), truth["last_seen"]),
        targets_distance=_targets_distance(claims, truth),
        purity=sum(true_members) / members if members else None,
        completeness=_share(max(true_members, default=0), truth["accounts"]),
        leak_share=_share(counted["before_act"], counted["exchanges"]),
        leak_share_any=_share(counted["before_any"], counted["exchanges"]),
    )


def _targets_distance(claims: Sequence[Row], truth: Row) -> float | None:
    if not claims:
        return None
    pooled: dict[str, float] = {}
    for claim in claims:
        for capability, share in sorted(dict(claim["targets"]).items()):
            pooled[capability] = pooled.get(capability, 0.0) + share * claim["exchanges"]
    return total_variation(pooled, dict(truth["targets"] or ()))


def _innocents(level: str, kinds: Sequence[Row], accounts: int, found: _Found) -> InnocentScore:
    rank = LEVELS.index(level)
    by_kind = _by_kind(kinds, level)
    swept = [row["group_id"] for row in kinds if _is_swept(row, level)]
    claimed = {name: row for name, row in found.campaigns.items() if row["level"] <= rank}
    accused = sum(by_kind.values())
    return InnocentScore(
        accused,
        100_000 * _share(accused, accounts),
        by_kind,
        tuple(sorted(swept)),
        sum(row["expected"] for row in claimed.values()),
        tuple(name for name in claimed if name not in found.matches),
    )


def _by_kind(kinds: Sequence[Row], column: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in kinds:
        if row[column]:
            counts[row["kind"]] = counts.get(row["kind"], 0) + row[column]
    return counts


def _is_swept(row: Row, level: str) -> bool:
    return row["group_id"] is not None and row["accounts"] > 1 and row[level] >= WHOLE_GROUP * row["accounts"]


def _merged(found: _Found) -> tuple[str, ...]:
    merged = []
    for name, counts in found.members.items():
        large = [t for t, count in counts.items() if t is not None and count >= MERGED_SHARE * sum(counts.values())]
        if len(large) > 1:
            merged.append(name)
    return tuple(merged)


def _reliability(rows: Iterable[Row]) -> tuple[ReliabilityBin, ...]:
    return tuple(
        ReliabilityBin(
            row["tenth"] / 10,
            (row["tenth"] + 1) / 10,
            row["members"],
            row["stated"] / tables.MILLIONTHS / row["members"],
            row["observed"] / row["members"],
        )
        for row in rows
    )


def _crossed(rows: Iterable[Row], value: str) -> dict[str, dict[str | None, int]]:
    crossed: dict[str, dict[str | None, int]] = {}
    for row in rows:
        crossed.setdefault(row["found"], {})[row["truth"]] = row[value]
    return crossed


def _days(found: datetime | None, true: datetime | None) -> float | None:
    if found is None or true is None:
        return None
    return (found - true).total_seconds() / SECONDS_A_DAY


def _share(part: float, whole: float) -> float:
    """Part divided by whole; 0 if the whole is 0."""
    return part / whole if whole else 0.0


def _rows(engine: Engine, query: Query) -> list[Row]:
    rows: list[Row] = engine.fetch(query).to_pylist()
    return rows
