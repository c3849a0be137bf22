"""Tries attacks on a world: each is played, scanned and read for who stands at which level."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow.parquet as pq

from stillwatch import flow
from stillwatch.settings import Settings
from stillwatch_lab.adversary.attacks import FRAMING, Attack, cast
from stillwatch_lab.adversary.hiding import HIDING
from stillwatch_lab.adversary.rewordings import REWORDING
from stillwatch_lab.adversary.scene import Scene
from stillwatch_lab.worlds.job import job_of

LEVELS = ("act", "review", "watch")
ATTACKS = (*FRAMING, *REWORDING, *HIDING)


@dataclass(frozen=True, slots=True)
class Trial:
    """What one attack came to; levels count accounts. `others` are innocents that are neither framed nor attackers."""

    attack: str
    says: str
    pays: bool
    victims: int
    framed: dict[str, int]
    campaign: int  # accounts
    found: dict[str, int]
    others: dict[str, int]

    @property
    def level(self) -> str | None:
        """The level at which most of the campaign that is found stands; None where most is not found."""
        return _most(self.found, self.campaign)


@dataclass(frozen=True, slots=True)
class Tried:
    """One world under every attack: the campaign attacked with, how it stands without any, and the trials."""

    world: str
    campaign: str
    before: Trial
    trials: tuple[Trial, ...]


def _most(found: dict[str, int], accounts: int) -> str | None:
    together = 0
    for level in LEVELS:
        together += found.get(level, 0)
        if 2 * together >= max(accounts, 1):
            return level
    return None


def try_attacks(
    world: Path, attacks: Sequence[Attack], seed: int, settings: Settings, tell: Callable[[str], None]
) -> Tried:
    """Every attack on the world of a folder, with the campaign of which most is found without one.

    Raises the same errors as scanning a world.
    """
    plain = Attack("none", "nothing", (), lambda scene, given: None)
    scene = Scene.read(world, plain.name, seed)
    with _scanned(world, settings) as levels:
        campaigns = sorted({role.campaign for role in scene.roles.values() if role.campaign})
        campaign = max(campaigns, key=lambda name: _standing(scene.members(name), levels), default="")
        before = _trial(scene, plain, campaign, (), levels)
    trials = []
    for attack in attacks:
        trials.append(_tried(world, attack, campaign, seed, settings))
        tell(in_words(trials[-1]))
    return Tried(world.name, campaign, before, tuple(trials))


def in_words(trial: Trial) -> str:
    """One line on what an attack came to."""
    framed = ", ".join(f"{trial.framed[level]} at {level}" for level in LEVELS)
    whom = f"{trial.victims} victims: {framed}; " if trial.victims else ""
    return f"{trial.attack}: {whom}campaign {trial.level or 'not found'}; others {dict(trial.others)}"


def _standing(accounts: Sequence[str], levels: dict[str, str]) -> tuple[float, ...]:
    """Shares of a campaign's accounts at each level or above, and its size."""
    count = Counter(levels.get(name) for name in accounts)
    act, review = count["act"], count["act"] + count["review"]
    return (act / max(len(accounts), 1) > 0.5, act, review, review + count["watch"], len(accounts))


def _tried(world: Path, attack: Attack, campaign: str, seed: int, settings: Settings) -> Trial:
    scene = Scene.read(world, attack.name, seed)
    given = cast(scene, attack, campaign)
    if attack.victims and not given.victims:
        return _trial(scene, attack, campaign, (), {})  # no such group in this world
    attack.act(scene, given)
    with tempfile.TemporaryDirectory(prefix="stillwatch-attack-") as folder:
        scene.write(Path(folder) / "world")
        with _scanned(Path(folder) / "world", settings) as levels:
            return _trial(scene, attack, campaign, given.victims, levels)


def _trial(scene: Scene, attack: Attack, campaign: str, victims: Sequence[str], levels: dict[str, str]) -> Trial:
    accounts = scene.members(campaign)
    innocent = {name for name, role in scene.roles.items() if not role.campaign and role.kind not in NOT_INNOCENT}
    return Trial(
        attack.name,
        attack.says,
        attack.pays,
        len(victims),
        _at_level(victims, levels),
        len(accounts),
        _at_level(accounts, levels),
        _at_level(innocent - set(victims), levels),
    )


NOT_INNOCENT = ("attacker", "campaign", "campaign_idle", "harvest", "licensed_beyond")


def _at_level(names: Sequence[str] | set[str], levels: dict[str, str]) -> dict[str, int]:
    count = Counter(levels[name] for name in names if name in levels)
    return {level: count[level] for level in LEVELS}


@contextmanager
def _scanned(world: Path, settings: Settings) -> Iterator[dict[str, str]]:
    """The level of every accused account of a world, the highest where it has several."""
    with tempfile.TemporaryDirectory(prefix="stillwatch-attack-") as folder:
        flow.scan(replace(job_of(world), settings=settings), Path(folder) / "run")
        rows = pq.read_table(
            Path(folder) / "run" / "campaign_members.parquet", columns=["account_id", "level"]
        ).to_pylist()
        ranked = sorted(rows, key=lambda row: LEVELS.index(row["level"]), reverse=True)
        yield {row["account_id"]: row["level"] for row in ranked}
