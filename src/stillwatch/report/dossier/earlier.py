"""The chapter on the provider's own earlier campaigns: what returns, what is new, how fast it came back."""

from __future__ import annotations

from collections.abc import Iterator

from stillwatch.report.digest import listed
from stillwatch.report.dossier.blocks import Block, Grid, Paragraph, Section
from stillwatch.report.dossier.facts import Dossier
from stillwatch.report.dossier.shipped import table
from stillwatch.report.likeness import KINDS, Chance, Earlier, Likeness, Past
from stillwatch.report.wording import count, day, percent

IN_DETAIL = 3  # earlier campaigns whose every aspect is told
_NOT_KNOWN = "not known"
_ABOVE = ": more alike than every other network"


def beside(dossier: Dossier) -> Section:
    """This campaign beside each earlier one that the run knows."""
    return Section("Beside earlier campaigns", tuple(_beside(dossier.past)))


def _beside(past: Past) -> Iterator[Block]:
    if not past.profiles:
        yield Paragraph(
            "The run has no habits of this campaign's networks: a version before made it, evidence was switched off, "
            "or there were too few requests. What stands below leaves out what needs them."
        )
    if not past.earlier:
        yield Paragraph(_none(past))
        return
    yield Paragraph(
        "How alike two campaigns are goes from 0, nothing in common, to 1, the same: of everything that either holds, "
        "weighed by how rare it is among strangers, the share that both do (weighted Jaccard). Hands are addresses, "
        "registration, payment and client software; contents, what is asked and how it is worded; schedule, when. "
        "Chance is the same figure of that earlier campaign beside every other network of this run. Likeness makes no "
        "common actor: customers of one maker of accounts share hands, users of one data set contents, schedulers "
        "hours."
    )
    yield _summary(past)
    for one in past.earlier[:IN_DETAIL]:
        yield _detail(one)
    measured = table("likeness")
    rows = [row for row in measured["rows"] if not row[0].endswith(_ABOVE)]
    if blurred := [kind for kind in KINDS if _blurred(kind)]:
        yield Paragraph(
            f"In simulations, likeness of {listed(blurred)} did not tell one operator from two: nor does it here."
        )
    yield Grid(
        f"{measured['about']} ({measured['command']}; version {measured['version']}, commit {measured['commit']})",
        tuple(measured["columns"]),
        tuple(tuple(row) for row in rows),
        numbers=(1, 2, 3, 4, 5),
    )
    above = [(row[0].removesuffix(_ABOVE), row[1], row[3]) for row in measured["rows"] if row[0].endswith(_ABOVE)]
    told = "; ".join(f"by {kind} for {back} of one operator and {two} of two" for kind, back, two in above)
    yield Paragraph(
        f"There the later campaign was more alike to the earlier one than every other network of its run: {told}. To"
        " be above all other networks is therefore no sign of one operator: read the figures beside those of two."
    )


def _none(past: Past) -> str:
    if past.runs <= 1:
        return (
            "This run continues no earlier one, so that it knows no earlier campaign and likeness was not looked for. "
            "A scan with `--previous` or `--state` keeps what this needs."
        )
    return (
        f"Of the {count(past.runs - 1, 'run')} before this one, none left a campaign that began earlier, that nobody "
        "judged innocent, and of which an account stood at level act or review."
    )


def _summary(past: Past) -> Grid:
    more = past.compared - len(past.earlier)
    left_out = f" {count(more, 'further campaign')} of less likeness {'is' if more == 1 else 'are'} left out."
    return Grid(
        f"Earlier campaigns, the likest first.{left_out if more else ''}",
        ("earlier campaign", "known", "this one began", "accounts of then, again here", *KINDS),
        tuple(
            (
                _name(one),
                f"{'missed from' if one.itself else 'until'} {day(one.known_until, True)}",
                _back(one),
                f"{count(one.in_common)} of {count(one.accounts)}",
                *(_figure(kind) for kind in one.kinds),
            )
            for one in past.earlier
        ),
        numbers=(3,),
    )


def _name(one: Earlier) -> str:
    return f"{one.campaign_id}, as it was before" if one.itself else one.campaign_id


def _back(one: Earlier) -> str:
    if one.days_until_back is None:
        return "meanwhile"
    days = round(one.days_until_back)
    return f"{count(days, 'day')} later" if days else "within a day"


def _figure(found: Likeness) -> str:
    if found.figure is None:
        return _NOT_KNOWN
    *_, middle, most = _simulated(found.kind)
    simulated = f"two operators in simulations {middle:.2f}, at most {most:.2f}"
    return f"{found.figure:.2f} ({_chance(found.chance)}; {simulated})"


def _simulated(kind: str) -> tuple[float, float, float, float]:
    """Of one operator who came back the median and the least, of two operators the median and the most."""
    (row,) = (row for row in table("likeness")["rows"] if row[0] == f"{kind}, all aspects")
    back, least, two, most = map(float, row[1:5])
    return back, least, two, most


def _blurred(kind: str) -> bool:
    """Whether two operators were as alike in simulations as one who came back."""
    _, least, _, most = _simulated(kind)
    return least <= most


def _chance(chance: Chance | None) -> str:
    if chance is None:
        return "no other network to compare with"
    return f"others at most {chance.most:.2f}; {count(chance.as_alike)} of {count(chance.networks)} as alike"


def _detail(one: Earlier) -> Grid:
    return Grid(
        f"This campaign beside {_name(one)}. Again: the share of what that campaign held that is found again. New: the "
        "share of what this one holds that it did not.",
        ("aspect", "likeness", "others, median", "others, most", "as alike", "again", "new", "values in common"),
        tuple(_row(each) for each in one.aspects),
        numbers=(1, 2, 3, 4, 5, 6, 7),
    )


def _row(found: Likeness) -> tuple[str, ...]:
    if found.figure is None:
        return (f"{found.kind}: {found.words}", _NOT_KNOWN, *[""] * 6)
    by_chance = ("", "", "")
    if found.chance is not None:
        chance = found.chance
        by_chance = f"{chance.middle:.2f}", f"{chance.most:.2f}", f"{chance.as_alike} of {chance.networks}"
    return (
        f"{found.kind}: {found.words}",
        f"{found.figure:.2f}",
        *by_chance,
        percent(found.again),
        percent(found.new),
        f"{count(found.common)} of {count(found.before)} then, {count(found.now)} now",
    )
