"""What partners told becomes indicators with weights, for the next scan; where a run meets them is noted.

Nothing follows from an indicator alone: the scan weighs it (`assess.indicators`), and only beside evidence of its own.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from stillwatch.ledger.exchanged import Sighting, Stored, Wanted
from stillwatch.ledger.records import in_utc
from stillwatch.records.identifiers import MATCHED, read_stamp
from stillwatch.records.inputs import INDICATORS
from stillwatch.records.outputs import SEEN_INDICATORS
from stillwatch.runs.tables import table_of
from stillwatch.share.patterns import value_in
from stillwatch.share.stix import VALID

if TYPE_CHECKING:
    from stillwatch.ledger import Judgement
    from stillwatch.ledger.ledger import Ledger

RIGHT, WRONG = 1.0, 9.0
"""What a partner without a record is taken to have been: right once, wrong nine times. Trust is earned."""
LOWEST_CONFIDENCE = 30
"""A partner's own confidence (0 to 100) under which what it told says nothing; STIX calls less than 30 low."""
LONGEST_VALID = 2
"""How many times as long as we say of such a value a partner may let one of its own hold."""
_LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Living:
    """An indicator of a partner that says something: its value, and from when until when."""

    object_id: str
    claim: str
    value: str
    valid_from: datetime
    valid_until: datetime
    matched: bool  # common by private matching: we found it as well


@dataclass(frozen=True, slots=True)
class Record:
    """How often what a partner's values were seen in was judged right or wrong, each subject once."""

    right: int
    wrong: int

    @property
    def weight(self) -> float:
        """The probability that the partner is right."""
        return (RIGHT + self.right) / (RIGHT + WRONG + self.right + self.wrong)


UNKNOWN = Record(0, 0)
"""Of a partner whose values were seen nowhere that was judged."""


def records(ledger: Ledger, seen: Mapping[str, Iterable[str]]) -> dict[str, Record]:
    """The record of each partner, by the judgements that stand on the subjects in which its values were seen."""
    said = ledger.judgements.latest()
    return {partner: _record(said, subjects) for partner, subjects in seen.items()}


def _record(said: Mapping[str, Judgement], subjects: Iterable[str]) -> Record:
    verdicts = Counter(said[subject].verdict for subject in subjects if subject in said)
    return Record(verdicts["confirmed"], verdicts["innocent"])


def weight(ledger: Ledger, partner: str) -> float:
    """The probability that a partner is right."""
    return records(ledger, ledger.received.seen_in(partner)).get(partner, UNKNOWN).weight


def living(ledger: Ledger, partner: str, now: datetime) -> Iterator[Living]:
    """The indicators of a partner that are neither revoked nor out of date, and say nothing that we told it first."""
    echoes = _told(ledger, partner)
    for one in ledger.received.indicators(partner):
        found = indicator_of(one)
        if found is None or not found.valid_from <= in_utc(now) < found.valid_until:
            continue
        told_at = echoes.get((found.claim, found.value))
        if told_at is None or one.at < told_at:
            yield found


def indicators(ledger: Ledger, now: datetime) -> pa.Table:
    """Everything that partners tell now, as of INDICATORS: each value once a partner, with the partner's weight."""
    rows: dict[tuple[str, str, str], dict[str, Any]] = {}
    known_as = records(ledger, ledger.received.seen_in())
    for partner in ledger.received.partners():
        trusted = known_as.get(partner, UNKNOWN).weight
        for one in living(ledger, partner, now):
            known = rows.get((partner, one.claim, one.value))
            begin, end = _plain(one.valid_from), _plain(one.valid_until)
            rows[partner, one.claim, one.value] = {
                "partner": partner,
                "claim": one.claim,
                "value": one.value,
                "weight": trusted,
                "valid_from": begin if known is None else min(known["valid_from"], begin),
                "valid_until": end if known is None else max(known["valid_until"], end),
                "matched": one.matched or (known is not None and known["matched"]),
            }
    return pa.Table.from_pylist([rows[key] for key in sorted(rows)], schema=INDICATORS.schema)


def see(run: Path, ledger: Ledger, now: datetime) -> int:
    """Notes in which networks and campaigns of a run partners' values were met; returns how many times."""
    if not (run / f"{SEEN_INDICATORS.name}.parquet").is_file():
        return 0  # a run of an earlier version
    rows = table_of(run, SEEN_INDICATORS.name).to_pylist()
    subjects: dict[str, set[str]] = defaultdict(set)
    for row in table_of(run, "campaigns", ["campaign_id", "networks"]).to_pylist():
        for network in row["networks"]:
            subjects[network].add(row["campaign_id"])
    ids = {partner: _ids(ledger, partner) for partner in {row["partner"] for row in rows}}
    found = [
        Sighting(
            row["partner"], ids[row["partner"]][row["claim"], row["value"]], subject, run.resolve().name, in_utc(now)
        )
        for row in rows
        if (row["claim"], row["value"]) in ids[row["partner"]]
        for subject in sorted({row["network_id"], *subjects[row["network_id"]]})
    ]
    ledger.received.see(found)
    return len(found)


def _ids(ledger: Ledger, partner: str) -> Mapping[tuple[str, str], str]:
    """By value the indicator of a partner that tells it."""
    read = ((one, indicator_of(one)) for one in ledger.received.indicators(partner))
    return {(found.claim, found.value): one.object_id for one, found in read if found is not None}


def _told(ledger: Ledger, partner: str) -> Mapping[tuple[str, str], datetime]:
    """When we told a partner which value first: what comes back is an echo."""
    found: dict[tuple[str, str], datetime] = {}
    wanted = Wanted(types=("indicator",), versions=("all",), limit=10_000_000)
    for one in ledger.shares.page(partner, wanted):
        value = value_in(json.loads(one.body).get("pattern"))
        if value is not None:
            found.setdefault(value, one.at)
    return found


def indicator_of(one: Stored) -> Living | None:
    """What an indicator says; None for one that is revoked or says nothing to this version."""
    said = json.loads(one.body)
    value = value_in(said.get("pattern")) if said.get("pattern_type") == "stix" else None
    confidence = said.get("confidence")
    if value is None or said.get("revoked") is True:
        return None
    if isinstance(confidence, int | float) and confidence < LOWEST_CONFIDENCE:
        return None
    begin = read_stamp(said.get("valid_from"))
    if begin is None:
        return None
    lasts = LONGEST_VALID * VALID[value[0]]
    longest = min(max(one.version, begin), _LAST - lasts) + lasts  # a partner may name any year
    end = read_stamp(said.get("valid_until"))
    matched = said.get(MATCHED) is True
    return Living(one.object_id, *value, begin, longest if end is None else min(end, longest), matched)


def _plain(moment: datetime) -> datetime:
    return in_utc(moment).replace(tzinfo=None)
