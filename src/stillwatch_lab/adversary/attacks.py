"""Attacks on the innocent and on what is found of a campaign: what attackers add to a world's logs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from stillwatch_lab.adversary.scene import Row, Scene

PUBLIC = ("user_agent", "system_instructions", "tool_names", "max_tokens", "temperature", "top_p")
PRIVATE = (*PUBLIC, "client_fingerprint", "device_id", "session_id")
PLACE = ("client_address",)
CONTENT = ("input_text", "operation")
OWN = ("account_id", "client_address", "channel")  # what an account that repeats a request keeps of its own
PEOPLE_VICTIMS = 10  # people framed at once
BUSY = (15, 200)  # exchanges of people worth framing; fewer show nothing, and machines are other victims
FRESH = 70  # accounts that attackers register, more than a firm's fleet has
DECLARED = ("batch_job", "startup_batch", "synthetic_data")
MACHINES = ("ci_fleet",)
HARNESSES = ("evaluation_harness", "eval_harness")


@dataclass(frozen=True, slots=True)
class Cast:
    """The accounts of the campaign that the attackers run, and whom they frame; none where they hide themselves."""

    attackers: tuple[str, ...]
    victims: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Attack:
    """One recipe: its name and what it does in words; `victims` are `people`, kinds of groups, or empty.

    `act` changes the scene. What `pays` has a price that is printed and no bound: a campaign that asks other things
    besides is less of one.
    """

    name: str
    says: str
    victims: tuple[str, ...]
    act: Callable[[Scene, Cast], None]
    pays: bool = False


def cast(scene: Scene, attack: Attack, campaign: str) -> Cast:
    """Who attacks and who is framed, drawn from the scene."""
    attackers = tuple(scene.busy(scene.members(campaign), 1, 10**9))
    if attack.victims == ("people",):
        people = [name for name, role in scene.roles.items() if not role.group and not role.campaign]
        return Cast(attackers, tuple(sorted(scene.chosen(scene.busy(people, *BUSY), PEOPLE_VICTIMS))))
    groups: dict[str, list[str]] = {}
    for name, role in sorted(scene.roles.items()):
        if role.kind in attack.victims and role.group:
            groups.setdefault(role.group, []).append(name)
    largest = max(sorted(groups), key=lambda group: len(groups[group]), default="")
    return Cast(attackers, tuple(groups.get(largest, ())))


def _later(scene: Scene, row: Row, least: float, most: float) -> Any:
    """A time from `least` to `most` minutes after an exchange."""
    return row["started_at"] + timedelta(minutes=float(scene.rng.uniform(least, most)))


def repeated(scene: Scene, row: Row, by: Row, least: float, most: float, fields: Sequence[str] = ()) -> Row:
    """An exchange by the account of the exchange `by`, in its manner, that asks what `row` asked some minutes later.

    `fields` are copied from `row` as well.
    """
    taken = {name: row[name] for name in (*CONTENT, *fields)}
    return by | taken | {"started_at": _later(scene, row, least, most), "conversation_id": None}


def by_account(scene: Scene, accounts: Sequence[str]) -> dict[str, list[Row]]:
    """The exchanges of each account that has any."""
    found: dict[str, list[Row]] = {}
    for row in scene.requests(accounts):
        found.setdefault(row["account_id"], []).append(row)
    return found


def one_of(scene: Scene, rows: Sequence[Row]) -> Row:
    """A row drawn at random."""
    return rows[int(scene.rng.integers(len(rows)))]


def copy_fields(scene: Scene, given: Cast, fields: Sequence[str] = PRIVATE, share: float = 1.0) -> None:
    """Every attacker sends its own requests with a victim's fields, each victim's in turn."""
    samples = list(by_account(scene, given.victims).values())
    for place, row in enumerate(scene.requests(given.attackers)):
        if scene.rng.random() < share:
            like = one_of(scene, samples[place % len(samples)])
            scene.replace(row | {name: like[name] for name in fields})


def copy_prompts(
    scene: Scene,
    given: Cast,
    fields: Sequence[str] = (),
    each: int = 1,
    twice: bool = False,
    minutes: tuple[float, float] = (0.2, 5.0),
) -> None:
    """Attackers send every request of the victims again, `each` of them in turn, with the victim's `fields` as well."""
    mine = list(by_account(scene, given.attackers).values())
    place = 0
    for row in scene.requests(given.victims):
        for _ in range(min(each, len(mine)) * (2 if twice else 1)):
            scene.add(repeated(scene, row, one_of(scene, mine[place % len(mine)]), *minutes, fields))
            place += 1


def ask_bots(scene: Scene, given: Cast, texts: int, first: bool = False, minutes: float = 5.0) -> None:
    """Each victim runs a public bot: attackers make it ask texts of the campaign within minutes of asking themselves.

    With `first` the bot asks before an attacker's account does.
    """
    asked = [row for row in scene.requests(given.attackers) if row["input_text"]]
    for rows in by_account(scene, given.victims).values():
        begin, end = rows[0]["started_at"], rows[-1]["started_at"]
        within = [row for row in asked if begin <= row["started_at"] <= end] or asked
        for place in scene.rng.choice(len(within), min(texts, len(within)), replace=False):
            row = within[int(place)]
            scene.add(repeated(scene, row, one_of(scene, rows), *((-minutes, -0.2) if first else (0.2, minutes))))


def ask_several_bots(scene: Scene, given: Cast, texts: int, bots: int) -> None:
    """Each victim runs so many public bots, each with a program and instructions of its own, which some people use;
    attackers copy its prompts and make the bots ask texts of the campaign."""
    copy_prompts(scene, given, PRIVATE, each=2, minutes=(2.0, 9.0))
    asked = [row for row in scene.requests(given.attackers) if row["input_text"]]
    people = [name for name, role in sorted(scene.roles.items()) if not role.group and not role.campaign]
    others = [row for row in scene.requests(scene.chosen(people, 50)) if row["input_text"]]
    for rows in by_account(scene, given.victims).values():
        manners = [{"user_agent": scene.name("bot/"), "system_instructions": scene.name("b")} for _ in range(bots)]
        for turn, place in enumerate(scene.rng.choice(len(asked), min(texts, len(asked)), replace=False)):
            sent = repeated(scene, asked[int(place)], one_of(scene, rows), 0.2, 9.0)
            scene.add(sent | manners[turn % bots])
            scene.add(repeated(scene, one_of(scene, others), one_of(scene, rows), 0.0, 600.0) | manners[turn % bots])


def fresh_accounts(scene: Scene, count: int, like: Sequence[str], **changes: Any) -> dict[str, Row]:
    """So many fresh accounts with addresses and cards of their own, each with how it sends its requests.

    They are registered as people of the world are, some weeks before; `like` are accounts whose manner they copy.
    """
    manners = scene.requests(like)
    people = [name for name, role in sorted(scene.roles.items()) if not role.group and not role.campaign]
    found: dict[str, Row] = {}
    for _ in range(count):
        card = {"payment_fingerprint": scene.name("f"), "email_hash": scene.name("e"), "verification": "card"}
        alone = {"organisation_id": None, "organisation_name": None, "account_type": "individual"}
        name = scene.register(scene.chosen(people, 1)[0], **(alone | card | changes))
        address = ".".join(str(int(part)) for part in scene.rng.integers((20, 1, 1, 2), (220, 250, 250, 250)))
        ids = {"device_id": scene.name("d"), "session_id": scene.name("s")}
        found[name] = one_of(scene, manners) | {"account_id": name, "client_address": address} | ids
    return found


def copy_group(
    scene: Scene, given: Cast, count: int = FRESH, minutes: tuple[float, float] = (0.2, 5.0), reworded: float = 0.0
) -> None:
    """Fresh accounts send a group's requests again and hand refused ones to one another, as one scheduler would."""
    made = list(fresh_accounts(scene, count, given.victims).values())
    for place, row in enumerate(scene.requests(given.victims)):
        text = _reworded(scene, row["input_text"], reworded)
        first, second = made[place % count], one_of(scene, made)
        sent = repeated(scene, row | {"input_text": text}, first, *minutes)
        if scene.rng.random() < 0.2:
            scene.add(sent | {"status_code": 429, "output_tokens": 0, "output_text": None})
            sent = repeated(scene, sent, second, 0.1, 3.0)
        scene.add(sent | {"status_code": 200})


def _reworded(scene: Scene, text: str | None, share: float) -> str | None:
    if not text or share == 0.0:
        return text
    words = text.split(" ")
    changed = scene.rng.random(len(words)) < share
    return " ".join(scene.name("w")[:7] if one else word for word, one in zip(words, changed, strict=True))


def share_place(scene: Scene, given: Cast) -> None:
    """Attackers send a victim's requests again from its own address range, with its fields; some name its organisation
    and mail domain."""
    homes = by_account(scene, given.victims)
    copy_prompts(scene, given, PRIVATE, each=3)
    rows = {row["account_id"]: row for row in scene.accounts.to_pylist()}
    for place, attacker in enumerate(given.attackers):
        victim = given.victims[place % len(given.victims)]
        near = [str(row["client_address"]).rpartition(".")[0] for row in homes[victim] if row["client_address"]]
        for row in scene.requests([attacker])[::2]:
            if near and "." in near[0]:
                scene.replace(row | {"client_address": f"{near[place % len(near)]}.{int(scene.rng.integers(2, 250))}"})
        if place % 3 == 0 and victim in rows:
            stated = ("organisation_id", "organisation_name", "email_domain", "referrer")
            scene.restate(attacker, **{name: rows[victim][name] for name in stated})


def third_party(scene: Scene, given: Cast) -> None:
    """Accounts that belong to nobody concerned repeat requests of the victims and of the campaign within minutes."""
    made = list(fresh_accounts(scene, 12, given.attackers).values())
    rows = scene.requests(given.victims)
    rows += [row for row in scene.requests(given.attackers) if scene.rng.random() < 0.1]
    for place, row in enumerate(rows):
        sent = repeated(scene, row, made[place % 12], 0.2, 5.0, PRIVATE)
        scene.add(sent)
        scene.add(repeated(scene, sent, made[(place + 5) % 12], 0.2, 4.0, PRIVATE))


def frame_each_other(scene: Scene, given: Cast) -> None:
    """Two crews of fresh accounts: one repeats the victims and the other the first; the victims' bots are asked too."""
    crews = [list(fresh_accounts(scene, 30, given.attackers).values()) for _ in range(2)]
    for place, row in enumerate(scene.requests(given.victims)):
        for turn in range(4):
            sent = repeated(scene, row, crews[0][(place + 7 * turn) % 30], 0.2, 4.0, PRIVATE)
            scene.add(sent)
            scene.add(repeated(scene, sent, crews[1][(place + 3 * turn) % 30], 0.2, 4.0, PRIVATE))
    for place, row in enumerate(scene.requests(given.attackers)):
        if place % 5 == 0:
            scene.add(repeated(scene, row, crews[place % 2][place % 30], 0.2, 4.0))
    ask_bots(scene, given, 20)


def asked_and_copied(scene: Scene, given: Cast, fields: Sequence[str]) -> None:
    """Attackers copy the victims' fields, and their bots are asked 40 texts."""
    copy_fields(scene, given, fields)
    ask_bots(scene, given, 40)


def asked_first(scene: Scene, given: Cast) -> None:
    """The bots are asked 40 texts that attackers ask only then, and 12 the other way; prompts are copied as well."""
    copy_prompts(scene, given, PRIVATE, each=3)
    ask_bots(scene, given, 40, first=True)
    ask_bots(scene, given, 12)


def slowly(scene: Scene, given: Cast) -> None:
    """Over all weeks: fields from the first day on, each victim's prompts by one attacker a day, a bot text now and
    then."""
    copy_fields(scene, given, PRIVATE, share=0.5)
    copy_prompts(scene, given, PRIVATE, each=2, minutes=(2.0, 9.0))
    ask_bots(scene, given, 8, minutes=9.0)


FRAMING: tuple[Attack, ...] = (
    Attack("fields", "attackers copy the victim's client fields, ids included", ("people",), copy_fields),
    Attack("prompts", "attackers send the victim's prompts again within five minutes", ("people",), copy_prompts),
    Attack("both", "both of these", ("people",), lambda s, c: copy_prompts(s, c, PRIVATE, each=3)),
    Attack(
        "both-by-all",
        "both, by every attacker, each prompt twice",
        ("people",),
        lambda s, c: copy_prompts(s, c, PRIVATE, each=len(c.attackers), twice=True),
    ),
    Attack(
        "bot-12",
        "the victim's public bot is made to ask 12 texts of the campaign",
        ("people",),
        lambda s, c: ask_bots(s, c, 12),
    ),
    Attack(
        "bot-40-fields",
        "the bot asks 40 texts, and attackers copy its fields",
        ("people",),
        lambda s, c: asked_and_copied(s, c, PRIVATE),
    ),
    Attack(
        "bot-40-public",
        "the bot asks 40 texts, and attackers copy its public fields",
        ("people",),
        lambda s, c: asked_and_copied(s, c, PUBLIC),
    ),
    Attack(
        "bot-first",
        "the bot asks 40 texts before attackers do, 12 after them, and they copy its prompts and fields",
        ("people",),
        asked_first,
    ),
    Attack(
        "bots-4",
        "each victim runs four bots that people use and that ask 12 texts; attackers copy its prompts",
        ("people",),
        lambda s, c: ask_several_bots(s, c, 12, 4),
    ),
    Attack(
        "place", "attackers send from the victim's address range and name its organisation", ("people",), share_place
    ),
    Attack("third-party", "accounts of nobody concerned repeat victims and campaign", ("people",), third_party),
    Attack("each-other", "two crews repeat victims, one another and the campaign", ("people",), frame_each_other),
    Attack("slow", "fields, prompts and bot texts, little by little over all weeks", ("people",), slowly),
    Attack("firm", "fresh accounts send a firm's batch job again and hand refused requests over", DECLARED, copy_group),
    Attack("firm-later", "the same hours later", DECLARED, lambda s, c: copy_group(s, c, minutes=(120.0, 600.0))),
    Attack(
        "firm-reworded",
        "the same, a third of each text reworded",
        DECLARED,
        lambda s, c: copy_group(s, c, reworded=0.33),
    ),
    Attack("firm-few", "the same by 25 accounts", DECLARED, lambda s, c: copy_group(s, c, 25)),
    Attack("fleet", "fresh accounts send the requests of a fleet of machines again", MACHINES, copy_group),
    Attack("harness", "fresh accounts send a harness's questions again", HARNESSES, copy_group),
)
