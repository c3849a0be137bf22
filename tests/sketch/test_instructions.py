"""Instructions in which an account asks are its requests: found from what accounts say, read alike on every route."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from stillwatch import sketch
from stillwatch.engine import Engine, Query
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.records.definitions import DIGEST, account_sums_sql
from stillwatch.records.inputs import EXCHANGES
from stillwatch.records.sketches import ADDED_SKETCHES, EXCHANGE_SKETCHES, IN_INSTRUCTIONS
from stillwatch.sketch.instructions import BITS, DIFFERENT, LEAST, READ, least_bits
from tests.sketch.test_stage import job

WORDS = ("river", "stone", "copper", "engine", "lantern", "meadow", "orbit", "parcel", "quarry", "ribbon", "timber")
ENDINGS = [first + second for first in "aeiou" for second in "bdfgklmr"]
ACCOUNTS, ASKED = 4, 40

Said = tuple[str | None, str]


def question(chance: np.random.Generator) -> str:
    """One of many different questions, in words that everybody uses."""
    return "how does the " + " ".join(f"{word}{ENDINGS[chance.integers(40)]}" for word in chance.choice(WORDS, 12))


def log(said: list[tuple[str, Said]]) -> pa.Table:
    """Exchanges of these accounts, whose instructions and turns are given."""
    rows = [
        {
            "exchange_id": f"e{n:05}",
            "account_id": account,
            "started_at": datetime(2026, 4, 22) + timedelta(minutes=n),
            "system_instructions": instructions,
            "input_text": turn,
        }
        for n, (account, (instructions, turn)) in enumerate(said)
    ]
    return pa.Table.from_pylist(rows, schema=EXCHANGES.schema)


def every(what: dict[str, list[Said]]) -> pa.Table:
    return log([(account, one) for account, all_said in what.items() for one in all_said])


def sketched(table: pa.Table, folder: Path) -> tuple[pa.Table, pa.Table]:
    """The sketches as linking reads them, and as they were made, in the order of the log."""
    with DuckDBEngine(job().settings.engine, folder) as engine:
        return sketched_by(engine, table)


def sketched_by(engine: Engine, table: pa.Table) -> tuple[pa.Table, pa.Table]:
    """The same by an engine."""
    engine.store_batches(EXCHANGES, table.to_batches(max_chunksize=70))
    sketch.run(engine, job())
    read, made = (
        engine.fetch(Query("sketches", f"SELECT * FROM {name} ORDER BY exchange_id"))
        for name in (EXCHANGE_SKETCHES.name, ADDED_SKETCHES.name)
    )
    return read, made


def accounts(kind: str, turn: str | None, seed: int = 1, asked: int = ASKED) -> dict[str, list[Said]]:
    """Accounts that ask in `kind`, and say `turn` in the other place: noise of their own where it is None."""
    chance = np.random.default_rng(seed)

    def other() -> str:
        return turn if turn is not None else " ".join(chance.bytes(6).hex() for _ in range(12))

    def one() -> Said:
        asked = question(chance)
        return (asked, other()) if kind == "instructions" else (other(), asked)

    return {f"{kind}{number}": [one() for _ in range(asked)] for number in range(ACCOUNTS)}


def test_what_stands_in_instructions_is_sketched_as_a_turn_would_be(tmp_path: Path) -> None:
    asked = accounts("instructions", "Please answer.")
    turned = {name: [(None, instructions or "") for instructions, _ in said] for name, said in asked.items()}
    read, made = sketched(every(asked), tmp_path)
    as_turns, _ = sketched(every(turned), tmp_path)
    for name, inside in IN_INSTRUCTIONS.items():
        assert made[inside].equals(as_turns[name]), name
        assert read[name].equals(as_turns[name]), name
    assert read["instructions_value"].null_count == len(read), "what is the request must not count twice"
    assert made["instructions_value"].null_count == 0
    for name in set(EXCHANGE_SKETCHES.names) - {*IN_INSTRUCTIONS, "instructions_value"}:
        assert read[name].equals(made[name]), name


@pytest.mark.parametrize("turn", ["Please answer.", "Answer 8f3a."])
def test_a_constant_turn_says_nothing(tmp_path: Path, turn: str) -> None:
    read, made = sketched(every(accounts("instructions", turn)), tmp_path)
    assert read["payload_value"].equals(made["instructions_payload"])


@pytest.mark.parametrize("kind", ["instructions", "turns"])
def test_noise_in_one_hides_nothing_in_the_other(tmp_path: Path, kind: str) -> None:
    read, made = sketched(every(accounts(kind, None)), tmp_path)
    told = made["instructions_features" if kind == "instructions" else "content_features"]
    assert read["content_features"].equals(told)


def test_where_both_say_something_contents_are_half_of_each(tmp_path: Path) -> None:
    chance = np.random.default_rng(3)
    both = {f"a{n}": [(question(chance), question(chance)) for _ in range(ASKED)] for n in range(ACCOUNTS)}
    read, made = sketched(every(both), tmp_path)
    for one, turn, inside in zip(
        *(t[name].to_pylist() for t, name in ((read, "content_features"), (made, "content_features"))),
        made["instructions_features"].to_pylist(),
        strict=True,
    ):
        assert one == turn[:32] + inside[:32]
    assert read["payload_value"].equals(made["payload_value"])


def _ordinary() -> dict[str, dict[str, list[Said]]]:
    chance = np.random.default_rng(4)
    mine = "You are a careful assistant of Acme. Answer in two sentences, and never name a price."
    clock = [f"{mine} Today is 2026-05-{1 + n % 28:02}, it is {n % 24:02}:{n * 7 % 60:02}." for n in range(ASKED)]
    roles = [question(chance) for _ in range(3)]
    names = [f"a{n}" for n in range(ACCOUNTS)]
    return {
        "one program": {name: [(mine, question(chance)) for _ in range(ASKED)] for name in names},
        "a program that names the time": {name: [(one, question(chance)) for one in clock] for name in names},
        "three programs": {name: [(roles[n % 3], question(chance)) for n in range(ASKED)] for name in names},
        "no instructions": {name: [(None, question(chance)) for _ in range(ASKED)] for name in names},
        "too few exchanges": accounts("instructions", "Please answer.", asked=LEAST - 1),
        "nobody says the same": {
            name: [(" ".join(chance.bytes(6).hex() for _ in range(12)), "Go on.") for _ in range(ASKED)]
            for name in names
        },
    }


@pytest.mark.parametrize("what", _ordinary())
def test_others_are_read_as_they_are(tmp_path: Path, what: str) -> None:
    read, made = sketched(every(_ordinary()[what]), tmp_path)
    assert read.equals(made)


def test_only_accounts_that_ask_in_instructions_are_read_otherwise(tmp_path: Path) -> None:
    mixed = accounts("instructions", "Please answer.") | _ordinary()["one program"]
    read, made = sketched(every(mixed), tmp_path)
    differs = {one["account_id"] for one, other in zip(read.to_pylist(), made.to_pylist(), strict=True) if one != other}
    assert differs == set(accounts("instructions", "Please answer."))


def test_order_and_accounts_with_many_exchanges_change_nothing(tmp_path: Path) -> None:
    """Which exchanges are looked at follows from what they say alone."""
    table = every(accounts("instructions", "Please answer.", asked=2 * READ))
    read, _ = sketched(table, tmp_path)
    shuffled = table.take(np.random.default_rng(5).permutation(len(table)))
    assert sketched(shuffled, tmp_path)[0].equals(read)


def test_bits_leave_out_no_account_with_enough_instructions() -> None:
    """Of accounts of which just the share asked for has instructions of its own, hardly any has fewer bits."""
    chance = np.random.default_rng(6)
    for exchanges in (LEAST, 20, 64, 200, 1_000):
        different = int(np.ceil(DIFFERENT * exchanges))
        drawn = chance.integers(BITS, size=(2_000, different))
        bits = np.array([len(set(one)) for one in drawn.tolist()])
        assert np.mean(bits < least_bits(np.array([exchanges]))) < 0.02, exchanges
        few = chance.integers(BITS, size=(2_000, max(1, different // 8)))
        assert np.mean(np.array([len(set(one)) for one in few.tolist()]) < least_bits(np.array([exchanges]))) > 0.5


def test_what_is_looked_at_cannot_be_chosen_by_ids(tmp_path: Path) -> None:
    """Exchanges with constant instructions are not read first, whatever ids and times they have."""
    asked = accounts("instructions", "Please answer.", asked=4 * READ)
    plain = {name: [("You are helpful.", f"Thanks {n}.") for n in range(READ)] for name in asked}
    read, made = sketched(every({name: plain[name] + asked[name] for name in asked}), tmp_path)
    inside = pc.equal(made["instructions_payload"], read["payload_value"])
    assert pc.sum(inside).as_py() >= 4 * READ * ACCOUNTS


def test_how_an_account_is_read_goes_into_its_digest(tmp_path: Path) -> None:
    """Others may change it, and what is kept of the account must not outlive that."""
    asked = accounts("instructions", "Please answer.")
    first = dict(list(asked.items())[:1])
    digests = []
    for number, what in enumerate((first, asked)):
        state = tmp_path / str(number)
        state.mkdir()
        with DuckDBEngine(job().settings.engine, state) as engine:
            engine.store_batches(EXCHANGES, every(what).to_batches())
            sketch.write_added(engine, job())
            engine.create("state_sketches", Query("state", "SELECT * FROM added_sketches"))
            sums = account_sums_sql(ADDED_SKETCHES.name, DIGEST)
            engine.create("state_accounts", Query("sums", sums))
            engine.store_batches(EXCHANGES, every({"late": [(None, "Good day to you.")]}).to_batches())
            sketch.run(engine, job())
            rows = engine.fetch(Query("digests", "SELECT account_id, digest FROM account_sketches")).to_pylist()
            digests.append({row["account_id"]: row["digest"] for row in rows})
    (alone,) = first
    assert digests[0][alone] != digests[1][alone]
    assert digests[0]["late"] == digests[1]["late"]


@pytest.mark.parametrize("long", ["before", "after", "both"])
def test_long_constant_instructions_beside_a_question_hide_nothing(tmp_path: Path, long: str) -> None:
    """Features see both ends of instructions, of which clients may choose either."""
    constant = "Answer with care. " * 600
    before, after = (constant if long in (side, "both") else "" for side in ("before", "after"))
    asked = accounts("instructions", "Please answer.")
    if long == "both":  # the question stands among the first letters
        before = before[:200]
    said = {name: [(f"{before}{one}\n{after}", turn) for one, turn in all_said] for name, all_said in asked.items()}
    read, made = sketched(every(said), tmp_path)
    assert read["payload_value"].equals(made["instructions_payload"])
