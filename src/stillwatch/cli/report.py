"""`stillwatch report`: what a run found, dossiers of campaigns and their seals, and lists of accounts."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from stillwatch.cli.access import doors, reseller
from stillwatch.cli.findings import Findings, check_format, check_run
from stillwatch.cli.holder import holder
from stillwatch.cli.ledgers import By, Database, Place, State, ledger_of, now, user
from stillwatch.cli.output import say, show_document
from stillwatch.cli.verify import custody, stamps, verify
from stillwatch.disk import held, replaced

if TYPE_CHECKING:
    from stillwatch.report import Asked

LISTS = (".csv", ".parquet")
WRITE = "write"


class WithDefault(TyperGroup):
    """Commands of which one need not be named: words that begin with no command's name belong to `write`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Names the command that was left out."""
        named = bool(args) and args[0] in self.commands
        return super().parse_args(ctx, args if named else [WRITE, *args])


class Unnamed(TyperCommand):
    """A command that `--help` and complaints call by its group's name alone, as people type it."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Takes the group's name and place."""
        return super().make_context(parent.info_name, args, parent.parent, **extra)


@dataclass(frozen=True, slots=True)
class Signing:
    """The key that signs, the log that keeps all seals, the authority that stamps them, and who answers for it."""

    key: Path | None
    log: Path | None
    authority: str | None
    by: str


def write(  # noqa: PLR0913  one parameter an option
    run: Annotated[Path, typer.Argument(help="A run folder that `scan` wrote.")],
    campaign: Annotated[str | None, typer.Option(help="One campaign's dossier instead of the whole run.")] = None,
    network: Annotated[str | None, typer.Option(help="One network's report instead of the whole run.")] = None,
    format_: Annotated[
        str, typer.Option("--format", help="`html`, `md`, `json` or `text`; of a campaign also `pdf`.")
    ] = "md",
    profile: Annotated[
        str, typer.Option(help="For whom a dossier is: `internal`, `partner`, `counsel` or `government`.")
    ] = "internal",
    state: State = None,
    database: Database = None,
    prices: Annotated[Path | None, typer.Option(help="A TOML file of list prices, for a dossier.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write to this file instead of stdout.")] = None,
    sign: Annotated[Path | None, typer.Option(help="Seal the dossier with this ed25519 key, in `OUT.seal`.")] = None,
    custody_log: Annotated[Path | None, typer.Option(help="The log that all seals are entered in.")] = None,
    stamp: Annotated[str | None, typer.Option(help="An authority (RFC 3161) that stamps the seal: a URL.")] = None,
    by: By = "",
    accounts_out: Annotated[
        Path | None, typer.Option(help="Write every account to this file, `.csv` or `.parquet`, instead.")
    ] = None,
) -> None:
    """What a run found, or the dossier of a campaign; see also `verify`, `holder`, `doors` and `reseller`."""
    findings, signing = Findings(), Signing(sign, custody_log, stamp, by or user())
    check_run(run, findings)
    check_format(format_, findings)
    _check_subject(campaign, network, findings)
    _check_files(out, accounts_out, findings)
    _check_dossier(campaign, out, format_, signing, findings)
    findings.settle()
    from stillwatch import report as reports

    if accounts_out is not None:
        listed = reports.write_accounts(run, accounts_out, campaign, network)
        whose = "a campaign" if network is None else "the network"
        say(f"{listed:,} {'row' if listed == 1 else 'rows'}, one for each account of {whose}: {accounts_out}")
        if out is None:
            return
    if campaign is not None:
        asked = _asked(format_, profile, Place(state, database), campaign, prices)
        _write_dossier(run, campaign, asked, out, signing)
        return
    text = reports.write(run, None, format_, network)
    if out is None:
        show_document(text)
        return
    with replaced(out, "--out") as file:
        file.write_text(text, encoding="utf-8")


def _asked(format_: str, profile: str, place: Place, campaign: str, prices: Path | None) -> Asked:
    """What the dossier is made of, with what the ledger holds about the campaign."""
    from stillwatch.report import Asked
    from stillwatch.report.dossier.damage import load_prices
    from stillwatch.report.dossier.recorded import recorded

    table = None if prices is None else load_prices(prices)
    if place.state is None and place.database is None:
        return Asked(format_, profile, None, table)
    with ledger_of(place.state, place.database) as ledger:
        return Asked(format_, profile, recorded(ledger, campaign), table)


def _write_dossier(run: Path, campaign: str, asked: Asked, out: Path | None, signing: Signing) -> None:
    from stillwatch import report as reports

    if out is None:
        show_document(reports.write_dossier(run, campaign, asked).decode())
        return
    if signing.key is None:
        dossier = reports.write_dossier(run, campaign, asked)
        with replaced(out, "--out") as file:
            file.write_bytes(dossier)
        return
    seals = custody()
    stamper = None if signing.authority is None else stamps().stamper(signing.authority)
    how = seals.Sealing(seals.load_signer(signing.key), now(), signing.log, stamper)
    with held(signing.log) if signing.log is not None else nullcontext():
        dossier, whole, enter = reports.seal_dossier(run, campaign, asked, how, signing.by)
        seal = out.with_name(out.name + seals.SUFFIX)
        with replaced(seal, "--out") as sealed, replaced(out, "--out") as file:
            file.write_bytes(dossier)
            sealed.write_bytes(whole)
            enter()
    say(f"{out} is sealed by {seal}; check both with `stillwatch report verify {out}`")


def _check_subject(campaign: str | None, network: str | None, findings: Findings) -> None:
    if campaign is not None and network is not None:
        findings.add("`--network`", "cannot stand beside `--campaign`", "name one of them: a report is about one")


def _check_dossier(campaign: str | None, out: Path | None, format_: str, signing: Signing, findings: Findings) -> None:
    if format_ == "pdf" and campaign is None:
        findings.add("`--format pdf`", "is for dossiers", "name a `--campaign`, or use `--format html`")
    if format_ == "pdf" and out is None:
        findings.add("`--format pdf`", "is not for terminals", "name a file with `--out`")
    if signing.key is not None and (out is None or campaign is None):
        findings.add("`--sign`", "needs a dossier in a file", "name a `--campaign` and `--out`")
    for option, word in (("--custody-log", signing.log), ("--stamp", signing.authority)):
        if word is not None and signing.key is None:
            findings.add(f"`{option}`", "is for seals", "name a key with `--sign`")


def _check_files(out: Path | None, accounts_out: Path | None, findings: Findings) -> None:
    if accounts_out is None:
        return
    if accounts_out.suffix not in LISTS:
        known = " or ".join(f"`{one}`" for one in LISTS)
        findings.add(f"`--accounts-out {accounts_out}`", "has no known suffix", f"let the name end in {known}")
    if out is not None and out.absolute() == accounts_out.absolute():
        findings.add(f"`--accounts-out {accounts_out}`", "is `--out` as well", "name two files")


report = typer.Typer(cls=WithDefault, help="What a run found, dossiers of campaigns and their seals.")
report.command(WRITE, cls=Unnamed)(write)
report.command()(verify)
report.command()(holder)
report.command()(doors)
report.command()(reseller)
