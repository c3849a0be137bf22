"""New accounts beside every network that is known: which may be an earlier operator, how likely, and why perhaps not.

Said at sign-up and again after 1, 10 and 50 exchanges. It is for people to look at: no level and no effect follows from
it, since an attacker can give innocents most of what a network shows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

import pyarrow as pa

from stillwatch.assess.latecomers import highest_rank
from stillwatch.assess.reentry import Weighed, candidates, weighed
from stillwatch.engine import Engine, Query
from stillwatch.key import Key
from stillwatch.link.births import cohorts, sign_ups
from stillwatch.link.joining import Profile
from stillwatch.link.latecomers import Logs
from stillwatch.link.newcomers import AT_ONCE, Compared, compared
from stillwatch.records.definitions import DAY
from stillwatch.records.outputs import BIRTH_COHORTS, NEWCOMERS
from stillwatch.watch.standing import Found

SHOWN = 0.05  # probability of any earlier operator from which there is a row
WORDS = {
    "software": "its client, tools and settings",
    "wording": "how its texts begin and end, or whole texts",
    "place": "its addresses",
    "registration": "its mail, phone, referrer or organisation",
    "payment": "its card or the card's issuer",
    "lifecycle": "conversations that go on",
    "contents": "what it asks for",
}
NEW = timedelta(days=30)  # how long an account is new
EPOCH = datetime(1970, 1, 1)
SPELT_OUT = 5  # networks of those that nothing tells apart
CHANGED = -1.0  # bits under which a sort of evidence is called another one


@dataclass(frozen=True, slots=True)
class Earlier:
    """The networks of campaigns that a run knows, by which newcomers may be recognised."""

    found: Found
    profiles: tuple[Profile, ...]
    members: frozenset[str]

    @property
    def accounts(self) -> int:
        """The accounts of all of them."""
        return sum(one.size for one in self.profiles)


def earlier(found: Found) -> Earlier:
    """Those of the run's networks that stand at a level."""
    profiles = tuple(one for one in found.profiles if highest_rank(found.standings.get(one.of)))
    return Earlier(found, profiles, frozenset().union(*(found.members.get(one.of, set()) for one in profiles)))


def newcomers(  # noqa: PLR0913  where accounts are read, and when
    engine: Engine, logs: Logs, accounts: Sequence[str], known: Earlier, key: Key, hops: int, now: datetime
) -> pa.Table:
    """NEWCOMERS of these accounts, members of the networks left out; raises the engine's errors."""
    sizes = {one.of: one.size for one in known.profiles}
    asked = [one for one in accounts if one not in known.members]
    beside: dict[tuple[str, int], list[Compared]] = defaultdict(list)
    for one in compared(engine, logs, asked, known.profiles, key, hops):
        beside[one.account_id, one.exchanges].append(one)
    rows = []
    for each in beside.values():
        weights = weighed([one.bits for one in each], [sizes[one.of] for one in each], known.accounts)
        of_any = min(1.0, sum(one.probability for one in weights))
        if of_any >= SHOWN:
            best, one = max(zip(weights, each, strict=True), key=lambda pair: pair[0].probability)
            alike = candidates((other.of[0], weight.probability) for weight, other in zip(weights, each, strict=True))
            campaign = known.found.standings[one.of].campaign
            row = _row(best, one, of_any, alike)
            rows.append({**row, "campaign_id": campaign, "said_at": now})
    order = [("of_any", "descending"), ("account_id", "ascending"), ("exchanges", "ascending")]
    return pa.Table.from_pylist(rows, schema=NEWCOMERS.schema).sort_by(order)


def _row(best: Weighed, one: Compared, of_any: float, alike: Mapping[str, float]) -> dict[str, object]:
    return {
        "account_id": one.account_id,
        "network_id": one.of[0],
        "exchanges": one.exchanges,
        "probability": round(best.probability, 4),
        "of_any": round(of_any, 4),
        "candidates": [(name, round(value, 4)) for name, value in alike.items()],
        "bits": round(best.bits, 2),
        "reason": None if best.reason is None else best.reason.name,
        "of_reason": round(best.of_reason, 4),
        "evidence": [*_not_told_apart(alike, of_any), *_sentences(one, best)],
    }


def _not_told_apart(alike: Mapping[str, float], of_any: float) -> Iterator[str]:
    if len(alike) > 1:
        shares = ", ".join(f"{name} ({100 * value / of_any:.0f} %)" for name, value in list(alike.items())[:SPELT_OUT])
        more = f" and {len(alike) - SPELT_OUT} more" if len(alike) > SPELT_OUT else ""
        yield f"nothing tells which of {len(alike)} earlier networks it would be: {shares}{more}"


def _sentences(one: Compared, best: Weighed) -> Iterator[str]:
    for name, bits in sorted(one.bits.items(), key=lambda pair: -pair[1]):
        if bits > 0.0:
            alike = f" ({100 * min(one.alike, 1.0):.0f} % as alike as the network's own)" if name == "contents" else ""
            yield f"{WORDS[name]}: {bits:.1f} bits{alike}"
    changed = [WORDS[name] for name, bits in one.bits.items() if bits < CHANGED]
    if changed:
        yield f"not the network's: {'; '.join(changed)}"
    if best.reason is not None:
        yield f"perhaps innocent: {best.reason.words} ({100 * best.of_reason:.0f} %)"


def birth_cohorts(engine: Engine, hops: int, until: datetime, now: datetime) -> pa.Table:
    """BIRTH_COHORTS of the last day at `until`, from the table `accounts`; raises the engine's errors."""
    end = (until - EPOCH) // timedelta(microseconds=1) + 1
    rows = [
        {
            "cohort_id": f"B{blake2b(f'{one.hour} {one.accounts[0]}'.encode(), digest_size=6).hexdigest()}",
            "hour": EPOCH + timedelta(microseconds=one.hour),
            "accounts": list(one.accounts),
            "claims": list(one.claims),
            "expected": round(one.expected, 4),
            "probability": one.probability,
            "said_at": now,
        }
        for one in cohorts(sign_ups(engine, hops), end - DAY, end)
    ]
    return pa.Table.from_pylist(rows, schema=BIRTH_COHORTS.schema)


def newest(engine: Engine, logs: Logs, until: datetime) -> list[str]:
    """The accounts that are new at `until`: those that began to send in the last days or, where the accounts are known,
    signed up and sent nothing yet. Of each sort at most AT_ONCE, the newest."""
    since = until - NEW
    asked = [new_senders_sql(logs, since), *([new_accounts_sql(logs, since)] if logs.accounts else [])]
    return [str(one) for query in asked for one in engine.fetch(query)["account_id"].to_pylist()]


def new_senders_sql(logs: Logs, since: datetime) -> Query:
    """Accounts whose first exchange came after `since`."""
    return Query(
        "newcomers with exchanges",
        f"""
SELECT account_id
FROM {logs.every} AS exchanges
GROUP BY account_id
HAVING min(started_at) >= TIMESTAMP '{since}'
ORDER BY min(started_at) DESC, account_id
LIMIT {AT_ONCE}""",
    )


def new_accounts_sql(logs: Logs, since: datetime) -> Query:
    """Accounts that signed up after `since` and sent nothing yet."""
    return Query(
        "newcomers without exchanges",
        f"""
SELECT accounts.account_id
FROM accounts
WHERE accounts.created_at >= TIMESTAMP '{since}'
  AND accounts.account_id NOT IN (SELECT account_id FROM {logs.every} AS exchanges)
ORDER BY accounts.created_at DESC, accounts.account_id
LIMIT {AT_ONCE}""",
    )
