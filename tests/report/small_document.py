"""The smallest document that has one of everything, made of given words."""

from __future__ import annotations

from datetime import datetime

from stillwatch.report.document import (
    Alternative,
    Campaign,
    Day,
    Detection,
    Document,
    Event,
    Evidence,
    EvidenceOff,
    History,
    Judgement,
    Link,
    Member,
    NamedShare,
    Network,
    Quarantined,
    RunFacts,
    Share,
    Source,
    Value,
)

WORDS = 32  # strings that `document_of` needs


def document_of(words: list[str]) -> Document:
    """A document with one campaign and network whose every string is one of the words."""
    moment = datetime(2026, 4, 22)
    history = History((Event(words[1], words[24], words[25], moment, 2, 1),), 3)
    judgement = Judgement(
        "judgement", words[1], words[26], words[27], moment, words[28], words[1], 2, (words[29],)
    )  # fmt: skip
    network = Network(
        words[1], words[2], 2, 3, moment, moment, 90.0, moment,
        (Evidence(words[3], 2.0, words[4], (words[5],)),),
        (Alternative(words[6], words[7], words[8]),),
        (Value(words[9], words[10], words[11], 2, 0, 5.0, words[23]),),
        (Link(words[12], words[9], True),), history, (judgement,), 1,
    )  # fmt: skip
    campaign = Campaign(
        words[13], words[14], moment, moment, 2, 3, None, None, None, 0.1, 50.0, 0.1, (Share(words[15], 1.0),),
        (NamedShare(words[30], 1.0, 0.9, 1.0),), (NamedShare(words[31], 1.0, 0.9, 1.0),),
        (Day(moment.date(), 1, 2),), Detection(moment, moment, 0.3), (Member(words[12], 3, 0.9, words[16], moment),),
        ((words[16], 2),), network.evidence, network.alternatives, (network,), history,
    )  # fmt: skip
    return Document(
        facts=RunFacts("0", 1.0),
        campaigns=(campaign,),
        campaigns_total=1,
        campaign_levels=((words[14], 1),),
        campaign_accounts=2,
        networks=(network,),
        networks_total=1,
        channels_off=(EvidenceOff(words[17], words[18]),),
        sources=(Source(words[19], words[20], words[21], 1, 1, 1, 0, 0, 1, (words[3],)),),
        quarantine=(Quarantined(words[22], 1, words[19], 1, words[23]),),
        silent=history.events,
        silent_total=1,
        judgements_unmatched=(judgement,),
        judgements_unmatched_total=1,
    )
