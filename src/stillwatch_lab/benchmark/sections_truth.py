"""Sections that compare the campaigns, exchanges and probabilities of the complete runs with the truth."""

from __future__ import annotations

from collections.abc import Callable

from stillwatch.records.outputs import LEVELS
from stillwatch_lab.benchmark.document import (
    Cell,
    Column,
    Curve,
    Panels,
    Section,
    Table,
)
from stillwatch_lab.benchmark.intervals import (
    NOTHING,
    Estimate,
    poisson_interval,
    share,
    stated_interval,
)
from stillwatch_lab.benchmark.pooled import Pool, Row
from stillwatch_lab.benchmark.wording import plain


def campaigns_section(pool: Pool) -> Section:
    """The run's statements about each campaign as a whole, compared with the truth."""
    totals = Table(
        "Mean size of the error, |found - true| / true, over campaigns; one not found, or merged into another, "
        "counts 100 %",
        (
            *(
                Column("profile"),
                Column("accounts", "share"),
                Column("exchanges", "share"),
                Column("first day off by", "days"),
            ),
            *(Column("last day off by", "days"), Column("days", "share"), Column("targets off by", "number")),
        ),
        tuple(
            (
                profile,
                pool.mean(profile, lambda one: abs(one["accounts_error"])),
                pool.mean(profile, lambda one: abs(one["exchanges_error"])),
                pool.mean(profile, lambda one: one["first_day_error"]),
                pool.mean(profile, lambda one: one["last_day_error"]),
                pool.mean(profile, lambda one: span_error(pool, one)),
                pool.mean(profile, lambda one: one["targets_distance"]),
            )
            for profile in pool.profiles
        ),
    )
    shape = Table(
        "Purity: share of the found members that are the campaign's. Completeness: share of its accounts in the one "
        "found campaign that holds most",
        (
            Column("profile"),
            Column("purity", "share"),
            Column("completeness", "share"),
            Column("found as several"),
            Column("true campaigns"),
        ),
        tuple(_shape(pool, profile) for profile in pool.profiles),
    )
    merged = sum(len(run["merged"]) for run in pool.runs)
    false = {level: sum(len(run["innocents"][level]["false_campaigns"]) for run in pool.runs) for level in LEVELS}
    lead = (
        "This section compares the report's statements on each campaign with the truth. Found campaigns in which two "
        f"true ones have a tenth or more of the members each: {merged}. Found campaigns that match no true one: "
        + ", ".join(f"{count} at {level}" for level, count in false.items())
        + " (a weaker level counts the stronger ones too)."
    )
    return Section("campaigns", "Campaigns against the truth", lead, (), (totals, shape, *_glued(pool)))


def span_error(pool: Pool, one: Row) -> float:
    """The relative error of the found span of days, at most 1; 1 if nothing was found."""
    days = pool.onset(one)["days"]
    if one["first_day_error"] is None or not days:
        return 1.0
    return float(min(1.0, (abs(one["first_day_error"]) + abs(one["last_day_error"])) / days))


def _shape(pool: Pool, profile: str) -> tuple[Cell, ...]:
    split = sum(len(one["found_as"]) > 1 for _, one in pool.campaigns(profile))
    found = (pool.mean(profile, lambda one: one["purity"]), pool.mean(profile, lambda one: one["completeness"]))
    return (profile, *found, str(split), str(len(pool.campaigns(profile))))


def _glued(pool: Pool) -> tuple[Table, ...]:
    rows = [
        (
            f"{one['campaign_id']} ({run['seed']})",
            one["level"],
            plain(one["kind"]),
            f"{one['groups']:,}",
            f"{one['accounts']:,}",
        )
        for run in pool.runs
        for one in run["glued"]
    ]
    if not rows:
        return ()
    columns = tuple(map(Column, ("found campaign (seed)", "level", "kind", "true groups", "accounts")))
    return (Table("Found campaigns that hold more than one true group", columns, tuple(rows)),)


def exchanges_section(pool: Pool) -> Section:
    """Precision and recall by exchange."""
    table = Table(
        "Inside: precision and recall of the listed exchanges within the campaign's own accounts. Overall: with the "
        "listed exchanges of innocents and of other campaigns",
        (
            *(Column("profile"), Column("precision inside", "share"), Column("recall inside", "share")),
            *(Column("precision overall", "share"), Column("recall overall", "share")),
        ),
        tuple((profile, *inside(pool, profile), *_overall(pool, profile)) for profile in pool.profiles),
    )
    lead = (
        "This section shows how well a campaign's exchanges are separated from its accounts' other traffic. That "
        "matters for mixed, whose relay has real customers."
    )
    return Section("exchanges", "Exchanges inside accounts", lead, (), (table,))


def inside(pool: Pool, profile: str) -> tuple[Estimate, ...]:
    """Precision and recall by exchange inside the accounts of a profile's campaigns."""
    by_campaign = {one["campaign_id"]: one for run in pool.runs for one in run["separation"]}

    def counted(name: str) -> Callable[[Row], float]:
        def of(one: Row) -> float:
            return float(by_campaign[one["campaign_id"]][name])

        return of

    hits = counted("hits")
    return tuple(pool.over_campaigns(profile, hits, counted(name), False) for name in ("listed", "exchanges"))


def _overall(pool: Pool, profile: str) -> tuple[Estimate, Estimate]:
    precision = pool.mean(profile, lambda one: one["exchange_precision"])
    return precision, pool.over_campaigns(
        profile, lambda one: one["exchange_recall"] * one["exchanges"], lambda one: one["exchanges"], False
    )


def probabilities_section(pool: Pool) -> Section:
    """Reliability, calibration error, and innocents expected compared with the truth."""
    bins = pool.reliability()
    points = tuple((one["stated"] / one["n"], one["observed"] / one["n"]) for one in bins)
    sizes = tuple(float(one["n"]) for one in bins)
    chart = Panels(
        "Stated probability and true share: a larger dot means more members of found campaigns in that tenth",
        *("stated probability", "share in true campaigns"),
        (Curve("", "", points, sizes),),
        diagonal=True,
    )
    table = Table(
        "Members of found campaigns of any level, by tenth of their stated probability",
        (Column("stated between"), Column("members"), Column("mean stated"), Column("in true campaigns", "share")),
        tuple(
            (
                f"{one['low']:.1f} and {one['high']:.1f}",
                f"{one['n']:,}",
                f"{one['stated'] / one['n']:.4f}",
                share([one["observed"]], [one["n"]]),
            )
            for one in bins
        ),
    )
    error = pool.calibration_error()
    lead = (
        "This section shows whether stated probabilities are right. It counts every account listed in a found "
        f"campaign, at any level, once per campaign. Expected calibration error: {_number(error)}."
    )
    return Section("probabilities", "Probabilities", lead, (chart,) if bins else (), (table, expected_table(pool)))


def expected(pool: Pool, levels: tuple[str, ...] = LEVELS) -> tuple[float, int, tuple[int, int], tuple[int, int]]:
    """Innocents expected and true among members at their campaign's level, and their stated and Poisson intervals.

    Only campaigns at these levels count.
    """
    rows = [one for run in pool.runs for one in run["expected"] if one["level"] in levels]
    total = sum(one["expected"] for one in rows)
    return total, sum(one["innocent"] for one in rows), stated_interval(rows), poisson_interval(total)


def expected_table(pool: Pool) -> Table:
    """The innocents that campaigns expect among their members, compared with the truth."""
    rows: list[tuple[Cell, ...]] = []
    for name, levels in (*((level, (level,)) for level in LEVELS), ("all", LEVELS)):
        total, true, (low, high), (least, most) = expected(pool, levels)
        verdict = "inside" if low <= true <= high else "outside"
        rows.append((name, f"{total:.2f}", f"{true:,}", f"{low:,} to {high:,}", verdict, f"{least:,} to {most:,}"))
    return Table(
        "Innocents that found campaigns expect among their members at their own level, and true ones. As stated: a "
        "campaign is right or wrong as a whole, with its confidence. Poisson: accounts are independent",
        tuple(map(Column, ("campaigns at", "expected", "true", "95 % as stated", "true count is", "95 % Poisson"))),
        tuple(rows),
    )


def labels_section(pool: Pool) -> Section:
    """Recall and precision as measured by a team that does not know the truth."""
    rows: list[tuple[Cell, ...]] = []
    for level in LEVELS:
        recall = _by_labels(pool, level, "known_found", "known")
        precision = _by_labels(pool, level, "audited_guilty", "audited")
        rows.append((level, recall, _true_recall(pool, level), precision, _true_precision(pool, level)))
    names = ("recall by labels", "recall in truth", "precision by labels", "precision in truth")
    columns = (Column("level"), *(Column(name, "share") for name in names))
    caption = "All campaigns together, by a level or a stronger one"
    lead = (
        "A real team does not know the truth. Here it measures recall on a seeded tenth of each campaign's accounts "
        "that it knows, and precision by an audit of a seeded tenth of the accused; 2 % of all labels are wrong. With "
        "wrong labels even a perfect detector measures only about 98 %."
    )
    return Section("labels", "The same with operational labels", lead, (), (Table(caption, columns, tuple(rows)),))


def _by_labels(pool: Pool, level: str, hits: str, trials: str) -> Estimate:
    return pool.ratio(lambda run: run["labels"][level][hits], lambda run: run["labels"][level][trials])


def _true_recall(pool: Pool, level: str) -> Estimate:
    found = lambda run: sum(round(one["recall"][level] * one["accounts"]) for one in run["campaigns"])  # noqa: E731
    return pool.ratio(found, lambda run: sum(one["accounts"] for one in run["campaigns"]))


def _true_precision(pool: Pool, level: str) -> Estimate:
    found = [sum(round(one["recall"][level] * one["accounts"]) for one in run["campaigns"]) for run in pool.runs]
    wrong = [run["innocents"][level]["accounts"] for run in pool.runs]
    accused = [hits + misses for hits, misses in zip(found, wrong, strict=True)]
    return share(found, accused) if sum(accused) else NOTHING


def _number(found: Estimate) -> str:
    if found.value is None:
        return "no members"
    return f"{found.value:.3f}" + ("" if found.low is None else f" ({found.low:.3f} to {found.high:.3f})")
