"""Builds a world on disk: the exchanges, accounts and permits that a provider would have, and the truth about them."""

from __future__ import annotations

import shutil
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from stillwatch.errors import Mistake, UsageError
from stillwatch_lab.worlds import draws, truth
from stillwatch_lab.worlds.campaigns.handovers import moved
from stillwatch_lab.worlds.draft import Group, Span, World
from stillwatch_lab.worlds.draws import Wholes, key_of
from stillwatch_lab.worlds.identity.address_blocks import Ranges, invented, measured
from stillwatch_lab.worlds.identity.clients import CLIENTS, Client, observed
from stillwatch_lab.worlds.kinds import KINDS
from stillwatch_lab.worlds.log.compose import writing_material
from stillwatch_lab.worlds.log.conversations import conversations
from stillwatch_lab.worlds.log.files import DecidedWorld, decided_world, write_parts
from stillwatch_lab.worlds.parameters import Parameters
from stillwatch_lab.worlds.population.clock import draw_clock, fitted_list
from stillwatch_lab.worlds.population.geography import COUNTRIES
from stillwatch_lab.worlds.population.people import draw_people, settle
from stillwatch_lab.worlds.population.registrations import accounts_table, draw_registration
from stillwatch_lab.worlds.population.rhythm import lay_out, wanted
from stillwatch_lab.worlds.recipe import Population, Recipe, load_recipe
from stillwatch_lab.worlds.text.corpus import OWN_PROMPTS, CorpusBuilder

_SHARED = Path("..") / "shared" / "data"
_ACCOUNTS, _EXCHANGES = 2_000, 40_000
"""The size of a world if neither the caller nor its recipe says it."""
_LARGEST_GROUP = 0.04  # of all accounts and of people's exchanges; what a group that draws its size has at most
_EPOCH = datetime(2026, 1, 5)  # a Monday; worlds begin within the half-year after it


def build(  # noqa: PLR0913 - what a world is made from
    world: Path | str | Recipe,
    seed: int,
    accounts: int | None,
    exchanges: int | None,
    prompts: Path | None,
    out: Path,
    *,
    data: Path | None = None,
) -> None:
    """Writes the world that a recipe, its TOML file or a shipped recipe's name describes into the folder `out`.

    `accounts` and `exchanges` are the totals wanted; those left out are drawn if the recipe says how. The number of
    exchanges comes within a few per cent of it, unless the recipe's groups alone make more or come on top. `prompts`
    is a folder of prompt files, None for the shipped ones. `data` is a folder with a subfolder `ip` of real address
    ranges and client headers, None for invented ones. The same arguments give the same bytes. Raises UsageError for a
    bad recipe, InputError for bad prompts or data.
    """
    recipe = world if isinstance(world, Recipe) else load_recipe(world, frozenset(KINDS))
    accounts, exchanges = size_of(recipe, seed, accounts, exchanges)
    decided = decide(recipe, seed, accounts, exchanges, Sources(prompts, data))
    out.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(out / "exchanges", ignore_errors=True)
    write_parts(decided, out / "exchanges")
    if "accounts" not in recipe.drop_columns:
        pq.write_table(accounts_table(decided.world), out / "accounts.parquet", compression="zstd")
    pq.write_table(truth.permits_table(decided.world), out / "permits.parquet", compression="zstd")
    truth.write_truth(decided, out / "truth", seed)


def size_of(recipe: Recipe, seed: int, accounts: int | None, exchanges: int | None) -> tuple[int, int]:
    """The numbers of accounts and exchanges of a world: those asked for, else drawn from the recipe's ranges.

    A recipe with a range of `exchanges_an_account` has as many accounts as share the exchanges that are drawn.
    """
    drawn = Parameters(key_of("size", recipe.key, seed), widened=recipe.size)
    most = exchanges or int(drawn.optional("exchanges", _EXCHANGES))
    if accounts is None and "exchanges_an_account" in recipe.size:
        low, high = drawn.edges("accounts", 1, most)
        mean = drawn.optional("exchanges_an_account")
        accounts = int(min(max(most / mean, low), high))
        return accounts, exchanges or round(accounts * mean)
    return accounts or int(drawn.optional("accounts", _ACCOUNTS)), most


def data_folder(named: Path | None) -> Path | None:
    """The folder of real data: the one named, else `../shared/data` if it holds address ranges, else None."""
    if named is not None:
        return named
    return _SHARED if (_SHARED / "ip").is_dir() else None


@dataclass(frozen=True, slots=True)
class Sources:
    """The folders that a world is made from: one of prompts and one of other real data; None means the shipped data."""

    prompts: Path | None
    data: Path | None

    def corpus(self) -> CorpusBuilder:
        """The prompts of the folder, and shipped ones for each capability that the folder has no prompt of."""
        folder = self.prompts or OWN_PROMPTS
        files = [(path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(folder.glob("*"))]
        return deepcopy(_corpus(folder, tuple(files)))  # each world adds phrases of its own to its copy

    def ranges(self) -> Ranges:
        """The address ranges of networks."""
        if self.data is None:
            return invented(tuple(country[4] for country in COUNTRIES))
        return measured(self.data / "ip", tuple(country[0] for country in COUNTRIES))

    def clients(self) -> tuple[Client, ...]:
        """The clients with the headers they send."""
        return CLIENTS if self.data is None else observed(self.data / "ip" / "client_headers.csv")


@lru_cache(maxsize=1)
def _corpus(folder: Path, files: tuple[tuple[str, int, int], ...]) -> CorpusBuilder:
    """The prompts of a folder whose files are in this state; they are read once for all worlds of a process."""
    corpus = CorpusBuilder()
    corpus.read(folder)
    corpus.read_missing(OWN_PROMPTS)
    return corpus


def decide(recipe: Recipe, seed: int, accounts: int, exchanges: int, sources: Sources) -> DecidedWorld:
    """Draws everything about a world without writing it."""
    key = key_of("world", recipe.key, seed)
    parameters = Parameters(key, {**recipe.world, **recipe.people}, widened=recipe.widened)
    days = float(parameters.whole("days", 30, 60))
    begins = _EPOCH + timedelta(days=parameters.whole("begins", 0, 180))
    span = Span(begins, days, parameters.real("release", 0.3, 0.7) * days)
    people = draw_people(key, accounts, days, parameters)
    tokens = fitted_list("answers", "median_tokens")[1:]  # the first median is of a service without conversations
    sketch = World(
        key,
        parameters,
        span,
        sources.corpus(),
        exchanges / accounts,
        people,
        draw_registration(people.key, people),
        draw_clock(span, parameters),
        sources.ranges(),
        sources.clients(),
        parameters.scale("answer_tokens", tokens.min(), tokens.max()),
    )
    settle(sketch)
    _populate(sketch, recipe.populations)
    on_top = parameters.sometimes("groups_on_top")
    events = lay_out(people, sketch.timetables, span, sketch.clock, wanted(people, exchanges, on_top))
    events = moved(sketch, events)
    talks = conversations(sketch, events)
    material = writing_material(sketch.corpus, key, parameters)
    decided = decided_world(sketch, material, events, talks, recipe.drop_columns)
    parameters.real("addresses_lost", 0.0, 0.02)  # files.py uses it later; asked for here, a recipe may fix it
    _all_used(parameters, "world")
    return decided


def _populate(world: World, populations: tuple[Population, ...]) -> None:
    """Gives each entry of the recipe its accounts, in groups of the sizes that are usual for its kind."""
    total = len(world.accounts)
    free = np.argsort(draws.uniform(world.accounts.key, "joins"), kind="stable").astype(np.int64)
    taken = 0
    for entry_number, entry in enumerate(populations):
        quota = entry.accounts(total)
        for group_number, size in enumerate(_sizes(world, entry, entry_number, quota)):
            members = np.sort(free[taken : taken + size])
            taken += size
            if len(members):
                _join(world, entry, key_of(world.key, "entry", entry_number, group_number), members)


def _sizes(world: World, entry: Population, number: int, quota: int) -> list[int]:
    if entry.sizes:
        return _drawn_sizes(world, entry.sizes, entry.some, number)
    low, high = KINDS[entry.kind].least, KINDS[entry.kind].most
    if entry.groups or not high:
        groups = max(1, entry.groups)
        return [quota // groups + (1 if index < quota % groups else 0) for index in range(groups)]
    sizes: list[int] = []
    while sum(sizes) < quota:
        drawn = Parameters(key_of(world.key, "size", number, len(sizes))).whole("size", low, high)
        sizes.append(min(drawn, quota - sum(sizes)))
    if len(sizes) > 1 and sizes[-1] < low:  # a rest that is too small for its kind joins the group before it
        sizes[-2:] = [sizes[-2] + sizes[-1]]
    return sizes


def _drawn_sizes(world: World, sizes: tuple[int, int], some: tuple[int, int], number: int) -> list[int]:
    key = key_of(world.key, "drawn sizes", number)
    groups = some[0] + int(draws.whole(np.array([key], dtype=np.uint64), "groups", some[1] - some[0] + 1)[0])
    most = max(sizes[0], round(_LARGEST_GROUP * len(world.accounts)))
    return [min(Parameters(key_of(key, group)).whole("size", *sizes), most) for group in range(groups)]


def _join(world: World, entry: Population, key: int, members: Wholes) -> None:
    parameters = Parameters(key, entry.fixed, widened=entry.widened)
    group: Group = KINDS[entry.kind].draw(world, members, parameters)
    if entry.sizes:
        _bound(world, members)
    world.accounts.group[members] = len(world.groups)
    world.groups.append(group)
    _all_used(parameters, entry.kind)


def _bound(world: World, members: Wholes) -> None:
    """Keeps a group that draws its size from asking more than people do."""
    weight, own = world.accounts.weight, members[~world.accounts.scaled[members]]
    weight[own] *= min(1.0, _LARGEST_GROUP * len(weight) / max(float(weight[own].sum()), 1e-9))


def _all_used(parameters: Parameters, place: str) -> None:
    unused = parameters.unused()
    if unused:
        raise UsageError(
            [
                Mistake(
                    f"parameter `{name}` of `{place}`",
                    "is not one of its parameters",
                    "see `truth/world.json` of any world for their names",
                )
                for name in unused
            ]
        )
