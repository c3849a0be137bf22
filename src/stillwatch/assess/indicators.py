"""What partners report of a candidate's accounts: how much that weighs, and how far it may carry.

A report is right with the probability `weight`, which a partner earns. If it is right, accounts of one operator hold
reported values, and people do as often as is counted in this log. If it is wrong, it was written to look right, and
holding its values says nothing. So a partner's likelihood ratio is

    (w * s + 1 - w) / (w * h + 1 - w)

for the weight w, the share s of the candidate's accounts that hold reported values, and the share h of the people
outside all networks that do. It is at most 1 / (1 - w), whatever is reported. A partner that is likelier wrong than
right says nothing, and neither does one whose values people hold: it was misled, or means to mislead.

What partners report is shown as evidence, and raises nobody: a partner that was right for years may lie once. Only what
private matching found common raises, where it can hardly be guessed, and only a candidate that its own evidence brings
to `review`: to have such a value, the partner must have met the same machine, or know whose it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from math import log2

from stillwatch.assess.evidence import EvidenceItem
from stillwatch.assess.thresholds import INDICATOR_BITS_CAP, LEAST_TRUSTED, MOST_PEOPLE_HOLDING, MOST_TRUSTED
from stillwatch.engine import Engine, Query, literal
from stillwatch.records import sentences
from stillwatch.records.claims import REPORTED_BY_PARTNERS
from stillwatch.records.indicators import ADDRESS, DEVICE, FINGERPRINT, SUBNET, USER_AGENT
from stillwatch.records.outputs import SEEN_INDICATORS
from stillwatch.records.sketches import INDICATOR_SKETCHES

COUNTS_FROM = "review"
"""The level of a candidate's own evidence at which indicators count: below it they raise nobody, above it nothing is
left to raise."""

RAISING = (ADDRESS, DEVICE, FINGERPRINT)
"""Claims whose matched values may raise: a few sessions test every range, and every name of a program."""

_COLUMNS = {
    ADDRESS: "address_value",
    SUBNET: "address_subnet_value",
    FINGERPRINT: "fingerprint_value",
    USER_AGENT: "user_agent_value",
    DEVICE: "device_value",
}


@dataclass(frozen=True, slots=True)
class Reported:
    """What partners report of one candidate: the partners, its accounts that hold their values, and the bits.

    `raising` are the bits of what was matched and can hardly be guessed, which may raise it.
    """

    partners: int
    accounts: int
    bits: float
    raising: float = 0.0


@dataclass(frozen=True, slots=True)
class _Partner:
    """A partner's weight, the share of people who hold a value of its, and of those who hold one that raises."""

    weight: float
    people: float
    people_raising: float


def uses_sql() -> Query:
    """Which account holds which reported value, in exchanges within the time for which it was reported."""
    raising = f"indicators.matched AND indicators.claim IN ({', '.join(map(literal, RAISING))})"
    each = "\nUNION ALL\n".join(
        f"""SELECT indicators.partner, indicators.claim, indicators.value, exchanges.account_id,
  CASE WHEN {raising} THEN 1 ELSE 0 END AS raises
FROM exchange_sketches AS exchanges
JOIN indicator_sketches AS indicators ON indicators.keyed = exchanges.{column}
WHERE indicators.claim = {literal(claim)}
  AND (indicators.valid_from IS NULL OR exchanges.started_at >= indicators.valid_from)
  AND (indicators.valid_until IS NULL OR exchanges.started_at < indicators.valid_until)"""
        for claim, column in _COLUMNS.items()
    )
    return Query(
        "uses of reported values",
        f"""SELECT partner, claim, value, account_id, max(raises) AS raises FROM (
{each}
) AS uses GROUP BY partner, claim, value, account_id""",
    )


def seen_indicators_sql() -> Query:
    """How many accounts of each network hold each reported value."""
    return Query(
        "reported values",
        """
SELECT members.network_id, uses.partner, uses.claim, uses.value, count(*) AS accounts
FROM indicator_uses AS uses
JOIN network_members AS members USING (account_id)
GROUP BY members.network_id, uses.partner, uses.claim, uses.value
""",
    )


def partners_sql() -> Query:
    """Each partner with its lowest weight, the people outside networks who hold a value of its, and all such people."""
    return Query(
        "partners",
        """
WITH people AS (
  SELECT account_id FROM account_sketches
  WHERE account_id NOT IN (SELECT account_id FROM network_members)
),
holders AS (
  SELECT uses.partner, count(DISTINCT uses.account_id) AS holders,
    count(DISTINCT CASE WHEN uses.raises = 1 THEN uses.account_id END) AS raising
  FROM indicator_uses AS uses JOIN people USING (account_id)
  GROUP BY uses.partner
),
weights AS (SELECT partner, min(weight) AS weight FROM indicator_sketches GROUP BY partner)
SELECT weights.partner, weights.weight, coalesce(holders.holders, 0) AS holders,
  coalesce(holders.raising, 0) AS raising, (SELECT count(*) FROM people) AS people
FROM weights LEFT JOIN holders USING (partner)
ORDER BY weights.partner
""",
    )


def candidates_sql() -> Query:
    """How many accounts of each candidate hold a value of each partner."""
    return Query(
        "reported candidates",
        """
SELECT members.candidate_id, uses.partner, count(DISTINCT uses.account_id) AS holders,
  count(DISTINCT CASE WHEN uses.raises = 1 THEN uses.account_id END) AS raising
FROM indicator_uses AS uses JOIN candidate_members AS members USING (account_id)
GROUP BY members.candidate_id, uses.partner
ORDER BY members.candidate_id, uses.partner
""",
    )


def holders_sql() -> Query:
    """How many accounts each candidate has, and how many of them hold a value of any partner."""
    return Query(
        "accounts of candidates",
        """
SELECT members.candidate_id, count(DISTINCT members.account_id) AS accounts,
  count(DISTINCT uses.account_id) AS holders
FROM candidate_members AS members LEFT JOIN indicator_uses AS uses USING (account_id)
GROUP BY members.candidate_id
""",
    )


def bits_of(weight: float, share: float, among_people: float) -> float:
    """Bits for extraction of one partner's indicators; 0 where the candidate holds no more of them than people do.

    >>> round(bits_of(0.9, 1.0, 0.0), 2)
    3.32
    >>> bits_of(0.4, 1.0, 0.0), bits_of(0.9, 1.0, 0.5)
    (0.0, 0.0)
    """
    if not weight >= LEAST_TRUSTED or among_people > MOST_PEOPLE_HOLDING:  # a weight may be no number
        return 0.0
    trusted = min(weight, MOST_TRUSTED)
    wrong = 1.0 - trusted
    return max(0.0, log2((trusted * share + wrong) / (trusted * among_people + wrong)))


def gather(engine: Engine) -> Mapping[str, Reported]:
    """Writes `seen_indicators`; returns by candidate what partners report of it."""
    if not _has_rows(engine):
        engine.store(SEEN_INDICATORS, SEEN_INDICATORS.schema.empty_table())
        return {}
    engine.create("indicator_uses", uses_sql())
    engine.create(SEEN_INDICATORS.name, seen_indicators_sql())
    partners = {
        row["partner"]: _Partner(row["weight"], *((row[of] + 1) / (row["people"] + 2) for of in ("holders", "raising")))
        for row in engine.fetch(partners_sql()).to_pylist()
    }
    sizes = {row["candidate_id"]: row for row in engine.fetch(holders_sql()).to_pylist()}
    bits: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for row in engine.fetch(candidates_sql()).to_pylist():
        partner, accounts = partners[row["partner"]], sizes[row["candidate_id"]]["accounts"]
        told = bits_of(partner.weight, row["holders"] / accounts, partner.people)
        raising = bits_of(partner.weight, row["raising"] / accounts, partner.people_raising)
        bits[row["candidate_id"]].append((told, raising))
    return {
        name: Reported(
            len(each), sizes[name]["holders"], *(min(sum(some), INDICATOR_BITS_CAP) for some in zip(*each, strict=True))
        )
        for name, each in bits.items()
    }


def items(told: Reported | None) -> list[EvidenceItem]:
    """What partners report, as evidence."""
    if told is None:
        return []
    bits = round(told.bits, 3)
    return [
        EvidenceItem(
            REPORTED_BY_PARTNERS.name, bits, sentences.reported(told.partners, told.accounts, told.bits, told.raising)
        )
    ]


def _has_rows(engine: Engine) -> bool:
    if not engine.columns(INDICATOR_SKETCHES.name):
        return False
    counted = engine.fetch(Query("count indicators", f"SELECT count(*) AS rows FROM {INDICATOR_SKETCHES.name}"))
    return int(counted["rows"][0].as_py()) > 0
