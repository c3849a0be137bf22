"""Judgements and notes: what people said, what they took back, and how often each level and claim was upheld."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from stillwatch.console.asked import Asked, given, note_view, own_address, see
from stillwatch.console.render import page, query
from stillwatch.ledger import Judged, Judgement
from stillwatch.serve.http import Response

PAGE = 200
LEAST = 5
"""Judgements below which a share says nothing."""


@dataclass(frozen=True, slots=True)
class Upheld:
    """How people have judged what had one level, or rested on one claim."""

    name: str
    confirmed: int
    innocent: int
    unsure: int

    @property
    def share(self) -> float | None:
        """Confirmed ones among those that were confirmed or innocent; None where there are too few to say."""
        settled = self.confirmed + self.innocent
        return self.confirmed / settled if settled >= LEAST else None


def listed(asked: Asked) -> Response:
    """Lists judgements, the newest first, and measures the product by them."""
    subject, by = asked.query.get("subject", ""), asked.query.get("by", "")
    every = asked.ledger.judgements.every()
    back = asked.ledger.judgements.withdrawals()
    chosen = [one for one in every if subject in ("", one.subject) and by in ("", one.decided_by)]
    standing = asked.ledger.judgements.latest()
    found = asked.ledger.judgements.findings()
    note_view(asked, "judgements", [one.subject for one in chosen[:PAGE]])
    return page(
        asked,
        "judgements.html.j2",
        title="Judgements",
        judgements=chosen[:PAGE],
        total=len(chosen),
        back=back,
        standing={one.judgement_id for one in standing.values()},
        found=found,
        by_level=upheld(standing.values(), found, by_claim=False),
        by_claim=upheld(standing.values(), found, by_claim=True),
        chosen={"subject": subject, "by": by},
        least=LEAST,
        bulk=asked.ledger.bulk_actions.list(20),
    )


def upheld(standing: Iterable[Judgement], found: dict[str, Judged], by_claim: bool) -> tuple[Upheld, ...]:
    """How often each level, or each claim that spoke for the finding, was upheld among the judgements that stand."""
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for one in standing:
        about = found.get(one.judgement_id)
        if about is None:
            continue
        names = [name for name, bits in about.claims if bits > 0] if by_claim else [about.level]
        for name in dict.fromkeys(names):
            counted[name][one.verdict] += 1
    rows = (Upheld(name, seen["confirmed"], seen["innocent"], seen["unsure"]) for name, seen in sorted(counted.items()))
    return tuple(sorted(rows, key=lambda one: -(one.confirmed + one.innocent + one.unsure)))


def withdraw(asked: Asked) -> Response:
    """Takes a judgement back: what counted before it counts again, also in the next scan."""
    reason = given(asked.form, "reason")
    asked.ledger.judgements.withdraw(asked.ids[0], asked.person, asked.now, reason)
    back = own_address(given(asked.form, "back"), "/judgements")
    return see(f"{back}{'&' if '?' in back else '?'}done=withdrawn")


def note(asked: Asked) -> Response:
    """Adds a note beside a subject."""
    subject = given(asked.form, "subject", 100_000)
    asked.ledger.notes.add(subject, asked.person, asked.now, given(asked.form, "text"))
    back = own_address(given(asked.form, "back"), f"/search{query(q=subject)}")
    return see(f"{back}{'&' if '?' in back else '?'}done=noted")
