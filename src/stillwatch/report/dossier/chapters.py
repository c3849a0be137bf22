"""Writes a dossier: its chapters in the order in which a sceptical reader needs them."""

from __future__ import annotations

from stillwatch.report.dossier import annexes, doubts, earlier, findings, people, taken
from stillwatch.report.dossier.blocks import Section, Written
from stillwatch.report.dossier.facts import Dossier


def written(dossier: Dossier) -> Written:
    """The document as blocks, the same for every rendering."""
    campaign, version = dossier.campaign, dossier.document.facts.version
    return Written(
        f"Campaign {campaign.campaign_id}",
        f"Dossier for {dossier.profile.reader} · level {campaign.level} · Stillwatch {version}",
        tuple(_sections(dossier)),
        f"Stillwatch {version}. All times are event times in UTC. The same run and ledger give this document, byte for "
        "byte.",
    )


def _sections(dossier: Dossier) -> list[Section]:
    sections = [
        findings.counted(dossier),
        findings.happened(dossier),
        findings.measured(dossier),
        findings.explanations(dossier),
        doubts.unknown(dossier),
        doubts.linchpins(dossier),
        people.attribution(dossier),
        taken.account(dossier),
        earlier.beside(dossier),
        taken.past(dossier),
        people.deeds(dossier),
        people.shared(dossier),
    ]
    if dossier.profile.committee:
        sections.append(people.committee(dossier))
    return [
        *sections,
        findings.indicators(dossier),
        annexes.accounts(dossier),
        annexes.words(dossier),
        annexes.atlas(dossier),
        annexes.inputs(dossier),
    ]
