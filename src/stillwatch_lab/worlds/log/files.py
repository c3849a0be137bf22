"""Writes exchanges to Parquet files, in order of time, with two processes."""

from __future__ import annotations

import multiprocessing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from stillwatch.progress import progress
from stillwatch.records.inputs import EXCHANGES
from stillwatch_lab.worlds import draws
from stillwatch_lab.worlds.draft import World
from stillwatch_lab.worlds.draws import Keys, Wholes
from stillwatch_lab.worlds.identity.identifiers import identifiers
from stillwatch_lab.worlds.log.compose import WritingMaterial
from stillwatch_lab.worlds.log.conversations import Conversations
from stillwatch_lab.worlds.log.headers import Headers, headers
from stillwatch_lab.worlds.log.requests import Requests, requests
from stillwatch_lab.worlds.parameters import Parameters
from stillwatch_lab.worlds.population import geography
from stillwatch_lab.worlds.population.clock import fitted
from stillwatch_lab.worlds.population.registrations import account_ids, masked, moments
from stillwatch_lab.worlds.population.rhythm import Exchanges

_ROWS = 100_000
_TEXT = ("system_instructions", "input_text", "output_text")
_CLIENT = ("user_agent", "client_fingerprint", "device_id", "session_id")
_MARKETPLACES = ("bedrock", "vertex")


Blanks = dict[str, tuple[str, ...]]
"""The columns that each channel does not log."""


@dataclass(frozen=True, slots=True)
class DecidedWorld:
    """A world of which everything is drawn; `order` lists its exchanges by time, `keys` holds a key per exchange."""

    world: World
    material: WritingMaterial
    exchanges: Exchanges
    conversations: Conversations
    order: Wholes
    keys: Keys
    ids: pa.Array  # of accounts
    drop: tuple[str, ...]
    blanks: Blanks


_decided: DecidedWorld | None = None


def exchange_keys(world: World, exchanges: Exchanges) -> Keys:
    """A key per exchange, derived from its number in the world."""
    return draws.child(np.full(len(exchanges.day), world.key, dtype=np.uint64), "logged", np.arange(len(exchanges.day)))


def exchange_ids(keys: Keys) -> pa.Array:
    """The public ids of exchanges."""
    return identifiers(keys, 24)


def decided_world(
    world: World, material: WritingMaterial, exchanges: Exchanges, conversations: Conversations, drop: tuple[str, ...]
) -> DecidedWorld:
    """Puts all parts of a world together and orders its exchanges by time."""
    keys = exchange_keys(world, exchanges)
    order = np.lexsort((keys, exchanges.day))
    ids = account_ids(world.accounts)
    return DecidedWorld(
        world, material, exchanges, conversations, order, keys, ids, drop, draw_blanks(world.parameters)
    )


def draw_blanks(parameters: Parameters) -> Blanks:
    """Draws the columns that marketplaces, which forward requests, do not log."""
    kept = (("address", 0.5, ("client_address",)), ("text", 0.25, _TEXT), ("client", 0.4, _CLIENT))
    return {
        channel: tuple(
            column
            for name, chance, columns in kept
            if parameters.chance(f"{channel}_keeps_{name}", chance)
            for column in columns
        )
        for channel in _MARKETPLACES
    }


def write_parts(decided: DecidedWorld, out: Path, processes: int = 2) -> None:
    """Writes `out`/part-00000.parquet and so on; the bytes do not depend on the number of processes."""
    out.mkdir(parents=True, exist_ok=True)
    parts = range((len(decided.order) + _ROWS - 1) // _ROWS)
    jobs = [(number, out / f"part-{number:05}.parquet") for number in parts]
    global _decided
    _decided = decided
    if processes > 1 and len(jobs) > 1 and "fork" in multiprocessing.get_all_start_methods():
        # forked before the bar's thread is there: a lock that it holds would stay held in the child for ever
        with (
            multiprocessing.get_context("fork").Pool(processes) as pool,
            progress("exchanges", total=len(jobs)) as advance,
        ):
            for _ in pool.imap_unordered(_write_part, jobs):
                advance(1)
    else:
        with progress("exchanges", total=len(jobs)) as advance:
            for job in jobs:
                _write_part(job)
                advance(1)
    _decided = None


def _write_part(job: tuple[int, Path]) -> None:
    number, path = job
    if _decided is None:
        raise RuntimeError("no world to write")
    rows = _decided.order[number * _ROWS : (number + 1) * _ROWS]
    table = part_table(_decided, rows)
    pq.write_table(
        table, path, compression="zstd", compression_level=1, row_group_size=50_000, use_dictionary=_DICTIONARY
    )


_DICTIONARY = [
    "account_id",
    "channel",
    "request_model",
    "operation",
    "user_agent",
    "client_fingerprint",
    "finish_reason",
    "system_instructions",
]


def part_table(decided: DecidedWorld, rows: Wholes) -> pa.Table:
    """The contract's exchanges table of these exchanges (indices into `decided.exchanges`), in this order."""
    found = headers(decided.world, decided.exchanges, decided.conversations, rows, decided.keys[rows])
    texts = requests(decided.world, decided.material, decided.exchanges, decided.conversations, rows, found)
    columns = {**_identity_columns(decided, rows, found), **_request_columns(decided, rows, found, texts)}
    _blank(decided, rows, columns)
    names = [
        name for name in EXCHANGES.names if not ("text" in decided.drop and name in _TEXT) and name not in decided.drop
    ]
    schema = pa.schema([EXCHANGES.schema.field(name) for name in names])
    return pa.table({name: columns[name] for name in names}, schema=schema)


def _blank(decided: DecidedWorld, rows: Wholes, columns: dict[str, pa.Array]) -> None:
    """Empties values that the channel does not log or a contract forbids storing, and addresses that were lost."""
    accounts = decided.world.accounts
    account = decided.exchanges.account[rows]
    missing = dict.fromkeys(_TEXT, accounts.textless[account])
    lost = draws.uniform(decided.keys[rows], "address lost") < decided.world.parameters.real(
        "addresses_lost", 0.0, 0.02
    )
    missing["client_address"] = lost
    for channel, names in decided.blanks.items():
        through = pa.compute.equal(columns["channel"], channel).to_numpy(zero_copy_only=False)
        for name in names:
            missing[name] = missing[name] | through if name in missing else through
    for name, mask in missing.items():
        if mask.any():
            columns[name] = masked(columns[name], mask)


def _identity_columns(decided: DecidedWorld, rows: Wholes, found: Headers) -> dict[str, pa.Array]:
    exchanges, world = decided.exchanges, decided.world
    account, day = exchanges.account[rows], exchanges.day[rows]
    hours = draws.child(world.accounts.key[account], "hour", np.floor(day * 8).astype(np.int64))
    talk = exchanges.conversation[rows]
    net, slot = geography.address_codes(world, account, day, hours, decided.conversations.person[talk])
    conversation = draws.child(decided.conversations.key[talk], "id", account)
    sitting = draws.child(world.accounts.key[account], "sitting", np.floor(day * 3).astype(np.int64))
    return {
        "exchange_id": exchange_ids(decided.keys[rows]),
        "account_id": decided.ids.take(pa.array(account)),
        "started_at": moments(world.span.begins, day),
        "channel": found.channel,
        "request_model": found.model,
        "conversation_id": masked(identifiers(conversation, 24), found.anonymous),
        "operation": pa.repeat(pa.scalar("chat"), len(rows)),
        "client_address": geography.address_strings(world, net, slot, day),
        "user_agent": found.agent,
        "client_fingerprint": found.fingerprint,
        "device_id": masked(identifiers(found.device, 16), ~found.stateful),
        "session_id": masked(identifiers(sitting, 20), ~found.stateful),
    }


def _request_columns(decided: DecidedWorld, rows: Wholes, found: Headers, texts: Requests) -> dict[str, pa.Array]:
    key = decided.keys[rows]
    status = decided.exchanges.status[rows]
    failed = status != 200
    read = _lengths(texts.instructions) + _lengths(texts.text)
    asked = np.maximum(1, read / 4 * draws.lognormal(key, "tokenised", 1.0, 0.08)).astype(np.int64)
    wanted = (
        draws.lognormal(key, "answer length", found.answer_median, fitted("answers", "log_sd")).astype(np.int64) + 1
    )
    limit = np.where(found.max_tokens > 0, found.max_tokens, 1 << 30)
    answered = np.minimum(wanted, limit)
    cached = np.where(
        found.stateful & (draws.uniform(key, "cached") < 0.7), asked * draws.uniform(key, "cache"), 0
    ).astype(np.int64)
    thought = np.where(found.thinks, answered * draws.uniform(key, "thought"), 0).astype(np.int64)
    calls = found.has_tools & (draws.uniform(key, "calls") < 0.5)
    reason = np.where(wanted > limit, 1, np.where(calls, 2, 0))
    return {
        "input_tokens": pa.array(asked),
        "output_tokens": pa.array(answered, mask=failed),
        "cached_tokens": pa.array(cached, mask=failed),
        "reasoning_tokens": pa.array(thought, mask=failed | ~found.thinks),
        "max_tokens": pa.array(found.max_tokens.astype(np.int32), mask=found.max_tokens <= 0),
        "choice_count": pa.array(np.ones(len(rows), dtype=np.int32), mask=~found.says_one),
        "temperature": pa.array(found.temperature, mask=np.isnan(found.temperature)),
        "top_p": pa.array(found.top_p, mask=np.isnan(found.top_p)),
        "finish_reason": masked(pa.array(["stop", "length", "tool_calls"]).take(pa.array(reason)), failed),
        "status_code": pa.array(status),
        "system_instructions": texts.instructions,
        "input_text": texts.text,
        "output_text": masked(texts.answer, failed),
        "tool_names": found.tools,
    }


def _lengths(texts: pa.Array) -> NDArray[np.int64]:
    lengths: NDArray[np.int64] = pa.compute.fill_null(pa.compute.binary_length(texts), 0).to_numpy(zero_copy_only=False)
    return lengths
