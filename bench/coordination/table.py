"""The record as text: what each method links in each set, and what sign-ups tell of each operator."""

from __future__ import annotations

from io import StringIO
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.coordination.methods import METHODS

WIDTH = 150  # characters


def text(record: dict[str, Any]) -> str:
    """Both tables, and where methods and sets are from."""
    out = StringIO()
    console = Console(file=out, width=WIDTH, highlight=False)
    console.print(_linked(record))
    console.print(
        "In groups of eight accounts or more. best: share of operators' accounts in the group that holds most of their "
        "operator, with the strangers in those groups; anywhere: in any group, with all grouped strangers; purity: "
        "share of grouped accounts that belong to the commonest operator of their group. Without labels only groups "
        "are counted; without strangers a large share proves little, because nobody could be linked wrongly.",
        markup=False,
    )
    if any(one["births"] for one in record["sets"]):
        console.print(_births(record))
        console.print(
            "AUC of operators' accounts against the set's people. hour, day: others born within so much of an account "
            "(Cresci et al. 2015). groups of 30: `born_together` of random groups of the operator's accounts against "
            "groups of people; a fifth: with six of the operator's among 24 people. bits: `born_together` of all. "
            "People of these sets were sampled over years and not from one log, which flatters every column.",
            markup=False,
        )
    for one in record["sets"]:
        console.print(f"{one['name']}: {one['source']}. {one['note']}.", markup=False)
    for method in METHODS:
        console.print(f"{method.name}: {method.source}.", markup=False)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def _table(*names: str) -> Table:
    table = Table()
    for place, name in enumerate(names):
        table.add_column(name, justify="left" if place < 2 else "right", no_wrap=place < 2)
    return table


def _linked(record: dict[str, Any]) -> Table:
    names = ("groups", "accounts", "largest", "best", "strangers", "anywhere", "strangers", "purity")
    table = _table("set", "method", *names)
    for one in record["sets"]:
        beside = "no labels" if not one["labelled"] else f"{one['coordinated']:,} and {one['strangers']:,} strangers"
        lines = [one["name"], f"{one['accounts']:,} accounts, {one['exchanges']:,} posts", beside]
        for line, (name, found) in enumerate(one["methods"].items()):
            shown = lines[line] if line < len(lines) else ""
            counts = [f"{found[what]:,}" for what in ("groups", "grouped", "largest")]
            table.add_row(shown, name, *counts, *_shares(found))
        table.add_section()
    return table


def _shares(found: dict[str, Any]) -> list[str]:
    shown = []
    for name in ("best", "strangers_beside", "anywhere", "strangers", "purity"):
        value = found[name]
        if value is None:
            shown.append("")
        else:
            shown.append(f"{value:.1%}" if isinstance(value, float) else f"{value:,}")
    return shown


def _births(record: dict[str, Any]) -> Table:
    table = _table("set", "operator", "hour", "day", "groups of 30", "a fifth", "bits")
    for one in record["sets"]:
        for name, found in one["births"].items():
            aucs = [f"{found[what]:.3f}" for what in ("hour", "day", "groups_of_30", "fifth")]
            table.add_row(one["name"], name, *aucs, f"{found['whole']:.1f}")
    return table
