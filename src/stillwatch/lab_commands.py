"""The `stillwatch lab` commands that scan many times: null streams, the adversary drill and replays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from stillwatch.arguments import Findings, Words, check_out, job_from
from stillwatch.options import (
    LENIENT,
    Accounts,
    AsJson,
    Judgements,
    KeyFile,
    Logs,
    Out,
    Permits,
    SettingsFile,
    Since,
    Until,
    console,
    print_json,
)

lab = typer.Typer(
    help="Worlds with known truth, scores against it, and calibration without it.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@lab.command(context_settings=LENIENT)
def null(  # noqa: PLR0913  one parameter is one option
    logs: Logs = None,
    accounts: Accounts = None,
    permits: Permits = None,
    judgements: Judgements = None,
    settings: SettingsFile = None,
    since: Since = None,
    until: Until = None,
    key_file: KeyFile = None,
    streams: Annotated[int, typer.Option(min=1, max=999, help="Null streams and half-samples of each sort.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same streams.")] = 1,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Tells what would be accused in your own logs if nobody in them acted together."""
    findings = Findings()
    words = Words(logs or (), accounts or (), permits or (), judgements or (), settings, since, until, key_file)
    job = job_from(words, findings)
    if out is not None:
        check_out(out, findings)
    findings.settle()
    from stillwatch.lab.calibration import calibrate, render, write

    found = calibrate(job, streams, seed)
    if out is not None:
        write(found, job, out)
    if as_json:
        print_json(found.as_dict())
    else:
        render(found, console())


@lab.command()
def drill(  # noqa: PLR0913  one parameter is one option
    rung: Annotated[list[str] | None, typer.Option(help="A rung to drill; may be repeated. None: all.")] = None,
    evasion: Annotated[list[str] | None, typer.Option(help="An evasion to try; may be repeated. None: all.")] = None,
    seeds: Annotated[list[int] | None, typer.Option(help="Seeds of the worlds, one world each. None: 1.")] = None,
    scale: Annotated[float, typer.Option(min=0.005, max=10.0, help="Of 100,000 accounts, 3 M exchanges.")] = 0.05,
    book: Annotated[Path | None, typer.Option(help="Prices and evasions; none: those shipped.")] = None,
    prompts: Annotated[Path | None, typer.Option(help="A folder of prompt files; none: our own.")] = None,
    as_json: AsJson = False,
) -> None:
    """Finds the cheapest evasion that halves what is found of each rung, and what it costs the attacker."""
    from stillwatch.lab import drill as drills
    from stillwatch.settings import Settings

    findings = Findings()
    known = drills.load_drillbook(book) if book else drills.load_drillbook()
    names = sorted({one.name for plan in known.evasions.values() for one in plan})
    _check_words("--rung", rung or (), drills.RUNGS, findings)
    _check_words("--evasion", evasion or (), names, findings)
    findings.settle()
    ground = drills.Ground(scale, prompts, Settings())
    found = drills.drill(known, rung or drills.RUNGS, evasion or (), tuple(dict.fromkeys(seeds or (1,))), ground)
    if as_json:
        print_json(found.as_dict())
    else:
        drills.render(found, console())


@lab.command()
def replay(
    sketches: Annotated[Path, typer.Argument(help="The `exchange_sketches.parquet` of a world's logs.")],
    truth: Annotated[Path, typer.Argument(help="The `truth` folder of that world.")],
    accounts: Annotated[Path | None, typer.Option(help="The world's accounts.")] = None,
    permits: Annotated[Path | None, typer.Option(help="The world's permits.")] = None,
    every: Annotated[float, typer.Option(min=0.25, help="Days from one scan to the next.")] = 4.0,
    as_json: AsJson = False,
) -> None:
    """Scans a world's log as it stood every few days: what had leaked when a run would have said so."""
    tables = {name: path for name, path in (("accounts", accounts), ("permits", permits)) if path is not None}
    findings = Findings()
    for path in (sketches, *tables.values(), truth):
        if not path.exists():
            findings.add(f"`{path}`", "does not exist", "name what `lab build` and `sketch` wrote")
    findings.settle()
    from stillwatch.lab import replay as replays

    found = replays.replay(sketches, tables, truth, every, lambda text: typer.echo(text, err=True))
    if as_json:
        print_json([asdict(one) for one in found])
    else:
        console().print(replays.as_table(found))


def _check_words(option: str, words: Sequence[str], known: Sequence[str], findings: Findings) -> None:
    for word in words:
        if word not in known:
            findings.add(f"`{option} {word}`", "is unknown", f"use one of {', '.join(known)}")
