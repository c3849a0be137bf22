"""Builds the document from a run's tables, through an engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from stillwatch.engine import Engine
from stillwatch.errors import Mistake, UsageError
from stillwatch.report import convert, history, judgements, queries
from stillwatch.report.document import Campaign, Day, Detection, Document, EvidenceOff, History, Network, RunFacts
from stillwatch.report.fetch import Row, Rows, grouped, rows
from stillwatch.report.judgements import Listed
from stillwatch.report.sanitise import LONGEST_SENTENCE, sanitise

CAMPAIGNS = 40  # campaigns described in full, the gravest first; every campaign stays in the Parquet files
NETWORKS = 60  # networks without a campaign that are listed
CAMPAIGN_NETWORKS = 6  # networks described and drawn inside one campaign, the largest first


def build(engine: Engine, facts: RunFacts, campaign: str | None = None) -> Document:
    """Builds the document of all campaigns, or of the one named.

    Raises UsageError listing the known ids when no campaign has that id, QueryError when a table is missing.
    """
    every = rows(engine, queries.campaigns_sql())
    chosen = every if campaign is None else _only(every, campaign)
    networks = rows(engine, queries.networks_sql())
    used = {network for row in every for network in row["networks"]}
    free = [] if campaign is not None else [row for row in networks if row["network_id"] not in used]
    gone = history.gone(engine) if campaign is None else history.Gone()
    unmatched = judgements.unmatched(engine) if campaign is None else Listed()
    elsewhere = judgements.elsewhere(engine) if campaign is None else Listed()
    return Document(
        facts=facts,
        campaigns=_campaigns(engine, chosen[:CAMPAIGNS], networks),
        campaigns_total=len(chosen),
        campaign_levels=tuple(Counter(sanitise(row["level"]) for row in chosen).items()),
        campaign_accounts=chosen[0]["accounts"] if campaign is not None else _campaign_accounts(engine),
        networks=_networks(engine, free[:NETWORKS], None),
        networks_total=len(free),
        channels_off=tuple(
            EvidenceOff(sanitise(row["name"]), sanitise(row["sentence"], LONGEST_SENTENCE))
            for row in rows(engine, queries.channels_off_sql())
        ),
        sources=tuple(convert.source(row) for row in rows(engine, queries.sources_sql())),
        quarantine=tuple(convert.quarantined(row) for row in rows(engine, queries.quarantine_sql())),
        silent=gone.silent,
        silent_total=gone.silent_total,
        cleared=gone.cleared,
        cleared_total=gone.cleared_total,
        judgements_unmatched=unmatched.shown,
        judgements_unmatched_total=unmatched.total,
        judgements_elsewhere=elsewhere.shown,
        judgements_elsewhere_total=elsewhere.total,
        one_of=None if campaign is None else len(every),
    )


def _only(campaigns: Rows, campaign: str) -> Rows:
    chosen = [row for row in campaigns if row["campaign_id"] == campaign]
    if chosen:
        return chosen
    known = ", ".join(f"`{sanitise(row['campaign_id'])}`" for row in campaigns[:20])
    more = f" and {len(campaigns) - 20} more" if len(campaigns) > 20 else ""
    remedy = f"name one of its campaigns: {known}{more}" if campaigns else "this run found no campaign"
    raise UsageError([Mistake(f"`--campaign {sanitise(campaign)}`", "is not in this run", remedy)])


def _campaigns(engine: Engine, chosen: Rows, networks: Rows) -> tuple[Campaign, ...]:
    ids = [row["campaign_id"] for row in chosen]
    days = grouped(engine, queries.days_sql(ids), "campaign_id")
    detections = grouped(engine, queries.detections_sql(ids), "campaign_id")
    members = grouped(engine, queries.members_sql(ids), "campaign_id")
    levels = grouped(engine, queries.levels_sql(ids), "campaign_id")
    evidence = grouped(engine, queries.evidence_sql(ids), "subject")
    alternatives = grouped(engine, queries.alternatives_sql(ids), "subject")
    past = history.histories(engine, ids)
    decided = judgements.placed(engine, ids)
    described = []
    for row in chosen:
        key = row["campaign_id"]
        used = [network for network in networks if network["network_id"] in row["networks"]]
        per_day = tuple(Day(one["day"], one["before"], one["after"]) for one in days.get(key, ()))
        described.append(
            Campaign(
                **convert.campaign_numbers(row),
                days=per_day,
                detection=_detection(detections.get(key, ()), per_day),
                members=tuple(convert.member(one) for one in members.get(key, ())),
                levels=tuple((sanitise(one["level"]), one["accounts"]) for one in levels.get(key, ())),
                evidence=convert.evidences(evidence.get(key, ())),
                alternatives=convert.alternatives(alternatives.get(key, ())),
                networks=_networks(engine, used[:CAMPAIGN_NETWORKS], key),
                history=past.get(key, History()),
                judgements=decided.get(key, Listed()).shown,
                judgements_total=decided.get(key, Listed()).total,
            )
        )
    return tuple(described)


def _networks(engine: Engine, chosen: Rows, campaign: str | None) -> tuple[Network, ...]:
    """Networks with what they share; their links are fetched only inside a campaign, where they are drawn."""
    ids = [row["network_id"] for row in chosen]
    evidence = grouped(engine, queries.evidence_sql(ids), "subject")
    alternatives = grouped(engine, queries.alternatives_sql(ids), "subject")
    values = grouped(engine, queries.values_sql(ids), "network_id")
    links = {} if campaign is None else grouped(engine, queries.links_sql(campaign, ids), "network_id")
    past = history.histories(engine, ids)
    decided = judgements.placed(engine, ids)
    return tuple(
        Network(
            **convert.network_numbers(row),
            evidence=convert.evidences(evidence.get(row["network_id"], ())),
            alternatives=convert.alternatives(alternatives.get(row["network_id"], ())),
            values=tuple(convert.value(one) for one in values.get(row["network_id"], ())),
            links=tuple(convert.link(one) for one in links.get(row["network_id"], ())),
            history=past.get(row["network_id"], History()),
            judgements=decided.get(row["network_id"], Listed()).shown,
            judgements_total=decided.get(row["network_id"], Listed()).total,
        )
        for row in chosen
    )


def _detection(found: Iterable[Row], days: Sequence[Day]) -> Detection | None:
    for row in found:
        total = sum(day.before + day.after for day in days)
        before = sum(day.before for day in days)
        return Detection(row["first"], row["half"], before / total if total else 0.0)
    return None


def _campaign_accounts(engine: Engine) -> int:
    return int(rows(engine, queries.campaign_accounts_sql())[0]["accounts"])
