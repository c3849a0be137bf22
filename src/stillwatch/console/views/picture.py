"""The picture of a network: a page, its points as bytes that a canvas draws, and one opened part as a small graph."""

from __future__ import annotations

from typing import Any

import msgspec

from stillwatch.console import layout, queries, subjects
from stillwatch.console.asked import NOT_KEPT, SECURE, Asked, NotFoundError, note_view
from stillwatch.console.findings import Run
from stillwatch.console.render import page
from stillwatch.engine import Engine
from stillwatch.report import convert
from stillwatch.report.drawing import colour
from stillwatch.report.fetch import rows
from stillwatch.report.sanitise import sanitise
from stillwatch.report.sentences import shared_value
from stillwatch.serve.http import JSON, Response

HUBS = 40
"""Values drawn as hubs: more could not be told apart."""
PART = 600
"""Accounts of an opened part."""


def picture(asked: Asked) -> Response:
    """Shows the picture's page: the canvas, and beside it the same as a table."""
    run, name = asked.site.findings.run, _known(asked)
    values = [convert.value(row) for row in run.rows(queries.picture_values_sql(name, HUBS))]
    note_view(asked, "picture of all accounts", [name])
    row = subjects.network(run, name)
    assert row is not None
    return page(
        asked, "picture.html.j2", title=f"Picture of network {name}", run=run, name=name, network=row, values=values
    )


def points(asked: Asked) -> Response:
    """Gives the laid out accounts and values as `layout.packed` writes them."""
    run, name = asked.site.findings.run, _known(asked)
    packed = run.once(("picture", name), lambda engine: _packed(run, engine, name))
    return Response(200, ((b"content-type", b"application/octet-stream"), NOT_KEPT, *SECURE), packed)


def _packed(run: Run, engine: Engine, name: str) -> bytes:
    values = rows(engine, queries.picture_values_sql(name, HUBS))
    members = engine.fetch(queries.picture_members_sql(name)).column("account_id").to_pylist()
    links = engine.fetch(queries.picture_links_sql(name))
    accused = {
        row["account_id"]: row["level"]
        for row in rows(engine, queries.picture_accused_sql(subjects.campaigns_of(run, name)))
    }
    hubs = {row["value_id"]: place for place, row in enumerate(values)}
    held = layout.held(members, links, hubs)
    return layout.packed(held, [accused.get(one) for one in members], [colour(row["family"]) for row in values])


def part(asked: Asked) -> Response:
    """Gives the accounts that hold one value, and what else they hold, as a graph of at most PART accounts."""
    run, name, value = asked.site.findings.run, _known(asked), asked.query.get("value", "")
    values = {row["value_id"]: row for row in run.rows(queries.picture_values_sql(name, HUBS))}
    if value not in values:
        raise NotFoundError("That value is none of the picture's.")
    links = run.rows(queries.picture_links_sql(name))
    accounts = [row["account_id"] for row in links if row["value_id"] == value][:PART]
    note_view(asked, f"opened part of {name}", accounts)
    chosen = set(accounts)
    edges = [row for row in links if row["account_id"] in chosen and row["value_id"] in values]
    return Response(200, (JSON, NOT_KEPT, *SECURE), msgspec.json.encode(_graph(run, name, accounts, edges, values)))


def _graph(run: Run, name: str, accounts: list[str], edges: list[Any], values: dict[str, Any]) -> dict[str, Any]:
    used = list(dict.fromkeys(row["value_id"] for row in edges))
    place = {one: number for number, one in enumerate(accounts)}
    hub = {one: number for number, one in enumerate(used)}
    pairs = [(place[row["account_id"]], hub[row["value_id"]]) for row in edges]
    at_accounts, at_hubs = layout.small(len(accounts), len(used), pairs)
    levels = subjects.levels_of(run, accounts, subjects.campaigns_of(run, name))
    return {
        "accounts": [
            {"id": sanitise(one), "level": levels.get(one), "x": x, "y": y}
            for one, (x, y) in zip(accounts, at_accounts, strict=True)
        ],
        "values": [
            {"name": shared_value(convert.value(values[one])), "colour": colour(values[one]["family"]), "x": x, "y": y}
            for one, (x, y) in zip(used, at_hubs, strict=True)
        ],
        "links": pairs,
    }


def _known(asked: Asked) -> str:
    name = asked.ids[0]
    if subjects.network(asked.site.findings.run, name) is None:
        raise NotFoundError(f"The newest run has no network {name}.")
    return name
