"""People who are made to look as if they had joined a known campaign: at which level they then stand."""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stillwatch_lab.adversary.attacks import Attack, cast
from stillwatch_lab.adversary.joining import JOINING, turn
from stillwatch_lab.adversary.scene import Scene
from stillwatch_lab.live import Live
from stillwatch_lab.worlds.build import build

RECIPE = Path(__file__).with_name("framed.toml")
ACCOUNTS, EXCHANGES = 2_000, 50_000
LEVELS = ("act", "review", "watch")
NEVER = timedelta(days=10_000)
HEAD = (
    f"{'seed':>5} {'attack':18} {'known':>5} {'victims':>7} {'act':>4} {'review':>6} {'watch':>6} {'others':>6}  says"
)


@dataclass(frozen=True, slots=True)
class Framed:
    """How victims, other innocents and the campaign stand by joining, before the next search; and after it."""

    victims: int
    known: int  # accounts of the campaign at `act` when the attack begins
    joined: Counter[str]
    others: Counter[str]
    searched: Counter[str]  # victims, after the next search


def lines(options: argparse.Namespace) -> Iterator[str]:
    """A line for each world and attack."""
    yield HEAD
    for seed in options.seeds:
        with tempfile.TemporaryDirectory(prefix="stillwatch-framing-") as home:
            world = Path(home) / "world"
            build(RECIPE, seed, ACCOUNTS, EXCHANGES, None, world)
            for attack in JOINING:
                one = framed(world, attack, seed, Path(home) / attack.name, options.threads)
                yield _line(seed, attack, one)


def framed(world: Path, attack: Attack, seed: int, home: Path, threads: int) -> Framed:
    """Plays one attack on a world with one campaign: searched until it begins, and once more at the end."""
    scene = Scene.read(world, attack.name, seed)
    begin = turn(scene)
    campaign = next(role.campaign for role in scene.roles.values() if role.campaign)
    given = cast(scene, attack, campaign)
    attack.act(scene, given)
    scene.write(home / "world")
    live = Live(home / "world", home / "live", timedelta(0), threads)
    rows = pq.read_table(home / "world" / "exchanges").sort_by("started_at")
    before = pc.less(rows["started_at"], pa.scalar(begin))
    live.feed(rows.filter(before), begin)
    known = sum(level == "act" for level in live.levels().values())
    live.pace(NEVER)
    after = rows.filter(pc.invert(before))
    half = after.num_rows // 2
    found: dict[str, str] = {}
    for part in (after.slice(0, half), after.slice(half)):
        live.feed(part, part["started_at"][-1].as_py())
        found |= {row["account_id"]: row["level"] for row in live.watch.joined.to_pylist() if row["level"]}
    live.pace(timedelta(0))
    live.watch.step()
    searched = live.levels()
    innocent = {name for name, role in scene.roles.items() if not role.campaign and role.kind != "attacker"}
    victims = set(given.victims)
    return Framed(
        len(victims),
        known,
        Counter(level for name, level in found.items() if name in victims),
        Counter(level for name, level in found.items() if name in innocent - victims),
        Counter(level for name, level in searched.items() if name in victims),
    )


def _line(seed: int, attack: Attack, one: Framed) -> str:
    numbers = f"{one.known:5} {one.victims:7} {one.joined['act']:4} {one.joined['review']:6} {one.joined['watch']:6}"
    others = sum(one.others.values())
    searched = ", ".join(f"{one.searched[level]} at {level}" for level in LEVELS if one.searched[level]) or "none"
    verdict = " MISSED" if one.joined["act"] or one.others["act"] else ""
    return f"{seed:5} {attack.name:18} {numbers} {others:6}  {attack.says}; the next search: {searched}{verdict}"
