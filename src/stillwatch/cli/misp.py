"""`stillwatch share misp`: what was told, as an event of MISP, and a partner's event taken in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stillwatch.cli.findings import Findings
from stillwatch.cli.ledgers import Database, State, ledger_of, now
from stillwatch.cli.matching import SharingFile
from stillwatch.cli.output import print_json, say

misp = typer.Typer(help="Events of MISP, as files.", no_args_is_help=True)
ShareId = Annotated[str, typer.Argument(metavar="ID", help="A share's id, as `share list` prints it.")]


@misp.command()
def export(share_id: ShareId, state: State = None, database: Database = None) -> None:
    """Prints what stands of a share that may leave as an event of MISP; what was taken back is deleted in it."""
    from stillwatch.share.misp import event

    with ledger_of(state, database) as ledger:
        share = ledger.shares.find(share_id)
        findings = Findings()
        if share.status in ("waiting", "refused"):
            remedy = "let a second person agree: `stillwatch share approve`"
            findings.add(f"share `{share_id}`", f"is {share.status}: nothing of it may leave", remedy)
        findings.settle()
        print_json(event(ledger.shares.current(share_id)))


@misp.command(name="import")
def import_(
    file: Annotated[Path, typer.Argument(help="An event of MISP as JSON.")],
    partner: Annotated[str, typer.Option("--from", help="The partner, as the sharing file names it.")],
    sharing: SharingFile,
    state: State = None,
    database: Database = None,
) -> None:
    """Takes a partner's event in; its values are weighed by the next scan, and nothing follows from one alone."""
    from stillwatch.share.misp import read
    from stillwatch.share.sharing import load_sharing
    from stillwatch.share.tell import take

    found = load_sharing(sharing).partner(partner)
    objects = read(file, found.name)
    with ledger_of(state, database, create=True) as ledger:
        take(found, objects, ledger, now())
    say(f"{partner}: {len(objects):,} values")
