"""The benchmark's figures, each with its target and a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.markup import escape
from rich.table import Table

from bench.measure import Cost, stage_cpu, stage_seconds, stages_cpu
from stillwatch_lab.scores.scorecard import (
    CampaignScore,
    Scores,
    interval,
    percent,
)

RECALL, COUNT_ERROR, READ_FACTOR, SKETCH_RATE, MEMORY = 0.95, 0.05, 5.0, 25e6, 4e9


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table; `met` is None without a target, `value` is None if the line is not a single number."""

    world: str
    what: str
    measured: str
    target: str = ""
    met: bool | None = None
    value: float | None = None
    unit: str = "1"

    @property
    def verdict(self) -> str:
        """`met`, `missed`, or an empty text without a target."""
        return {None: "", True: "met", False: "missed"}[self.met]


def detection(world: str, scores: Scores, complete: bool, innocents_before: int | None = None) -> list[Figure]:
    """Figures on how well the campaigns of a world were found.

    `complete` says that no column is missing; only then do recall and counts have targets. Without some columns recall
    may be lower, but at most `innocents_before` innocents may be at `act`.
    """
    figures = [figure for one in scores.campaigns for figure in _campaign(world, one, complete)]
    limit = 0 if complete or innocents_before is None else innocents_before
    met = scores.innocents["act"].accounts <= limit
    act, review, error = scores.innocents["act"].accounts, scores.innocents["review"].accounts, scores.calibration_error
    figures.append(Figure(world, "innocents at act", _accused(scores, "act"), f"at most {limit}", met, act, "accounts"))
    figures.append(
        Figure(world, "innocents at act or review", _accused(scores, "review"), value=review, unit="accounts")
    )
    if error is not None:
        figures.append(Figure(world, "expected calibration error", f"{error:.3f}", value=error))
    return figures


def _accused(scores: Scores, level: str) -> str:
    """The accused innocents, the upper end of their rate's 95 % interval, and their kinds."""
    one = scores.innocents[level]
    highest = 100_000 * interval(one.accounts, scores.innocent_accounts)[1]
    kinds = ", ".join(f"{kind.replace('_', ' ')} {count:,}" for kind, count in one.by_kind.items())
    shown = f"{one.accounts:,} of {scores.innocent_accounts:,} (95 %: at most {highest:.1f} per 100,000)"
    return f"{shown}: {kinds}" if kinds else shown


def quiet(world: str, results: dict[int, Scores], claimed: dict[int, list[str]]) -> list[Figure]:
    """Figures on worlds of people only: the levels of claimed campaigns by seed; none may be at act or review."""
    loud = [f"seed {seed}: {level}" for seed, levels in claimed.items() for level in levels if level != "watch"]
    watched = sum(levels.count("watch") for levels in claimed.values())
    accused = sum(scores.innocents["review"].accounts for scores in results.values())
    return [
        Figure(world, "campaigns at act or review", ", ".join(loud) or "0", "0", not loud),
        Figure(world, "innocents at act or review", f"{accused:,}", "0", accused == 0, accused, "accounts"),
        Figure(world, "campaigns at watch", f"{watched}", value=watched, unit="campaigns"),
    ]


def speed(world: str, scan: Cost, read: Cost, text_bytes: int) -> list[Figure]:
    """Figures on the cost of a scan compared with a plain read of the same files, on as many threads."""
    sketch_cpu = stage_cpu(scan, "sketch")
    rate = text_bytes / sketch_cpu if sketch_cpu else 0.0
    figures = [
        Figure(
            world,
            "plain read of all columns",
            f"{read.seconds:.1f} s, {read.cpu:.1f} CPU-s",
            value=read.cpu,
            unit="CPU-s",
        ),
        Figure(world, "scan", f"{scan.seconds:.1f} s, {scan.cpu:.1f} CPU-s"),
        Figure(world, "scan by stage, in CPU-s", ", ".join(f"{stage} {cpu:.1f}" for stage, cpu in stages_cpu(scan))),
    ]
    for unit, spent, limit in (
        ("CPU-s", scan.cpu, READ_FACTOR * read.cpu + sketch_cpu),
        ("s", scan.seconds, READ_FACTOR * read.seconds + stage_seconds(scan, "sketch")),
    ):
        target = f"at most 5 reads + sketching: {limit:.1f} {unit}"
        figures.append(Figure(world, f"scan, in {unit}", f"{spent:.1f} {unit}", target, spent <= limit, spent, unit))
    shown = f"{rate / 1e6:.1f} MB/s a core ({text_bytes / 1e6:,.0f} MB of user text, whole stage)"
    figures.append(
        Figure(world, "sketching", shown, "at least 25 MB/s", rate >= SKETCH_RATE, round(rate / 1e6, 3), "MB/s")
    )
    peak, met = scan.peak_bytes / 1e9, scan.peak_bytes < MEMORY
    figures.append(Figure(world, "peak memory of the scan", f"{peak:.2f} GB", "under 4 GB", met, round(peak, 3), "GB"))
    return figures


def sameness(world: str, runs: int, found: str, different: Sequence[str]) -> list[Figure]:
    """A figure on whether runs on shuffled rows and other thread counts wrote the same bytes; `found` names them."""
    shown = ", ".join(different) or f"{runs} runs identical ({found})"
    return [Figure(world, "rows shuffled, 1 and 2 threads", shown, "same bytes", not different)]


def table(title: str, figures: Sequence[Figure]) -> Table:
    """The table of a benchmark, with one section per world."""
    shown = Table(title=title, title_justify="left")
    shown.add_column("figure", overflow="fold")
    shown.add_column("measured", overflow="fold")
    shown.add_column("target", overflow="fold")
    shown.add_column("", no_wrap=True)
    last = None
    for one in figures:
        if one.world != last:
            shown.add_section()
            shown.add_row(f"[bold]{escape(one.world)}")
            last = one.world
        shown.add_row(f"  {one.what}", escape(one.measured), one.target, one.verdict)
    return shown


def _campaign(world: str, one: CampaignScore, complete: bool) -> list[Figure]:
    name = f"{one.profile} campaign"
    recall, error = one.recall["act"], abs(one.exchanges_error)
    low, high = interval(recall * one.accounts, one.accounts)
    reached = f"{percent(recall)} of {one.accounts:,} (95 %: {100 * low:.1f}–{100 * high:.1f})"
    weaker = " / ".join(percent(one.recall[level]) for level in ("review", "watch"))
    counted = f"{one.exchanges_found:,} for {one.exchanges:,} ({100 * one.exchanges_error:+.1f} %)"
    both = f"{percent(one.exchange_precision)} / {percent(one.exchange_recall)}"
    return [
        Figure(
            world,
            f"{name}: recall at act",
            reached,
            *_target("at least 95 %", recall >= RECALL, complete),
            recall,
            "share",
        ),
        Figure(world, f"{name}: recall at review / watch", weaker),
        Figure(
            world,
            f"{name}: exchanges counted",
            counted,
            *_target("within 5 %", error <= COUNT_ERROR, complete),
            one.exchanges_found,
            "exchanges",
        ),
        Figure(world, f"{name}: precision / recall by exchange", both),
        Figure(world, f"{name}: leaked before act", percent(one.leak_share), value=one.leak_share, unit="share"),
    ]


def _target(words: str, met: bool, complete: bool) -> tuple[str, bool | None]:
    """A target and whether it is met; both are empty if columns are missing."""
    return (words, met) if complete else ("", None)
