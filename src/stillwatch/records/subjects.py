"""What a judgement can be about, and how its subject says so: no kind of subject may answer for another."""

from __future__ import annotations

import re

from stillwatch.records.lineage import CAMPAIGN, NETWORK

ACCOUNT = "account:"
"""Begins the subject of a judgement on an account whose id alone could be another kind's."""
SCREENING = "screening:"
"""Begins the subject of a judgement on the match of an account's name with a listed one; no run looks for it."""
REENTRY = "reentry:"
"""Begins the subject of a judgement on whether an account is an earlier operator's; no run looks for it."""

_ANOTHERS = re.compile(rf"[{NETWORK}{CAMPAIGN}][0-9a-f]{{12}}|({ACCOUNT}|{SCREENING}|{REENTRY}).*", re.DOTALL)


def of_account(account_id: str) -> str:
    """The subject of a judgement on this account: its id, after ACCOUNT where that has the form of another kind's."""
    return ACCOUNT + account_id if _ANOTHERS.fullmatch(account_id) else account_id


def account_of(subject: str) -> str | None:
    """The account that a subject names expressly; None where its form leaves open what it names."""
    return subject.removeprefix(ACCOUNT) if subject.startswith(ACCOUNT) else None


def names_a_group(subject: str) -> bool:
    """Whether the subject has the form of a network's or campaign's id."""
    return of_account(subject) != subject and not subject.startswith((ACCOUNT, SCREENING, REENTRY))


INNOCENT_RETURNS = {
    "shared_place": "people behind one address, as of a school, a firm or a VPN",
    "shared_school": "a school or firm that the operator used too",
    "shared_class": "a class or team given one program",
    "resold_card": "a resold or stolen card, or one issuer's",
    "account_maker": "accounts bought from one maker of accounts",
    "relay_software": "customers of one relay, or users of its software",
    "relay_sign_up": "customers of a relay that signs them up",
    "resold_account": "an account sold on",
    "viral_prompt": "a prompt or data set that went round",
    "standard_test": "users of one harness with its own data set",
}
"""Innocent reasons for which a new account can be like an earlier network, by name."""
