"""What a scan finds, and whom it accuses, on logs that lack columns or show one side of life only.

    python -m bench.bad_input WORLD... [--pairs] [--out FILE]

A WORLD is a folder of `stillwatch lab build`, or of a second generator whose truth has been put into the same form
(`stillwatch_lab.benchmark.second_world`). Each line is one scan of it: columns missing one by one and, with `--pairs`,
two by two; then logs of three days, of one country, of young accounts, of machines, and without people who stand alone.
"""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from stillwatch_lab.benchmark.second_world import translate
from stillwatch_lab.scores.score import score

MISSING: dict[str, tuple[str, ...]] = {
    "text": ("system_instructions", "input_text", "output_text"),
    "tools": ("tool_names",),
    "conversations": ("conversation_id",),
    "addresses": ("client_address",),
    "software": ("user_agent", "client_fingerprint"),
    "devices and sessions": ("device_id", "session_id"),
    "models": ("request_model",),
    "tokens": ("input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens"),
    "settings": ("max_tokens", "temperature", "top_p", "choice_count"),
    "outcomes": ("status_code", "finish_reason"),
    "sign-ups": ("created_at", "signup_address", "signup_fingerprint", "referrer"),
    "payment": ("payment_fingerprint", "payment_issuer", "payment_country"),
    "contacts": ("email_domain", "email_hash", "email_shape", "phone_prefix"),
    "organisations": ("organisation_id", "organisation_name", "organisation_country", "account_type"),
    "closures": ("closed_at", "closed_reason"),
}
"""Columns of the exchanges or of the accounts that a provider may not have, by what they tell."""
COUNTRY = {"payment_country": "US", "organisation_country": "US", "phone_prefix": "+1"}
DAYS, YOUNG = 3, 30
MACHINES = ("batch_job", "startup_batch", "ci_fleet", "evaluation_harness", "eval_harness", "data_maker")
MACHINES += ("synthetic_data", "enterprise_gateway", "many_agents")
PEOPLE = 10  # of so many people one is left among machines
LEVELS = ("act", "review", "watch")


@dataclass(frozen=True, slots=True)
class Logs:
    """What a provider has of one world, and the truth that goes with it."""

    exchanges: pa.Table
    accounts: pa.Table | None
    permits: Path
    truth: Mapping[str, pa.Table]

    def of(self, chosen: pa.ChunkedArray) -> Logs:
        """The logs of the accounts marked in `truth["accounts"]` alone."""
        names = self.truth["accounts"].filter(chosen)["account_id"].combine_chunks()

        def mine(table: pa.Table) -> pa.Table:
            return table.filter(pc.is_in(table["account_id"], names)) if "account_id" in table.column_names else table

        accounts = None if self.accounts is None else mine(self.accounts)
        return replace(
            self,
            exchanges=mine(self.exchanges),
            accounts=accounts,
            truth={name: mine(table) for name, table in self.truth.items()},
        )


def opened(world: Path) -> Logs:
    """The logs of a world's folder; the truth of a second generator is put into our form beside its own."""
    truth = world / "truth"
    if not (truth / "accounts.parquet").exists():
        translate(truth)
    names = ("accounts", "exchanges", "campaigns", "parts")
    tables = {name: pq.read_table(path) for name in names if (path := truth / f"{name}.parquet").exists()}
    accounts = pq.read_table(world / "accounts.parquet")
    return Logs(ds.dataset(world / "exchanges").to_table(), accounts, world / "permits.parquet", tables)


def without(logs: Logs, *what: str) -> Logs:
    """The logs without the columns of MISSING that these names stand for, or without the table `accounts`."""
    names = {column for name in what for column in MISSING.get(name, ())}
    exchanges = logs.exchanges.drop_columns(sorted(names & set(logs.exchanges.column_names)))
    accounts = logs.accounts
    if accounts is not None:
        accounts = None if "accounts" in what else accounts.drop_columns(sorted(names & set(accounts.column_names)))
    return replace(logs, exchanges=exchanges, accounts=accounts)


def three_days(logs: Logs) -> Logs:
    """The middle DAYS days of the log."""
    times = logs.exchanges["started_at"]
    first, last = pc.min(times).as_py(), pc.max(times).as_py()
    begin = first + (last - first - timedelta(days=DAYS)) / 2

    def within(table: pa.Table) -> pa.Table:
        at = table["started_at"]
        start, end = (pa.scalar(begin + timedelta(days=days), at.type) for days in (0, DAYS))
        return table.filter(pc.and_(pc.greater_equal(at, start), pc.less(at, end)))

    kept = {name: within(table) if "started_at" in table.column_names else table for name, table in logs.truth.items()}
    return replace(logs, exchanges=within(logs.exchanges), truth=kept)


def one_country(logs: Logs) -> Logs:
    """All that states a country states one."""
    return replace(logs, accounts=_changed(logs.accounts, {name: pa.scalar(value) for name, value in COUNTRY.items()}))


def young_accounts(logs: Logs) -> Logs:
    """No account is older than YOUNG days when the log begins."""
    if logs.accounts is None:
        return logs
    born = logs.accounts["created_at"]
    begin = pc.min(logs.exchanges["started_at"]).cast(born.type)
    youngest = pa.scalar(begin.as_py() - timedelta(days=YOUNG), born.type)
    age = pc.subtract(begin, born).cast(pa.int64())
    day = 86_400_000_000 if pa.types.is_timestamp(born.type) and born.type.unit == "us" else 86_400_000
    # whole months are taken off an account's age, so that what was made together stays together
    months = pc.multiply(pc.divide(age, YOUNG * day), YOUNG * day).cast(pa.duration(born.type.unit))
    moved = pc.if_else(pc.less(born, youngest), pc.add(born, months), born)
    return replace(logs, accounts=_changed(logs.accounts, {"created_at": moved}))


def mostly_machines(logs: Logs) -> Logs:
    """Machines, campaigns, and every PEOPLE-th of the people."""
    truth = logs.truth["accounts"]
    person = pc.equal(truth["role"], "organic")
    nth = pa.chunked_array([pa.array([place % PEOPLE == 0 for place in range(len(truth))])])
    other = pc.or_(pc.equal(truth["role"], "campaign"), pc.is_in(truth["kind"], pa.array(MACHINES)))
    return logs.of(pc.or_(other, pc.and_(person, nth)))


def nobody_alone(logs: Logs) -> Logs:
    """Campaigns and innocent groups, relays among them, and nobody else: all who ask do so beside others."""
    return logs.of(pc.not_equal(logs.truth["accounts"]["role"], "organic"))


ONE_SIDED: dict[str, Callable[[Logs], Logs]] = {
    f"{DAYS} days of log": three_days,
    "one country": one_country,
    f"no account older than {YOUNG} days": young_accounts,
    "mostly machines": mostly_machines,
    "nobody outside groups": nobody_alone,
}


def _changed(table: pa.Table | None, columns: Mapping[str, Any]) -> pa.Table | None:
    for name, value in columns.items():
        if table is not None and name in table.column_names:
            place = table.schema.get_field_index(name)
            column = value if isinstance(value, pa.ChunkedArray) else pa.array([value.as_py()] * len(table))
            table = table.set_column(place, name, column)
    return table


def cases(pairs: bool) -> Iterator[tuple[str, Callable[[Logs], Logs]]]:
    """Every case: its name, and what it makes of the logs."""
    yield "everything", lambda logs: logs
    names = [*MISSING, "accounts"]
    for chosen in [(one,) for one in names] + (list(itertools.combinations(names, 2)) if pairs else []):
        yield f"without {' and '.join(chosen)}", lambda logs, chosen=chosen: without(logs, *chosen)
    yield from ONE_SIDED.items()


def scanned(logs: Logs, work: Path) -> dict[str, Any]:
    """The scores of a scan of these logs: shares of campaign accounts and numbers of innocents, by level."""
    truth, run = work / "truth", work / "run"
    truth.mkdir()
    for name, table in logs.truth.items():
        pq.write_table(table, truth / f"{name}.parquet")
    (work / "exchanges").mkdir()
    pq.write_table(logs.exchanges, work / "exchanges" / "all.parquet")
    named = ["--permits", str(logs.permits)]
    if logs.accounts is not None:
        pq.write_table(logs.accounts, work / "accounts.parquet")
        named += ["--accounts", str(work / "accounts.parquet")]
    command = [sys.executable, "-m", "stillwatch", "scan", str(work / "exchanges"), *named, "--out", str(run)]
    subprocess.run(command, check=True, capture_output=True)
    found = score(run, truth)
    total = sum(one.accounts for one in found.campaigns)
    return {
        "campaign_accounts": total,
        "innocent_accounts": found.innocent_accounts,
        "found": {
            level: sum(one.recall[level] * one.accounts for one in found.campaigns) / max(total, 1) for level in LEVELS
        },
        "innocents": {level: found.innocents[level].accounts for level in LEVELS},
        "innocent_groups": {level: len(found.innocents[level].groups) for level in LEVELS},
    }


def line(name: str, row: Mapping[str, Any]) -> str:
    """One case in words and numbers."""
    found = " / ".join(f"{100 * row['found'][level]:5.1f}" for level in LEVELS)
    innocents = " / ".join(f"{row['innocents'][level]:4}" for level in LEVELS)
    groups = " / ".join(str(row["innocent_groups"][level]) for level in LEVELS)
    return f"{name:44} {row['campaign_accounts']:6,} {found}   {row['innocent_accounts']:7,} {innocents}   {groups}"


def main(words: Sequence[str]) -> None:
    """Prints one line a case and world, and writes them as JSON lines if a file is named."""
    parser = argparse.ArgumentParser(prog="python -m bench.bad_input", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("worlds", type=Path, nargs="+", help="folders with exchanges, accounts.parquet, truth, …")
    parser.add_argument("--pairs", action="store_true", help="columns missing two by two as well")
    parser.add_argument("--out", type=Path, help="a file for JSON lines")
    wanted = parser.parse_args(words)
    levels = "/".join(LEVELS)
    for world in wanted.worlds:
        logs = opened(world)
        sys.stdout.write(f"{world.name}: campaign accounts, % at {levels}; innocents, at {levels}; whole groups\n")
        for name, change in cases(wanted.pairs):
            with tempfile.TemporaryDirectory() as folder:
                row = scanned(change(logs), Path(folder))
            sys.stdout.write(line(name, row) + "\n")
            sys.stdout.flush()
            if wanted.out is not None:
                with wanted.out.open("a", encoding="utf-8") as file:
                    file.write(json.dumps({"world": world.name, "case": name, **row}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
