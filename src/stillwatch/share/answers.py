"""What a partner is told of its own indicators: that they were seen, and what people made of what they were seen in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from stillwatch.errors import Mistake, UsageError
from stillwatch.ledger.exchanged import Share
from stillwatch.share.allowed import SharedSighting, hour
from stillwatch.share.preview import at_present
from stillwatch.share.sharing import Partner, Sharing
from stillwatch.share.stix import Sender, answers_of

if TYPE_CHECKING:
    from stillwatch.ledger.ledger import Ledger

SUBJECT = "answers"
"""What such a share is about: no campaign or network is named in it."""
_WORDS = {
    frozenset({"confirmed"}): "agree",
    frozenset({"innocent"}): "disagree",
    frozenset({"confirmed", "innocent"}): "neutral",
}


def seen(ledger: Ledger, partner: str) -> tuple[SharedSighting, ...]:
    """The indicators of a partner that still stand and were seen, by id; nothing of in what they were seen."""
    standing = {one.object_id for one in ledger.received.indicators(partner) if '"revoked":true' not in one.body}
    said = {name: one.verdict for name, one in ledger.judgements.latest().items()}
    since: dict[str, datetime] = {}
    verdicts: dict[str, set[str]] = defaultdict(set)
    for one in ledger.received.sightings(partner):
        if one.object_id in standing:
            since.setdefault(one.object_id, hour(one.seen_at))
            verdicts[one.object_id].add(said.get(one.subject, "unsure"))
    return tuple(SharedSighting(name, since[name], _opinion(verdicts[name])) for name in sorted(since))


def answer(partner: Partner, sharing: Sharing, ledger: Ledger, by: str, now: datetime) -> Share:
    """Adds a share of what was seen of a partner's indicators; it leaves as every other share does.

    Raises UsageError as `Shares.add`, also where nothing of what the partner told was seen since the last time.
    """
    sightings = seen(ledger, partner.name)
    if not sightings:
        remedy = "note what a run met with `stillwatch share sight` first"
        raise UsageError([Mistake(f"`{partner.name}`", "has no indicator that was seen here", remedy)])
    sender = Sender(sharing.provider.name, partner.marking, at_present(now))
    share = Share(
        share_id="",
        made_at=sender.at,
        recipient=partner.name,
        subject=SUBJECT,
        run="",
        profile=partner.profile,
        marking=partner.marking,
        legal_basis=partner.legal_basis,
        made_by=by,
        digest="",
        needs_approval=partner.approval == "always",
    )
    return ledger.shares.add(share, answers_of(sightings, sender))


def _opinion(verdicts: Iterable[str]) -> str | None:
    return _WORDS.get(frozenset(verdicts) - {"unsure"})
