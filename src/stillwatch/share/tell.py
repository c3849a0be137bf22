"""From a campaign to its recipient: the share stands in the ledger first, and leaves once it may."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stillwatch.errors import InputError, Mistake, UsageError
from stillwatch.ledger.exchanged import Share
from stillwatch.share.preview import at_present, objects_for
from stillwatch.share.sharing import Partner, Sharing
from stillwatch.share.stix import Sender
from stillwatch.share.taxii_client import TaxiiCollection, secret_in

if TYPE_CHECKING:
    from stillwatch.ledger.ledger import Ledger

Opener = Callable[[str, str, str], TaxiiCollection]


def tell(run: Path, campaign: str, partner: Partner, sharing: Sharing, ledger: Ledger, by: str, now: datetime) -> Share:  # noqa: PLR0913  what a share names
    """Adds a share of a campaign to the ledger; it leaves at once only where the partner's `approval` is `never`.

    Raises as `gather.campaign_of` and `Shares.add`.
    """
    sender = Sender(sharing.provider.name, partner.marking, at_present(now))
    objects = objects_for(run, campaign, sender, partner.profile, ledger.attributions.list(campaign))
    share = Share(
        share_id="",
        made_at=sender.at,
        recipient=partner.name,
        subject=campaign,
        run=run.resolve().name,
        profile=partner.profile,
        marking=partner.marking,
        legal_basis=partner.legal_basis,
        made_by=by,
        digest="",
        needs_approval=partner.approval == "always",
    )
    return ledger.shares.add(share, objects)


def deliver(
    sharing: Sharing, ledger: Ledger, by: str, now: datetime, opener: Opener = TaxiiCollection
) -> Iterator[Share]:
    """Sends what was released to partners whose servers take it, oldest first, and yields each share that was taken.

    A share that a server did not take stays to be sent. Raises InputError where a server does not take one.
    """
    for share in ledger.shares.list():
        partner = next((one for one in sharing.partners if one.name == share.recipient), None)
        sent = any(one.event == "delivered" for one in share.events)
        if partner is None or partner.push_to is None or share.status != "released" or sent:
            continue
        collection = opener(partner.push_to, sharing.provider.name, _secret(partner))
        try:
            collection.push(ledger.shares.objects(share.share_id))
        finally:
            collection.close()
        ledger.shares.delivered(share.share_id, by, now)
        yield share


def hear(partner: Partner, sharing: Sharing, ledger: Ledger, now: datetime, opener: Opener = TaxiiCollection) -> int:
    """Reads what a partner's server has added since the last time; returns how many objects it had.

    Raises InputError where the server fails, or where one object is refused: then nothing of them is taken.
    """
    if partner.pull_from is None:
        raise UsageError([Mistake(f"partner `{partner.name}`", "has no `pull_from`", "add it to the sharing file")])
    collection = opener(partner.pull_from, sharing.provider.name, _secret(partner))
    try:
        found = collection.pull(ledger.received.read_until(partner.name), partner.objects_a_day)
    finally:
        collection.close()
    take(partner, found.objects, ledger, now, found.until)
    return len(found.objects)


def take(
    partner: Partner, objects: Sequence[Any], ledger: Ledger, now: datetime, until: datetime | None = None
) -> None:
    """Adds what a partner told to the ledger; `until` is how far its server was read.

    Raises InputError where one object is refused: then none is taken.
    """
    if not objects:
        return
    receipt = ledger.received.add(partner.name, objects, now, partner.objects_a_day, until)
    if receipt.failures:
        said = "; ".join(f"`{name}` {reason}" for name, reason in receipt.failures[:3])
        raise InputError(f"nothing of what `{partner.name}` has was taken: {said}; tell its operator")


def _secret(partner: Partner) -> str:
    if partner.key_file is None:
        raise UsageError([Mistake(f"partner `{partner.name}`", "has no `key_file`", "add it to the sharing file")])
    return secret_in(partner.key_file)
