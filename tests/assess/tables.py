"""Small hand-made tables: one network whose accounts serve one purpose, and whatever a test changes about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from stillwatch import assess
from stillwatch.engine import Engine, Query
from stillwatch.job import Inputs, resolve
from stillwatch.records import Kind, Table
from stillwatch.records.candidates import (
    CANDIDATE_CAMPAIGNS,
    CANDIDATE_EXCHANGES,
    CANDIDATE_MEMBERS,
    GROUP_TESTS,
    REFERENCE_NAMES,
    Absence,
)
from stillwatch.records.inputs import ACCOUNTS, JUDGEMENTS, PERMITS
from stillwatch.records.outputs import NETWORK_MEMBERS, NETWORK_VALUES, NETWORKS
from stillwatch.records.sketches import ACCOUNT_SKETCHES, EXCHANGE_SKETCHES, MEMBER_TIES
from stillwatch.settings import AssessSettings, Settings

Rows = list[dict[str, Any]]

BEGIN = datetime(2026, 4, 22)
MEMBERS = tuple(f"a{number:02}" for number in range(40))
EACH = 5  # exchanges a member, one a day
STRANGERS = 960

EMPTY = {
    Kind.STRING: "",
    Kind.TIMESTAMP: BEGIN,
    Kind.INT64: 0,
    Kind.INT32: 0,
    Kind.INT16: 0,
    Kind.FLOAT64: 0.0,
    Kind.BOOLEAN: False,
}
# statistic, people's, bits: an effort as plain as half of those in training worlds
GUILTY = {
    "draws_from_one_pool": (0.0, 3.0, 12.0),
    "asks_one_mix": (0.0, 1.0, 8.0),
    "same_sizes": (0.0, 1.0, 6.0),
    "equalised_volumes": (0.0, 1.0, 3.0),
    "keeps_the_same_hours": (0.0, 0.2, 3.0),
    "narrow_purpose": (3.0, 0.1, 6.0),
    "narrow_vocabulary": (4.0, 0.1, 2.5),
    "stands_apart_from_people": (0.97, 0.01, 0.0),
    "asks_once": (0.8, 0.4, 0.0),
    "never_repeats_a_slot": (0.001, 0.05, 3.6),
    "uses_many_words": (7.5, 10.0, 0.0),
    "hands_over_refused_requests": (0.6, 0.01, 5.0),
    "moves_to_new_models_at_once": (0.5, 0.06, 3.0),
    "repeats_questions": (0.01, 0.0, 0.0),
    "repeats_in_order": (0.5, 0.0, 0.0),
    "falls_silent_together": (0.1, 0.0, 0.0),
    "spreads_volumes": (0.3, 1.0, 0.0),
    "begins_together": (8.0, 0.0, 0.0),
    "last_used_on_one_day": (3.0, 0.3, 0.0),
    "rewords_within_the_hour": (0.0, 0.0, 0.0),
    "returns_on_the_same_day": (-0.1, 0.0, 0.0),
    "has_own_places": (1.2, 0.7, 0.0),
}


def nearer_to_people(share: float) -> dict[str, tuple[float, float, float]]:
    """The guilty outcomes with each statistic moved this share of the way to people's."""
    return {
        name: (statistic + share * (people - statistic), people, bits)
        for name, (statistic, people, bits) in GUILTY.items()
    }


SHARED = {
    "same_payment_issuer": "payment",
    "same_signup_minute": "time",
    "same_opening_words": "content",
    "same_subnet": "infrastructure",
    "takes_over_requests_of": "lifecycle",
}


# no member: so that the log is seen to have cards and organisations, of which accounts may have none
ELSEWHERE = {"account_id": "elsewhere", "organisation_id": "another firm", "payment_fingerprint": "another card"}


def stored(engine: Engine, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keeps the rows; required columns they leave out are empty."""
    blank = {column.name: EMPTY[column.kind] for column in table.columns if column.required}
    engine.store(table, pa.Table.from_pylist([{**blank, **row} for row in rows], schema=table.schema))


def day(number: float) -> datetime:
    """So many days after the first exchange."""
    return BEGIN + timedelta(days=number)


def fill(engine: Engine, networks: Mapping[str, Sequence[str]] | None = None, **changed: Any) -> None:
    """Every table that assessment reads: `networks` (name → members), by default `1` with all MEMBERS.

    `changed` replaces the rows of `accounts`, `permits` or `judgements`, the group tests (`tests`), the bits that
    members' links carry (`link_bits`; those of some in `link_bits_of`), what ties some of them (`ties`), how many
    exchanges of some are `ordinary`, `taken` over and `given` to others and in how many `manners` they took them over,
    how many strangers there are (`strangers`), or through which channel some came first (`channels`).
    """
    chosen = networks if networks is not None else {"1": MEMBERS}
    accounts = sorted({account for members in chosen.values() for account in members})
    _inputs(engine, accounts, changed)
    _networks(engine, chosen, changed.get("link_bits", 40.0), changed.get("link_bits_of", {}))
    _ties(engine, chosen, changed.get("ties", {}))
    worked = {name: changed.get(name, {}) for name in ("ordinary", "manners", "taken", "given")}
    _candidates(engine, chosen, changed.get("tests", GUILTY), worked)
    everybody = [*accounts, *(f"s{number}" for number in range(changed.get("strangers", STRANGERS)))]
    seen = {"exchanges": EACH, "last_seen": BEGIN + timedelta(days=EACH)}
    sketches = [{"account_id": a, "account_index": i, **seen} for i, a in enumerate(everybody)]
    stored(engine, ACCOUNT_SKETCHES, sketches)
    opened = [
        {
            "exchange_id": f"{a}-0",
            "account_id": a,
            "started_at": BEGIN,
            "channel": changed.get("channels", {}).get(a, "api"),
        }
        for a in everybody
    ]
    stored(engine, EXCHANGE_SKETCHES, opened)


def own_names(accounts: Sequence[str]) -> Rows:
    """Registration of accounts that each claim to be somebody else."""
    stated = {"account_type": "individual", "verification": "card"}
    return [{"account_id": account, "payment_fingerprint": f"card of {account}", **stated} for account in accounts]


def taken(account: str) -> Rows:
    """The exchanges of a member: one a day."""
    return [
        {
            "exchange_id": f"{account}-{number}",
            "account_id": account,
            "started_at": day(number),
            "probability": 0.99,
            "subject": number % 2,
            "form": 0,
        }
        for number in range(EACH)
    ]


def _inputs(engine: Engine, accounts: Sequence[str], changed: Mapping[str, Any]) -> None:
    registered = changed.get("accounts", own_names(accounts))
    stored(engine, ACCOUNTS, [*registered, ELSEWHERE] if registered else [])
    stored(engine, PERMITS, [{"purpose": "research", **row} for row in changed.get("permits", ())])
    judgements = [{"decided_by": "ann", "decided_at": BEGIN, **row} for row in changed.get("judgements", ())]
    stored(engine, JUDGEMENTS, judgements)


def _networks(engine: Engine, networks: Mapping[str, Sequence[str]], bits: float, others: Mapping[str, float]) -> None:
    stored(
        engine,
        NETWORKS,
        [{"network_id": f"N{name}", "accounts": len(members)} for name, members in networks.items()],
    )
    links = [
        {"network_id": f"N{name}", "account_id": account, "probability": 1.0, "linked_at": day(1)}
        | {"bits": others.get(account, bits)}
        for name, members in networks.items()
        for account in members
    ]
    stored(engine, NETWORK_MEMBERS, links)
    values = [
        {
            "network_id": f"N{name}",
            "value_id": f"V{claim}",
            "family": family,
            "claim": claim,
            "bits": 9.0 * len(members),
        }
        for name, members in networks.items()
        for claim, family in SHARED.items()
    ]
    stored(engine, NETWORK_VALUES, values)


def _ties(engine: Engine, networks: Mapping[str, Sequence[str]], changed: Mapping[str, Mapping[str, Any]]) -> None:
    own = {"ways": 2, "texts": False}
    rows = [
        {"network_id": f"N{name}", "account_id": account, **own, **changed.get(account, {})}
        for name, members in networks.items()
        for account in members
    ]
    stored(engine, MEMBER_TIES, rows)


def _candidates(
    engine: Engine,
    networks: Mapping[str, Sequence[str]],
    outcomes: Mapping[str, tuple[float, float, float] | Absence],
    worked: Mapping[str, Mapping[str, int]],
) -> None:
    heads, members, exchanges, tests = [], [], [], []
    for name, accounts in networks.items():
        mine = {"candidate_id": f"C{name}"}
        heads.append({**mine, "network_id": f"N{name}", "accounts": len(accounts), "tested_at": day(2)})
        members += [
            {**mine, "account_id": account, "exchanges": EACH, "share": 1.0}
            | {column: of.get(account, 0) for column, of in worked.items()}
            for account in accounts
        ]
        rows = [row for account in accounts for row in taken(account)]
        exchanges += [{**mine, **row, **_sketched(place)} for place, row in enumerate(rows)]
        tests += [{**mine, "test": name, **_outcome(outcome)} for name, outcome in outcomes.items()]
    stored(engine, CANDIDATE_CAMPAIGNS, heads)
    stored(engine, CANDIDATE_MEMBERS, members)
    stored(engine, CANDIDATE_EXCHANGES, exchanges)
    stored(engine, GROUP_TESTS, tests)
    stored(engine, REFERENCE_NAMES, [{"subject": 0, "form": 0, "accounts": 30, "exchanges": 400}])


def _outcome(outcome: tuple[float, float, float] | Absence) -> dict[str, Any]:
    """The columns of a test with this outcome, or absent for this reason."""
    if isinstance(outcome, Absence):
        return {"absent": outcome}
    statistic, reference, bits = outcome
    return {"statistic": statistic, "reference": reference, "bits": bits}


def _sketched(place: int) -> dict[str, Any]:
    """The columns of an exchange besides its account and time."""
    return {
        "request_model": "large" if place % EACH < 3 else "small",
        "conversation_value": place // 2,
        "address_subnet_value": place % 97,
        "input_tokens": 100,
        "output_tokens": 1000,
    }


def assessed(engine: Engine, **settings: float) -> dict[str, Rows]:
    """Runs the stage and returns the rows of its tables by name, ordered by their first two columns."""
    assess.run(engine, resolve(Inputs(), settings=Settings(assess=AssessSettings(**settings))))
    return {name: engine.fetch(Query(name, f"SELECT * FROM {name} ORDER BY ALL")).to_pylist() for name in assess.WRITES}


def levels(found: Mapping[str, Rows]) -> dict[str, str]:
    """Level by campaign."""
    return {row["campaign_id"]: row["level"] for row in found["campaigns"]}


def accused(found: Mapping[str, Rows]) -> set[str]:
    """Every account in any campaign at any level."""
    return {row["account_id"] for row in found["campaign_members"]}
