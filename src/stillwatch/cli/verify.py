"""`stillwatch report verify`: a sealed dossier is checked offline, and given the logs its figures are found anew."""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stillwatch.cli.findings import Findings
from stillwatch.cli.options import TABLES, Typed, takes
from stillwatch.cli.output import print_json, say
from stillwatch.errors import Mistake, UsageError

if TYPE_CHECKING:
    from stillwatch.custody.check import Checked


def custody() -> Any:
    """What seals and checks; raises UsageError where its packages are missing."""
    try:
        from stillwatch.custody import check, seal, signing
    except ModuleNotFoundError as error:
        remedy = "install it with `pip install 'stillwatch[dossier]'`"
        raise UsageError([Mistake("a seal", f"needs the package `{error.name}`", remedy)]) from error
    return SimpleNamespace(
        check=check.check,
        check_files=check.check_files,
        check_log=check.check_log,
        load_signer=signing.load_signer,
        load_trusted=signing.load_trusted,
        SUFFIX=seal.SUFFIX,
        Sealing=seal.Sealing,
    )


@takes(*TABLES, "settings", "key_file", "as_json")
def verify(  # noqa: PLR0913  one parameter an option
    typed: Typed,
    dossier: Annotated[Path, typer.Argument(help="A dossier; its seal lies beside it.")],
    key: Annotated[
        Path | None, typer.Option(help="Keys that you trust: a `.pub`, or OpenSSH's `allowed_signers`.")
    ] = None,
    run: Annotated[
        Path | None, typer.Option(help="The run folder, to check its tables; with logs, what it continued is known.")
    ] = None,
    custody_log: Annotated[Path | None, typer.Option(help="The log of all seals.")] = None,
    authority: Annotated[
        Path | None, typer.Option(help="The root certificate (PEM) of the authority that stamped it.")
    ] = None,
    logs: Annotated[
        list[str] | None, typer.Option(help="The exchange logs: the campaign is found anew and compared.")
    ] = None,
) -> None:
    """Checks a sealed dossier offline and says what differs; ends with 1 where anything does."""
    seals = custody()
    whole, seal = _files(dossier, seals.SUFFIX)
    trusted = seals.load_trusted(key) if key is not None else ()
    found: Checked = seals.check(whole, seal, trusted)
    if run is not None:
        seals.check_files(found, "run/", {path.name: path for path in run.iterdir()} if run.is_dir() else {})
    elif found.statement is not None:
        found.pass_over("run", "no run folder was named")
    if custody_log is not None:
        seals.check_log(found, custody_log)
    _check_stamp(found, authority)
    if logs:
        from stillwatch.cli.recomputing import recompute

        with tempfile.TemporaryDirectory(prefix="stillwatch-verify-") as folder:
            recompute(found, typed, logs, run, Path(folder))
    _tell(found, typed.as_json)


def stamps() -> Any:
    """What asks for stamps and checks them; raises UsageError where its package is missing."""
    try:
        from stillwatch.custody import stamp
    except ModuleNotFoundError as error:
        remedy = "install it with `pip install 'stillwatch[stamp]'`"
        raise UsageError([Mistake("a time stamp", f"needs the package `{error.name}`", remedy)]) from error
    return stamp


def _check_stamp(found: Checked, authority: Path | None) -> None:
    if found.stamp is not None and authority is not None:
        stamps().check_stamp(found, authority)
    elif found.stamp is not None:
        found.pass_over("time stamp", "there is one; name its authority with `--authority`")


def _files(dossier: Path, suffix: str) -> tuple[bytes, bytes]:
    findings, read = Findings(), []
    for path, remedy in (
        (dossier, "name a dossier"),
        (dossier.with_name(dossier.name + suffix), "put the seal beside the dossier; one is made with `--sign`"),
    ):
        try:
            read.append(path.read_bytes())
        except OSError as error:
            findings.add(f"`{path}`", f"cannot be read ({error.strerror})", remedy)
    findings.settle()
    return read[0], read[1]


def _told(found: Checked) -> str:
    from stillwatch.cli.recomputing import LACKING

    if not found.differs:
        return "nothing that was checked differs"
    if any(one.part.startswith(LACKING) for one in found.findings):
        return "something differs, and sealed files were not given: name them and check again before you rely on it"
    return "something differs: do not rely on it"


def _tell(found: Checked, as_json: bool) -> None:
    if as_json:
        print_json([{"part": one.part, "outcome": one.outcome, "said": one.said} for one in found.findings])
    else:
        for one in found.findings:
            say(f"{one.outcome:<11}  {one.part}: {one.said}")
        say(_told(found))
    if found.differs:
        raise typer.Exit(1)
