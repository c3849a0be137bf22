"""What a judgement in the ledger can be about beside accounts, networks and campaigns."""

from __future__ import annotations

SCREENING = "screening:"
"""Begins the subject of a judgement on the match of an account's name with a listed one; no run looks for it."""
REENTRY = "reentry:"
"""Begins the subject of a judgement on whether an account is an earlier operator's; no run looks for it."""

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
