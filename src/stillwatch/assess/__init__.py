"""Candidate campaigns become assessed campaigns, with evidence and alternatives."""

from __future__ import annotations

from stillwatch.assess.alternatives import try_all
from stillwatch.assess.campaigns import Verdict, write
from stillwatch.assess.evidence import all_facts
from stillwatch.assess.facts import Facts, gather
from stillwatch.assess.permits import accusable_exchanges_sql, latest_judgements_sql, permitted_exchanges_sql
from stillwatch.assess.score import judge
from stillwatch.engine import Engine, Query
from stillwatch.settings import AssessSettings, Job

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
)
WRITES = ("campaigns", "campaign_members", "campaign_exchanges", "evidence", "alternatives")


def run(engine: Engine, job: Job) -> None:
    """Judges every candidate, then writes those worth a person's time."""
    engine.create("latest_judgements", latest_judgements_sql())
    engine.create("permitted_exchanges", permitted_exchanges_sql())
    engine.view("accusable_exchanges", accusable_exchanges_sql())
    spoken = {
        row["subject"]: row["verdict"]
        for row in engine.fetch(Query("judged", "SELECT subject, verdict FROM latest_judgements")).to_pylist()
    }
    settings, hands = job.settings.assess, "hands" not in job.settings.evidence.off
    verdicts = [
        _verdict(facts, spoken, settings, hands) for facts in gather(engine) if facts.accounts or facts.permitted
    ]
    write(engine, verdicts, settings)


def _verdict(facts: Facts, spoken: dict[str, str], settings: AssessSettings, hands: bool) -> Verdict:
    """What is said of one candidate; without `hands`, nothing is read from registration and addresses."""
    found, tried = all_facts(facts, hands), try_all(facts)
    judged = judge(found, tried, settings)
    word = spoken.get(facts.candidate_id, spoken.get(facts.network_id))
    return Verdict(facts, tuple(found), tried, judged, word)
