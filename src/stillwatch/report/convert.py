"""Turns one row of a run's table into one part of the document, with every outside text made printable."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from stillwatch.records.claims import IS_PERMITTED
from stillwatch.records.shares import intervals, load_rates
from stillwatch.report.document import (
    Alternative,
    Evidence,
    Link,
    Member,
    NamedShare,
    NetworkMember,
    Quarantined,
    Reference,
    Share,
    Source,
    Unread,
    Value,
)
from stillwatch.report.fetch import Row
from stillwatch.report.sanitise import LONGEST_SAMPLE, LONGEST_SENTENCE, sanitise

EXAMPLES = 5  # examples kept of one piece of evidence
VERDICTS = ("preferred", "possible", "excluded")  # in the order in which explanations are listed
# a reason that counts nothing, as of a network whose exchanges are all permitted, explains nothing
_ABOUT_NOTHING = re.compile(r"(?<![\d.,])0 (of the network's|accounts|registered accounts|address ranges)\b")
IGNORED_COLUMNS = 20  # ignored columns named for one input file


def campaign_numbers(row: Row) -> dict[str, Any]:
    """The fields of `Campaign` that stand in one row of the table `campaigns`."""
    plain = (
        "first_seen last_seen accounts exchanges conversations input_tokens output_tokens "
        "expected_innocent_accounts confidence q_value"
    )
    return {
        "campaign_id": sanitise(row["campaign_id"]),
        "level": sanitise(row["level"]),
        "targets": tuple(Share(name, share) for share, name in _largest_first(row["targets"])),
        **{axis: tuple(_named_shares(row, axis)) for axis in ("subjects", "forms")},
        **{name: row[name] for name in plain.split()},
    }


def reference(rows: Iterable[Row]) -> Reference | None:
    """What accounts outside networks ask for, from at most one row of the table `reference_shares`."""
    for row in rows:
        targets = tuple(Share(name, share) for share, name in _largest_first(row["targets"]))
        return Reference(row["accounts"], row["exchanges"], targets)
    return None


def _largest_first(shares: Iterable[tuple[str, float]]) -> list[tuple[float, str]]:
    return sorted(((share, sanitise(name)) for name, share in shares), key=lambda one: (-one[0], one[1]))


def _named_shares(row: Row, axis: str) -> Iterator[NamedShare]:
    """Shares with their intervals; `conversations` count as independent, as their exchanges depend on one another."""
    size = max(row["conversations"] or row["exchanges"], 1)
    rates = load_rates()[axis]
    stated = dict(row[axis])
    shares = np.array([stated.get(name, 0.0) for name in rates.names])
    known = shares.sum() > 0
    low, high = intervals(shares, size, rates) if known else (shares, shares)
    ends = dict(zip(rates.names, zip(low.tolist(), high.tolist(), strict=True), strict=True))
    for share, name in _largest_first(row[axis]):
        least, most = ends.get(name, (0.0, 1.0))  # nothing is known of a name that this version does not have
        yield NamedShare(name, share, round(least, 6), round(most, 6))


def network_numbers(row: Row) -> dict[str, Any]:
    """The fields of `Network` that stand in one row of the table `networks`."""
    plain = "accounts exchanges first_seen last_seen confidence formed_at"
    return {
        "network_id": sanitise(row["network_id"]),
        "kind": sanitise(row["kind"]),
        **{name: row[name] for name in plain.split()},
    }


def member(row: Row) -> Member:
    """A row of `campaign_members`."""
    return Member(
        sanitise(row["account_id"]), row["exchanges"], row["probability"], sanitise(row["level"]), row["detected_at"]
    )


def network_member(row: Row) -> NetworkMember:
    """A row of `network_members`."""
    level = None if row["level"] is None else sanitise(row["level"])
    return NetworkMember(sanitise(row["account_id"]), row["probability"], row["linked_at"], level)


def evidence(row: Row) -> Evidence:
    """A row of `evidence`."""
    examples = tuple(sanitise(example, LONGEST_SAMPLE) for example in row["examples"][:EXAMPLES])
    return Evidence(sanitise(row["claim"]), row["bits"], sanitise(row["sentence"], LONGEST_SENTENCE), examples)


def alternative(row: Row) -> Alternative:
    """A row of `alternatives`."""
    return Alternative(
        sanitise(row["alternative"]), sanitise(row["verdict"]), sanitise(row["sentence"], LONGEST_SENTENCE)
    )


def evidences(rows: Iterable[Row]) -> tuple[Evidence, ...]:
    """Rows of `evidence` in their order, those without bits last."""
    return tuple(sorted((evidence(row) for row in rows), key=lambda one: round(one.bits, 1) == 0.0))


def alternatives(rows: Iterable[Row]) -> tuple[Alternative, ...]:
    """Rows of `alternatives` that are about any account or request: those that fit best first, permitted work ahead."""
    rank = {verdict: place for place, verdict in enumerate(VERDICTS)}
    found = [alternative(row) for row in rows if not _ABOUT_NOTHING.search(row["sentence"])]
    return tuple(
        sorted(found, key=lambda one: (rank.get(one.verdict, len(rank)), one.alternative != IS_PERMITTED.name))
    )


def value(row: Row) -> Value:
    """A row of `network_values`."""
    return Value(
        sanitise(row["value_id"]),
        sanitise(row["family"]),
        sanitise(row["claim"]),
        row["accounts"],
        row["outside_accounts"],
        row["bits"],
        None if row["shown"] is None else sanitise(row["shown"]),
    )


def link(row: Row) -> Link:
    """A row of `network_links`."""
    return Link(sanitise(row["account_id"]), sanitise(row["value_id"]), row["inside"])


def source(row: Row) -> Source:
    """A row of `sources`."""
    return Source(
        sanitise(row["source"], LONGEST_SAMPLE),
        sanitise(row["feeds"]),
        sanitise(row["digest"]),
        row["bytes"],
        row["rows_read"],
        row["rows_used"],
        row["rows_duplicate"],
        row["rows_quarantined"],
        row["rows_outside_window"],
        tuple(sanitise(name) for name in sorted(row["ignored_columns"] or ())[:IGNORED_COLUMNS]),
    )


def unread(row: Row) -> Unread:
    """A row of `unread_files`."""
    return Unread(sanitise(row["source"]), sanitise(row["reason"], LONGEST_SENTENCE), row["in_part"])


def quarantined(row: Row) -> Quarantined:
    """A reason of `quarantine` with its count and first place."""
    place = sanitise(row["source"], LONGEST_SAMPLE)
    return Quarantined(
        sanitise(row["reason"]),
        row["rows"],
        place,
        row["line"],
        sanitise(row["raw"] or "", LONGEST_SAMPLE),
        sanitise(row["feeds"] or ""),
    )
