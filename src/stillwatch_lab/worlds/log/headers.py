"""Headers of each exchange: its client, model and sampling parameters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch_lab.worlds import draws
from stillwatch_lab.worlds.draft import World
from stillwatch_lab.worlds.draws import Keys, Reals, Wholes
from stillwatch_lab.worlds.identity.clients import agents_of, is_scripted
from stillwatch_lab.worlds.identity.identifiers import identifiers
from stillwatch_lab.worlds.log.compose import is_person
from stillwatch_lab.worlds.log.conversations import Conversations
from stillwatch_lab.worlds.parameters import keys_under
from stillwatch_lab.worlds.population.rhythm import Exchanges

MODELS = ("sage-4", "sage-4-mini", "sage-3")
NEW_MODEL = "sage-5"


@dataclass(frozen=True, slots=True)
class Headers:
    """One entry an exchange; `client` and `account` are indices, and masks mark the values that the client omits."""

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
    """Headers of the exchanges `rows`, which have the keys `keys`."""
    accounts = world.accounts
    account, conversation = exchanges.account[rows], exchanges.conversation[rows]
    talk, holder = conversations.key[conversation], accounts.key[account]
    other = draws.uniform(talk, "other client") < accounts.second_share[account]
    client = np.where(other, accounts.second[account], accounts.client[account])
    # What a relay passes on of its customer replaces the account's own.
    through, customer = conversations.passed.on[conversation], conversations.person[conversation]
    client = np.where(through, conversations.passed.client[conversation], client)
    holder = np.where(through, customer, holder)
    version = np.where(through, draws.uniform(customer, "version") ** 0.5, accounts.version[account])
    agent, build = _software(world, account, client, version, exchanges.day[rows])
    program = conversations.program[conversation]
    new, model = _models(world, account, exchanges.day[rows], keys)
    temperature, top_p, limit, median = _sampling(world, client, holder, program)
    scripted = is_scripted(client)
    has_tools, tools = _tools(world, client, program)
    return Headers(
        client=client,
        channel=pa.array([one.channel for one in world.clients]).take(pa.array(client)),
        model=model,
        agent=agent,
        fingerprint=identifiers(build, 24, "t13d1516h2_"),
        device=draws.child(_devices(world, conversations, conversation, account), "device", client),
        stateful=np.array([one.keeps_session for one in world.clients])[client],
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


def _software(world: World, account: Wholes, client: Wholes, version: Reals, day: Reals) -> tuple[pa.Array, Keys]:
    """User agents and keys of header sets. Versions only rise, and the newest is released during the world's time."""
    accounts, clients = world.accounts, world.clients
    many = np.array([len(one.versions) for one in clients])
    first = np.cumsum(many) - many
    released = draws.uniform(keys_under(world.key, "client release", len(clients)), "at") * world.span.days
    old = np.minimum((version * (many[client] - 1)).astype(np.int64), many[client] - 2)
    number = first[client] + old
    newest = day > released[client] + accounts.upgrade[account]
    number[newest] = (first + many - 1)[client[newest]]
    agents = pa.array([agent for one in clients for agent in agents_of(one)])
    names = [draws.key_of(one.agent, build) for one in clients for build in one.builds]
    builds = np.array([len(one.builds) for one in clients])
    own = (np.cumsum(builds) - builds)[client] + (version * 4096).astype(np.int64) % builds[client]
    return agents.take(pa.array(number)), draws.child(np.array(names, dtype=np.uint64)[own], "version", number)


def _devices(world: World, conversations: Conversations, conversation: Wholes, account: Wholes) -> Keys:
    """The keys of device ids: one per account, or one per person where several persons share it with own clients."""
    accounts = world.accounts
    several = accounts.separate[account] | conversations.passed.on[conversation]
    return np.where(several, conversations.person[conversation], accounts.device[account])


def _models(world: World, account: Wholes, day: Reals, keys: Keys) -> tuple[NDArray[np.bool_], pa.Array]:
    accounts = world.accounts
    moved = day > world.span.release + accounts.lag[account]
    new = moved & (draws.uniform(keys, "new model") < accounts.rush[account])
    names = pa.array([*MODELS, NEW_MODEL])
    return new, names.take(pa.array(np.where(new, len(MODELS), accounts.model[account])))


def _sampling(world: World, client: Wholes, holder: Keys, program: Wholes) -> tuple[Reals, Reals, Wholes, Reals]:
    temperature, limit = np.full(len(client), np.nan), np.zeros(len(client), dtype=np.int64)
    for number, one in enumerate(world.clients):
        chosen = client == number
        if chosen.any():
            warm = np.array([np.nan if value is None else value for value in one.temperatures])
            most = np.array([value or 0 for value in one.max_tokens])
            temperature[chosen] = warm[draws.whole(holder[chosen], "temperature", len(warm))]
            limit[chosen] = most[draws.whole(holder[chosen], "most tokens", len(most))]
    top_p = np.where(is_scripted(client) & (draws.uniform(holder, "has top p") < 0.15), 0.95, np.nan)
    median = world.answers * draws.lognormal(holder, "answers", 1.0, 0.4)
    for number in np.unique(program[~is_person(program)]).tolist():
        chosen, some = program == number, world.programs[number]
        if some.sets_parameters:
            temperature[chosen] = np.nan if some.temperature is None else some.temperature
            top_p[chosen] = np.nan if some.top_p is None else some.top_p
            limit[chosen] = some.max_tokens or 0
        if some.output_median is not None:
            median[chosen] = some.output_median
    return temperature, top_p, limit, median


def _tools(world: World, client: Wholes, program: Wholes) -> tuple[NDArray[np.bool_], pa.Array]:
    lists: list[list[str] | None] = [list(one.tools) or None for one in world.clients]
    lists += [list(some.tools) or None for some in world.programs]
    own = np.array([bool(some.tools) for some in world.programs] or [False])
    by_program = ~is_person(program) & own[np.maximum(program, 0)]
    index = np.where(by_program, len(world.clients) + program, client)
    has = np.array([one is not None for one in lists])[index]
    return has, pa.array(lists, pa.list_(pa.string())).take(pa.array(index))
