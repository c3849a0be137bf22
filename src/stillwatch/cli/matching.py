"""`stillwatch share match`: what we have in common with a partner, in an offer and an answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stillwatch.cli.findings import Findings, check_run
from stillwatch.cli.ledgers import ledger_of, now
from stillwatch.cli.output import say

if TYPE_CHECKING:
    from stillwatch.share.sessions import Side

Run = Annotated[Path, typer.Argument(help="A run folder that `scan` wrote.")]
SharingFile = Annotated[Path, typer.Option("--sharing", help="A TOML file that says whom we share with, and why.")]
State = Annotated[Path, typer.Option("--state", help="A state's folder, which keeps the log and what waits.")]
Out = Annotated[Path, typer.Option("--out", help="The file to write.")]
Reveal = Annotated[bool, typer.Option("--reveal", help="Which values are common, and not only how many.")]

match = typer.Typer(help="What we have in common with a partner, and nothing else.", no_args_is_help=True)


@match.command()
def offer(
    run: Run,
    to: Annotated[str, typer.Option(help="The partner, as the sharing file names it.")],
    sharing: SharingFile,
    state: State,
    out: Out,
    reveal: Reveal = False,
) -> None:
    """Asks a partner how many values we have in common, or which; it learns none of ours."""
    from stillwatch.share import sessions

    findings = Findings()
    check_run(run, findings)
    findings.settle()
    with _side(sharing, to, state) as side:
        count = sessions.offer(side, run, out, reveal)
    say(f"{out}: {count:,} values of ours, hidden among random ones")


@match.command()
def answer(  # noqa: PLR0913  one parameter an option
    given: Annotated[Path, typer.Argument(metavar="OFFER", help="The partner's offer.")],
    run: Annotated[Path, typer.Option(help="The run folder whose values are held against it.")],
    with_: Annotated[str, typer.Option("--with", help="The partner, as the sharing file names it.")],
    sharing: SharingFile,
    state: State,
    out: Out,
    reveal: Reveal = False,
) -> None:
    """Answers a partner's offer; the partner alone learns the result."""
    from stillwatch.share import sessions

    findings = Findings()
    check_run(run, findings)
    findings.settle()
    with _side(sharing, with_, state) as side:
        sessions.answer(side, given, run, out, reveal)
    say(f"{out}: answered")


@match.command()
def read(
    given: Annotated[Path, typer.Argument(metavar="ANSWER", help="The partner's answer.")],
    with_: Annotated[str, typer.Option("--with", help="The partner, as the sharing file names it.")],
    sharing: SharingFile,
    state: State,
) -> None:
    """Says how many values are common, and which, where both sides asked for that."""
    from stillwatch.share import sessions

    with _side(sharing, with_, state, create=False) as side:
        count, common = sessions.read(side, given)
    say(f"{count:,} common values")
    for claim, value in common:
        say(f"{claim}  {value}")


@contextmanager
def _side(sharing: Path, partner: str, state: Path, create: bool = True) -> Iterator[Side]:
    from stillwatch.share.sessions import Side
    from stillwatch.share.sharing import load_sharing

    found = load_sharing(sharing)
    side = found.partner(partner)  # a mistyped name leaves no new ledger
    with ledger_of(state, None, create) as ledger:
        yield Side(found.provider.name, side, ledger, state, now())
