"""The comparison as text: tables of sketches, of the cost of linking, and of the links' quality."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from bench.beside.linkers import LEAST_SIZES
from bench.beside.record import TITLES, Record, ratio


def show(record: Record, console: Console) -> None:
    """Prints the measurements, the world and the machine."""
    world = record.world
    console.print(
        f"Comparison with other libraries: world {world['name']}, seed {world['seed']}, "
        f"{world['accounts']:,} accounts, {world['exchanges']:,} exchanges"
    )
    console.print(_sketches(record.sketching))
    console.print(_about_sketches(record.sketching))
    console.print(_costs(record))
    console.print(_found(record))
    console.print(_whole(record))
    versions = ", ".join(f"{name} {version}" for name, version in record.versions.items())
    machine = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in record.machine.items())
    console.print(f"{versions}\n{machine}; prompts: {world['prompts']}\n{record.command}", markup=False)
    console.print("Accounts, times and addresses of this world are simulated; prompts are those of the folder named.")


def _table(title: str, *names: str) -> Table:
    table = Table(title=title, title_justify="left")
    for place, name in enumerate(names):
        table.add_column(name, justify="left" if place == 0 else "right", no_wrap=place == 0)
    return table


def _sketches(found: dict[str, Any]) -> Table:
    table = _table(
        "sketches per CPU-second",
        "sketcher",
        "MB/s",
        "texts/s",
        "CPU ratio",
        "from shingles: texts/s",
        "CPU ratio",
        "bytes",
        "error",
        "near",
        "bias",
    )
    megabytes, texts = found["bytes"] / 1e6, found["texts"]
    ours = found["sketchers"][0]["seconds"]
    for one in found["sketchers"]:
        given = one["given_seconds"]
        table.add_row(
            f"{one['library']}: {one['name']}",
            f"{megabytes / one['seconds']:,.1f}",
            f"{texts / one['seconds']:,.0f}",
            f"{ratio(one['seconds'], ours):.2f}",
            "" if given is None else f"{texts / given:,.0f}",
            "" if given is None else f"{ratio(given, ours):.2f}",
            f"{one['signature_bytes']}",
            f"{one['error']:.3f}",
            f"{one['alike_error']:.3f}",
            f"{one['bias']:+.3f}",
        )
    return table


def _about_sketches(found: dict[str, Any]) -> str:
    return (
        f"{found['texts']:,} texts, {found['bytes'] / 1e6:.1f} MB, {found['shingles']:,} shingles of three words; "
        f"medians of {found['rounds']} rounds. Ratios are to Stillwatch. datasketch and rensa make no shingles: a "
        f"plain Python loop makes them in {found['shingling_seconds']:.2f} CPU-s, which count in the first three "
        "columns only. Error: mean distance of the estimate from the true Jaccard similarity of shingles, "
        f"over {found['pairs']:,} pairs with 0.1 or more, {found['alike_pairs']:,} of them near-duplicates (near: 0.5 "
        "or more). Bytes: the size of a signature that gives the estimate."
    )


def _costs(record: Record) -> Table:
    table = _table(
        "cost of linking, and its ratio to Stillwatch's",
        "linker",
        "seconds",
        "CPU-s",
        "peak GB",
        "ratio of seconds",
        "ratio of CPU-s",
        "ratio of memory",
    )
    ours = record.linkers[0]
    for one in record.linkers:
        table.add_row(
            TITLES[one.name],
            f"{one.seconds:,.1f}",
            f"{one.cpu:,.1f}",
            f"{one.peak_bytes / 1e9:.2f}",
            f"{ratio(one.seconds, ours.seconds):.2f}",
            f"{ratio(one.cpu, ours.cpu):.2f}",
            f"{ratio(one.peak_bytes, ours.peak_bytes):.2f}",
        )
    table.add_section()
    for stage, (seconds, cpu) in ours.stages.items():
        table.add_row(f"Stillwatch's stage {stage}", f"{seconds:,.1f}", f"{cpu:,.1f}")
    return table


def _found(record: Record) -> Table:
    groups = [f"{what}, groups of {least}+" for least in LEAST_SIZES for what in ("campaigns", "innocents")]
    table = _table(
        "accounts in groups, and campaign accounts found at 1 innocent per 100,000, largest groups first",
        "linker",
        *groups,
        "found",
    )
    for one in record.linkers:
        cells = []
        for least in LEAST_SIZES:
            inside = one.judged["grouped"][str(least)]
            cells.append(f"{ratio(inside['campaign_accounts'], one.judged['campaign_accounts']):.1%}")
            cells.append(f"{inside['innocents']:,}")
        table.add_row(TITLES[one.name], *cells, f"{one.judged['recall']:.1%}")
    return table


def _whole(record: Record) -> str:
    judged, scan = record.linkers[0].judged, record.scan
    largest = judged["grouped"][str(LEAST_SIZES[-1])]["innocent_kinds"]
    kinds = ", ".join(f"{kind.replace('_', ' ')} {count:,}" for kind, count in largest.items()) or "none"
    share = ratio(scan["campaign_accounts"], judged["campaign_accounts"])
    return (
        f"{judged['campaign_accounts']:,} campaign accounts, {judged['innocents']:,} innocents. "
        "To be in a group is no accusation, since firms and families are groups too. Innocents in Stillwatch's "
        f"networks: {kinds}. "
        f"The whole scan of the same sketches ({scan['cpu']:.1f} CPU-s) put {share:.1%} of campaign accounts and "
        f"{scan['innocents']:,} innocents at act."
    )
