"""Verdicts become the rows of a run: campaigns, their members and exchanges, evidence and alternatives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from stillwatch.assess.levels import Levels, Verdict, levels
from stillwatch.assess.looks import Looks
from stillwatch.assess.score import q_values
from stillwatch.assess.shares import shares_of
from stillwatch.assess.thresholds import (
    CERTAIN,
    GIVEN,
    GIVEN_BESIDE_TAKEN,
    LEAST_WORK,
    OWN_MANNERS,
    OWN_WAYS,
    OWN_WORK,
)
from stillwatch.engine import Engine, Query
from stillwatch.records import sentences
from stillwatch.records.claims import DID_NOTHING_ALONE, JUDGEMENTS, NOT_SUSTAINED
from stillwatch.records.outputs import (
    ALTERNATIVES,
    CAMPAIGN_EXCHANGES,
    CAMPAIGN_MEMBERS,
    CAMPAIGNS,
    EVIDENCE,
    LOOKS,
)
from stillwatch.settings import AssessSettings

RANK = ("watch", "review", "act")  # a campaign stands as high as its highest member


def members_sql() -> Query:
    """Members of candidates with what may be accused of each."""
    return Query(
        "members to judge",
        f"""
WITH accusable AS (
  SELECT candidate_id, account_id, CAST(sum(exchanges) AS BIGINT) AS exchanges
  FROM accusable_days GROUP BY candidate_id, account_id
)
SELECT
  members.candidate_id,
  members.account_id,
  accusable.exchanges,
  links.bits AS link_bits,
  members.purpose_bits,
  greatest(links.linked_at, candidates.tested_at, networks.formed_at) AS detected_at,
  -- what others do to an account never accuses it: anybody can copy it, and users of its public bot decide what it asks
  coalesce(ties.ways, 0) >= {OWN_WAYS}
    -- whoever is copied as much as it takes over may have been brought to take over, and made the purpose its own words
    OR (
      coalesce(ties.texts, FALSE)
      AND members.given <= greatest({GIVEN_BESIDE_TAKEN} * members.taken, {GIVEN} * seen.exchanges)
      AND (
      members.ordinary <= greatest({LEAST_WORK}, {OWN_WORK} * seen.exchanges) OR members.manners >= {OWN_MANNERS}
    ))
    AS acted,
  coalesce(judged.verdict, '') AS judgement,
  holders.account_id IS NOT NULL AS holds_permit
FROM candidate_members AS members
JOIN accusable USING (candidate_id, account_id)
JOIN candidate_campaigns AS candidates USING (candidate_id)
JOIN networks USING (network_id)
JOIN account_sketches AS seen ON seen.account_id = members.account_id
LEFT JOIN member_ties AS ties
  ON ties.network_id = candidates.network_id AND ties.account_id = members.account_id
JOIN network_members AS links ON links.network_id = candidates.network_id AND links.account_id = members.account_id
LEFT JOIN account_judgements AS judged ON judged.account_id = members.account_id
LEFT JOIN (SELECT DISTINCT account_id FROM permitted_members) AS holders ON holders.account_id = members.account_id
ORDER BY members.candidate_id, members.account_id
""",
    )


def write(engine: Engine, verdicts: Sequence[Verdict], settings: AssessSettings) -> None:
    """Writes the five tables of the assessment."""
    total = int(engine.fetch(Query("accounts", "SELECT count(*) AS n FROM account_sketches"))["n"][0].as_py())
    campaigns = {verdict.profile.candidate_id: verdict for verdict in verdicts if verdict.level is not None}
    rows = engine.fetch(members_sql())
    rows = rows.filter(_listed(rows, campaigns))
    looks = Looks.of(engine)
    judged = levels(rows, campaigns, total, settings.false_discovery_rate, looks)
    engine.store(CAMPAIGN_MEMBERS, _members(rows, judged))
    engine.store(LOOKS, looks.with_this(judged.odds))
    engine.view("accused_exchanges", accused_exchanges_sql())
    engine.create("campaign_exchanges", campaign_exchanges_sql())
    # over everything that was tested, not over what was left of it: else the selection would be for free
    tested = [verdict.profile.candidate_id for verdict in verdicts]
    q = dict(zip(tested, q_values([verdict.score.evidence_bits for verdict in verdicts]), strict=True))
    engine.store(CAMPAIGNS, _campaigns(engine, campaigns, q))
    engine.store(EVIDENCE, _evidence(verdicts, _copied(rows), _counted(rows, judged.held)))
    engine.store(ALTERNATIVES, _alternatives(verdicts))


def _listed(rows: pa.Table, campaigns: dict[str, Verdict]) -> pa.ChunkedArray:
    """Which members are listed: all of a candidate that stands, only the confirmed ones of any other."""
    standing = sorted(name for name, verdict in campaigns.items() if verdict.standing is not None)
    partly = sorted(campaigns.keys() - set(standing))
    confirmed = pc.equal(rows["judgement"], "confirmed")
    others = pc.and_(pc.is_in(rows["candidate_id"], pa.array(partly, pa.string())), confirmed)
    return pc.or_(pc.is_in(rows["candidate_id"], pa.array(standing, pa.string())), others)


def _members(rows: pa.Table, judged: Levels) -> pa.Table:
    return pa.table(
        {
            "campaign_id": rows["candidate_id"],
            "account_id": rows["account_id"],
            "exchanges": rows["exchanges"],
            "probability": _stated(judged.probability, judged.confirmed),
            "level": pa.array(judged.level, pa.string()),
            "detected_at": rows["detected_at"],
        },
        schema=CAMPAIGN_MEMBERS.schema,
    )


def _stated(probability: NDArray[np.float64], confirmed: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Six decimals, and never certainty unless a person said so: rounding must not promise that nobody is innocent."""
    return np.asarray(np.where(confirmed, 1.0, np.minimum(np.round(probability, 6), CERTAIN)))


def accused_exchanges_sql() -> Query:
    """Exchanges of campaign members that serve the purpose and that no permit covers, with what is known of them."""
    return Query(
        "accused exchanges",
        """
SELECT found.*
FROM accusable_exchanges AS found
JOIN campaign_members AS members
  ON members.campaign_id = found.candidate_id AND members.account_id = found.account_id
""",
    )


def campaign_exchanges_sql() -> Query:
    """The accused exchanges as the contract has them."""
    columns = ", ".join("candidate_id AS campaign_id" if n == "campaign_id" else n for n in CAMPAIGN_EXCHANGES.names)
    return Query("campaign exchanges", f"SELECT {columns} FROM accused_exchanges")


def totals_sql() -> Query:
    """What a campaign took: requests, conversations, tokens."""
    return Query(
        "campaign totals",
        """
SELECT
  candidate_id AS campaign_id,
  min(started_at) AS first_seen,
  max(started_at) AS last_seen,
  count(DISTINCT account_id) AS accounts,
  count(*) AS exchanges,
  nullif(count(DISTINCT conversation_value), 0) AS conversations,
  CAST(sum(input_tokens) AS BIGINT) AS input_tokens,
  CAST(sum(output_tokens) AS BIGINT) AS output_tokens
FROM accused_exchanges
GROUP BY candidate_id
ORDER BY candidate_id
""",
    )


def targets_sql() -> Query:
    """Exchanges of each campaign by subject and form."""
    return Query(
        "campaign targets",
        """
SELECT candidate_id AS campaign_id, subject, form, count(*) AS exchanges
FROM accused_exchanges
WHERE subject IS NOT NULL AND form IS NOT NULL
GROUP BY ALL
ORDER BY ALL
""",
    )


def _campaigns(engine: Engine, campaigns: dict[str, Verdict], q: dict[str, float]) -> pa.Table:
    members = engine.fetch(Query("members", "SELECT campaign_id, level, probability FROM campaign_members"))
    named = shares_of(engine.fetch(targets_sql()).to_pylist())
    result = []
    for row in engine.fetch(totals_sql()).to_pylist():
        verdict = campaigns[row["campaign_id"]]
        mine = members.filter(pc.equal(members["campaign_id"], row["campaign_id"]))
        level = max(mine["level"].to_pylist(), key=RANK.index)
        highest = mine.filter(pc.equal(mine["level"], level))
        # integers first: a float sum would depend on the order of rows
        doubt = int(np.round((1.0 - highest["probability"].to_numpy()) * 1e6).astype(np.int64).sum())
        result.append(
            {
                **row,
                "expected_innocent_accounts": doubt / 1e6,
                "confidence": round(100.0 * verdict.probability, 2),
                "q_value": q[row["campaign_id"]],
                "level": level,
                **named.get(row["campaign_id"], {"targets": {}, "subjects": {}, "forms": {}}),
                "networks": [verdict.profile.network_id],
            }
        )
    return pa.Table.from_pylist(result, schema=CAMPAIGNS.schema)


def _copied(rows: pa.Table) -> Counter[str]:
    """How many listed members of each candidate did nothing that others could not have made them seem to do."""
    alike = pc.and_(pc.invert(rows["acted"]), pc.not_equal(rows["judgement"], "confirmed"))
    return _counted(rows, alike)


def _counted(rows: pa.Table, which: pa.Array | NDArray[np.bool_]) -> Counter[str]:
    return Counter(rows.filter(which)["candidate_id"].to_pylist())


def _evidence(verdicts: Sequence[Verdict], copied: Counter[str], held: Counter[str]) -> pa.Table:
    rows = [
        {
            "subject": _subject(verdict),
            "claim": item.claim,
            "bits": round(item.bits, 3),
            "sentence": item.sentence,
            "examples": list(item.examples),
        }
        for verdict in verdicts
        for item in verdict.items
    ]
    rows += [
        {
            "subject": name,
            "claim": claim.name,
            "bits": 0.0,
            "sentence": sentence(accounts),
            "examples": [],
        }
        for claim, sentence, counted in (
            (DID_NOTHING_ALONE, sentences.copied, copied),
            (NOT_SUSTAINED, sentences.not_sustained, held),
        )
        for name, accounts in sorted(counted.items())
    ]
    rows += [
        {
            "subject": _subject(verdict),
            "claim": JUDGEMENTS[verdict.judgement].name,
            "bits": 0.0,
            "sentence": sentences.judged(verdict.judgement, verdict.judge),
            "examples": [],
        }
        for verdict in verdicts
        if verdict.judgement
    ]
    return pa.Table.from_pylist(rows, schema=EVIDENCE.schema)


def _alternatives(verdicts: Sequence[Verdict]) -> pa.Table:
    rows = [
        {
            "subject": _subject(verdict),
            "alternative": alternative.name,
            "verdict": alternative.verdict,
            "sentence": alternative.sentence,
        }
        for verdict in verdicts
        for alternative in verdict.alternatives
    ]
    return pa.Table.from_pylist(rows, schema=ALTERNATIVES.schema)


def _subject(verdict: Verdict) -> str:
    """A candidate that became no campaign is spoken of as its network."""
    return verdict.profile.candidate_id if verdict.level is not None else verdict.profile.network_id
