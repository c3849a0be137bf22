"""An attribution worksheet as people write it: a TOML file of hypotheses, items, a conclusion, and entities."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from stillwatch.errors import Mistake, UsageError
from stillwatch.ledger.records import LONGEST_TEXT, Attribution, cleaned
from stillwatch.ledger.worksheet import SEPARATOR
from stillwatch.report.dossier.estimates import CONFIDENCES, LIKELIHOODS
from stillwatch.settings import read_toml, shaped, validated

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Place = Annotated[
    str,
    shaped(
        r"[A-Z]{2}(: [^\x00-\x1f:;]{1,100})?",
        "a country's two capital letters (ISO 3166-1), alone or before a place in it: `NL`, `NL: Amsterdam`",
    ),
]
Network = Annotated[str, shaped("N[0-9A-Za-z]{1,64}", "the id of a network, such as `N1f0a`")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_TEXT)]


_REMEDY = "docs/methods/dossier.md shows a worksheet"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class HypothesisText(_Part):
    """Who may be behind it."""

    name: Name
    text: Text


class ItemText(_Part):
    """A fact, where it comes from, and how it fits each hypothesis."""

    name: Name
    text: Text
    source: Name
    ratings: dict[str, Literal["CC", "C", "N", "I", "II"]] = Field(default_factory=dict)


class ConclusionText(_Part):
    """What a person concludes, how likely, how confident, why, and which fact would turn it over."""

    hypothesis: Name
    rung: Literal["same_operator", "same_network", "affiliated_with", "is"]
    likelihood: Name
    confidence: Name
    turns_over: Text
    reason: Text


class EntityText(_Part):
    """Somebody whom a person names: a role, where it is, which networks it runs, and on which rung it stands."""

    name: Name
    sort: Literal["organization", "group", "unknown"]
    role: Literal["extractor", "account_provider", "proxy_provider", "supporter"]
    hypothesis: Name
    rung: Literal["affiliated_with", "is"]
    likelihood: Name
    confidence: Name
    turns_over: Text
    reason: Text
    places: list[Place] = Field(default_factory=list, max_length=20)
    networks: list[Network] = Field(default_factory=list)


class WorksheetFile(_Part):
    """A whole worksheet."""

    campaign: Name
    hypothesis: list[HypothesisText] = Field(default_factory=list)
    item: list[ItemText] = Field(default_factory=list)
    conclusion: ConclusionText | None = None
    entity: list[EntityText] = Field(default_factory=list)


def load_worksheet(path: Path) -> WorksheetFile:
    """The worksheet of a file; raises UsageError that lists everything wrong in it."""
    where = f"`{path}`"
    return checked(read_toml(path, where, _REMEDY), where)


def checked(stated: Mapping[str, object], where: str) -> WorksheetFile:
    """A worksheet as it was stated in a file or a form; raises UsageError that lists everything wrong in it."""
    found = validated(WorksheetFile, stated, where, _REMEDY)
    if mistakes := list(_unworded(found, where)):
        raise UsageError(mistakes)
    return found


def _unworded(found: WorksheetFile, where: str) -> Iterator[Mistake]:
    """Words of likelihood and confidence that are none, and one name for two things."""
    words = tuple(word for word, _, _ in LIKELIHOODS)
    said: list[tuple[str, ConclusionText | EntityText]] = [(f"entity.{one.name}", one) for one in found.entity]
    if found.conclusion is not None:
        said.append(("conclusion", found.conclusion))
    for place, one in said:
        at = f"{where} at `{place}"
        if one.likelihood not in words:
            yield Mistake(f"{at}.likelihood`", "is no word of ICD 203", f"use one of: {', '.join(words)}")
        if one.confidence not in CONFIDENCES:
            yield Mistake(f"{at}.confidence`", "is no degree", f"use one of: {', '.join(CONFIDENCES)}")
    for name in sorted({one.name for one in found.entity} & {one.name for one in found.item}):
        yield Mistake(f"{where} at `entity.{name}`", "is the name of an item as well", "give each its own name")


def entries(worksheet: WorksheetFile, known: Iterable[Attribution], by: str, at: datetime) -> tuple[Attribution, ...]:
    """The ledger's entries of a worksheet; raises UsageError where a hypothesis is named that nobody has entered,
    or one name is that of an item and of an entity.
    """
    known = tuple(known)
    both = {cleaned(one.name) for one in worksheet.item} & {one.item for one in known if one.kind == "entity"}
    both |= {cleaned(one.name) for one in worksheet.entity} & {one.item for one in known if one.kind == "item"}
    if both:
        what = "names an item and an entity"
        raise UsageError([Mistake(f"`{one}`", what, "give each its own name") for one in sorted(both)])
    names = {cleaned(one.name) for one in worksheet.hypothesis}
    names |= {one.hypothesis for one in known if one.kind == "hypothesis"}
    made = tuple(_entries(worksheet, by, at))
    lost = sorted({one.hypothesis for one in made if one.hypothesis and cleaned(one.hypothesis) not in names})
    if lost:
        what = "is a hypothesis that nobody has entered"
        raise UsageError([Mistake(f"`{one}`", what, "enter it as `[[hypothesis]]`") for one in lost])
    return made


def _entries(worksheet: WorksheetFile, by: str, at: datetime) -> Iterator[Attribution]:
    campaign = worksheet.campaign
    for one in worksheet.hypothesis:
        yield Attribution(campaign, "hypothesis", by, at, hypothesis=one.name, text=one.text)
    for item in worksheet.item:
        yield Attribution(campaign, "item", by, at, item=item.name, value=item.source, text=item.text)
        for name, rating in item.ratings.items():
            yield Attribution(campaign, "rating", by, at, hypothesis=name, item=item.name, value=rating)
    if worksheet.conclusion is not None:
        yield _concluded(Attribution(campaign, "conclusion", by, at), worksheet.conclusion)
    for named in worksheet.entity:
        yield Attribution(campaign, "entity", by, at, item=named.name, value=named.role, text=named.sort)
        yield _concluded(Attribution(campaign, "attributed", by, at, item=named.name), named)
        yield Attribution(campaign, "places", by, at, item=named.name, text=SEPARATOR.join(sorted(set(named.places))))
        yield Attribution(
            campaign, "networks", by, at, item=named.name, text=SEPARATOR.join(sorted(set(named.networks)))
        )


def _concluded(entry: Attribution, said: ConclusionText | EntityText) -> Attribution:
    return replace(
        entry,
        hypothesis=said.hypothesis,
        value=said.rung,
        likelihood=said.likelihood,
        confidence=said.confidence,
        turns_over=said.turns_over,
        text=said.reason,
    )
