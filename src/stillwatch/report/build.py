"""Builds the document from a run's tables, through an engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from stillwatch.engine import Engine
from stillwatch.report import convert, history, judgements, queries
from stillwatch.report.document import (
    Altered,
    Campaign,
    Day,
    Detection,
    Document,
    EvidenceOff,
    History,
    Network,
    RunFacts,
)
from stillwatch.report.fetch import Row, Rows, grouped, rows
from stillwatch.report.judgements import Listed
from stillwatch.report.named import Ids, only
from stillwatch.report.sanitise import LONGEST_SENTENCE, sanitise

CAMPAIGNS = 40  # campaigns described in full, the gravest first; every campaign stays in the Parquet files
NETWORKS = 60  # networks without a campaign that are listed
CAMPAIGN_NETWORKS = 6  # networks described and drawn inside one campaign, the largest first


def build(engine: Engine, facts: RunFacts, campaign: str | None = None, network: str | None = None) -> Document:
    """Builds the document of the whole run, or of the one campaign or network named.

    Raises UsageError listing the known ids when the run has no campaign or no network of that id, QueryError when a
    table is missing.
    """
    every, networks = rows(engine, queries.campaigns_sql()), rows(engine, queries.networks_sql())
    used = {one for row in every for one in row["networks"]}
    free = [row for row in networks if row["network_id"] not in used]
    whole = campaign is None and network is None
    chosen, listed = (every[:CAMPAIGNS], free[:NETWORKS]) if whole else ([], [])
    if campaign is not None:
        chosen = only(engine, Ids("campaign", every, networks), campaign)
    if network is not None:
        listed = only(engine, Ids("network", every, networks), network)
    gone = history.gone(engine) if whole else history.Gone()
    unmatched = judgements.unmatched(engine) if whole else Listed()
    elsewhere = judgements.elsewhere(engine) if whole else Listed()
    described = _networks(engine, listed, drawn=network is not None)
    return Document(
        facts=facts,
        campaigns=_campaigns(engine, chosen, networks),
        campaigns_total=len(every),
        campaign_levels=tuple(Counter(sanitise(row["level"]) for row in every).items()),
        campaign_accounts=_campaign_accounts(engine),
        networks=described if network is None else tuple(_alone(engine, one, every) for one in described),
        networks_total=len(free),
        channels_off=tuple(
            EvidenceOff(sanitise(row["name"]), sanitise(row["sentence"], LONGEST_SENTENCE))
            for row in rows(engine, queries.channels_off_sql())
        ),
        sources=tuple(convert.source(row) for row in rows(engine, queries.sources_sql())),
        quarantine=tuple(convert.quarantined(row) for row in rows(engine, queries.quarantine_sql())),
        unread=tuple(convert.unread(row) for row in rows(engine, queries.unread_sql())),
        altered=Altered(**rows(engine, queries.altered_sql())[0]),
        silent=gone.silent,
        silent_total=gone.silent_total,
        cleared=gone.cleared,
        cleared_total=gone.cleared_total,
        judgements_unmatched=unmatched.shown,
        judgements_unmatched_total=unmatched.total,
        judgements_elsewhere=elsewhere.shown,
        judgements_elsewhere_total=elsewhere.total,
        about=None if whole else sanitise(campaign or network or ""),
    )


def campaign_of(engine: Engine, campaign: str) -> Campaign | None:
    """One campaign of a run with its networks, drawn; None where the run has none of that id."""
    chosen = [row for row in rows(engine, queries.campaigns_sql()) if row["campaign_id"] == campaign]
    return next(iter(_campaigns(engine, chosen, rows(engine, queries.networks_sql()), decided=False)), None)


def network_of(engine: Engine, network: str) -> Network | None:
    """One network of a run with what its accounts share; None where the run has none of that id."""
    chosen = [row for row in rows(engine, queries.networks_sql()) if row["network_id"] == network]
    uses = [row for row in rows(engine, queries.campaigns_sql()) if network in row["networks"]]
    found = next(iter(_networks(engine, chosen, drawn=False, decided=False)), None)
    return None if found is None else replace(found, campaigns=_uses(uses))


def _campaigns(engine: Engine, chosen: Rows, networks: Rows, decided: bool = True) -> tuple[Campaign, ...]:
    """Campaigns with all that is said of them, and where `decided` with what people have decided of them."""
    ids = [row["campaign_id"] for row in chosen]
    days = grouped(engine, queries.days_sql(ids), "campaign_id")
    detections = grouped(engine, queries.detections_sql(ids), "campaign_id")
    members = grouped(engine, queries.members_sql(ids), "campaign_id")
    levels = grouped(engine, queries.levels_sql(ids), "campaign_id")
    evidence = grouped(engine, queries.evidence_sql(ids), "subject")
    alternatives = grouped(engine, queries.alternatives_sql(ids), "subject")
    past = history.histories(engine, ids)
    placed = judgements.placed(engine, ids) if decided else {}
    reference = convert.reference(rows(engine, queries.reference_sql()))
    described = []
    for row in chosen:
        key = row["campaign_id"]
        used = [network for network in networks if network["network_id"] in row["networks"]]
        per_day = tuple(Day(one["day"], one["before"], one["after"]) for one in days.get(key, ()))
        described.append(
            Campaign(
                **convert.campaign_numbers(row),
                reference=reference,
                days=per_day,
                detection=_detection(detections.get(key, ()), per_day),
                members=tuple(convert.member(one) for one in members.get(key, ())),
                levels=tuple((sanitise(one["level"]), one["accounts"]) for one in levels.get(key, ())),
                evidence=convert.evidences(evidence.get(key, ())),
                alternatives=convert.alternatives(alternatives.get(key, ())),
                networks=_networks(engine, used[:CAMPAIGN_NETWORKS], True, key, decided),
                history=past.get(key, History()),
                judgements=placed.get(key, Listed()).shown,
                judgements_total=placed.get(key, Listed()).total,
            )
        )
    return tuple(described)


def _networks(
    engine: Engine, chosen: Rows, drawn: bool, campaign: str | None = None, decided: bool = True
) -> tuple[Network, ...]:
    """Networks with what they share, and with links where they are `drawn`: inside a `campaign`, or alone."""
    ids = [row["network_id"] for row in chosen]
    evidence = grouped(engine, queries.evidence_sql(ids), "subject")
    alternatives = grouped(engine, queries.alternatives_sql(ids), "subject")
    values = grouped(engine, queries.values_sql(ids), "network_id")
    links = grouped(engine, queries.links_sql(campaign, ids), "network_id") if drawn else {}
    past = history.histories(engine, ids)
    placed = judgements.placed(engine, ids) if decided else {}
    return tuple(
        Network(
            **convert.network_numbers(row),
            evidence=convert.evidences(evidence.get(row["network_id"], ())),
            alternatives=convert.alternatives(alternatives.get(row["network_id"], ())),
            values=tuple(convert.value(one) for one in values.get(row["network_id"], ())),
            links=tuple(convert.link(one) for one in links.get(row["network_id"], ())),
            history=past.get(row["network_id"], History()),
            judgements=placed.get(row["network_id"], Listed()).shown,
            judgements_total=placed.get(row["network_id"], Listed()).total,
        )
        for row in chosen
    )


def _uses(campaigns: Rows) -> tuple[tuple[str, str], ...]:
    return tuple((sanitise(row["campaign_id"]), sanitise(row["level"])) for row in campaigns)


def _alone(engine: Engine, network: Network, campaigns: Rows) -> Network:
    """A network that is described alone: with its likeliest members, and the campaigns that use it."""
    members = rows(engine, queries.network_members_sql(network.network_id))
    uses = [row for row in campaigns if network.network_id in row["networks"]]
    return replace(
        network,
        campaigns=_uses(uses),
        members=tuple(convert.network_member(row) for row in members),
    )


def _detection(found: Iterable[Row], days: Sequence[Day]) -> Detection | None:
    for row in found:
        total = sum(day.before + day.after for day in days)
        before = sum(day.before for day in days)
        return Detection(row["first"], row["half"], before / total if total else 0.0)
    return None


def _campaign_accounts(engine: Engine) -> int:
    return int(rows(engine, queries.campaign_accounts_sql())[0]["accounts"])
