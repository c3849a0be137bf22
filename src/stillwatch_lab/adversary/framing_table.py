"""The table of attacks on a terminal and in files: who was framed, and how a campaign stands before and after."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from stillwatch_lab.adversary.trial import LEVELS, Trial, Tried


def render_trials(found: Tried, console: Console) -> None:
    """Prints whom each attack framed, what it hid of the campaign, and the sums that must be 0."""
    framing = [trial for trial in found.trials if trial.victims]
    hiding = [trial for trial in found.trials if not trial.victims]
    if framing:
        console.print(_framing(framing))
    if hiding:
        console.print(_hiding(found, hiding))
    console.print(in_sum(found))


def publish_trials(found: Sequence[Tried], out: Path) -> None:
    """Writes `framing.jsonl`, a line for every world and attack, and the tables as `framing.txt` into a folder."""
    out.mkdir(parents=True, exist_ok=True)
    with (out / "framing.jsonl").open("w", encoding="utf-8") as file:
        for one in found:
            for trial in (one.before, *one.trials):
                record = {"world": one.world, "campaign_name": one.campaign, **asdict(trial), "level": trial.level}
                file.write(json.dumps(record, allow_nan=False) + "\n")
    with (out / "framing.txt").open("w", encoding="utf-8") as file:
        for one in found:
            render_trials(one, Console(file=file, width=160, highlight=False))


def in_sum(found: Tried) -> str:
    """A sentence on all attacks together."""
    victims = sum(trial.victims for trial in found.trials)
    framed = sum(trial.framed["act"] + trial.framed["review"] for trial in found.trials)
    fell = [trial.attack for trial in found.trials if not trial.pays and _rank(trial.level) > _rank(found.before.level)]
    hidden = f"the campaign fell under {', '.join(fell)}" if fell else "the campaign fell under none but padding"
    return f"{found.world}: {framed} of {victims} victims at review or above; {hidden}."


def _rank(level: str | None) -> int:
    return LEVELS.index(level) if level in LEVELS else len(LEVELS)


def _framing(trials: list[Trial]) -> Table:
    table = _table("framing", ("attack", "what attackers do"), ("victims", *LEVELS, "others at act"))
    for one in trials:
        numbers = (one.victims, *(one.framed[level] for level in LEVELS), one.others["act"])
        table.add_row(one.attack, one.says, *map(str, numbers))
    return table


def _hiding(found: Tried, trials: list[Trial]) -> Table:
    table = _table("hiding", ("attack", "what attackers do"), ("before", "after", *LEVELS, "others at act"))
    for one in trials:
        numbers = (*(one.found[level] for level in LEVELS), one.others["act"])
        levels = (found.before.level or "none", one.level or "none")
        table.add_row(one.attack, one.says, *levels, *map(str, numbers))
    return table


def _table(title: str, words: tuple[str, ...], numbers: tuple[str, ...]) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE, pad_edge=False)
    for heading in words:
        table.add_column(heading)
    for heading in numbers:
        table.add_column(heading, justify="right")
    return table
