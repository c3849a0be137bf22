"""The attribution worksheet of a campaign: what people hold of the actor, entered row by row and weighed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from stillwatch.console import subjects
from stillwatch.console.asked import Asked, NotFoundError, given, note_view, see
from stillwatch.console.findings import Run
from stillwatch.console.render import page
from stillwatch.console.views.campaigns import described
from stillwatch.errors import Mistake, UsageError
from stillwatch.ledger import Attribution
from stillwatch.ledger.records import ENTITY_ROLES, RATINGS, RUNGS
from stillwatch.ledger.worksheet import LOG, NEEDS, Worksheet, entered, lacks, worksheet
from stillwatch.report.dossier.aids import aids
from stillwatch.report.dossier.estimates import CONFIDENCES, LIKELIHOODS
from stillwatch.report.dossier.people import RATED, held
from stillwatch.report.dossier.worksheet_file import EntityText, checked, entries
from stillwatch.serve.http import Response

SORTS: tuple[str, ...] = get_args(EntityText.model_fields["sort"].annotation)
NAME, NAMES = 512, 20
"""Characters of a name that is looked for, and how many are."""
OF_CONCLUSIONS = ("hypothesis", "rung", "likelihood", "confidence", "turns_over", "reason")


def show(asked: Asked) -> Response:
    """Shows the worksheet, what each rung lacks, aids from the log, and forms for people."""
    name, run = asked.ids[0], asked.site.findings.run_if_any
    rows = asked.ledger.attributions.list(name)
    there = run is not None and subjects.campaign(run, name) is not None
    if not there and not rows:
        raise NotFoundError(f"There is no campaign {name}, and nobody has entered anything of one.")
    wanted = [one.strip() for one in asked.query.get("names", "")[: NAME * NAMES].split(",") if one.strip()][:NAMES]
    note_view(asked, "attribution", [name])
    found = worksheet(rows)
    return page(
        asked,
        "attribution.html.j2",
        title=f"Who may be behind campaign {name}",
        campaign=name,
        there=there,
        sheet=found,
        rows=rows,
        ladder=ladder(found),
        aids=looked(run, name, wanted) if run is not None and there else (),
        wanted=", ".join(wanted),
        words={"rated": RATED, "rungs": RUNGS, "roles": ENTITY_ROLES, "ratings": RATINGS, "sorts": SORTS, "log": LOG},
        likelihoods=LIKELIHOODS,
        confidences=CONFIDENCES,
        held=held,
    )


def looked(run: Run, name: str, wanted: list[str]) -> tuple[str, ...]:
    """What the log shows that a person may look at; it names nobody."""
    campaign = described(run, name)
    key = ("aids", name, *wanted)
    return run.once(key, lambda engine: tuple(aids(engine, campaign, wanted)))


def ladder(found: Worksheet | None) -> tuple[tuple[str, tuple[int, int], tuple[tuple[str, tuple[str, ...]], ...]], ...]:
    """For each rung what it needs, and what each hypothesis lacks for it."""
    hypotheses, items = ((), ()) if found is None else (found.hypotheses, found.items)
    return tuple(
        (words, NEEDS[rung], tuple((one.name, lacks(rung, one.name, items)) for one in hypotheses))
        for rung, words in RUNGS.items()
    )


def enter(asked: Asked) -> Response:
    """Takes a hypothesis, a fact, a rating, or the withdrawal of one; each becomes a row of the ledger."""
    kind = given(asked.form, "kind")
    make = {"hypothesis": _hypothesis, "item": _item, "rating": _rating, "withdrawn": _withdrawn}.get(kind)
    if make is None:
        raise UsageError([Mistake("`kind`", "is no sort of entry", "use a form of the worksheet")])
    with asked.ledger.writing():
        known = _known(asked)
        asked.ledger.attributions.add(make(asked, known))
    return _back(asked)


def conclude(asked: Asked) -> Response:
    """Takes a conclusion, or somebody's name: of what stood on the page when it was read."""
    kind = given(asked.form, "kind")
    with asked.ledger.writing():
        known = _known(asked)
        if given(asked.form, "seen") != str(len(known)):
            raise UsageError([Mistake("the worksheet", "has changed since you read it", "read it again")])
        stated: dict[str, Any] = {name: given(asked.form, name) for name in OF_CONCLUSIONS}
        if kind == "entity":
            stated |= {name: given(asked.form, name) for name in ("name", "sort", "role")}
            stated |= {name: _listed(asked, name) for name in ("places", "networks")}
            made = _checked(asked, known, {"entity": [stated]})
        elif kind == "conclusion":
            made = _checked(asked, known, {"conclusion": stated})
        else:
            raise UsageError([Mistake("`kind`", "is no sort of conclusion", "use a form of the worksheet")])
        asked.ledger.attributions.add(made)
    return _back(asked)


def _known(asked: Asked) -> tuple[Attribution, ...]:
    """What was entered of the campaign; raises NotFoundError where there is no such campaign."""
    name, run = asked.ids[0], asked.site.findings.run_if_any
    known = asked.ledger.attributions.list(name)
    if not known and (run is None or subjects.campaign(run, name) is None):
        raise NotFoundError(f"There is no campaign {name}.")
    return known


def _checked(asked: Asked, known: tuple[Attribution, ...], stated: Mapping[str, object]) -> tuple[Attribution, ...]:
    """The rows of a part of a worksheet, by the rules of the file."""
    sheet = checked({"campaign": asked.ids[0], **stated}, "the form")
    standing = worksheet(known)
    gone = {one.hypothesis for one in known} - {one.name for one in (standing.hypotheses if standing else ())}
    return entries(
        sheet, [one for one in known if not one.hypothesis or one.hypothesis not in gone], asked.person, asked.now
    )


def _hypothesis(asked: Asked, known: tuple[Attribution, ...]) -> tuple[Attribution, ...]:
    return _checked(asked, known, {"hypothesis": [{name: given(asked.form, name) for name in ("name", "text")}]})


def _item(asked: Asked, known: tuple[Attribution, ...]) -> tuple[Attribution, ...]:
    return _checked(asked, known, {"item": [{name: given(asked.form, name) for name in ("name", "text", "source")}]})


def _rating(asked: Asked, known: tuple[Attribution, ...]) -> tuple[Attribution, ...]:
    item, hypothesis, value = (given(asked.form, name) for name in ("item", "hypothesis", "value"))
    sheet = worksheet(known)
    if sheet is None or value not in RATINGS:
        raise UsageError([Mistake("`value`", "is no rating of a worksheet", f"use one of: {', '.join(RATINGS)}")])
    if item not in [one.name for one in sheet.items] or hypothesis not in [one.name for one in sheet.hypotheses]:
        raise UsageError([Mistake(f"`{item[:80]}`", "or its hypothesis stands no longer", "read the page again")])
    entry = Attribution(asked.ids[0], "rating", asked.person, asked.now, hypothesis, item, value)
    return (entry,)


def _withdrawn(asked: Asked, known: tuple[Attribution, ...]) -> tuple[Attribution, ...]:
    hypothesis, item, reason = (given(asked.form, name) for name in ("hypothesis", "item", "reason"))
    if not reason:
        raise UsageError([Mistake("the reason", "is missing", "say why: it stands in the ledger")])
    if bool(hypothesis) == bool(item) or not entered(known, hypothesis, item):
        raise UsageError([Mistake(f"`{(hypothesis or item)[:80]}`", "was never entered", "read the page again")])
    return (Attribution(asked.ids[0], "withdrawn", asked.person, asked.now, hypothesis, item, text=reason),)


def _listed(asked: Asked, name: str) -> list[str]:
    return [one.strip() for one in given(asked.form, name).split(";") if one.strip()]


def _back(asked: Asked) -> Response:
    return see(f"/campaigns/{asked.ids[0]}/attribution?done=entered")
