"""Takes what may leave from a finished run: the only place where sharing reads tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from stillwatch.errors import InputError, Mistake, UsageError
from stillwatch.records.indicators import canonical
from stillwatch.runs.tables import table_of
from stillwatch.share.allowed import Band, Indicator, SharedCampaign, SharedNetwork, hour, rounded

READS: dict[str, tuple[str, ...]] = {
    "campaigns": (
        "campaign_id",
        "first_seen",
        "last_seen",
        "accounts",
        "exchanges",
        "conversations",
        "input_tokens",
        "output_tokens",
        "confidence",
        "level",
        "targets",
        "networks",
    ),
    "networks": ("network_id", "kind"),
    "network_values": ("network_id", "claim", "accounts", "outside_accounts", "shown"),
}
"""The columns that are read; of no other table, and of no other column, does anything get here."""

LEAST_HOLDERS = 3
"""Accounts of the network that hold a value: fewer say more of a person than of an operator."""
MOST_OUTSIDE = 0.05
"""Share of a value's holders that may be outside the network; of fewer than twenty holders none."""
LEAST_SHARE = 0.05
"""Share of a campaign's exchanges from which a capability is named."""
UNCLEAR = "unclear"


def campaign_of(run: Path, campaign_id: str) -> SharedCampaign:
    """What may be told of one campaign of a run.

    Raises UsageError where the run has no such campaign or it is below `act`, InputError where a table cannot be read.
    """
    found = [row for row in _rows(run, "campaigns") if row["campaign_id"] == campaign_id]
    if not found:
        raise UsageError([Mistake(f"campaign `{campaign_id}`", "is not in this run", "see `stillwatch report RUN`")])
    row = found[0]
    if row["level"] != "act":
        remedy = "only what stands at `act`, or was confirmed by a person, is told to others"
        raise UsageError([Mistake(f"campaign `{campaign_id}`", f"stands at `{row['level']}`", remedy)])
    try:
        return _shared(row, run)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"`{run}` is not as this version writes a run ({type(error).__name__}); scan again") from error


def campaigns_to_tell(run: Path) -> list[str]:
    """The campaigns of a run that may be told of; raises InputError where the table cannot be read."""
    return sorted(row["campaign_id"] for row in _rows(run, "campaigns") if row["level"] == "act")


def _shared(row: Mapping[str, Any], run: Path) -> SharedCampaign:
    mine = set(row["networks"])
    kinds = {one["network_id"]: one["kind"] for one in _rows(run, "networks") if one["network_id"] in mine}
    values: dict[str, list[Mapping[str, Any]]] = {name: [] for name in kinds}
    for one in _rows(run, "network_values"):
        if one["network_id"] in values:
            values[one["network_id"]].append(one)
    tokens = [row[name] for name in ("input_tokens", "output_tokens") if row[name] is not None]
    return SharedCampaign(
        key=row["campaign_id"],
        first_seen=hour(row["first_seen"]),
        last_seen=hour(row["last_seen"]),
        confidence=rounded(row["confidence"]),
        accounts=Band.of(row["accounts"]),
        exchanges=Band.of(row["exchanges"]),
        conversations=None if row["conversations"] is None else Band.of(row["conversations"]),
        tokens=Band.of(sum(tokens)) if tokens else None,
        capabilities=_capabilities(row["targets"]),
        networks=tuple(SharedNetwork(name, kinds[name], _indicators(values[name])) for name in sorted(kinds)),
    )


def _capabilities(targets: Iterable[tuple[str, float]]) -> tuple[str, ...]:
    named = [(share, name) for name, share in targets if name != UNCLEAR and share >= LEAST_SHARE]
    return tuple(name for _, name in sorted(named, key=lambda one: (-one[0], one[1])))


def _indicators(rows: Iterable[Mapping[str, Any]]) -> tuple[Indicator, ...]:
    read = {(claim, canonical(claim, text)) for claim, text in _of_one_hand(rows)}
    return tuple(Indicator(claim, value) for claim, value in sorted(read, key=str) if value is not None)


def _of_one_hand(rows: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Claim and text of what several accounts of a network hold, and hardly anybody else."""
    for row in rows:
        inside, outside = row["accounts"], row["outside_accounts"]
        if row["shown"] is not None and inside >= LEAST_HOLDERS and outside <= MOST_OUTSIDE * (inside + outside):
            yield row["claim"], row["shown"]


def values_to_match(run: Path) -> set[tuple[str, str]]:
    """Claim and text of what the networks of campaigns at `review` or `act` share; none of it leaves by this.

    Raises InputError where a table cannot be read.
    """
    campaigns = [row for row in _rows(run, "campaigns") if row["level"] in ("act", "review")]
    mine = {name for row in campaigns for name in row["networks"]}
    return set(_of_one_hand(row for row in _rows(run, "network_values") if row["network_id"] in mine))


def _rows(run: Path, table: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = table_of(run, table, list(READS[table])).to_pylist()
    return rows
