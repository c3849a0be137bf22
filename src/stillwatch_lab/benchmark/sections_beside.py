"""Sections that compare the complete runs with other scans, other methods and the oracle, and the section on cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from stillwatch.records.outputs import LEVELS
from stillwatch_lab.benchmark.document import (
    Cell,
    Column,
    Dots,
    Section,
    Table,
)
from stillwatch_lab.benchmark.intervals import NOTHING, Estimate, share
from stillwatch_lab.benchmark.pooled import Pool, Row
from stillwatch_lab.benchmark.sections_found import linked, together
from stillwatch_lab.benchmark.wording import plain
from stillwatch_lab.scores.scorecard import percent


def variants_section(name: str, title: str, lead: str, pools: Mapping[str, Pool]) -> Section:
    """Recall by profile and innocents of several variants and of the complete runs (the first of `pools`)."""
    first = next(iter(pools.values()))
    rows = tuple((profile, tuple(pool.recall(profile, "act") for pool in pools.values())) for profile in first.profiles)
    chart = Dots("Accounts found at act", tuple(pools), rows)
    columns = (Column("profile"), *(Column(variant, "share") for variant in pools))
    recalls = [
        Table(
            f"Accounts found at {level} or a stronger level",
            columns,
            tuple((profile, *(pool.recall(profile, level) for pool in pools.values())) for profile in first.profiles),
        )
        for level in ("act", "review")
    ]
    innocents = Table(
        "Innocents accused per 100,000 accounts",
        (Column("level"), *(Column(variant, "rate") for variant in pools)),
        tuple((level, *(pool.innocents(level) for pool in pools.values())) for level in ("act", "review", "watch")),
    )
    return Section(name, title, lead, (chart,), (*recalls, innocents))


_SAID = (Column("source", "prose"), Column("why it did not run", "prose"))


def baselines_section(complete: Pool, seeds: Sequence[Row]) -> Section:
    """The recall of each baseline if it may accuse as many innocents as the complete run did."""
    names = [name for name in seeds[0] if name.startswith("baseline-")]
    tables, charts = [], []
    for level in ("act", "review"):
        rows = [("Stillwatch", _ours(complete, level))]
        rows += [(plain(name), _theirs(complete, seeds, name, level)) for name in names]
        profiles = complete.profiles
        tables.append(
            Table(
                f"Accounts found with as many innocents accused as Stillwatch accuses at {level}",
                (
                    Column("method"),
                    Column("all profiles", "share"),
                    *(Column(profile, "share") for profile in profiles),
                ),
                tuple((name, *found) for name, found in rows),
            )
        )
        shown = tuple((name, (found[0],)) for name, found in rows)
        charts.append(Dots(f"All profiles together, innocents as at {level}", ("accounts found",), shown))
    known = [(plain(name), seeds[0][name]["found"]) for name in names]
    about = tuple((name, found["source"], found["why_not"] or "") for name, found in known)
    tables.append(Table("Sources", (Column("method"), *_SAID), about))
    lead = (
        "These methods are re-implemented from their publications and run on the same worlds and sketches. Each is "
        "given the best threshold that the truth can pick for it: the lowest score at which it accuses no more "
        "innocents than Stillwatch does in that world."
    )
    return Section("baselines", "Beside other methods", lead, tuple(charts), tuple(tables))


def _ours(pool: Pool, level: str) -> list[Estimate]:
    def found(run: Row) -> float:
        return float(sum(round(one["recall"][level] * one["accounts"]) for one in run["campaigns"]))

    whole = pool.ratio(found, lambda run: sum(one["accounts"] for one in run["campaigns"]))
    return [whole, *(pool.recall(profile, level) for profile in pool.profiles)]


def _theirs(pool: Pool, seeds: Sequence[Row], name: str, level: str) -> list[Estimate]:
    """The baseline's recall over all profiles and of each profile."""
    sizes = [_sizes(run) for run in pool.runs]
    found: list[Row] = []
    for run, seed in zip(pool.runs, seeds, strict=True):
        at = seed[name]["found"]["at"]
        if not at:
            return [NOTHING] * (1 + len(pool.profiles))
        found.append(at[str(run["innocents"][level]["accounts"])]["profiles"])
    hits = [
        [round(one.get(profile, 0.0) * size.get(profile, 0)) for profile in pool.profiles]
        for one, size in zip(found, sizes, strict=True)
    ]
    there = [[size.get(profile, 0) for profile in pool.profiles] for size in sizes]
    by_profile = [share([row[at] for row in hits], [row[at] for row in there]) for at in range(len(pool.profiles))]
    return [share([sum(row) for row in hits], [sum(row) for row in there]), *by_profile]


def _sizes(run: Row) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for one in run["campaigns"]:
        sizes[one["profile"]] = sizes.get(one["profile"], 0) + one["accounts"]
    return sizes


def relay_section(pool: Pool) -> Section:
    """The networks found of each kind; that of `harvest` should be found without claiming a campaign."""
    every = [one["kind"] for run in pool.runs for one in run["linked"]]
    first = ("harvest", *pool.profiles)
    rows: list[tuple[Cell, ...]] = []
    for kind in (*(kind for kind in first if kind in every), *sorted(set(every) - set(first))):
        claimed = (str(claims(pool, kind, rank)) for rank in range(3))
        rows.append((plain(kind), linked(pool, kind), together(pool, kind), *claimed))
    columns = (
        Column("kind"),
        Column("in any network", "share"),
        Column("in the network with most of its group", "share"),
    )
    caption = "Accounts in networks, and found campaigns with most members of the kind (at a level or a stronger one)"
    table = Table(caption, (*columns, *(Column(f"claimed at {level}") for level in LEVELS)), tuple(rows))
    lead = (
        "A harvesting relay stores its customers' ordinary traffic, which has no extraction prompt. Its network should "
        "be found and no campaign be claimed; Stillwatch cannot see that the operator trains on the traffic."
    )
    return Section("relay", "Networks, and a relay without a campaign", lead, (), (table,))


def claims(pool: Pool, kind: str, rank: int) -> int:
    """The number of found campaigns with most members of that kind, at a level (0 act … 2 watch) or a stronger one."""
    return sum(one["kind"] == kind and one["rank"] <= rank for run in pool.runs for one in run["claimed"])


_ORACLE_COLUMNS = (
    *("seed", "days it lasted", "half at act after (days)", "leaked"),
    *("oracle: half after (days)", "oracle: leaked", "exchanges needed", "its bar, bits", "innocents over 16.6 bits"),
    *("by form alone: half after (days)", "by form: leaked", "by form: its bar, bits"),
)


def patient_section(pool: Pool, seeds: Sequence[Row]) -> Section:
    """Detection compared with that of the oracle, which knows the true parameters."""
    tables = []
    for name in [name for name in seeds[0] if name.startswith("oracle-")]:
        profile = name.removeprefix("oracle-")
        rows = [_oracle_row(seed, run, profile, name) for seed, run in zip(seeds, pool.runs, strict=True)]
        caption = f"{profile}: time until half of its accounts were at act, in days from its first exchange"
        tables.append(Table(caption, tuple(map(Column, _ORACLE_COLUMNS)), tuple(row for row in rows if row)))
    lead = (
        "The oracle knows the true distributions of the campaign's exchanges and of all others (subjects, forms, "
        "parameters, models, clients, tools, words, continued conversations) and adds up the likelihood ratio of each "
        "account by itself. It acts at a threshold that at most 1 in 100,000 of the world's innocents ever reach, and "
        "that is at least log2(100,000) = 16.6 bits. No real detector knows as much beforehand. To know the words is "
        "to know the campaign's data set, so that a second oracle works without words."
    )
    return Section("patient", "Beside a detector that knows the true parameters", lead, (), tuple(tables))


def _oracle_row(seed: Row, run: Row, profile: str, name: str) -> tuple[Cell, ...]:
    found = seed[name]["found"]
    own = [one for one in run["campaigns"] if one["profile"] == profile]
    if found is None or not own:
        return ()
    half = [run["onset"][one["campaign_id"]]["half_at_act"] for one in own]
    measured = _day(max(half)) if all(one is not None for one in half) else "never"
    leaked = np.average([one["leak_share"] for one in own], weights=[one["exchanges"] for one in own])
    form = found["by_form"]
    return (
        *(str(run["seed"]), f"{found['days']:.1f}", measured, percent(float(leaked))),
        *(_day(found["half_at"]), percent(found["leak_share"])),
        "-" if found["exchanges_needed"] is None else f"{found['exchanges_needed']:.0f}",
        *(f"{found['threshold_bits']:.1f}", f"{found['innocents_over_exact']:,} of {found['innocents']:,}"),
        *(_day(form["half_at"]), percent(form["leak_share"]), f"{form['threshold_bits']:.1f}"),
    )


def methods_section(pool: Pool) -> Section:
    """The statistics of self-similarity and of the group tests for each true kind of account."""
    lead = (
        "The tables show each method's statistics by true kind of account: the ratio of an account's similarity to "
        "itself to that with its nearest accounts, and the median bits of each group test over the candidates with "
        "most members of a kind. AUC is the chance that a person's ratio exceeds that of an account of the kind."
    )
    return Section(
        "methods", "Methods by kind of account", lead, (), (_self_similarity_table(pool), _tests_table(pool))
    )


def _self_similarity_table(pool: Pool) -> Table:
    kinds = sorted({one["kind"] for run in pool.runs for one in run["self_similarity"]})
    rows: list[tuple[Cell, ...]] = []
    for kind in kinds:
        own = [one for run in pool.runs for one in run["self_similarity"] if one["kind"] == kind]
        quantiles = [one["quantiles"] for one in own if one["quantiles"]]
        shown = [f"{x:.2f}" for x in np.mean(quantiles, axis=0)] if quantiles else ["-"] * 3
        cells = [_average(own, name) for name in ("auc", "auc_often", "positive")]
        rows.append(
            (
                plain(kind),
                f"{sum(one['accounts'] for one in own):,}",
                f"{sum(one['judged'] for one in own):,}",
                *shown,
                *cells,
            )
        )
    names = ("kind", "accounts", "judged", "10 %", "median", "90 %", "AUC", "AUC, 10 conversations", "bits above 0")
    return Table(
        "Self-similarity: ratio of similarity within to between accounts (means over seeds)",
        tuple(map(Column, names)),
        tuple(rows),
    )


def _average(rows: Sequence[Row], name: str) -> str:
    """The mean over seeds, weighted by their accounts."""
    known = [(one[name], one["accounts"]) for one in rows if one[name] is not None]
    total = sum(weight for _, weight in known)
    return f"{sum(value * weight for value, weight in known) / total:.2f}" if total else "-"


def _tests_table(pool: Pool) -> Table:
    bits: dict[tuple[str, str], list[float]] = {}
    candidates: dict[str, int] = {}
    for run in pool.runs:
        most: dict[str, int] = {}
        for one in run["tests"]:
            bits.setdefault((one["kind"], one["test"]), []).extend(one["bits"])
            most[one["kind"]] = max(most.get(one["kind"], 0), one["candidates"])
        for kind, count in most.items():
            candidates[kind] = candidates.get(kind, 0) + count
    tests = sorted({test for (_, test), found in bits.items() if any(found)})
    rows = tuple(
        (plain(kind), str(candidates[kind]), *(_median(bits.get((kind, test))) for test in tests))
        for kind in sorted(candidates)
    )
    columns = (Column("kind"), Column("candidates"), *(Column(plain(test)) for test in tests))
    return Table("Median bits of the tests", columns, rows)


def _median(found: Sequence[float] | None) -> str:
    return f"{np.median(found):+.1f}" if found else "-"


def cost_section(seeds: Sequence[Row]) -> Section:
    """The seconds and memory of every step, as means over seeds."""
    steps: dict[str, list[Row]] = {}
    for seed in seeds:
        for name, found in seed.items():
            for task, cost in found.get("cost", {}).items():
                steps.setdefault(name if task == name else f"{task}, {plain(name)}", []).append(cost)
    rows = tuple(
        (
            *(name, f"{_mean(costs, 'seconds'):.1f}", f"{_mean(costs, 'cpu'):.1f}"),
            f"{max(one['peak_bytes'] for one in costs) / 1e9:.2f} GB",
            ", ".join(
                f"{stage} {np.mean([one['stages'][stage][1] for one in costs]):.1f}"
                for stage in costs[0].get("stages", {})
            ),
        )
        for name, costs in steps.items()
    )
    total = sum(one["seconds"] for costs in steps.values() for one in costs)
    columns = (*map(Column, ("step", "seconds", "CPU-seconds", "peak memory")), Column("CPU-seconds by stage", "prose"))
    lead = (
        "Each step ran in a process of its own, one after the other. The complete scan starts from raw logs, all "
        "others from its sketches. "
        f"All steps of all seeds: {total / 60:.0f} minutes."
    )
    return Section("cost", "Cost", lead, (), (Table("Means over seeds; peak: the highest of them", columns, rows),))


def _mean(costs: Sequence[Row], name: str) -> float:
    return float(np.mean([one[name] for one in costs]))


def _day(value: Any) -> str:
    return "never" if value is None else f"{value:.2f}"
