"""The chapters on damage and history: what was taken and what it is worth, and what came before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from stillwatch.report.dossier.blocks import Block, Grid, Paragraph, Section
from stillwatch.report.dossier.damage import Amount, Coverage, Damage, Prices
from stillwatch.report.dossier.facts import Dossier
from stillwatch.report.dossier.findings import NOT_KNOWN, amount
from stillwatch.report.dossier.shipped import table
from stillwatch.report.wording import LEAST_TARGET, count, day, in_words, percent

SIMILAR = 2  # capabilities in common from which a public case is said to have had like aims


def account(dossier: Dossier) -> Section:
    """What was taken."""
    return Section("What was taken", tuple(_account(dossier)))


def _account(dossier: Dossier) -> Iterator[Block]:
    taken = dossier.damage
    yield from amounts(taken)
    if taken.prices is None:
        yield Paragraph("No price table was named for this dossier, so that it states no value in money.")
    else:
        yield worth(taken, taken.prices)
    if taken.coverage:
        yield from _covered(taken.coverage)
    yield from _saved(dossier)


def amounts(taken: Damage) -> Iterator[Block]:
    """What was taken, by model and by capability."""
    names = ("requests", "conversations", "tasks", "tokens in", "tokens out", "before detection")
    for caption, rows in (
        ("By model", taken.by_model),
        ("By capability, as each request was named from its wording", taken.by_capability),
    ):
        yield Grid(
            caption,
            (caption.split(",")[0].removeprefix("By "), *names),
            tuple((in_words(name), *_amounts(before, after)) for name, before, after in rows),
            numbers=(1, 2, 3, 4, 5, 6),
            otherwise="The run does not say: it was made by a version without this table.",
        )


def _amounts(before: Amount, after: Amount) -> tuple[str, ...]:
    both = before + after
    share = percent(before.exchanges / both.exchanges) if both.exchanges else NOT_KNOWN
    return (
        count(both.exchanges),
        amount(both.conversations),
        amount(both.tasks),
        amount(both.input_tokens),
        amount(both.output_tokens),
        share,
    )


def worth(taken: Damage, prices: Prices) -> Grid:
    """What the tokens cost at list price, by model."""
    rows = [(name, taken.cost(name, before), taken.cost(name, after)) for name, before, after in taken.by_model]
    known = [(before or 0.0, after or 0.0) for _, before, after in rows if before is not None or after is not None]
    whole = ("all priced models", *(_money(sum(one)) for one in zip(*known, strict=True))) if known else None
    return Grid(
        f"At list price in {prices.currency} ({prices.source}). A list price is what was charged or lost, "
        "and not what the answers are worth to whoever took them.",
        ("model", "before detection", "after detection"),
        (
            *((in_words(name), _money(before), _money(after)) for name, before, after in rows),
            *([whole] if whole else []),
        ),
        numbers=(1, 2),
    )


def _money(cost: float | None) -> str:
    return NOT_KNOWN if cost is None else f"{cost:,.2f}"


def _covered(found: tuple[Coverage, ...]) -> Iterator[Block]:
    yield Grid(
        "How much of what could be asked so was asked. Covered: the share of further requests of this kind that would "
        "repeat a text asked before (Good and Turing). At half: distinct texts that half of the requests would have "
        "held (rarefaction). Pool: distinct texts at least (Chao).",
        ("capability", "requests", "distinct texts", "asked once", "at half", "covered", "pool"),
        tuple(
            (
                in_words(one.capability),
                count(one.requests),
                count(one.texts),
                count(one.once),
                count(round(one.at_half)),
                percent(one.covered),
                NOT_KNOWN if one.pool is None else f"{round(one.pool):,}",
            )
            for one in found
        ),
        numbers=(1, 2, 3, 4, 5, 6),
    )
    sets = table("data_sets")
    yield Grid(
        sets["about"],
        ("published set", "size", "unit", "source"),
        tuple((one["name"], count(one["examples"]), one["unit"], one["source"]) for one in sets["sets"]),
        numbers=(1,),
    )


def _saved(dossier: Dossier) -> Iterator[Block]:
    days, began = dossier.campaign.days, dossier.deeds.first_at if dossier.deeds is not None else None
    if began is None or not days:
        yield Paragraph("What a response saved cannot be told: no effect on these accounts is known.")
        return
    sums = [(one.day, one.before + one.after) for one in days]
    first, last = days[0].day, days[-1].day
    earlier = sum(many for when, many in sums if when < began.date())
    length, rest = (began.date() - first).days, (last - began.date()).days + 1
    if length < 1 or rest < 1:
        yield Paragraph(
            f"The first effect began on {day(began.date(), True)}, outside the days of this log: what it saved "
            "cannot be told."
        )
        return
    later = sum(many for when, many in sums if when >= began.date())
    yield Paragraph(
        f"The first effect began on {day(began.date(), True)}. There were {count(round(earlier / length))} requests a "
        f"day before and {count(round(later / rest))} after, to the end of the log. The difference is no proof of what "
        "the effect did: campaigns also end by themselves."
    )
    assert dossier.deeds is not None
    starts = [(effect, max(since, first), many) for effect, since, many in dossier.deeds.began if since <= last]
    rows = [_response(one, starts[place:], last, sums, earlier / length) for place, one in enumerate(starts)]
    yield Grid(
        f"Each response, beside the {count(round(earlier / length))} requests a day of the time before the first one. "
        "Its days last until the next response began, so that what several did together stands with the later one.",
        ("response", "from", "accounts", "days", "requests a day", "requests fewer than at that rate"),
        tuple(rows),
        numbers=(2, 3, 4, 5),
        otherwise="No response came into force.",
    )


def _response(
    one: tuple[str, date, int],
    from_here: Sequence[tuple[str, date, int]],
    last: date,
    sums: Sequence[tuple[date, int]],
    rate: float,
) -> tuple[str, ...]:
    """A response's row: what was asked while it was the newest, and how much less that was."""
    effect, since, accounts = one
    until = next((start for _, start, _ in from_here if start > since), last + timedelta(days=1))
    days, asked = (until - since).days, sum(many for when, many in sums if since <= when < until)
    fewer = round(rate * days - asked)
    saved = count(fewer) if fewer >= 0 else f"{count(-fewer)} more"
    return in_words(effect), day(since, True), count(accounts), count(days), count(round(asked / days)), saved


def past(dossier: Dossier) -> Section:
    """Public cases beside this campaign."""
    cases = table("cases")
    aims = {one.capability for one in dossier.campaign.targets if one.share >= LEAST_TARGET}
    rows = []
    for one in cases["cases"]:
        common = [aim for aim in one["aims"] if aim in aims]
        likeness = "like aims: " if len(common) >= SIMILAR else "in common: " if common else ""
        rows.append(
            (
                one["reported"],
                f"{one['by']} ({one['source']})",
                one["accounts"] or "not told",
                one["exchanges"],
                one["period"] or "not told",
                one["ways"],
                f"{likeness}{', '.join(map(in_words, common))}" if common else "none that is told",
            )
        )
    return Section(
        "Beside public cases",
        (
            Paragraph(
                f"{cases['about']} What this campaign has in common with a case is what it asked for; that makes no "
                "common actor."
            ),
            Grid(
                "Public cases of 2026",
                ("reported", "by", "accounts", "exchanges", "period", "ways", "this campaign"),
                tuple(rows),
            ),
        ),
    )
