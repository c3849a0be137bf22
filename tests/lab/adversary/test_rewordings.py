"""Attacks by rewording: what is sent says the same in other words, starts a conversation, and comes within the hour."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from stillwatch_lab.adversary.attacks import cast
from stillwatch_lab.adversary.rewordings import REWORDING, in_other_words, reworded, starts
from stillwatch_lab.adversary.scene import Scene
from tests.lab.adversary.test_attacks import world

__all__ = ["world"]
HOUR = timedelta(hours=1)


def attacked(folder: Path, name: str) -> tuple[Scene, dict[str, list[datetime]], tuple[str, ...]]:
    """The scene after an attack, when each victim started what, and the victims."""
    attack = next(one for one in REWORDING if one.name == name)
    scene = Scene.read(folder, attack.name, 1)
    given = cast(scene, attack, next(role.campaign for role in scene.roles.values() if role.campaign))
    attack.act(scene, given)
    times = {victim: [row["started_at"] for row in scene.requests([victim])] for victim in given.victims}
    return scene, times, given.victims


def test_other_words_keep_most_words_and_differ_each_time(world: Path) -> None:
    scene = Scene.read(world, "words", 1)
    text = " ".join(f"word{number}" for number in range(60))
    made = [in_other_words(scene, text) for _ in range(5)]
    assert len(set(made)) == 5
    assert all(text not in one and len(set(one.split()) & set(text.split())) > 40 for one in made if one)
    assert in_other_words(scene, None) is None
    assert in_other_words(scene, "Hi there").endswith("Hi there")


def test_a_rewording_starts_a_conversation_of_its_own(world: Path) -> None:
    scene = Scene.read(world, "start", 1)
    row, by = scene.requests(list(scene.roles)[:60])[:2]
    sent = reworded(scene, row, by)
    assert sent["account_id"] == by["account_id"]
    assert sent["conversation_id"] not in {None, row["conversation_id"], by["conversation_id"]}
    assert timedelta() < sent["started_at"] - row["started_at"] < HOUR


def test_starts_are_the_first_of_each_conversation() -> None:
    rows = [{"input_text": "a", "conversation_id": name} for name in ("c", "c", None, None, "d")]
    rows.append({"input_text": None, "conversation_id": "e"})
    assert [row["conversation_id"] for row in starts(rows)] == ["c", None, None, "d"]


@pytest.mark.parametrize(("name", "before"), [("reworded", False), ("guessed", True), ("firm-guessed", True)])
def test_attackers_write_within_the_hour_and_before_only_what_they_guess(world: Path, name: str, before: bool) -> None:
    scene, times, victims = attacked(world, name)
    asked = np.array(sorted(at for own in times.values() for at in own))
    added = [row for row in scene._added if row["account_id"] not in victims]
    assert added
    gaps = [min(abs(asked - row["started_at"])) for row in added]
    assert max(gaps) < HOUR
    assert (min(row["started_at"] for row in added) < asked[0]) == before


def test_a_bot_that_is_made_to_ask_keeps_its_manner(world: Path) -> None:
    scene, _, victims = attacked(world, "bot-reworded")
    own = {victim: {row["user_agent"] for row in scene.requests([victim])} for victim in victims}
    made = [row for row in scene._added if row["account_id"] in victims]
    assert len(made) == 40 * len(victims)
    assert all(row["user_agent"] in own[row["account_id"]] for row in made)
