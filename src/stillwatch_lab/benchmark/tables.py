"""Prints the document on a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table as Shown

from stillwatch_lab.benchmark import wording
from stillwatch_lab.benchmark.document import Document, Table, Target


def render(document: Document, console: Console) -> None:
    """Prints the targets, then every table under its section's title."""
    console.print(_targets(document.targets))
    for section in document.sections:
        console.print()
        console.print(section.title, style="bold", markup=False)
        console.print(section.lead, markup=False)
        for table in section.tables:
            console.print(_table(table))
    about = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in document.machine.items())
    console.print(
        f"world {document.world}, {document.accounts:,} accounts, {document.exchanges:,} exchanges, seeds "
        f"{' '.join(map(str, document.seeds))}, prompts: {document.prompts}; {about}",
        markup=False,
    )
    console.print("Accounts, times and addresses of these worlds are simulated; prompts are those of the folder named.")


def _targets(targets: tuple[Target, ...]) -> Shown:
    shown = Shown(title="Targets (intervals: 95 %, over seeds)", title_justify="left")
    for name in ("what", "target", "measured"):
        shown.add_column(name, overflow="fold")
    shown.add_column("", no_wrap=True)
    for one in targets:
        shown.add_row(escape(one.what), one.target, escape(one.measured), one.verdict)
    return shown


def _table(table: Table) -> Shown:
    shown = Shown(title=escape(table.caption), title_justify="left", title_style="italic")
    for number, column in enumerate(table.columns):
        shown.add_column(escape(column.name), overflow="fold", justify="right" if number else "left")
    for row in table.rows:
        shown.add_row(
            *(escape(wording.whole(cell, column.unit)) for cell, column in zip(row, table.columns, strict=True))
        )
    return shown
