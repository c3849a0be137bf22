"""Everything that a dossier states, typed, before it becomes sentences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from stillwatch.ledger.exchanged import Share
from stillwatch.ledger.records import Appeal, Attribution, Entry, in_utc
from stillwatch.ledger.worksheet import Worksheet
from stillwatch.report.document import Campaign, Document
from stillwatch.report.dossier.damage import Damage
from stillwatch.report.dossier.profiles import Profile
from stillwatch.report.likeness import Past


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the ledger holds about a campaign."""

    decisions: tuple[Entry, ...] = ()
    appeals: tuple[Appeal, ...] = ()
    attributions: tuple[Attribution, ...] = ()
    shares: tuple[Share, ...] = ()

    def as_of(self, made_at: datetime) -> datetime:
        """The newest moment that the ledger or the run knows: the same rows give the same document at any time."""
        times = [in_utc(made_at)]
        times += [event.at for one in self.decisions for event in one.events]
        times += [one.decision.made_at for one in self.decisions]
        times += [one.received_at for one in self.appeals]
        times += [event.at for one in self.appeals for event in one.events]
        times += [one.made_at for one in self.shares]
        times += [event.at for one in self.shares for event in one.events]
        return max([*times, *(one.at for one in self.attributions)])


@dataclass(frozen=True, slots=True)
class Deeds:
    """What the ledger says was done about the campaign's accounts, as it was at `as_of`."""

    as_of: datetime
    decisions: tuple[tuple[str, str, int], ...] = ()  # effect, status, how many
    first_at: datetime | None = None
    last_at: datetime | None = None
    began: tuple[tuple[str, date, int], ...] = ()  # effects that came into force, since which day, on how many accounts
    approved_by_people: int = 0
    reversed_by_people: int = 0
    appeals: tuple[tuple[str, int], ...] = ()  # status, how many
    shares: tuple[tuple[datetime, str, str, str], ...] = ()  # when, with whom, under which marking, status


@dataclass(frozen=True, slots=True)
class Dossier:
    """A campaign, and what stands beside it; `document` is already without what the profile's reader may not see."""

    profile: Profile
    document: Document
    damage: Damage
    past: Past
    deeds: Deeds | None  # None where no ledger was named
    worksheet: Worksheet | None  # None where there is none, or the reader may not see it

    @property
    def campaign(self) -> Campaign:
        """The campaign that all of it is about."""
        return self.document.campaigns[0]

    @property
    def confirmed(self) -> bool:
        """Whether a person has decided that the campaign is what the machine takes it for."""
        whole = [one for one in self.campaign.judgements if one.applies_to == self.campaign.campaign_id]
        return bool(whole) and whole[0].verdict == "confirmed"
