"""Candidate campaigns become assessed campaigns, with evidence and alternatives."""

from __future__ import annotations

from stillwatch.assess import usage
from stillwatch.assess.alternatives import try_all
from stillwatch.assess.campaigns import Verdict, write
from stillwatch.assess.evidence import all_items, measured_sentences, permit_bits
from stillwatch.assess.hypotheses import Weighed, given_prior, shipped, weigh
from stillwatch.assess.judgements import Resolution
from stillwatch.assess.known_networks import write_known
from stillwatch.assess.measures import measured
from stillwatch.assess.profile import CandidateProfile, gather
from stillwatch.assess.score import judge, prior
from stillwatch.assess.subjects import settle, write_lineage
from stillwatch.engine import Engine
from stillwatch.job import Job
from stillwatch.records.claims import switched_off

READS = (
    "account_sketches",
    "accounts",
    "permits",
    "judgements",
    "networks",
    "network_members",
    "member_ties",
    "network_values",
    "candidate_campaigns",
    "candidate_members",
    "candidate_exchanges",
    "group_tests",
    "previous_lineage",
    "previous_members",
    "previous_run",
    "previous_profiles",
    "previous_standings",
    "found_profiles",
)
WRITES = (
    "campaigns",
    "campaign_members",
    "campaign_exchanges",
    "campaign_usage",
    "campaign_texts",
    "evidence",
    "alternatives",
    "lineage",
    "lineage_members",
    "applied_judgements",
    "network_profiles",
    "network_standings",
)


def run(engine: Engine, job: Job) -> None:
    """Judges every candidate, then writes those worth a person's time."""
    past, known, resolved = settle(engine)
    settings, off = job.settings.assess, switched_off(job.settings.evidence.off)
    profiles = [profile for profile in gather(engine) if profile.accounts or profile.permitted]
    values = [measured(profile, off) for profile in profiles]
    model = shipped()
    before = given_prior(model, prior(settings))
    verdicts = [
        _verdict(profile, weigh(model, found, before, permit_bits(profile)), resolved, off)
        for profile, found in zip(profiles, values, strict=True)
    ]
    write(engine, verdicts, settings)
    usage.write(engine)
    now = write_lineage(engine, past, known.networks, resolved.applied)
    cleared = {one.statement.subject for one in resolved.applied if one.statement.verdict == "innocent"}
    write_known(engine, past, now, known.networks, cleared, settings.remember_days)


def _verdict(profile: CandidateProfile, weighed: Weighed, resolved: Resolution, off: frozenset[str]) -> Verdict:
    """What is stated of one candidate, without the claims that are switched `off`."""
    said = measured_sentences(profile, weighed)
    items, alternatives = all_items(profile, weighed, said, off), try_all(profile, weighed, said)
    name = profile.candidate_id
    return Verdict(
        profile,
        tuple(items),
        alternatives,
        judge(weighed, alternatives),
        resolved.candidates.get(name),
        name in resolved.confirmed,
        resolved.judges.get(name, ""),
    )
