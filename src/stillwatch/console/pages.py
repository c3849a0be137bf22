"""The table of pages: which address is answered by what, and from which role on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple
from urllib.parse import unquote

from stillwatch.console.asked import Asked
from stillwatch.console.views import (
    accounts,
    appeals,
    attribution,
    bulk,
    campaigns,
    decided,
    doors,
    networks,
    overview,
    partners,
    people,
    picture,
    policies,
    queue,
    records,
    said,
    screening,
    search,
)
from stillwatch.serve.http import Response

ID = "{}"
"""A part of a path that is an id."""


class Page(NamedTuple):
    """One address and method, and the role that a person needs for it."""

    method: str
    path: str
    role: str
    answer: Callable[[Asked], Response]


PAGES = (
    Page("GET", "/", "viewer", overview.overview),
    Page("GET", "/campaigns", "viewer", campaigns.listed),
    Page("GET", "/campaigns/{}", "viewer", campaigns.one),
    Page("GET", "/campaigns/{}/accounts", "viewer", campaigns.accounts),
    Page("GET", "/campaigns/{}/attribution", "viewer", attribution.show),
    Page("POST", "/campaigns/{}/attribution", "analyst", attribution.enter),
    Page("POST", "/campaigns/{}/attribution/conclusion", "approver", attribution.conclude),
    Page("GET", "/networks", "viewer", networks.listed),
    Page("GET", "/networks/{}", "viewer", networks.one),
    Page("GET", "/networks/{}/accounts", "viewer", networks.accounts),
    Page("GET", "/networks/{}/accounts.csv", "analyst", networks.accounts_file),
    Page("GET", "/networks/{}/picture", "viewer", picture.picture),
    Page("GET", "/networks/{}/points", "viewer", picture.points),
    Page("GET", "/networks/{}/part", "viewer", picture.part),
    Page("GET", "/account", "viewer", accounts.one),
    Page("GET", "/review", "analyst", queue.listed),
    Page("POST", "/review/next", "analyst", queue.following),
    Page("POST", "/review/release", "analyst", queue.release),
    Page("GET", "/review/campaign/{}", "analyst", queue.campaign),
    Page("GET", "/review/proposal/{}", "approver", queue.proposal),
    Page("POST", "/review/proposal/{}", "approver", queue.second),
    Page("POST", "/judge", "analyst", queue.judge),
    Page("GET", "/judgements", "viewer", said.listed),
    Page("POST", "/judgements/{}/withdrawal", "analyst", said.withdraw),
    Page("POST", "/notes", "analyst", said.note),
    Page("GET", "/decisions", "viewer", decided.listed),
    Page("GET", "/decisions/{}", "viewer", decided.one),
    Page("POST", "/decisions/{}/reversal", "analyst", decided.reverse),
    Page("POST", "/decisions/{}/second", "approver", decided.second),
    Page("POST", "/bulk", "approver", bulk.bulk),
    Page("POST", "/bulk/{}/cancellation", "approver", bulk.cancel),
    Page("GET", "/appeals", "viewer", appeals.listed),
    Page("GET", "/appeals/{}", "viewer", appeals.one),
    Page("POST", "/appeals/{}/assignment", "analyst", appeals.assign),
    Page("POST", "/appeals/{}/outcome", "approver", appeals.decide),
    Page("GET", "/screening", "analyst", screening.listed),
    Page("POST", "/screening/judge", "analyst", screening.judge),
    Page("POST", "/screening/return", "analyst", screening.judge_return),
    Page("GET", "/doors", "viewer", doors.doors),
    Page("GET", "/permits", "viewer", records.permits),
    Page("GET", "/shared", "viewer", records.shared),
    Page("GET", "/partners", "viewer", partners.listed),
    Page("GET", "/partners/{}", "viewer", partners.one),
    Page("GET", "/shares/{}", "viewer", partners.share),
    Page("POST", "/shares/{}/answer", "approver", partners.answer),
    Page("GET", "/policy", "viewer", policies.policy),
    Page("GET", "/quality", "viewer", records.quality),
    Page("GET", "/settings", "viewer", records.settings),
    Page("GET", "/audit", "approver", records.audit),
    Page("GET", "/search", "viewer", search.search),
    Page("POST", "/saved", "viewer", search.keep),
    Page("POST", "/saved/{}/removal", "viewer", search.forget),
    Page("GET", "/people", "admin", people.listed),
    Page("POST", "/people/roles", "admin", people.grant),
    Page("POST", "/people/sessions", "admin", people.end),
)
_PARTS = tuple((one, tuple(one.path.split("/")[1:])) for one in PAGES)


class Found(NamedTuple):
    """The page of an address, and the ids that stand in it."""

    page: Page
    ids: tuple[str, ...]


def find(method: str, raw_path: str) -> Found | tuple[str, ...]:
    """The page of a path as the browser sent it, still encoded; else the methods that the address has, if any.

    Parts are decoded after they were told apart, so that no id can pass for another part.
    """
    parts = [unquote(one, errors="replace") for one in raw_path.split("/")[1:]]
    methods = []
    for one, wanted in _PARTS:
        ids = _fits(parts, wanted)
        if ids is not None and one.method == ("GET" if method == "HEAD" else method):
            return Found(one, ids)
        if ids is not None:
            methods.append(one.method)
    return tuple(methods)


def _fits(parts: Sequence[str], wanted: Sequence[str]) -> tuple[str, ...] | None:
    if len(parts) != len(wanted):
        return None
    if any(known not in (ID, part) or (known == ID and not part) for part, known in zip(parts, wanted, strict=True)):
        return None
    return tuple(part for part, known in zip(parts, wanted, strict=True) if known == ID)
