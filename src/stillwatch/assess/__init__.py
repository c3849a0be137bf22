"""Candidate campaigns become assessed campaigns, with evidence and alternatives."""

from __future__ import annotations

from collections.abc import Mapping

from stillwatch.assess.alternatives import try_all
from stillwatch.assess.campaigns import Verdict, write
from stillwatch.assess.evidence import all_facts
from stillwatch.assess.facts import Facts, gather
from stillwatch.assess.score import judge
from stillwatch.assess.subjects import settle, write_lineage
from stillwatch.engine import Engine
from stillwatch.job import Job
from stillwatch.settings import AssessSettings

READS = (
    "account_sketches",
    "accounts",
    "permits",
    "judgements",
    "networks",
    "network_members",
    "network_values",
    "candidate_campaigns",
    "candidate_members",
    "candidate_exchanges",
    "group_tests",
    "previous_lineage",
    "previous_members",
)
WRITES = (
    "campaigns",
    "campaign_members",
    "campaign_exchanges",
    "evidence",
    "alternatives",
    "lineage",
    "lineage_members",
    "applied_judgements",
)


def run(engine: Engine, job: Job) -> None:
    """Judges every candidate, then writes those worth a person's time."""
    past, known, resolved = settle(engine)
    settings, hands = job.settings.assess, "hands" not in job.settings.evidence.off
    verdicts = [
        _verdict(facts, resolved.candidates, settings, hands)
        for facts in gather(engine)
        if facts.accounts or facts.permitted
    ]
    write(engine, verdicts, settings)
    write_lineage(engine, past, known.networks, resolved.applied)


def _verdict(facts: Facts, judgements: Mapping[str, str], settings: AssessSettings, hands: bool) -> Verdict:
    """What is said of one candidate; without `hands`, nothing is read from registration and addresses."""
    found, tried = all_facts(facts, hands), try_all(facts)
    judged = judge(found, tried, settings)
    return Verdict(facts, tuple(found), tried, judged, judgements.get(facts.candidate_id))
