"""What a request carries besides its text: client, model and sampling parameters of each exchange."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.lab import draws
from stillwatch.lab.clients import CLIENTS, agents_of, is_scripted
from stillwatch.lab.conversations import Conversations
from stillwatch.lab.draft import World
from stillwatch.lab.draws import Keys, Reals, Wholes
from stillwatch.lab.marks import marks
from stillwatch.lab.prose import is_person
from stillwatch.lab.rhythm import Exchanges

MODELS = ("sage-4", "sage-4-mini", "sage-3")
NEW_MODEL = "sage-5"
_VERSIONS = 4
_ANSWER_MEDIAN = 240.0  # tokens, of an answer to a person


@dataclass(frozen=True, slots=True)
class Headers:
    """One entry an exchange; `client` and `account` by number, masks say what the client leaves out."""

    client: Wholes
    channel: pa.Array
    model: pa.Array
    agent: pa.Array
    fingerprint: pa.Array
    device: Keys
    stateful: NDArray[np.bool_]
    anonymous: NDArray[np.bool_]
    has_tools: NDArray[np.bool_]
    tools: pa.Array
    thinks: NDArray[np.bool_]
    says_one: NDArray[np.bool_]
    temperature: Reals
    top_p: Reals
    max_tokens: Wholes
    answer_median: Reals


def headers(world: World, exchanges: Exchanges, conversations: Conversations, rows: Wholes, keys: Keys) -> Headers:
    """Headers of the exchanges `rows`, whose keys are `keys`."""
    accounts = world.accounts
    account, conversation = exchanges.account[rows], exchanges.conversation[rows]
    talk, holder = conversations.key[conversation], accounts.key[account]
    other = draws.uniform(talk, "other client") < accounts.second_share[account]
    client = np.where(other, accounts.second[account], accounts.client[account])
    version = np.minimum((accounts.version[account] * _VERSIONS).astype(np.int64), _VERSIONS - 1)
    program = conversations.program[conversation]
    new, model = _models(world, account, exchanges.day[rows], keys)
    temperature, top_p, limit, median = _sampling(world, client, holder, program)
    scripted = is_scripted(client)
    has_tools, tools = _tools(world, client, program)
    lately = (accounts.version[account] * 4096).astype(np.uint64)
    build = draws.child(draws.child(client.astype(np.uint64), "version", version), "system", lately % np.uint64(3))
    return Headers(
        client=client,
        channel=pa.array([one.channel for one in CLIENTS]).take(pa.array(client)),
        model=model,
        agent=pa.array([agent for one in range(len(CLIENTS)) for agent in agents_of(one)]).take(
            pa.array(client * _VERSIONS + version)
        ),
        fingerprint=marks(build, 24, "t13d1516h2_"),
        device=draws.child(accounts.device[account], "device", client),
        stateful=np.array([one.keeps_session for one in CLIENTS])[client],
        anonymous=scripted & (draws.uniform(holder, "no conversation id") < 0.6),
        has_tools=has_tools,
        tools=tools,
        thinks=new & (draws.uniform(holder, "thinks") < 0.5),
        says_one=scripted & (draws.uniform(holder, "says one") < 0.3),
        temperature=temperature,
        top_p=top_p,
        max_tokens=limit,
        answer_median=median,
    )


def _models(world: World, account: Wholes, day: Reals, keys: Keys) -> tuple[NDArray[np.bool_], pa.Array]:
    accounts = world.accounts
    moved = day > world.span.release + accounts.lag[account]
    new = moved & (draws.uniform(keys, "new model") < accounts.rush[account])
    names = pa.array([*MODELS, NEW_MODEL])
    return new, names.take(pa.array(np.where(new, len(MODELS), accounts.model[account])))


def _sampling(world: World, client: Wholes, holder: Keys, program: Wholes) -> tuple[Reals, Reals, Wholes, Reals]:
    temperature, limit = np.full(len(client), np.nan), np.zeros(len(client), dtype=np.int64)
    for number, one in enumerate(CLIENTS):
        chosen = client == number
        if chosen.any():
            warm = np.array([np.nan if value is None else value for value in one.temperatures])
            most = np.array([value or 0 for value in one.max_tokens])
            temperature[chosen] = warm[draws.whole(holder[chosen], "temperature", len(warm))]
            limit[chosen] = most[draws.whole(holder[chosen], "most tokens", len(most))]
    top_p = np.where(is_scripted(client) & (draws.uniform(holder, "has top p") < 0.15), 0.95, np.nan)
    median = _ANSWER_MEDIAN * draws.lognormal(holder, "answers", 1.0, 0.4)
    for number, some in enumerate(world.programs):
        chosen = program == number
        if chosen.any() and some.sets_parameters:
            temperature[chosen] = np.nan if some.temperature is None else some.temperature
            limit[chosen] = some.max_tokens or 0
            median[chosen] = some.output_median
    return temperature, top_p, limit, median


def _tools(world: World, client: Wholes, program: Wholes) -> tuple[NDArray[np.bool_], pa.Array]:
    lists: list[list[str] | None] = [list(one.tools) or None for one in CLIENTS]
    lists += [list(some.tools) or None for some in world.programs]
    own = np.array([bool(some.tools) for some in world.programs] or [False])
    by_program = ~is_person(program) & own[np.maximum(program, 0)]
    index = np.where(by_program, len(CLIENTS) + program, client)
    has = np.array([one is not None for one in lists])[index]
    return has, pa.array(lists, pa.list_(pa.string())).take(pa.array(index))
