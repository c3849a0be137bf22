"""An attribution worksheet as people write it: a TOML file of hypotheses, items with ratings, and a conclusion."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from stillwatch.errors import Mistake, UsageError
from stillwatch.ledger.records import LONGEST_TEXT, Attribution, cleaned
from stillwatch.report.dossier.estimates import CONFIDENCES, LIKELIHOODS

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_TEXT)]


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


class WorksheetFile(_Part):
    """A whole worksheet."""

    campaign: Name
    hypothesis: list[HypothesisText] = Field(default_factory=list)
    item: list[ItemText] = Field(default_factory=list)
    conclusion: ConclusionText | None = None


def load_worksheet(path: Path) -> WorksheetFile:
    """The worksheet of a file; raises UsageError that lists everything wrong in it."""
    where, remedy = f"`{path}`", "docs/methods/dossier.md shows a worksheet"
    try:
        found = WorksheetFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError([Mistake(where, f"cannot be read ({error})", remedy)]) from error
    except ValidationError as error:
        found_wrong = [
            Mistake(f"{where}: {'.'.join(map(str, one['loc']))}", one["msg"], remedy) for one in error.errors()
        ]
        raise UsageError(found_wrong) from error
    if mistakes := list(_unworded(found, where)):
        raise UsageError(mistakes)
    return found


def _unworded(found: WorksheetFile, where: str) -> Iterator[Mistake]:
    """Words of likelihood and confidence that are none."""
    one = found.conclusion
    words = tuple(word for word, _, _ in LIKELIHOODS)
    if one is not None and one.likelihood not in words:
        yield Mistake(f"{where}: conclusion.likelihood", "is no word of ICD 203", f"use one of: {', '.join(words)}")
    if one is not None and one.confidence not in CONFIDENCES:
        yield Mistake(f"{where}: conclusion.confidence", "is no degree", f"use one of: {', '.join(CONFIDENCES)}")


def entries(worksheet: WorksheetFile, known: Iterable[Attribution], by: str, at: datetime) -> tuple[Attribution, ...]:
    """The ledger's entries of a worksheet; raises UsageError where a hypothesis is named that nobody has entered."""
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
        last = worksheet.conclusion
        yield Attribution(
            campaign,
            "conclusion",
            by,
            at,
            hypothesis=last.hypothesis,
            value=last.rung,
            likelihood=last.likelihood,
            confidence=last.confidence,
            turns_over=last.turns_over,
            text=last.reason,
        )
