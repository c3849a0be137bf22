"""Candidate campaigns become assessed campaigns, with evidence and alternatives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from stillwatch.assess import doors, indicators, regions, shares, usage
from stillwatch.assess.alternatives import try_all
from stillwatch.assess.campaigns import write
from stillwatch.assess.evidence import all_items, measured_sentences, permit_bits
from stillwatch.assess.hypotheses import Hypotheses, Weighed, given_prior, shipped, weigh
from stillwatch.assess.indicators import Reported
from stillwatch.assess.judgements import Resolution
from stillwatch.assess.known_networks import write_known
from stillwatch.assess.levels import Verdict
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
    "reference_names",
    "previous_lineage",
    "previous_members",
    "previous_run",
    "previous_profiles",
    "previous_standings",
    "previous_looks",
    "found_profiles",
    "exchange_sketches",
    "indicator_sketches",
)
WRITES = (
    "campaigns",
    "campaign_members",
    "looks",
    "campaign_exchanges",
    "campaign_usage",
    "campaign_texts",
    "reference_shares",
    "evidence",
    "alternatives",
    "lineage",
    "lineage_members",
    "applied_judgements",
    "network_profiles",
    "network_standings",
    "seen_indicators",
    "doors",
    "resellers",
    "resold_accounts",
    "regions",
)


def run(engine: Engine, job: Job) -> None:
    """Judges every candidate, then writes those worth a person's time."""
    past, known, resolved = settle(engine)
    settings, off = job.settings.assess, switched_off(job.settings.evidence.off)
    profiles = [profile for profile in gather(engine) if profile.accounts or profile.permitted]
    values = [measured(profile, off) for profile in profiles]
    model = shipped()
    before = given_prior(model, prior(settings))
    told = indicators.gather(engine)
    verdicts = []
    for profile, found in zip(profiles, values, strict=True):
        weighing = Weighing(model, found, before, permit_bits(profile))
        verdicts.append(_verdict(profile, weighing, told.get(profile.candidate_id), resolved, off))
    write(engine, verdicts, settings)
    usage.write(engine)
    shares.write_reference(engine)
    doors.write(engine)
    regions.write(engine, job.settings.regions, job.settings.read.trusted_hops)
    now = write_lineage(engine, past, known.networks, resolved.applied)
    cleared = {one.statement.subject for one in resolved.applied if one.statement.verdict == "innocent"}
    write_known(engine, past, now, known.networks, cleared, settings.remember_days)


@dataclass(frozen=True, slots=True)
class Weighing:
    """What is weighed of one candidate: the arrays, its measures by claim, the prior, and a permit's bits."""

    model: Hypotheses
    measured: Mapping[str, float]
    prior: NDArray[np.float64]
    permit: float

    def with_bits(self, further: float = 0.0) -> Weighed:
        """The hypotheses weighed, with further bits for extraction."""
        return weigh(self.model, self.measured, self.prior, self.permit + further)


def _verdict(
    profile: CandidateProfile, weighing: Weighing, told: Reported | None, resolved: Resolution, off: frozenset[str]
) -> Verdict:
    """What is stated of one candidate, without the claims that are switched `off`.

    What a partner has in common with us counts only where its own evidence brings a candidate to `review`.
    """
    weighed = weighing.with_bits()
    said = measured_sentences(profile, weighed)
    alternatives = try_all(profile, weighed, said)
    score = own = judge(weighed, alternatives)
    if told is not None and told.raising > 0.0 and own.level == indicators.COUNTS_FROM:
        lifted = weighing.with_bits(told.raising)
        alternatives = try_all(profile, lifted, said)
        # among all candidates each stands by its own evidence
        score = replace(judge(lifted, alternatives), evidence_bits=own.evidence_bits)
    items = [*all_items(profile, weighed, said, off), *indicators.items(told)]
    name = profile.candidate_id
    return Verdict(
        profile,
        tuple(items),
        alternatives,
        score,
        resolved.candidates.get(name),
        name in resolved.confirmed,
        resolved.judges.get(name, ""),
    )
