"""Networks: all of them, one with what its accounts share, its accounts, and their download."""

from __future__ import annotations

import csv
import io

from stillwatch.console import queries, review, subjects
from stillwatch.console.asked import Asked, NotFoundError, download, note_view
from stillwatch.console.findings import Run
from stillwatch.console.render import page
from stillwatch.report.accounts import cell
from stillwatch.report.build import network_of
from stillwatch.report.document import Network
from stillwatch.serve.http import Response

LISTED = 200


def listed(asked: Asked) -> Response:
    """Lists networks, the largest first."""
    run = asked.site.findings.run
    kind = asked.query.get("kind", "")
    every = subjects.networks(run)
    chosen = [row for row in every if kind in ("", row["kind"])]
    used = {
        name: campaigns
        for name in (row["network_id"] for row in chosen)
        if (campaigns := subjects.campaigns_of(run, name))
    }
    return page(
        asked,
        "networks.html.j2",
        title="Networks",
        run=run,
        networks=chosen[:LISTED],
        total=len(chosen),
        used=used,
        kinds=sorted({row["kind"] for row in every}),
        kind=kind,
    )


def one(asked: Asked) -> Response:
    """Shows one network."""
    run, name = asked.site.findings.run, asked.ids[0]
    network = described(run, name)
    note_view(asked, "network", [name])
    newest = review.newest_of(asked.ledger, name)
    return page(
        asked,
        "network_page.html.j2",
        title=f"Network {name}",
        run=run,
        network=network,
        subject=name,
        judgements=asked.ledger.judgements.list(name),
        newest=newest,
        seen=newest.judgement_id if newest else "",
        applied=run.rows(queries.applied_sql(name)),
        notes=asked.ledger.notes.list(name),
        taken=asked.ledger.claims.held(asked.now).get(name),
        second_person_above=asked.site.settings.console.second_person_above,
    )


def described(run: Run, name: str) -> Network:
    """The network as the report describes it; raises NotFoundError."""
    found = (
        run.once(("network", name), lambda engine: network_of(engine, name)) if subjects.network(run, name) else None
    )
    if found is None:
        raise NotFoundError(f"The run {run.name} has no network {name}.")
    return found


def accounts(asked: Asked) -> Response:
    """Lists the accounts of a network, a page at a time; those that hold one value, where it is named."""
    run, name = asked.site.findings.run, asked.ids[0]
    if subjects.network(run, name) is None:
        raise NotFoundError(f"The run {run.name} has no network {name}.")
    value = asked.query.get("value") or None
    found = run.rows(queries.network_accounts_sql(name, asked.query.get("after") or None, value))
    rows = found[: queries.PAGE]
    levels = subjects.levels_of(run, [row["account_id"] for row in rows], subjects.campaigns_of(run, name))
    note_view(asked, f"accounts of {name}", [row["account_id"] for row in rows])
    return page(
        asked,
        "accounts.html.j2",
        title=f"Accounts of network {name}",
        heading=f"Accounts of network {name}",
        back=f"/networks/{name}",
        here=f"/networks/{name}/accounts",
        rows=[{**row, "level": levels.get(row["account_id"])} for row in rows],
        more=rows[-1]["account_id"] if len(found) > queries.PAGE else None,
        chosen={"value": value or ""},
        levels=(),
    )


def accounts_file(asked: Asked) -> Response:
    """Gives every account of a network as CSV."""
    run, name = asked.site.findings.run, asked.ids[0]
    if subjects.network(run, name) is None:
        raise NotFoundError(f"The run {run.name} has no network {name}.")
    note_view(asked, "download of all accounts", [name])
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(("network_id", "account_id"))
    with run.reading() as engine:
        for batch in engine.batches(queries.picture_members_sql(name), 65_536):
            lines.writerows((name, cell(account)) for account in batch.column("account_id").to_pylist())
    return download(f"{name}.csv", "text/csv; charset=utf-8", text.getvalue().encode("utf-8", "replace"))
