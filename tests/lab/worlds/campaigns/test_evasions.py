"""Each evasion changes what it is about and nothing else, and topics put like prompts together."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from stillwatch_lab.worlds import build
from stillwatch_lab.worlds.campaigns.evasions import by_topic
from stillwatch_lab.worlds.draft import World
from stillwatch_lab.worlds.kinds import KINDS
from stillwatch_lab.worlds.log.files import DecidedWorld
from stillwatch_lab.worlds.parameters import Value
from stillwatch_lab.worlds.recipe import load_recipe
from stillwatch_lab.worlds.text.corpus import OWN_PROMPTS, CorpusBuilder


def drawn(**evasions: Value) -> DecidedWorld:
    recipe = load_recipe("demo", frozenset(KINDS))
    letter, *_ = recipe.populations
    return build.decide(
        replace(recipe, populations=(replace(letter, fixed=evasions),)), 5, 400, 8_000, build.Sources(None, None)
    )


def world(**evasions: Value) -> World:
    return drawn(**evasions).world


@pytest.fixture(scope="module")
def plain() -> World:
    return world()


def test_own_addresses_are_homes_again(plain: World) -> None:
    who = plain.groups[0].accounts
    homes = world(own_addresses=True).accounts
    assert len(np.unique(plain.accounts.home_net[who])) == 1
    assert len(np.unique(homes.home_net[who])) > 1
    assert (homes.born[who] == plain.accounts.born[who]).all()


def test_own_papers_are_persons_again(plain: World) -> None:
    who = plain.groups[0].accounts
    registrations = world(own_papers=True).registration
    assert len(set(registrations.issuer[who].tolist())) > len(set(plain.registration.issuer[who].tolist()))
    assert (registrations.card_key[who] == plain.registration.card_key[who]).all()


def test_own_sign_ups_are_spread_out(plain: World) -> None:
    who = plain.groups[0].accounts
    accounts = world(own_sign_ups=True).accounts
    assert np.ptp(accounts.born[who]) > np.ptp(plain.accounts.born[who])
    assert (accounts.born[who] < accounts.start[who]).all()


def test_frames_are_worded_by_account() -> None:
    made = world(frame_paraphrase=0.8)
    program = made.programs[made.groups[0].programs[0]]
    assert (program.paraphrase, program.frame_of) == (0.8, "account")


def test_slices_are_the_same_rows_in_another_order(plain: World) -> None:
    made = drawn(topical_slices=True)
    group = made.world.groups[0]
    for before, after in zip(
        plain.programs[group.programs[0]].task_sets, made.world.programs[group.programs[0]].task_sets, strict=True
    ):
        assert sorted(before.rows.tolist()) == sorted(after.rows.tolist())
        assert before.rows.tolist() != after.rows.tolist()
    written = made.conversations.program == group.programs[0]
    talks = made.conversations
    pairs = set(zip(talks.account[written].tolist(), talks.row[written].tolist(), strict=True))
    rows = [row for _, row in pairs]
    assert len(rows) == len(set(rows)), "no row is asked on two accounts"


def test_neighbours_by_topic_share_more_words() -> None:
    corpus = CorpusBuilder()
    corpus.read(OWN_PROMPTS)
    rows = corpus.prompt_numbers("distill")
    rows = rows[np.random.default_rng(1).permutation(len(rows))]

    def shared(order: np.ndarray) -> float:
        words = [set(corpus.opening(row).tolist()) for row in order.tolist()]
        return float(np.mean([len(a & b) / len(a | b) for a, b in pairwise(words)]))

    assert shared(by_topic(corpus, rows)) > 1.15 * shared(rows)
