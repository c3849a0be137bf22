"""A world's folder as attackers see it: its tables, who is who, and rows that they add or change."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

Row = dict[str, Any]

# the truth's files and columns: those of this lab, and those of generators that name them otherwise
_FILES = ("accounts.parquet", "truth_accounts.parquet")
_GROUP, _CAMPAIGN = ("group_id", "network"), ("campaign_id", "campaign")
_EXCHANGES, _ACCOUNTS, _PERMITS, _TRUTH = "exchanges", "accounts.parquet", "permits.parquet", "truth"


@dataclass(frozen=True, slots=True)
class Role:
    """What the truth says of one account; `group` and `campaign` are empty where it has none."""

    kind: str
    group: str
    campaign: str


@dataclass
class Scene:
    """The tables of one world, which an attack changes, with the truth and the attack's own random numbers."""

    folder: Path
    exchanges: pa.Table  # by time, then id
    accounts: pa.Table
    permits: pa.Table | None
    roles: dict[str, Role]
    rng: np.random.Generator
    _name: str = ""
    _added: list[Row] = field(default_factory=list)
    _replaced: set[str] = field(default_factory=set)
    _made: int = 0

    @classmethod
    def read(cls, world: Path, name: str, seed: int) -> Self:
        """The world in a folder; an attack's name and the seed decide its random numbers."""
        exchanges = pq.read_table(world / _EXCHANGES).sort_by(
            [("started_at", "ascending"), ("exchange_id", "ascending")]
        )
        permits = pq.read_table(world / _PERMITS) if (world / _PERMITS).is_file() else None
        draws = np.random.default_rng([seed, int.from_bytes(blake2b(name.encode(), digest_size=4).digest())])
        accounts = pq.read_table(world / _ACCOUNTS)
        return cls(world, exchanges, accounts, permits, _roles(world / _TRUTH), draws, name)

    @cached_property
    def _rows_of(self) -> dict[str, np.ndarray[Any, np.dtype[np.int64]]]:
        codes = self.exchanges["account_id"].combine_chunks().dictionary_encode()
        code = codes.indices.to_numpy()
        order = np.argsort(code, kind="stable")
        parts = np.split(order, np.flatnonzero(np.diff(code[order])) + 1)
        return dict(zip((codes.dictionary[int(code[part[0]])].as_py() for part in parts), parts, strict=True))

    def members(self, campaign: str) -> list[str]:
        """The accounts of a campaign, in order of id."""
        return sorted(name for name, role in self.roles.items() if role.campaign == campaign)

    def requests(self, accounts: Iterable[str]) -> list[Row]:
        """The exchanges of some accounts as they were, in order of time."""
        found = [self._rows_of[name] for name in accounts if name in self._rows_of]
        chosen = np.sort(np.concatenate([np.empty(0, np.int64), *found]))
        rows: list[Row] = self.exchanges.take(pa.array(chosen)).to_pylist()
        return rows

    def busy(self, accounts: Iterable[str], least: int, most: int) -> list[str]:
        """Those of some accounts that have from `least` to `most` exchanges, in order of id."""
        return sorted(name for name in accounts if least <= len(self._rows_of.get(name, ())) <= most)

    def chosen(self, names: Sequence[str], count: int) -> list[str]:
        """So many of some names, or all, drawn at random."""
        picked = self.rng.choice(len(names), min(count, len(names)), replace=False) if names else ()
        return [names[int(place)] for place in picked]

    def name(self, prefix: str = "") -> str:
        """A fresh name, which nobody has."""
        self._made += 1
        return prefix + blake2b(f"{self._name}/{self._made}".encode(), digest_size=10).hexdigest()

    def add(self, row: Row) -> None:
        """Adds an exchange; it gets an id of its own."""
        self._added.append(row | {"exchange_id": self.name("x")})

    def replace(self, row: Row) -> None:
        """Puts an exchange in the place of the one with its id."""
        self._replaced.add(row["exchange_id"])
        self._added.append(row)

    def register(self, like: str, **changes: Any) -> str:
        """A fresh account that says of itself what an account `like` does, but for `changes`; its id."""
        (row,) = self.accounts.filter(pc.equal(self.accounts["account_id"], like)).to_pylist()
        fresh = row | {"account_id": self.name("a"), "closed_at": None, "closed_reason": None} | changes
        self.accounts = pa.concat_tables([self.accounts, _as(self.accounts, [fresh])])
        self.roles[fresh["account_id"]] = Role("attacker", "", "")
        return str(fresh["account_id"])

    def restate(self, account: str, **changes: Any) -> None:
        """Changes what an account says of itself."""
        mine = pc.equal(self.accounts["account_id"], account)
        rows = [row | changes for row in self.accounts.filter(mine).to_pylist()]
        self.accounts = pa.concat_tables([self.accounts.filter(pc.invert(mine)), _as(self.accounts, rows)])

    def permit(self, holder: str) -> None:
        """Gives an account a permit without an end or a limit."""
        row = {"permit_id": self.name("p"), "holder": holder, "purpose": "evaluation"}
        if self.permits is not None:
            self.permits = pa.concat_tables([self.permits, _as(self.permits, [row])])

    def write(self, folder: Path) -> None:
        """Writes the changed world's tables into a new folder, and a copy of the truth as it was."""
        (folder / _EXCHANGES).mkdir(parents=True)
        kept = self.exchanges
        if self._replaced:
            gone = pa.array(sorted(self._replaced), pa.string())
            kept = kept.filter(pc.invert(pc.is_in(kept["exchange_id"], gone)))
        added = sorted(self._added, key=lambda row: (row["started_at"], row["exchange_id"]))
        pq.write_table(pa.concat_tables([kept, _as(kept, added)]), folder / _EXCHANGES / "part-00000.parquet")
        pq.write_table(self.accounts, folder / _ACCOUNTS)
        if self.permits is not None:
            pq.write_table(self.permits, folder / _PERMITS)
        shutil.copytree(self.folder / _TRUTH, folder / _TRUTH)
        (folder / _TRUTH / "attack.json").write_text(json.dumps({"attack": self._name}), encoding="utf-8")


def _as(table: pa.Table, rows: Sequence[Row]) -> pa.Table:
    """Rows with the columns of a table; a column that a row lacks is null."""
    return pa.Table.from_pylist([{name: row.get(name) for name in table.schema.names} for row in rows], table.schema)


def _roles(truth: Path) -> dict[str, Role]:
    table = pq.read_table(next(truth / name for name in _FILES if (truth / name).is_file()))
    group, campaign = (next(name for name in names if name in table.schema.names) for names in (_GROUP, _CAMPAIGN))
    return {
        row["account_id"]: Role(row["kind"], row[group] or "", row[campaign] or "")
        for row in table.select(["account_id", "kind", group, campaign]).to_pylist()
    }
