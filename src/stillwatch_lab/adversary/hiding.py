"""Attacks that hide a campaign behind others: one account, a permit, an account type, organisations, padding."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from stillwatch_lab.adversary.attacks import (
    DECLARED,
    HARNESSES,
    MACHINES,
    PRIVATE,
    Attack,
    Cast,
    by_account,
    fresh_accounts,
    one_of,
    repeated,
)
from stillwatch_lab.adversary.scene import Row, Scene

INNOCENT_FLEETS = (*DECLARED, *MACHINES, *HARNESSES, "reseller", "reseller_no_permit", "reseller_permit")


def _fleets(scene: Scene, count: int) -> list[list[str]]:
    groups: dict[str, list[str]] = {}
    for name, role in sorted(scene.roles.items()):
        if role.kind in INNOCENT_FLEETS and role.group:
            groups.setdefault(role.group, []).append(name)
    return sorted(groups.values(), key=len, reverse=True)[:count]


def one_hub(scene: Scene, given: Cast, each: int) -> None:
    """One account repeats `each` requests of the campaign and of three innocent fleets within five minutes."""
    (hub,) = fresh_accounts(scene, 1, given.attackers).values()
    for group in (given.attackers, *_fleets(scene, 3)):
        rows = scene.requests(group)
        for place in scene.rng.choice(len(rows), min(each, len(rows)), replace=False):
            scene.add(repeated(scene, rows[int(place)], hub, 0.2, 5.0))


def bots_as_glue(scene: Scene, given: Cast) -> None:
    """One account of each of three innocent fleets is a bot that attackers make ask 40 texts, and then repeat."""
    asked = [row for row in scene.requests(given.attackers) if row["input_text"]]
    mine = list(by_account(scene, given.attackers).values())
    for group in _fleets(scene, 3):
        rows = scene.requests(group[:1])
        for place in scene.rng.choice(len(asked), min(40, len(asked)), replace=False):
            sent = repeated(scene, asked[int(place)], one_of(scene, rows), 0.2, 4.0)
            scene.add(sent)
            scene.add(repeated(scene, sent, one_of(scene, mine[int(place) % len(mine)]), 0.2, 4.0))


def with_permit(scene: Scene, given: Cast, share: float) -> None:
    """One member holds a permit without a limit and carries a share of the traffic."""
    holder = given.attackers[0]
    scene.permit(holder)
    manner = scene.requests([holder])
    for row in scene.requests(given.attackers[1:]):
        if scene.rng.random() < share:
            like = one_of(scene, manner)
            scene.replace(row | {name: like[name] for name in ("account_id", "client_address", *PRIVATE)})


def as_schools(scene: Scene, given: Cast) -> None:
    """All members sign up as education accounts."""
    for name in given.attackers:
        scene.restate(name, account_type="education")


def as_organisations(scene: Scene, given: Cast, count: int) -> None:
    """Members name so many organisations that nobody has checked."""
    names = [scene.name("o") for _ in range(count)]
    for place, name in enumerate(given.attackers):
        stated = names[place % count]
        domain = f"{stated[:9]}.example"
        scene.restate(
            name, organisation_id=stated, organisation_name=stated, email_domain=domain, account_type="business"
        )


def as_a_firm_there_is(scene: Scene, given: Cast) -> None:
    """Members name the organisation of an innocent fleet."""
    stated = {row["account_id"]: row for row in scene.accounts.to_pylist()}
    of = next((group[0] for group in _fleets(scene, 9) if stated[group[0]]["organisation_id"]), None)
    for name in given.attackers if of is not None else ():
        columns = ("organisation_id", "organisation_name", "email_domain")
        scene.restate(name, **{column: stated[of][column] for column in columns})


def padded(scene: Scene, given: Cast, times: float) -> None:
    """Members send `times` as many of people's questions besides, in their own manner."""
    people = [name for name, role in scene.roles.items() if not role.group and not role.campaign]
    asked = [row for row in scene.requests(people) if row["input_text"]]
    for rows in by_account(scene, given.attackers).values():
        for _ in range(round(times * len(rows))):
            sent = repeated(scene, one_of(scene, asked), one_of(scene, rows), 0.0, 1.0)
            scene.add(sent | {"started_at": _within(scene, rows), "status_code": 200})


def _within(scene: Scene, rows: Sequence[Row]) -> object:
    begin, end = rows[0]["started_at"], rows[-1]["started_at"]
    return begin + timedelta(seconds=float(scene.rng.uniform(0.0, max(1.0, (end - begin).total_seconds()))))


def newcomers(scene: Scene, given: Cast, count: int) -> None:
    """Fresh accounts that ask what people ask copy the campaign's fields and repeat one of its requests each."""
    people = [name for name, role in scene.roles.items() if not role.group and not role.campaign]
    asked, mine = scene.requests(people), scene.requests(given.attackers)
    for manner in fresh_accounts(scene, count, given.attackers).values():
        for _ in range(6):
            scene.add(repeated(scene, one_of(scene, asked), manner, 0.0, 600.0))
        scene.add(repeated(scene, one_of(scene, mine), manner, 0.2, 5.0, PRIVATE))


def decoys(scene: Scene, given: Cast, count: int, share: float) -> None:
    """Fresh accounts send a share of the campaign's requests again and to one another, so that it looks copied."""
    made = list(fresh_accounts(scene, count, given.attackers).values())
    for place, row in enumerate(scene.requests(given.attackers)):
        if row["input_text"] and scene.rng.random() < share:
            sent = repeated(scene, row, made[place % count], 0.2, 5.0)
            scene.add(sent)
            scene.add(repeated(scene, sent, made[(place + 1) % count], 0.2, 5.0))


def captives(scene: Scene, given: Cast) -> None:
    """Attackers draw people in: they repeat the prompts of 100 of them with their fields, three accounts each time."""
    people = scene.busy([n for n, role in scene.roles.items() if not role.group and not role.campaign], 8, 200)
    mine = list(by_account(scene, given.attackers).values())
    for place, row in enumerate(scene.requests(scene.chosen(people, 100))):
        for turn in range(3):
            by = one_of(scene, mine[(place * 3 + turn) % len(mine)])
            scene.add(repeated(scene, row, by, 0.2, 5.0, PRIVATE))


HIDING: tuple[Attack, ...] = (
    Attack(
        "hub-60",
        "one account repeats 60 requests each of the campaign and three fleets",
        (),
        lambda s, c: one_hub(s, c, 60),
    ),
    Attack("hub-2400", "the same with 2,400 requests", (), lambda s, c: one_hub(s, c, 2400)),
    Attack("bots-as-glue", "bots of three fleets are made to ask its texts", (), bots_as_glue),
    Attack(
        "permit-half", "one member holds a permit and carries half the traffic", (), lambda s, c: with_permit(s, c, 0.5)
    ),
    Attack("permit-6", "one member holds a permit and carries 6 %", (), lambda s, c: with_permit(s, c, 0.06)),
    Attack("education", "all members sign up as education accounts", (), as_schools),
    Attack("organisations-8", "members name eight organisations", (), lambda s, c: as_organisations(s, c, 8)),
    Attack("organisations-2", "members name two organisations", (), lambda s, c: as_organisations(s, c, 2)),
    Attack("firm-there-is", "members name the organisation of an innocent fleet", (), as_a_firm_there_is),
    Attack(
        "newcomers", "300 fresh accounts copy its fields and ask what people ask", (), lambda s, c: newcomers(s, c, 300)
    ),
    Attack(
        "decoys-4",
        "four fresh accounts send half of its requests again, so that it looks copied",
        (),
        lambda s, c: decoys(s, c, 4, 0.5),
    ),
    Attack("captives", "attackers repeat the prompts of 100 people, with their fields", (), captives),
    Attack(
        "padding-50",
        "members send half as many of people's questions besides",
        (),
        lambda s, c: padded(s, c, 0.5),
        True,
    ),
    Attack("padding-150", "the same, half as many again as its own", (), lambda s, c: padded(s, c, 1.5), True),
)
