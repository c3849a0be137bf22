"""Shows what would leave: every object, and a summary of it in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from stillwatch.ledger import Attribution
from stillwatch.ledger.worksheet import worksheet
from stillwatch.share.allowed import for_profile
from stillwatch.share.attributed import attributed
from stillwatch.share.gather import campaign_of
from stillwatch.share.stix import ANTITRUST, Object, Sender, objects_of


def objects_for(
    run: Path, campaign: str, sender: Sender, profile: str, entered: Iterable[Attribution] = ()
) -> list[Object]:
    """What a recipient of this profile would be told of a campaign, `entered` being the rows of its worksheet.

    Raises as `gather.campaign_of`.
    """
    found = attributed(campaign_of(run, campaign), worksheet(entered))
    return objects_of(for_profile(found, profile), sender, profile)


def summary(objects: Sequence[Object], marking: str) -> list[str]:
    """Lines about the objects: how many of which type, what of the campaign, and the note that goes with them."""
    counts = Counter(str(one["type"]) for one in objects)
    lines = [f"TLP:{marking.upper()}", ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))]
    for one in objects:
        if one["type"] == "campaign":
            lines += [str(one["name"]), str(one["description"]), str(one["objective"])]
        elif one["type"] == "infrastructure" or (one["type"] == "identity" and "extensions" in one):
            lines.append(f"{one['name']}: {one['description']}")
        elif one["type"] == "location":
            lines.append(f"  {one['country']}" + ("" if one["name"] == one["country"] else f", {one['name']}"))
        elif one["type"] == "indicator":
            lines.append(f"  {one['name']}, valid until {one['valid_until']}")
    return [*lines, ANTITRUST]


def at_present(now: datetime) -> datetime:
    """The clock, in the milliseconds that STIX keeps."""
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
