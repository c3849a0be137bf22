"""The pages that every page leads to, by role."""

from __future__ import annotations

from typing import NamedTuple


class Link(NamedTuple):
    """A link of the menu, and the role from which on it is shown."""

    address: str
    name: str
    role: str = "viewer"


LINKS = (
    Link("/", "Overview"),
    Link("/review", "Review", "analyst"),
    Link("/campaigns", "Campaigns"),
    Link("/networks", "Networks"),
    Link("/decisions", "Decisions"),
    Link("/appeals", "Appeals"),
    Link("/judgements", "Judgements"),
    Link("/screening", "Screening", "analyst"),
    Link("/doors", "Doors"),
    Link("/permits", "Permits"),
    Link("/shared", "Shared values"),
    Link("/partners", "Partners"),
    Link("/policy", "Policy"),
    Link("/quality", "Data quality"),
    Link("/settings", "Settings"),
    Link("/audit", "Audit log", "approver"),
    Link("/people", "People", "admin"),
)
