"""A log altered by clients or written oddly by gateways: the same campaigns at the same level, and nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.alterations.__main__ import IN_ALL_FORMATS, cases
from bench.alterations.comparison import (
    ACCUSES,
    LOST,
    SAME,
    WEAKER,
    Found,
    World,
    altered,
    changes,
    compared,
    found_in,
    line,
    opened,
)

from tests.scenarios.small_world import SmallWorld

SOME = (
    ("client", "NUL within prompts, as many as differ", "CSV"),
    ("client", "half letters in ids", "JSON lines"),
    ("client", "NUL and half letters in tools", "JSON lines"),
    ("gateway", "addresses as lists", "JSON lines"),
    ("gateway", "addresses in brackets", "CSV"),
)


@pytest.fixture(scope="module")
def given(world: SmallWorld) -> World:
    return opened(world.folder)


@pytest.mark.parametrize("names", SOME, ids=" as ".join)
def test_some_alterations(
    names: tuple[str, str, str], given: World, world: SmallWorld, plain: Path, tmp_path: Path
) -> None:
    found = line(given, found_in(plain, given), names, tmp_path / "work", world.settings())
    assert (found.verdict, found.said) == (SAME, "")
    assert found.found is not None
    assert found.found.rows["quarantined"] == 0


def test_there_are_alterations_of_every_sort(given: World) -> None:
    every = list(cases(given))
    assert len({(writer, name) for writer, name, _ in every}) > 40
    assert {name for _, name in changes(given)} >= set(IN_ALL_FORMATS)


def test_an_alteration_alters_whom_it_should(given: World) -> None:
    """Of a client's alterations the campaign's rows alone, of a gateway's all; each does alter some."""
    for (writer, name), change in changes(given).items():
        after = altered(given, writer, change)
        differs = {old["account_id"] for old, new in zip(given.rows, after, strict=True) if repr(old) != repr(new)}
        campaign = {account for account in differs if given.campaign_of[account] is not None}
        assert campaign or name == "nothing", name
        assert writer == "gateway" or differs == campaign, name


def test_verdicts(given: World) -> None:
    accounts = [account for account, campaign in given.campaign_of.items() if campaign is not None]
    innocent = next(account for account, campaign in given.campaign_of.items() if campaign is None)
    name = str(given.campaign_of[accounts[0]])
    before = Found({name: "act"}, dict.fromkeys(accounts, "act"), {})
    assert compared(given, before, before) == (SAME, "")
    assert compared(given, before, Found({}, {}, {}))[0] == LOST
    assert compared(given, before, Found({name: "review"}, before.members, {}))[0] == WEAKER
    half = dict.fromkeys(accounts[::2], "act")
    assert compared(given, before, Found({name: "act"}, half, {}))[0] == WEAKER
    assert compared(given, before, Found({name: "act"}, before.members | {innocent: "watch"}, {}))[0] == ACCUSES
