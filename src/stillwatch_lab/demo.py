"""The demo makes a small world, scans it, compares that with the truth, watches it as it came, opens the console."""

from __future__ import annotations

import tempfile
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from stillwatch import flow, report
from stillwatch.progress import progress
from stillwatch.records.outputs import LEVELS
from stillwatch_lab import live, opened
from stillwatch_lab.scores.score import score
from stillwatch_lab.scores.scorecard import CampaignScore, Scores, percent
from stillwatch_lab.worlds.build import build
from stillwatch_lab.worlds.job import job_of

WORLD, SEED = "demo", 7
ACCOUNTS, EXCHANGES = (
    2_400,
    60_000,
)  # the largest size that takes under a minute on two cores, with the compilation of kernels


def run(out: Path, console: Console) -> int:
    """Builds the shipped demo world, scans it into the run folder `out` and prints the result beside the truth.

    Returns the exit code 0. Raises UsageError when `out` may not be replaced, RunError when the scan cannot finish
    or the console does not answer.
    """
    with tempfile.TemporaryDirectory(prefix="stillwatch-demo-") as folder:
        world = Path(folder) / "world"
        with progress("making a small world"):
            build(WORLD, SEED, ACCOUNTS, EXCHANGES, None, world)
        flow.scan(job_of(world), out)
        scores = score(out, world / "truth")
        report.show(out, console)
        console.print()
        console.print(beside_the_truth(scores))
        console.print(innocents_in_words(scores), highlight=False, markup=False)
        console.print("\nThe same world as it came, watched:", highlight=False, markup=False)
        live.show(world, Path(folder) / "live", console)
        report_at = f"\nThe report of the scan, for a browser: {out / 'report.html'}"
        console.print(report_at, highlight=False, markup=False, soft_wrap=True)
        opened.show(Path(folder) / "live" / "state", console)
    return 0


def beside_the_truth(scores: Scores) -> Table:
    """A table with one row per true campaign: how much of it was found, and how much there was."""
    table = Table(title="The same beside the truth, which the scan did not see", title_justify="left")
    table.add_column("true campaign", overflow="fold")
    table.add_column("found as", overflow="fold")
    for heading in ("accounts found", "exchanges found", "exchanges claimed", "leaked before act"):
        table.add_column(heading, justify="right")
    for one in scores.campaigns:
        table.add_row(*_cells(one))
    return table


def innocents_in_words(scores: Scores) -> str:
    """Sentences about the world's innocent accounts: their kinds, and how many were accused at each level."""
    others = ", ".join(f"{count:,} {kind.replace('_', ' ')}" for kind, count in scores.innocent_kinds.items())
    accused = ", ".join(f"{one.accounts:,} at {level}" for level, one in scores.innocents.items())
    kinds = scores.innocents["watch"].by_kind
    named = "" if not kinds else " (" + ", ".join(f"{n:,} {kind.replace('_', ' ')}" for kind, n in kinds.items()) + ")"
    claimed = len(scores.innocents["review"].false_campaigns)
    return (
        f"Innocents in this world: {scores.innocent_accounts:,} accounts ({others}).\n"
        f"Innocents accused: {accused}{named}; a weaker level counts the stronger ones too.\n"
        f"Campaigns claimed at act or review that are no true campaign: {claimed}."
    )


def _cells(one: CampaignScore) -> tuple[str, ...]:
    accounts = " · ".join(f"{round(one.recall[level] * one.accounts):,} at {level}" for level in LEVELS[:2])
    claimed = "none" if not one.found_as else f"{one.exchanges_found:,}, {percent(one.exchange_precision)} right"
    return (
        escape(f"{one.campaign_id} ({one.profile})"),
        escape(", ".join(one.found_as)) or "not found",
        f"{round(one.recall['watch'] * one.accounts):,} of {one.accounts:,}\n{accounts}",
        f"{round(one.exchange_recall * one.exchanges):,} of {one.exchanges:,}",
        claimed,
        percent(one.leak_share),
    )
