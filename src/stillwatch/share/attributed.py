"""Takes what people have attributed from a campaign's worksheet, as far as it stands: nothing is filled in here."""

from __future__ import annotations

from dataclasses import replace

from stillwatch.ledger.worksheet import Entity, Worksheet
from stillwatch.share.allowed import NAMED_RUNGS, SharedCampaign, SharedEntity


def attributed(campaign: SharedCampaign, sheet: Worksheet | None) -> SharedCampaign:
    """The campaign with the entities that people attributed and whose rung has all that it asks for."""
    mine = {one.key for one in campaign.networks}
    entities = (_shared(one, mine) for one in (() if sheet is None else sheet.entities))
    return replace(campaign, entities=tuple(one for one in entities if one is not None))


def _shared(one: Entity, mine: set[str]) -> SharedEntity | None:
    held = one.concluded
    if held is None or held.lacks or held.rung not in NAMED_RUNGS:
        return None
    return SharedEntity(
        name=one.name,
        sort=one.sort,
        role=one.role,
        rung=held.rung,
        likelihood=held.likelihood,
        confidence=held.confidence,
        places=one.places,
        networks=tuple(network for network in one.networks if network in mine),
    )
