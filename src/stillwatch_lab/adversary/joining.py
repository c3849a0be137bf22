"""Attacks on people who are to look as if they had joined a campaign that is known already.

Attackers cannot act for others, but they can bring others to act: with a free proxy, a free client, a text in a public
place, a link. All of it happens after the moment of `turn`, when the campaign is known; what victims sent before stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from stillwatch_lab.adversary.attacks import CONTENT, DECLARED, PLACE, PUBLIC, Attack, Cast, by_account, one_of
from stillwatch_lab.adversary.scene import Row, Scene

TURN = 0.6  # share of the world's time after which the attack begins
OWN_REQUESTS = 30  # that a victim sends besides through what it was given
LURED = 20  # texts of the campaign that a link makes a victim send
TOOL = (*PUBLIC, "client_fingerprint")


def turn(scene: Scene) -> datetime:
    """When the attack begins (UTC)."""
    first, last = scene.exchanges["started_at"][0].as_py(), scene.exchanges["started_at"][-1].as_py()
    at: datetime = first + TURN * (last - first)
    return at


def lure(
    scene: Scene, given: Cast, fields: Sequence[str] = (), own: int = OWN_REQUESTS, texts: int = 0, only: float = 1.0
) -> None:
    """Each victim sends `own` requests as people ask, and `texts` of the campaign, with `fields` as the campaign's.

    Of the requests that people ask, the share `only` has those fields; of the campaign's texts all have them.
    """
    begin, end = turn(scene), scene.exchanges["started_at"][-1].as_py()
    campaign = [row for row in scene.requests(given.attackers) if row["input_text"] and row["started_at"] < begin]
    people = [name for name, role in sorted(scene.roles.items()) if not role.group and not role.campaign]
    asked = [row for row in scene.requests(scene.chosen(people, 80)) if row["input_text"]]
    for rows in by_account(scene, given.victims).values():
        like = one_of(scene, campaign)  # one proxy, one client for a victim
        for place in range(own + texts):
            text = one_of(scene, campaign if place >= own else asked)
            at = begin + timedelta(seconds=float(scene.rng.uniform(0, (end - begin).total_seconds())))
            sent: Row = one_of(scene, rows) | {"started_at": at, "conversation_id": None}
            sent |= {name: text[name] for name in CONTENT}
            if place >= own or scene.rng.random() < only:
                sent |= {name: like[name] for name in fields}
            scene.add(sent)


def publish_texts(scene: Scene, given: Cast) -> None:
    """The campaign's texts are found in a public place: each victim asks forty of them in its own client."""
    lure(scene, given, own=0, texts=2 * LURED)


JOINING: tuple[Attack, ...] = (
    Attack("proxy", "the campaign's proxy is given out", ("people",), lambda s, c: lure(s, c, PLACE)),
    Attack("tool", "its client is given out", ("people",), lambda s, c: lure(s, c, TOOL)),
    Attack("proxy-and-tool", "both are given out", ("people",), lambda s, c: lure(s, c, (*PLACE, *TOOL))),
    Attack("public-texts", "its texts are copied to a public place", ("people",), publish_texts),
    Attack(
        "link",
        "a link makes people send its prompts in their own client",
        ("people",),
        lambda s, c: lure(s, c, (), texts=LURED),
    ),
    Attack(
        "link-in-tool",
        "its client sends its prompts besides what people ask",
        ("people",),
        lambda s, c: lure(s, c, TOOL, texts=LURED),
    ),
    Attack(
        "link-through-proxy",
        "the same through its proxy",
        ("people",),
        lambda s, c: lure(s, c, (*PLACE, *TOOL), texts=LURED),
    ),
    Attack(
        "captives",
        "people use its client through its proxy for its prompts alone",
        ("people",),
        lambda s, c: lure(s, c, (*PLACE, *TOOL), own=0, texts=2 * LURED),
    ),
    Attack(
        "firm-invited",
        "a firm's people are invited to its client and proxy, which sends its prompts besides",
        (*DECLARED, "enterprise", "enterprise_seats"),
        lambda s, c: lure(s, c, (*PLACE, *TOOL), texts=LURED),
    ),
)
