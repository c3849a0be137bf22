"""What is known of accounts outside a run: how many there are, their organisations, and who has a permit now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.ledger.records import in_utc

_UNDER_CONTRACT = "contract"


@dataclass(frozen=True, slots=True)
class People:
    """Accounts and permits beside a run."""

    total: int | None = None  # accounts of the provider; None where nobody says
    organisation_of: Mapping[str, str] | None = None  # by account where it can be believed; None where nobody says
    permits: tuple[Mapping[str, Any], ...] | None = None  # None where nobody says

    @classmethod
    def of(cls, accounts: pa.Table | None, permits: pa.Table | None, total: int | None = None) -> People:
        """From tables with the columns of the contract, as `accounts` and `permits`.

        Anybody can name an organisation: of one that has accounts under contract, those are its accounts and no others.
        """
        return cls(
            total if total is not None or accounts is None else accounts.num_rows,
            _organisations(accounts) if accounts is not None else None,
            tuple(permits.to_pylist()) if permits is not None else None,
        )

    def permitted(self, now: datetime) -> frozenset[str]:
        """Accounts, organisations, networks and campaigns that hold a permit at `now`."""
        return frozenset(str(one["holder"]) for one in self.permits or () if one.get("holder") and _holds(one, now))


def _holds(permit: Mapping[str, Any], now: datetime) -> bool:
    begins, ends = permit.get("valid_from"), permit.get("valid_until")
    return (begins is None or in_utc(begins) <= now) and (ends is None or now < in_utc(ends))


def _organisations(accounts: pa.Table) -> dict[str, str]:
    if not {"account_id", "organisation_id"} <= set(accounts.column_names):
        return {}
    names = [one for one in ("account_id", "organisation_id", "verification") if one in accounts.column_names]
    held: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    for row in accounts.select(names).filter(pc.is_valid(accounts["organisation_id"])).to_pylist():
        if row["organisation_id"]:
            held[row["organisation_id"]].append((row["account_id"], row.get("verification") == _UNDER_CONTRACT))
    return {
        account: organisation
        for organisation, mine in held.items()
        for account, contract in mine
        if contract or not any(under for _, under in mine)
    }
