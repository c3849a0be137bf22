"""`stillwatch share`: what others are told of a campaign, who agreed to it, and what they tell."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stillwatch.cli.findings import Findings, check_run
from stillwatch.cli.ledgers import By, Database, Reason, State, ledger_of, now, user
from stillwatch.cli.matching import SharingFile, match
from stillwatch.cli.misp import misp
from stillwatch.cli.options import AsJson
from stillwatch.cli.output import print_json, say

if TYPE_CHECKING:
    from stillwatch.ledger import Attribution
    from stillwatch.ledger.exchanged import Share

ShareId = Annotated[str, typer.Argument(metavar="ID", help="A share's id, as `list` prints it.")]
Run = Annotated[Path, typer.Argument(help="A run folder that `scan` wrote.")]
Campaign = Annotated[str, typer.Option(help="The campaign that is told of.")]

app = typer.Typer(help="Sharing with other providers and with authorities.", no_args_is_help=True)
app.add_typer(match, name="match")
app.add_typer(misp, name="misp")


@app.command()
def preview(  # noqa: PLR0913  one parameter an option
    run: Run,
    campaign: Campaign,
    profile: Annotated[str, typer.Option(help="For whom: `partner` or `government`.")] = "partner",
    provider: Annotated[str, typer.Option(help="The name that others are told.")] = "A provider",
    marking: Annotated[str, typer.Option(help="TLP: `clear`, `green`, `amber`, `amber+strict`, `red`.")] = "red",
    state: State = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Shows exactly what would leave, and sends nothing; `--json` prints the STIX bundle itself.

    With a ledger, an authority is told whom its worksheet has attributed.
    """
    from stillwatch.records.markings import TLP
    from stillwatch.share.allowed import PROFILES
    from stillwatch.share.preview import at_present, objects_for, summary
    from stillwatch.share.stix import Sender, bundle

    findings = Findings()
    check_run(run, findings)
    for option, word, known in (("--profile", profile, PROFILES), ("--marking", marking, TLP)):
        if word not in known:
            findings.add(f"`{option} {word}`", "is not known", f"use {', '.join(f'`{one}`' for one in known)}")
    findings.settle()
    entered: tuple[Attribution, ...] = ()
    if state is not None or database is not None:
        with ledger_of(state, database) as ledger:
            entered = ledger.attributions.list(campaign)
    objects = objects_for(run, campaign, Sender(provider, marking, at_present(now())), profile, entered)
    if as_json:
        print_json(bundle(objects))
        return
    for line in summary(objects, marking):
        say(line)


@app.command()
def ocsf(
    run: Run,
    provider: Annotated[str, typer.Option(help="The name that findings are made under.")] = "A provider",
) -> None:
    """Prints each campaign at `act` as a Detection Finding of OCSF, one JSON object a line, for your own monitoring."""
    from stillwatch.share.gather import campaign_of, campaigns_to_tell
    from stillwatch.share.ocsf import finding

    findings = Findings()
    check_run(run, findings)
    findings.settle()
    for campaign in campaigns_to_tell(run):
        say(json.dumps(finding(campaign_of(run, campaign), provider, now())))


@app.command()
def push(  # noqa: PLR0913  one parameter an option
    run: Run,
    campaign: Campaign,
    to: Annotated[str, typer.Option(help="The partner, as the sharing file names it.")],
    sharing: SharingFile,
    state: State = None,
    database: Database = None,
    by: By = "",
) -> None:
    """Puts a campaign into the ledger for a partner; it leaves once a second person agrees, where one has to."""
    from stillwatch.share.sharing import load_sharing
    from stillwatch.share.tell import tell

    findings = Findings()
    check_run(run, findings)
    findings.settle()
    found = load_sharing(sharing)
    recipient = found.partner(to)  # a mistyped name leaves no new ledger
    with ledger_of(state, database, create=True) as ledger:
        share = tell(run, campaign, recipient, found, ledger, by or user(), now())
    _told(share)


@app.command()
def answer(
    to: Annotated[str, typer.Option(help="The partner, as the sharing file names it.")],
    sharing: SharingFile,
    state: State = None,
    database: Database = None,
    by: By = "",
) -> None:
    """Puts into the ledger which of a partner's indicators were seen here, and what people made of them."""
    from stillwatch.share.answers import answer as answered
    from stillwatch.share.sharing import load_sharing

    found = load_sharing(sharing)
    with ledger_of(state, database) as ledger:
        share = answered(found.partner(to), found, ledger, by or user(), now())
    _told(share)


@app.command()
def send(sharing: SharingFile, state: State = None, database: Database = None, by: By = "") -> None:
    """Sends what may leave to the servers of partners that have one."""
    from stillwatch.share.sharing import load_sharing
    from stillwatch.share.tell import deliver

    found = load_sharing(sharing)
    with ledger_of(state, database) as ledger:
        sent = 0
        for share in deliver(found, ledger, by or user(), now()):
            _told(share, "was delivered")
            sent += 1
    if not sent:
        say("there was nothing to send")


@app.command()
def pull(
    partner: Annotated[str, typer.Option("--from", help="The partner, as the sharing file names it.")],
    sharing: SharingFile,
    state: State = None,
    database: Database = None,
) -> None:
    """Reads what a partner's server has added; it is weighed by the next scan, and nothing follows from it alone."""
    from stillwatch.share.sharing import load_sharing
    from stillwatch.share.tell import hear

    found = load_sharing(sharing)
    with ledger_of(state, database, create=True) as ledger:
        count = hear(found.partner(partner), found, ledger, now())
    say(f"{partner}: {count:,} objects")


@app.command()
def indicators(
    out: Annotated[Path, typer.Option(help="The Parquet file to write, for `scan --indicators`.")],
    state: State = None,
    database: Database = None,
) -> None:
    """Writes what partners report now, weighed by their records; `watch` takes it from the ledger by itself."""
    import pyarrow.parquet as pq

    from stillwatch.disk import replaced
    from stillwatch.share import intake

    with ledger_of(state, database) as ledger:
        found = intake.indicators(ledger, now())
        weights = {name: intake.weight(ledger, name) for name in ledger.received.partners()}
    with replaced(out, "--out") as file:
        pq.write_table(found, file)
    for name, weight in weights.items():
        count = sum(1 for one in found["partner"].to_pylist() if one == name)
        say(f"{name}: {count:,} values, weight {weight:.2f}")
    say(f"{found.num_rows:,} values: {out}")


@app.command()
def sight(run: Run, state: State = None, database: Database = None) -> None:
    """Notes in the ledger where a run met partners' values: judgements of these make the partners' records."""
    from stillwatch.share import intake

    findings = Findings()
    check_run(run, findings)
    findings.settle()
    with ledger_of(state, database) as ledger:
        count = intake.see(run, ledger, now())
    say(f"{count:,} sightings")


@app.command(name="list")
def list_(state: State = None, database: Database = None, as_json: AsJson = False) -> None:
    """Everything that was told or waits to be, oldest first."""
    with ledger_of(state, database) as ledger:
        shares = ledger.shares.list()
    if as_json:
        print_json([{**asdict(one), "status": one.status} for one in shares])
        return
    for one in shares:
        _told(one, one.status)
    if not shares:
        say("nothing was shared")


@app.command()
def show(share_id: ShareId, state: State = None, database: Database = None) -> None:
    """The objects of a share as they left, or would."""
    with ledger_of(state, database) as ledger:
        ledger.shares.find(share_id)
        print_json(ledger.shares.objects(share_id))


@app.command()
def approve(
    share_id: ShareId, state: State = None, database: Database = None, by: By = "", reason: Reason = ""
) -> None:
    """Lets a share leave; whoever made it cannot."""
    with ledger_of(state, database) as ledger:
        share = ledger.shares.approve(share_id, by or user(), now(), reason)
    _told(share, "can be read by its recipient; `stillwatch share send` delivers it")


@app.command()
def refuse(share_id: ShareId, state: State = None, database: Database = None, by: By = "", reason: Reason = "") -> None:
    """Ends a share before it leaves."""
    _with_reason(reason)
    with ledger_of(state, database) as ledger:
        _told(ledger.shares.refuse(share_id, by or user(), now(), reason), "never leaves")


@app.command()
def withdraw(  # noqa: PLR0913  one parameter an option
    share_id: ShareId,
    state: State = None,
    database: Database = None,
    by: By = "",
    reason: Reason = "",
    only: Annotated[list[str] | None, typer.Option("--object", help="Take back this object alone; repeatable.")] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Print what `--object` would send, and change nothing.")
    ] = False,
) -> None:
    """Takes a share back: every object of it is revoked, and can be read as nothing else.

    With `--object`, as of an entity, that object, what ties others to it, and what was told by it alone.
    """
    if preview and only:
        with ledger_of(state, database) as ledger:
            print_json(ledger.shares.taken_back(share_id, only, now()))
        return
    _with_reason(reason)
    with ledger_of(state, database) as ledger:
        shares, who = ledger.shares, by or user()
        if only:
            _told(shares.withdraw_some(share_id, only, who, now(), reason), f"revokes a part of {share_id}")
        else:
            _told(shares.withdraw(share_id, who, now(), reason), f"revokes {share_id}")


def _with_reason(reason: str) -> None:
    findings = Findings()
    if not reason.strip():
        findings.add("`--reason`", "is missing", "say why: it stands in the ledger")
    findings.settle()


def _told(share: Share, then: str = "") -> None:
    """Says what a share is, and what comes `then`; without a word, what comes of a new one."""
    then = then or ("waits for a second person" if share.status == "waiting" else "can be read by its recipient")
    say(
        f"{share.share_id}  {share.made_at:%Y-%m-%d %H:%M}  {share.recipient}  {share.subject}  {share.profile}  "
        f"TLP:{share.marking.upper()}  {then}"
    )
