"""The two worlds of a reference case, which the lab draws: the people of one replica, and the campaign."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bench.reference_case.sizes import CAMPAIGN_MEAN, PEOPLE_MEAN, Size
from stillwatch_lab.worlds.build import Sources, data_folder, decide
from stillwatch_lab.worlds.kinds import KINDS
from stillwatch_lab.worlds.log.files import DecidedWorld
from stillwatch_lab.worlds.recipe import Recipe, load_recipe

RECIPE = Path(__file__).parent / "reference_case.toml"
CAMPAIGN_KIND = "letter"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A decided world; `order` lists its exchanges by account id and time."""

    decided: DecidedWorld
    order: NDArray[np.int64]


def draw_people(size: Size, seed: int, prompts: Path | None) -> Drawn:
    """The world of one replica's people, without the campaign."""
    return _drawn(_only(campaign=False), seed, (size.people, PEOPLE_MEAN), prompts)


def draw_campaign(size: Size, seed: int, prompts: Path | None) -> Drawn:
    """The world of the campaign; it has the key of the people's world, so that providers and models are the same."""
    return _drawn(_only(campaign=True), seed, (size.campaign, CAMPAIGN_MEAN), prompts)


def _only(campaign: bool) -> Recipe:
    """The recipe with all other populations empty; an entry's parameters depend on its number, which is unchanged."""
    recipe = load_recipe(RECIPE, frozenset(KINDS))
    kept = tuple(
        one if (one.kind == CAMPAIGN_KIND) == campaign else replace(one, share=0.0) for one in recipe.populations
    )
    return replace(recipe, populations=kept)


def _drawn(recipe: Recipe, seed: int, size: tuple[int, float], prompts: Path | None) -> Drawn:
    accounts, mean = size
    decided = decide(recipe, seed, accounts, round(accounts * mean), Sources(prompts, data_folder(None)))
    return Drawn(decided, _by_account(decided))


def _by_account(decided: DecidedWorld) -> NDArray[np.int64]:
    rank = np.empty(len(decided.ids), np.int64)
    rank[pc.sort_indices(decided.ids).to_numpy()] = np.arange(len(decided.ids))
    order: NDArray[np.int64] = np.lexsort((decided.exchanges.day, rank[decided.exchanges.account]))
    return order


def as_numbers(values: pa.Array | pa.ChunkedArray) -> NDArray[np.int64]:
    """An integer column without nulls as an array."""
    found: NDArray[np.int64] = values.to_numpy(zero_copy_only=False).astype(np.int64)
    return found
