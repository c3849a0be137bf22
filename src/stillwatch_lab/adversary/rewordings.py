"""Attacks by rewording: what a victim starts is asked in other words within the hour, after it or on a guess before it.

An attacker reads a victim's requests only once they are made, unless the victim is a bot that he makes ask, or asks
what he can guess: the same as on other days, or the next item of a public data set.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from stillwatch_lab.adversary.attacks import (
    DECLARED,
    FRESH,
    PRIVATE,
    PUBLIC,
    Attack,
    Cast,
    by_account,
    copy_fields,
    fresh_accounts,
    one_of,
    repeated,
)
from stillwatch_lab.adversary.scene import Row, Scene

AFTER, BEFORE = (0.5, 55.0), (-55.0, -0.5)  # minutes; a rewording counts within the hour
DROPPED = 0.12  # share of words that a rewording leaves out: texts differ, and what names the item stays
COURTESIES = ("please", "could you", "i need this:", "quick one,", "help me out here -", "once more:")
GUESSED = 0.2  # share of guesses that are right; the others are what the victim asked some other day


def in_other_words(scene: Scene, text: str | None) -> str | None:
    """The text with a courtesy before it and some words left out; None stays None."""
    if not text:
        return text
    words = text.split(" ")
    kept = [word for word in words if len(words) < 4 or scene.rng.random() >= DROPPED]
    return f"{COURTESIES[int(scene.rng.integers(len(COURTESIES)))]} {' '.join(kept)}"


def reworded(scene: Scene, row: Row, by: Row, minutes: tuple[float, float] = AFTER, fields: Sequence[str] = ()) -> Row:
    """An exchange by the account of `by` that starts a conversation with what `row` asked, in other words."""
    sent = repeated(scene, row, by, *minutes, fields)
    return sent | {"input_text": in_other_words(scene, row["input_text"]), "conversation_id": scene.name("c")}


def starts(rows: Sequence[Row]) -> Iterator[Row]:
    """The first of each conversation among an account's exchanges; all that name none."""
    met = set()
    for row in rows:
        if row["input_text"] and row["conversation_id"] not in met:
            met.update([row["conversation_id"]] if row["conversation_id"] else [])
            yield row


def reword_after(scene: Scene, given: Cast, each: int = 3) -> None:
    """So many attackers ask each start of a victim again, with the victim's fields."""
    mine = list(by_account(scene, given.attackers).values())
    place = 0
    for rows in by_account(scene, given.victims).values():
        for row in starts(rows):
            for _ in range(each):
                scene.add(reworded(scene, row, one_of(scene, mine[place % len(mine)]), AFTER, PRIVATE))
                place += 1


def guess_before(scene: Scene, given: Cast) -> None:
    """Before each start of a victim an attacker asks a guess of it, and three ask it again afterwards."""
    mine = list(by_account(scene, given.attackers).values())
    place = 0
    for rows in by_account(scene, given.victims).values():
        begun = list(starts(rows))
        for row in begun:
            guess = row if scene.rng.random() < GUESSED else one_of(scene, begun)
            sent = reworded(scene, row | {"input_text": guess["input_text"]}, one_of(scene, mine[place % len(mine)]))
            scene.add(sent | {"started_at": reworded(scene, row, row, BEFORE)["started_at"]})
            place += 1
    reword_after(scene, given)


def reword_bots(scene: Scene, given: Cast, texts: int = 40) -> None:
    """The victims' bots are made to ask texts of the campaign in other words, half of them before an attacker asks;
    attackers copy the bots' public fields and reword what these ask of themselves."""
    copy_fields(scene, given, PUBLIC)
    asked = [row for row in scene.requests(given.attackers) if row["input_text"]]
    for rows in by_account(scene, given.victims).values():
        begin, end = rows[0]["started_at"], rows[-1]["started_at"]
        within = [row for row in asked if begin <= row["started_at"] <= end] or asked
        for turn, place in enumerate(scene.rng.choice(len(within), min(texts, len(within)), replace=False)):
            scene.add(reworded(scene, within[int(place)], one_of(scene, rows), BEFORE if turn % 2 else AFTER))
    reword_after(scene, given, each=1)


def reword_group(scene: Scene, given: Cast, before: float) -> None:
    """Fresh accounts reword a group's requests, a share `before` it asks them, and hand refused ones over."""
    made = list(fresh_accounts(scene, FRESH, given.victims).values())
    for place, row in enumerate(scene.requests(given.victims)):
        first, second = made[place % FRESH], one_of(scene, made)
        sent = reworded(scene, row, first, BEFORE if scene.rng.random() < before else AFTER)
        if scene.rng.random() < 0.2:
            scene.add(sent | {"status_code": 429, "output_tokens": 0, "output_text": None})
            sent = repeated(scene, sent, second, 0.1, 3.0)
        scene.add(sent | {"status_code": 200})


def mirror_group(scene: Scene, given: Cast) -> None:
    """Fresh accounts give and take as a queue does: they reword one in five of a group's requests before it asks them,
    one in five within the hour, the others hours later, and hand refused ones over."""
    made = list(fresh_accounts(scene, FRESH, given.victims).values())
    for place, row in enumerate(scene.requests(given.victims)):
        drawn = scene.rng.random()
        minutes = BEFORE if drawn < GUESSED else AFTER if drawn < 2.0 * GUESSED else (120.0, 600.0)
        sent = reworded(scene, row, made[place % FRESH], minutes)
        if scene.rng.random() < 0.2:
            scene.add(sent | {"status_code": 429, "output_tokens": 0, "output_text": None})
            sent = repeated(scene, sent, one_of(scene, made), 0.1, 3.0)
        scene.add(sent | {"status_code": 200})


def many_crews(scene: Scene, given: Cast, crews: int = 10, accounts: int = 24) -> None:
    """So many crews of fresh accounts, each a small campaign of its own: what is found of them says nothing of others.

    Each works off a part of the campaign's requests days later, in other words, and hands refused ones over.
    """
    asked = [row for row in scene.requests(given.attackers) if row["input_text"]]
    people = [name for name, role in scene.roles.items() if not role.group and not role.campaign]
    for crew in range(crews):
        made = list(fresh_accounts(scene, accounts, scene.chosen(scene.busy(people, 1, 200), 1)).values())
        days = timedelta(days=1 + crew % 3)
        for place, row in enumerate(asked[crew::crews]):
            first, second = made[place % accounts], one_of(scene, made)
            sent = reworded(scene, row, first, (0.0, 600.0))
            sent["started_at"] += days
            if sent["started_at"] > asked[-1]["started_at"]:
                continue
            if scene.rng.random() < 0.2:
                scene.add(sent | {"status_code": 429, "output_tokens": 0, "output_text": None})
                sent = repeated(scene, sent, second, 0.1, 3.0)
            scene.add(sent | {"status_code": 200})


REWORDING: tuple[Attack, ...] = (
    Attack(
        "reworded", "attackers ask the victim's starts again in other words within the hour", ("people",), reword_after
    ),
    Attack("guessed", "they also ask beforehand, one guess in five being right", ("people",), guess_before),
    Attack("bot-reworded", "the bot asks 40 texts in other words, half before attackers do", ("people",), reword_bots),
    Attack(
        "firm-in-words",
        "fresh accounts reword a firm's batch job within the hour",
        DECLARED,
        lambda s, c: reword_group(s, c, 0.0),
    ),
    Attack("crews", "ten crews of fresh accounts do as the campaign does, beside a firm", DECLARED, many_crews),
    Attack("firm-guessed", "the same, one in five beforehand", DECLARED, lambda s, c: reword_group(s, c, GUESSED)),
    Attack(
        "firm-mirrored", "one in five beforehand, one in five within the hour, the rest later", DECLARED, mirror_group
    ),
)
