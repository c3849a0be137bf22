"""The reference case as text: a table of cost and a table of scores."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from bench.reference_case.record import Record, Stage, exponents
from stillwatch.records.outputs import LEVELS


def show(record: Record, others: Sequence[Record], console: Console) -> None:
    """Prints the measurements, and the growth of cost against records of other scales of the same seed."""
    console.print(
        f"The reference case at scale {record.scale}, seed {record.seed}: {record.accounts:,} accounts, "
        f"{record.exchanges:,} exchanges, {record.bytes / 1e9:.2f} GB, {record.bytes / record.exchanges:.1f} bytes each"
    )
    console.print(_costs(record))
    console.print(_found(record))
    grown = exponents(others)
    if grown:
        console.print(_growth(grown))
    about = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in record.machine.items())
    console.print(f"{about}; prompts: {record.world.get('prompts')}", markup=False)
    console.print(
        "Accounts, times and addresses of this world are simulated; its people are written several times over."
    )


def _costs(record: Record) -> Table:
    table = Table(title="cost", title_justify="left")
    for name in ("stage", "seconds", "CPU-s", "peak GB", "rows written"):
        table.add_column(name, justify="left" if name == "stage" else "right")
    for one in record.stages:
        table.add_row(*_cells(one))
    table.add_section()
    table.add_row(*_cells(record.scan))
    table.add_row(*_cells(record.read))
    wall = record.scan.seconds / record.read.seconds if record.read.seconds else float("nan")
    table.add_row("ratio of scan to plain read", f"{wall:.1f}", f"{record.ratio:.1f}", "", "")
    return table


def _cells(one: Stage) -> tuple[str, ...]:
    rows = "" if one.rows is None else f"{one.rows:,}"
    return one.name, f"{one.seconds:,.1f}", f"{one.cpu:,.1f}", f"{one.peak_bytes / 1e9:.2f}", rows


def _found(record: Record) -> Table:
    table = Table(title="found", title_justify="left")
    table.add_column("score")
    table.add_column("measured", overflow="fold")
    for one in record.scores["campaigns"]:
        name = f"{one['profile']} campaign"
        shares = " / ".join(f"{one['recall'][level]:.1%}" for level in LEVELS)
        table.add_row(f"{name}: accounts at {' / '.join(LEVELS)}", f"{shares} of {one['accounts']:,}")
        counted = f"{one['exchanges_found']:,} for {one['exchanges']:,} ({one['exchanges_error']:+.2%})"
        table.add_row(f"{name}: exchanges", counted)
        table.add_row(f"{name}: leaked before act", f"{one['leak_share']:.2%}")
    innocents = record.scores["innocent_accounts"]
    for level in LEVELS:
        accused = record.scores["innocents"][level]
        kinds = ", ".join(f"{kind.replace('_', ' ')} {count:,}" for kind, count in accused["by_kind"].items())
        shown = f"{accused['accounts']:,} of {innocents:,}"
        table.add_row(f"innocents at {level}", f"{shown}: {kinds}" if kinds else shown)
    return table


def _growth(grown: Sequence[tuple[str, str, float]]) -> Table:
    table = Table(title="exponent of cost: log ratio of CPU seconds over log ratio of exchanges", title_justify="left")
    scales = list(dict.fromkeys(between for _, between, _ in grown))
    table.add_column("stage")
    for between in scales:
        table.add_column(between, justify="right")
    for name in dict.fromkeys(name for name, _, _ in grown):
        powers = {between: power for one, between, power in grown if one == name}
        table.add_row(name, *(f"{powers[between]:.2f}" if between in powers else "" for between in scales))
    return table
