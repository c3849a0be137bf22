"""Nobody can be framed by what others do, and no campaign hides behind what one account does."""

from __future__ import annotations

import pytest

from stillwatch_lab.adversary import ATTACKS, try_attacks
from stillwatch_lab.adversary.trial import Trial, Tried
from tests.scenarios.small_world import SmallWorld

PLAYED = ("both", "bot-40-public", "firm", "hub-60", "permit-half", "education")


@pytest.fixture(scope="module")
def tried(world: SmallWorld) -> Tried:
    chosen = [attack for attack in ATTACKS if attack.name in PLAYED]
    return try_attacks(world.folder, chosen, 1, world.settings(), lambda text: None)


def test_there_is_a_campaign_to_hide_and_to_frame_with(tried: Tried) -> None:
    assert tried.before.level in ("act", "review")
    assert [trial.attack for trial in tried.trials] == list(PLAYED)


@pytest.mark.parametrize("attack", PLAYED)
def test_no_victim_is_above_watch_and_the_campaign_stands(tried: Tried, attack: str) -> None:
    trial: Trial = next(one for one in tried.trials if one.attack == attack)
    assert trial.framed["act"] == trial.framed["review"] == 0
    assert trial.others == tried.before.others
    assert trial.level == tried.before.level
