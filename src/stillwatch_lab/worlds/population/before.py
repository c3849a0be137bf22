"""Homes and sign-ups of accounts as they were drawn for persons, kept while a group changes them, to be given back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stillwatch_lab.worlds.draft import World
from stillwatch_lab.worlds.draws import Wholes

HOMES = ("home_key", "home_net", "home_lease")
REGISTRATIONS = ("card_key", "issuer", "card_country", "email_domain", "email_shape", "verification", "account_type")


@dataclass(frozen=True, slots=True)
class StateBefore:
    """Homes and registrations of accounts as drawn for persons, before a campaign profile changed them."""

    homes: dict[str, Any]
    registrations: dict[str, Any]
    born: Any


def state_before(world: World, members: Wholes) -> StateBefore:
    """Copies the state of the accounts `members` that an evasion may restore later."""
    return StateBefore(
        {name: getattr(world.accounts, name)[members] for name in HOMES},
        {name: getattr(world.registration, name)[members] for name in REGISTRATIONS},
        world.accounts.born[members].copy(),
    )


def give_back_homes(world: World, members: Wholes, before: StateBefore) -> None:
    """Restores the homes that the accounts `members` had as persons."""
    for name, own in before.homes.items():
        getattr(world.accounts, name)[members] = own


def give_back_registrations(world: World, members: Wholes, before: StateBefore) -> None:
    """Restores the registrations that the accounts `members` had as persons."""
    for name, own in before.registrations.items():
        getattr(world.registration, name)[members] = own
