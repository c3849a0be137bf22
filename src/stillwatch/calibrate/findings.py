"""What a scan of each stream found, and what all streams together say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from stillwatch.calibrate.bounds import upper_bound
from stillwatch.calibrate.bundles import Expected
from stillwatch.engine import Engine, Query
from stillwatch.records.outputs import LEVELS

PER = 100_000


@dataclass(frozen=True, slots=True)
class Found:
    """Counts of one scan: accounts seen, networks and the accounts in them, campaigns and accounts in them by level.

    Each campaign and each account is counted at its strongest level only.
    """

    accounts: int
    networks: int
    linked: int
    campaigns: Mapping[str, int]
    accused: Mapping[str, int]


NOTHING = Found(0, 0, 0, dict.fromkeys(LEVELS, 0), dict.fromkeys(LEVELS, 0))


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream: its sort, its number among the streams of its sort, what must be found in it, and what was found."""

    name: str
    number: int
    expected: Expected
    description: str
    found: Found

    @property
    def holds(self) -> bool:
        """Whether the scan found nothing that it must not find."""
        found = self.found
        if self.expected == "no network":
            return found.networks == 0 and not any(found.campaigns.values())
        if self.expected == "no campaign":
            return not any(found.campaigns.values())
        return self.expected == "reported only" or found.campaigns["act"] == 0

    def bound_per_100k(self, level: str) -> float:
        """The 95 % upper bound of falsely accused accounts at a level or a stronger one, in 100,000 accounts."""
        stronger = LEVELS[: LEVELS.index(level) + 1]
        accused = min(sum(self.found.accused[one] for one in stronger), self.found.accounts)
        return PER * upper_bound(accused, self.found.accounts)


@dataclass(frozen=True, slots=True)
class Calibration:
    """The real run, and every stream drawn from its logs."""

    seed: int
    real: Found
    left_out: int  # accounts that replays leave out: accused, or linked to an accused account
    streams: tuple[Stream, ...]

    @property
    def holds(self) -> bool:
        """Whether every stream holds."""
        return all(stream.holds for stream in self.streams)

    def tested(self) -> tuple[Stream, ...]:
        """The streams of which something is required."""
        return tuple(stream for stream in self.streams if stream.expected != "reported only")

    def bound_per_100k(self, level: str) -> float:
        """The largest bound among the streams that accuse somebody and the stream with most accounts.

        Streams are never pooled, because they share accounts. A small stream that accuses nobody has a large bound only
        because it is small, so it is left out.
        """
        tested = sorted(self.tested(), key=lambda stream: -stream.found.accounts)
        counted = [one for one in tested if one is tested[0] or any(one.found.accused.values())]
        return max((stream.bound_per_100k(level) for stream in counted), default=float(PER))

    def stream_bound(self) -> float:
        """The 95 % upper bound of the chance that such a stream of these logs accuses anybody at `act`."""
        tested = self.tested()
        return upper_bound(sum(stream.found.campaigns["act"] > 0 for stream in tested), len(tested))

    def as_dict(self) -> dict[str, object]:
        """The calibration as plain values, with its bounds, for JSON."""
        streams = [
            {
                **asdict(stream),
                "holds": stream.holds,
                "bound_per_100k": {level: round(stream.bound_per_100k(level), 3) for level in LEVELS},
            }
            for stream in self.streams
        ]
        bounds = {level: round(self.bound_per_100k(level), 3) for level in LEVELS}
        return {
            "seed": self.seed,
            "holds": self.holds,
            "bound_per_100k": bounds,
            "bound_of_streams_at_act": round(self.stream_bound(), 4),
            "real": asdict(self.real),
            "left_out": self.left_out,
            "streams": streams,
        }


def found_sql() -> Query:
    """Counts of campaigns and accounts by level, of networks, of linked accounts and of accounts seen."""
    return Query(
        "what was found",
        """
SELECT 'campaign' AS what, level, count(*) AS number FROM campaigns GROUP BY level
UNION ALL
SELECT 'account', level, count(*) FROM (
  -- an account in two campaigns is counted once, at its strongest level, which also comes first in the alphabet
  SELECT account_id, min(level) AS level FROM campaign_members GROUP BY account_id
) GROUP BY level
UNION ALL
SELECT 'network', '', count(*) FROM networks
UNION ALL
SELECT 'linked', '', count(DISTINCT account_id) FROM network_members
UNION ALL
SELECT 'seen', '', count(*) FROM account_sketches
""",
    )


def count_found(engine: Engine) -> Found:
    """The counts of a scan that this engine has just finished."""
    rows = {(row["what"], row["level"]): int(row["number"]) for row in engine.fetch(found_sql()).to_pylist()}
    return Found(
        rows["seen", ""],
        rows["network", ""],
        rows["linked", ""],
        {level: rows.get(("campaign", level), 0) for level in LEVELS},
        {level: rows.get(("account", level), 0) for level in LEVELS},
    )
