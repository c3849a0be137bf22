"""Attribution worksheets: what people entered about the actor behind a campaign, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace

import sqlalchemy as sa

from stillwatch.ledger.parts import Part, named
from stillwatch.ledger.records import Attribution, cleaned, digest, in_utc, storable
from stillwatch.ledger.tables import ATTRIBUTIONS, add


class Attributions(Part):
    """The attribution worksheets of one ledger."""

    def add(self, entries: Sequence[Attribution]) -> tuple[Attribution, ...]:
        """Adds the entries that say something new about their subject, all or none, and returns these."""
        with self._ledger.writing() as connection:
            fresh = []
            for entry in (_cleaned(one) for one in entries):
                latest = [one for one in self.list(entry.subject) if _about(one) == _about(entry)][-1:]
                if [_said(one) for one in latest] != [_said(entry)]:
                    key = digest(*(str(part) for part in asdict(entry).values()))
                    add(connection, ATTRIBUTIONS, [{"entry_id": key, **asdict(entry)}])
                    fresh.append(entry)
        return tuple(fresh)

    def list(self, subject: str) -> tuple[Attribution, ...]:
        """The entries about a campaign, oldest first; of one moment in the order in which they build on one another."""
        if not storable(subject):
            return ()
        query = sa.select(ATTRIBUTIONS).where(ATTRIBUTIONS.c.subject == subject)
        with self._ledger.reading() as connection:
            rows = list(connection.execute(query).mappings())
        found = [Attribution(**{key: row[key] for key in row if key != "entry_id"}) for row in rows]
        return tuple(sorted(found, key=lambda one: (one.at, _ORDER.index(one.kind), one.hypothesis, one.item)))

    def subjects(self) -> tuple[str, ...]:
        """The campaigns of which anybody has entered anything, by name."""
        query = sa.select(ATTRIBUTIONS.c.subject).distinct().order_by(ATTRIBUTIONS.c.subject)
        with self._ledger.reading() as connection:
            return tuple(row[0] for row in connection.execute(query))


_OF_ENTITIES = ("attributed", "places", "networks")
_ORDER = ("withdrawn", "hypothesis", "item", "rating", "conclusion", "entity", *_OF_ENTITIES)


def _cleaned(one: Attribution) -> Attribution:
    return replace(
        one,
        subject=named("`campaign`", one.subject),
        by=named("`--by`", one.by),
        at=in_utc(one.at),
        hypothesis=cleaned(one.hypothesis),
        item=cleaned(one.item),
        value=cleaned(one.value),
        turns_over=cleaned(one.turns_over),
        text=cleaned(one.text),
    )


def _about(one: Attribution) -> tuple[str, ...]:
    """What the entry speaks of; a withdrawal speaks of the thing that it takes back."""
    if one.kind == "conclusion":
        return ("conclusion",)
    if one.kind == "rating":
        return ("rating", one.hypothesis, one.item)
    if one.kind in _OF_ENTITIES:
        return (one.kind, one.item)
    return ("thing", one.hypothesis, one.item)


def _said(one: Attribution) -> tuple[str, ...]:
    return (
        one.kind,
        one.hypothesis,
        one.item,
        one.value,
        one.likelihood,
        one.confidence,
        one.turns_over,
        one.text,
        one.by,
    )
