"""Builds the document from a run's tables, through an engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from stillwatch.engine import Engine, Query
from stillwatch.errors import Mistake, UsageError
from stillwatch.report import queries
from stillwatch.report.document import (
    Alternative,
    Campaign,
    Channel,
    Day,
    Detection,
    Document,
    Evidence,
    Facts,
    Link,
    Member,
    Network,
    Quarantined,
    Share,
    Source,
    Value,
)
from stillwatch.report.sanitise import LONGEST_SAMPLE, LONGEST_SENTENCE, visible

CAMPAIGNS = 40  # described in full; a longer report is read by nobody, and every row stays in the Parquet files
NETWORKS = 60  # listed without a campaign
CAMPAIGN_NETWORKS = 6  # described and drawn inside a campaign, the largest first
EXAMPLES = 5
COLUMNS = 20  # ignored columns named a file

Row = Mapping[str, Any]
Rows = list[dict[str, Any]]


def build(engine: Engine, facts: Facts, campaign: str | None = None) -> Document:
    """The document of all campaigns, or of one.

    Raises UsageError listing the known ids when there is no campaign of that id, QueryError when a table is missing.
    """
    every = _rows(engine, queries.campaigns_sql())
    chosen = every if campaign is None else _only(every, campaign)
    networks = _rows(engine, queries.networks_sql())
    taken = {network for row in every for network in row["networks"]}
    free = [] if campaign is not None else [row for row in networks if row["network_id"] not in taken]
    return Document(
        facts=facts,
        campaigns=_campaigns(engine, chosen[:CAMPAIGNS], networks),
        campaigns_total=len(chosen),
        campaign_levels=tuple(Counter(visible(row["level"]) for row in chosen).items()),
        campaign_accounts=chosen[0]["accounts"] if campaign is not None else _campaign_accounts(engine),
        networks=_networks(engine, free[:NETWORKS], None),
        networks_total=len(free),
        channels_off=tuple(
            Channel(visible(row["channel"]), visible(row["sentence"], LONGEST_SENTENCE))
            for row in _rows(engine, queries.channels_off_sql())
        ),
        sources=tuple(_source(row) for row in _rows(engine, queries.sources_sql())),
        quarantine=tuple(_quarantined(row) for row in _rows(engine, queries.quarantine_sql())),
    )


def _only(rows: Rows, campaign: str) -> Rows:
    chosen = [row for row in rows if row["campaign_id"] == campaign]
    if chosen:
        return chosen
    known = ", ".join(f"`{visible(row['campaign_id'])}`" for row in rows[:20])
    more = f" and {len(rows) - 20} more" if len(rows) > 20 else ""
    remedy = f"name one of its campaigns: {known}{more}" if rows else "this run found no campaign"
    raise UsageError([Mistake(f"`--campaign {visible(campaign)}`", "is not in this run", remedy)])


def _campaigns(engine: Engine, rows: Rows, networks: Rows) -> tuple[Campaign, ...]:
    ids = [row["campaign_id"] for row in rows]
    days = _by(engine, queries.days_sql(ids), "campaign_id")
    detections = _by(engine, queries.detections_sql(ids), "campaign_id")
    members = _by(engine, queries.members_sql(ids), "campaign_id")
    levels = _by(engine, queries.levels_sql(ids), "campaign_id")
    evidence = _by(engine, queries.evidence_sql(ids), "subject")
    alternatives = _by(engine, queries.alternatives_sql(ids), "subject")
    described = []
    for row in rows:
        key = row["campaign_id"]
        ridden = [network for network in networks if network["network_id"] in row["networks"]]
        per_day = tuple(Day(one["day"], one["before"], one["after"]) for one in days.get(key, ()))
        described.append(
            Campaign(
                **_headline(row),
                days=per_day,
                detection=_detection(detections.get(key, ()), per_day),
                members=tuple(_member(one) for one in members.get(key, ())),
                levels=tuple((visible(one["level"]), one["accounts"]) for one in levels.get(key, ())),
                evidence=tuple(_evidence(one) for one in evidence.get(key, ())),
                alternatives=tuple(_alternative(one) for one in alternatives.get(key, ())),
                networks=_networks(engine, ridden[:CAMPAIGN_NETWORKS], key),
            )
        )
    return tuple(described)


def _headline(row: Row) -> dict[str, Any]:
    shares = sorted(((share, visible(name)) for name, share in row["targets"]), key=lambda one: (-one[0], one[1]))
    plain = (
        "first_seen last_seen accounts exchanges conversations input_tokens output_tokens "
        "expected_innocent_accounts confidence q_value"
    )
    return {
        "campaign_id": visible(row["campaign_id"]),
        "level": visible(row["level"]),
        "targets": tuple(Share(name, share) for share, name in shares),
        **{name: row[name] for name in plain.split()},
    }


def _networks(engine: Engine, rows: Rows, campaign: str | None) -> tuple[Network, ...]:
    """Networks with their evidence; with values and links only inside a campaign, where they are drawn."""
    ids = [row["network_id"] for row in rows]
    evidence = _by(engine, queries.evidence_sql(ids), "subject")
    alternatives = _by(engine, queries.alternatives_sql(ids), "subject")
    values = _by(engine, queries.values_sql(ids), "network_id")
    links = {} if campaign is None else _by(engine, queries.links_sql(campaign, ids), "network_id")
    return tuple(
        Network(
            network_id=visible(row["network_id"]),
            kind=visible(row["kind"]),
            accounts=row["accounts"],
            exchanges=row["exchanges"],
            first_seen=row["first_seen"],
            last_seen=row["last_seen"],
            confidence=row["confidence"],
            formed_at=row["formed_at"],
            evidence=tuple(_evidence(one) for one in evidence.get(row["network_id"], ())),
            alternatives=tuple(_alternative(one) for one in alternatives.get(row["network_id"], ())),
            values=tuple(_value(one) for one in values.get(row["network_id"], ())),
            links=tuple(_link(one) for one in links.get(row["network_id"], ())),
        )
        for row in rows
    )


def _detection(rows: Iterable[Row], days: Sequence[Day]) -> Detection | None:
    for row in rows:
        total = sum(day.before + day.after for day in days)
        before = sum(day.before for day in days)
        return Detection(row["first"], row["half"], before / total if total else 0.0)
    return None


def _member(row: Row) -> Member:
    return Member(
        visible(row["account_id"]), row["exchanges"], row["probability"], visible(row["level"]), row["detected_at"]
    )


def _evidence(row: Row) -> Evidence:
    examples = tuple(visible(example, LONGEST_SAMPLE) for example in row["examples"][:EXAMPLES])
    return Evidence(visible(row["claim"]), row["bits"], visible(row["sentence"], LONGEST_SENTENCE), examples)


def _alternative(row: Row) -> Alternative:
    return Alternative(visible(row["alternative"]), visible(row["verdict"]), visible(row["sentence"], LONGEST_SENTENCE))


def _value(row: Row) -> Value:
    return Value(
        visible(row["value_id"]),
        visible(row["family"]),
        visible(row["claim"]),
        row["accounts"],
        row["outside_accounts"],
        row["bits"],
    )


def _link(row: Row) -> Link:
    return Link(visible(row["account_id"]), visible(row["value_id"]), row["inside"])


def _source(row: Row) -> Source:
    return Source(
        visible(row["source"], LONGEST_SAMPLE),
        visible(row["feeds"]),
        visible(row["digest"]),
        row["bytes"],
        row["rows_read"],
        row["rows_used"],
        row["rows_duplicate"],
        row["rows_quarantined"],
        row["rows_outside_window"],
        tuple(visible(name) for name in sorted(row["ignored_columns"] or ())[:COLUMNS]),
    )


def _quarantined(row: Row) -> Quarantined:
    source = visible(row["source"], LONGEST_SAMPLE)
    return Quarantined(
        visible(row["reason"]), row["rows"], source, row["line"], visible(row["raw"] or "", LONGEST_SAMPLE)
    )


def _campaign_accounts(engine: Engine) -> int:
    return int(_rows(engine, queries.campaign_accounts_sql())[0]["accounts"])


def _rows(engine: Engine, query: Query) -> Rows:
    rows: Rows = engine.fetch(query).to_pylist()
    return rows


def _by(engine: Engine, query: Query, key: str) -> dict[str, Rows]:
    grouped: dict[str, Rows] = {}
    for row in _rows(engine, query):
        grouped.setdefault(row[key], []).append(row)
    return grouped
