"""A world that grows is scanned ten times in a row: ids and judgements hold while accounts come, go, part and meet."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from stillwatch import flow
from stillwatch.cli.main import invoke
from stillwatch.job import Inputs, resolve
from stillwatch.records.inputs import JUDGEMENTS
from stillwatch_lab.worlds.build import build
from tests.scenarios.small_world import SmallWorld, digests, rows, table_of

RECIPE = """
[world]
days = 40
volume_sigma = 1.4

[[population]]
kind = "letter"
count = 80
groups = 1

[[population]]
kind = "enterprise"
count = 30
groups = 1
"""
SEED, ACCOUNTS, EXCHANGES = 5, 700, 16_000
MARKED = ("user_agent", "client_fingerprint", "device_id", "session_id", "conversation_id", "client_address")
REGISTERED = (
    "payment_fingerprint",
    "payment_issuer",
    "email_domain",
    "signup_address",
    "signup_fingerprint",
    "referrer",
)
WORDED = ("system_instructions", "input_text")
REPLACED = 10
JUDGED_AFTER = 2  # number of the scan, from 0


@dataclass(frozen=True)
class Step:
    """One scan: the share of the time that has passed, and which of two operators' accounts the log holds."""

    passed: float
    one: int  # of the first operator's accounts
    other: int = 30  # of the second's
    replaced: bool = False  # ten accounts of the first go on under other ids
    apart: bool = True  # the operators have nothing in common


STEPS = (
    Step(0.55, 24),
    Step(0.60, 32),
    Step(0.65, 50),
    Step(0.70, 50, replaced=True),
    Step(0.75, 50, replaced=True),
    Step(0.80, 50, replaced=True, apart=False),
    Step(0.85, 50, replaced=True, apart=False),
    Step(0.90, 50, replaced=True),
    Step(0.95, 50, 0, replaced=True),
    Step(1.00, 50, replaced=True),
)


def changed(table: pa.Table, name: str, column: pa.ChunkedArray) -> pa.Table:
    place = table.schema.get_field_index(name)
    return table.set_column(place, table.schema.field(place), column)


def elsewhere(exchanges: pa.Table, mine: pa.Array) -> pa.Table:
    """The exchanges with those marked `mine` made by another hand: other addresses, clients and words."""
    for name in MARKED:
        pattern, into = (r"^\d+\.\d+", "198.51") if name == "client_address" else (r"$", "-b")
        other = pc.replace_substring_regex(exchanges[name], pattern, into)
        exchanges = changed(exchanges, name, pc.if_else(mine, other, exchanges[name]))
    for name in WORDED:
        other = pc.replace_substring_regex(exchanges[name], r"(\w)\b", r"\1u")
        exchanges = changed(exchanges, name, pc.if_else(mine, other, exchanges[name]))
    warmer = pc.if_else(mine, pc.add(exchanges["temperature"], 0.05), exchanges["temperature"])
    return changed(exchanges, "temperature", warmer)


def registered_elsewhere(accounts: pa.Table, mine: pa.Array) -> pa.Table:
    """The accounts with those marked `mine` signed up at another time with other means."""
    for name in REGISTERED:
        pattern, into = (r"^\d+\.\d+", "198.51") if name == "signup_address" else (r"$", "-b")
        other = pc.replace_substring_regex(accounts[name], pattern, into)
        accounts = changed(accounts, name, pc.if_else(mine, other, accounts[name]))
    later = pc.add(accounts["created_at"], pa.scalar(timedelta(days=-23, hours=5), pa.duration("us")))
    return changed(accounts, "created_at", pc.if_else(mine, later, accounts["created_at"]))


@dataclass(frozen=True)
class Log:
    """One step's files, and whose accounts are whose."""

    exchanges: Path
    accounts: Path
    one: frozenset[str]
    other: frozenset[str]


def logged(world: SmallWorld, step: Step, folder: Path) -> Log:
    """The log as it stands at a step."""
    folder.mkdir()
    operators = world.accounts_of("letter")
    one, other = operators[:50], operators[50:]
    absent = {*one[step.one :], *other[step.other :]}
    renamed = {name: f"{name[:-4]}next" for name in (one[:REPLACED] if step.replaced else ())}
    exchanges = world.exchanges.sort_by("started_at")
    exchanges = exchanges.slice(0, int(len(exchanges) * step.passed))
    tables = []
    for table, moved in ((exchanges, elsewhere), (world.accounts, registered_elsewhere)):
        table = table.filter(pc.invert(pc.is_in(table["account_id"], pa.array(sorted(absent), pa.string()))))
        if step.apart:
            table = moved(table, pc.is_in(table["account_id"], pa.array(other)))
        names = [renamed.get(name, name) for name in table["account_id"].to_pylist()]
        tables.append(changed(table, "account_id", pa.chunked_array([pa.array(names)])))
    pq.write_table(tables[0], folder / "exchanges.parquet")
    pq.write_table(tables[1], folder / "accounts.parquet")
    return Log(
        folder / "exchanges.parquet",
        folder / "accounts.parquet",
        frozenset(renamed.get(name, name) for name in one[: step.one]),
        frozenset(other[: step.other]),
    )


@dataclass(frozen=True)
class Scan:
    """One of the ten runs, and what it was over."""

    run: Path
    log: Log

    def network_of(self, accounts: frozenset[str]) -> str:
        """The network that most of these accounts are in."""
        names = [row["network_id"] for row in rows(self.run, "network_members") if row["account_id"] in accounts]
        assert len(names) > len(accounts) / 2
        return max(sorted(set(names)), key=names.count)

    def events(self, subject: str) -> list[str]:
        """What this run noticed of a subject: all of its own events that lie at or after the newest exchange."""
        newest = pc.max(pq.read_table(self.log.exchanges, columns=["started_at"])["started_at"]).as_py()
        return [row["event"] for row in rows(self.run, "lineage") if row["subject"] == subject and row["at"] == newest]

    @property
    def linked(self) -> set[str]:
        """Every account in a network."""
        return {row["account_id"] for row in rows(self.run, "network_members")}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> SmallWorld:
    folder = tmp_path_factory.mktemp("growing")
    (folder / "recipe.toml").write_text(RECIPE)
    (folder / "key").write_bytes(b"one key for all ten scans")
    build(folder / "recipe.toml", SEED, ACCOUNTS, EXCHANGES, None, folder / "world")
    return SmallWorld(folder / "world", folder / "key")


def judgements_of(folder: Path, *said: tuple[str, str, datetime]) -> Path:
    """Judgements as a file: subject, verdict, and when it was decided."""
    given = [
        {"subject": subject, "verdict": verdict, "decided_by": "ann", "decided_at": at} for subject, verdict, at in said
    ]
    return table_of(folder / "judgements.parquet", JUDGEMENTS.schema, given)


@pytest.fixture(scope="module")
def scans(world: SmallWorld, tmp_path_factory: pytest.TempPathFactory) -> Sequence[Scan]:
    """Ten scans, each continuing the one before; after the third a person judges both operators' networks."""
    folder = tmp_path_factory.mktemp("scans")
    found: list[Scan] = []
    judgements: tuple[str, ...] = ()
    for number, step in enumerate(STEPS):
        log = logged(world, step, folder / f"log-{number}")
        inputs = Inputs((str(log.exchanges),), (str(log.accounts),), (), judgements)
        previous = found[-1].run if found else None
        job = resolve(inputs, settings=world.settings(), previous=previous)
        found.append(Scan(flow.scan(job, folder / f"run-{number}").folder, log))
        if number == JUDGED_AFTER:
            at = max(row["last_seen"] for row in rows(found[-1].run, "networks")) + timedelta(hours=1)
            said = (
                (found[-1].network_of(log.one), "confirmed", at),
                (found[-1].network_of(log.other), "innocent", at),
                ("N000000000000", "innocent", at),
            )
            judgements = (str(judgements_of(folder, *said)),)
    return found


def test_ids_stay_through_growth_replacement_merge_split_silence_and_return(scans: Sequence[Scan]) -> None:
    one, other = scans[0].network_of(scans[0].log.one), scans[0].network_of(scans[0].log.other)
    assert one != other
    for number in (1, 2, 3, 4, 5, 6, 7, 8, 9):
        assert scans[number].network_of(scans[number].log.one) in {one, other}, number
    assert [scans[n].network_of(scans[n].log.one) for n in (1, 2, 3, 4)] == [one] * 4
    assert [scans[n].network_of(scans[n].log.other) for n in (1, 2, 3, 4)] == [other] * 4
    assert "grew" in scans[1].events(one) and "grew" in scans[2].events(one)
    assert scans[3].events(one) == ["replaced_accounts"]


def test_on_the_merge_the_oldest_id_stays_and_on_the_split_the_largest_part_keeps_it(scans: Sequence[Scan]) -> None:
    born = {row["subject"]: row["at"] for row in rows(scans[0].run, "lineage")}
    one, other = scans[0].network_of(scans[0].log.one), scans[0].network_of(scans[0].log.other)
    oldest, younger = sorted((one, other), key=lambda name: (born[name], name))
    for number in (5, 6):
        assert scans[number].network_of(scans[number].log.one) == oldest
        assert scans[number].network_of(scans[number].log.other) == oldest
    assert scans[5].events(younger) == ["merged_into"]
    assert scans[6].events(younger) == []
    assert scans[7].network_of(scans[7].log.one) == oldest, "the first operator's is the larger part"
    parted = scans[7].network_of(scans[7].log.other)
    assert parted not in {one, other} and scans[7].events(parted) == ["split_from"]
    assert scans[8].events(parted) == ["silent"]
    assert scans[9].events(parted) == ["returned"]
    assert scans[9].network_of(scans[9].log.other) == parted


def test_judgements_hold_at_every_scan(scans: Sequence[Scan]) -> None:
    assert len(scans) > 5
    for number, scan in enumerate(scans[JUDGED_AFTER + 1 :], JUDGED_AFTER + 1):
        accused = {row["account_id"]: row["level"] for row in rows(scan.run, "campaign_members")}
        # accounts first linked on the very scan that glues both operators together were never judged
        known = scan.linked & scans[min(number, 4)].linked
        confirmed, cleared = scan.log.one & known, scan.log.other & known
        assert len(confirmed) > len(scan.log.one) / 2
        assert {accused.get(name) for name in confirmed} == {"act"}, f"scan {number}: a person confirmed them"
        assert len(cleared) > len(scan.log.other) / 2 or not scan.log.other
        assert not accused.keys() & cleared, f"scan {number}: a person judged them innocent"


def test_the_run_says_through_which_events_and_what_exists_nowhere(scans: Sequence[Scan]) -> None:
    told = rows(scans[9].run, "applied_judgements")
    nowhere = [row for row in told if row["applies_to"] is None]
    assert [row["subject"] for row in nowhere] == ["N000000000000"]
    confirmed = next(row for row in told if row["verdict"] == "confirmed")
    assert any("grew from" in said for said in confirmed["through"])
    assert any(re.search(r"replaced accounts: \d+ stayed", said) for said in confirmed["through"])
    innocent = next(row for row in told if row["verdict"] == "innocent" and row["applies_to"] is not None)
    assert any("merged into" in said or "split from it" in said for said in innocent["through"])


def test_the_same_logs_and_the_same_previous_run_give_the_same_bytes(
    world: SmallWorld, scans: Sequence[Scan], tmp_path: Path
) -> None:
    log = scans[7].log
    job = resolve(
        Inputs((str(log.exchanges),), (str(log.accounts),)), settings=world.settings(1), previous=scans[6].run
    )
    again = flow.scan(job, tmp_path / "one").folder
    other = flow.scan(replace(job, settings=world.settings(2)), tmp_path / "two").folder
    assert digests(again) == digests(other)


@pytest.mark.parametrize(
    ("previous", "said", "code"),
    [
        (lambda scans, tmp: [tmp / "nowhere"], "does not exist", 2),
        (lambda scans, tmp: [tmp], "is not a run folder", 2),
        (lambda scans, tmp: [scans[0].run, scans[1].run], "two previous runs", 2),
        (lambda scans, tmp: [scans[9].run], "ids are carried forward in time only", 1),
        (lambda scans, tmp: [damaged(scans[0].run, tmp)], "cannot be read", 1),
        (lambda scans, tmp: [of_no_lineage(scans[0].run, tmp)], "has no `lineage.parquet`", 2),
    ],
)
def test_a_previous_run_that_does_not_fit_is_named_and_nothing_is_written(
    world: SmallWorld,
    scans: Sequence[Scan],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    previous: Callable[[Sequence[Scan], Path], list[Path]],
    said: str,
    code: int,
) -> None:
    log, out = scans[0].log, tmp_path / "out"
    named = [word for run in previous(scans, tmp_path) for word in ("--previous", str(run))]
    words = ["scan", str(log.exchanges), "--accounts", str(log.accounts), "--key-file", str(world.key), *named]
    assert invoke([*words, "--out", str(out)]) == code
    assert said in capsys.readouterr().err
    assert not out.exists()


def test_a_previous_run_of_another_key_is_refused_before_anything_is_read(
    world: SmallWorld, scans: Sequence[Scan], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other, out = tmp_path / "other-key", tmp_path / "out"
    other.write_bytes(b"a key that nobody else has")
    words = ["scan", str(scans[1].log.exchanges), "--key-file", str(other), "--previous", str(scans[0].run)]
    assert invoke([*words, "--out", str(out)]) == 1
    assert "was written under the key" in capsys.readouterr().err
    assert not out.exists()


def test_a_state_carries_ids_forward_by_itself(world: SmallWorld, scans: Sequence[Scan], tmp_path: Path) -> None:
    state = tmp_path / "state"
    for number in (0, 2):
        log = scans[number].log
        job = resolve(Inputs((str(log.exchanges),), (str(log.accounts),)), settings=world.settings(), state=state)
        run = flow.scan(job, tmp_path / f"run-{number}").folder
        found = {row["network_id"] for row in rows(run, "networks")}
        assert scans[0].network_of(scans[0].log.other) in found
    assert max(row["run"] for row in rows(run, "lineage")) == 2
    assert {path.name for path in state.glob("lineage*")} == {
        "lineage-000002.parquet",
        "lineage_members-000002.parquet",
    }


def damaged(run: Path, folder: Path) -> Path:
    """A copy of a run whose lineage was cut short."""
    copy = Path(shutil.copytree(run, folder / "damaged"))
    lineage = copy / "lineage.parquet"
    lineage.write_bytes(lineage.read_bytes()[:-30])
    return copy


def of_no_lineage(run: Path, folder: Path) -> Path:
    """A copy of a run as a version without lasting ids wrote it."""
    copy = Path(shutil.copytree(run, folder / "old"))
    (copy / "lineage.parquet").unlink()
    return copy
