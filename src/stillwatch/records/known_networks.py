"""The tables by which a network is recognised after its accounts have left the logs."""

from __future__ import annotations

from dataclasses import replace

from stillwatch.records.columns import Table
from stillwatch.records.outputs import LOOKS, NETWORK_PROFILES, NETWORK_STANDINGS

FOUND_PROFILES = Table(
    "found_profiles",
    tuple(column for column in NETWORK_PROFILES.columns if column.name != "remembered"),
    ("network_id", "claim", "keyed"),
)
"""Profiles of the networks of this run alone; `network_profiles` has those of earlier runs beside them."""

PREVIOUS_PROFILES = replace(NETWORK_PROFILES, name="previous_profiles")
PREVIOUS_STANDINGS = replace(NETWORK_STANDINGS, name="previous_standings")
PREVIOUS_LOOKS = replace(LOOKS, name="previous_looks")
"""The same tables, and the searches of the last day, as an earlier run left them; without rows where there is none."""
