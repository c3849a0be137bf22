"""The `stillwatch lab` commands: worlds with known truth, scores against it, and the cost of hiding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from stillwatch.cli.findings import Findings, check_out, check_run
from stillwatch.cli.options import AsJson, Out, SeveralValues
from stillwatch.cli.output import console, print_json

WIDE = 160  # columns of large tables where no terminal says how wide it is

lab = typer.Typer(
    help="Worlds with known truth, scores against it, and the cost of hiding.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@lab.command()
def build(  # noqa: PLR0913  one parameter is one option
    world: Annotated[str, typer.Argument(help="A shipped world's name or a world file.")],
    out: Annotated[Path, typer.Option(help="The folder to write the world to.")],
    seed: Annotated[int, typer.Option(help="Same seed, same world.")] = 1,
    accounts: Annotated[
        int | None, typer.Option(min=1, help="About how many accounts; none: as the world says, else 2,000.")
    ] = None,
    exchanges: Annotated[
        int | None, typer.Option(min=1, help="About how many exchanges; none: as the world says, else 40,000.")
    ] = None,
    prompts: Annotated[Path | None, typer.Option(help="A folder of prompt files; none: our own.")] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            envvar="STILLWATCH_DATA",
            help="A folder whose `ip` holds real address ranges and client headers; `../shared/data` if it is there, "
            "else invented ones.",
        ),
    ] = None,
) -> None:
    """Makes a world with known truth."""
    from stillwatch_lab.worlds.build import build as build_world
    from stillwatch_lab.worlds.build import data_folder

    build_world(world, seed, accounts, exchanges, prompts, out, data=data_folder(data))
    typer.echo(f"world: {out}")


@lab.command()
def leakage(
    world: Annotated[Path, typer.Argument(help="A folder that `lab build` wrote.")],
    as_json: AsJson = False,
) -> None:
    """Checks that no format, missing value or combination of columns reveals campaign accounts by mistake."""
    from stillwatch_lab.leakage.check import render, separations

    found = separations(world)
    if as_json:
        print_json([asdict(one) | {"separates": one.separates, "intended": one.intended} for one in found])
    else:
        render(found, console())
    if any(one.separates and not one.intended for one in found):
        raise typer.Exit(1)


@lab.command()
def score(
    run: Annotated[Path, typer.Argument(help="A run folder that `scan` wrote.")],
    truth: Annotated[Path, typer.Argument(help="The `truth` folder of a world.")],
    as_json: AsJson = False,
) -> None:
    """Scores a run against a world's truth."""
    findings = Findings()
    check_run(run, findings)
    if not truth.is_dir():
        findings.add(f"`{truth}`", "is not a folder", "name the `truth` folder of a world")
    findings.settle()
    from stillwatch_lab.scores.score import score as score_run

    scores = score_run(run, truth)
    if as_json:
        print_json(scores.as_dict())
    else:
        scores.render(console())


@lab.command(cls=SeveralValues)
def benchmark(  # noqa: PLR0913  one parameter is one option
    seeds: Annotated[list[int], typer.Option(help="Seeds of the worlds, one world each.")],
    out: Annotated[Path, typer.Option(help="The folder for results; finished measurements there are used again.")],
    scale: Annotated[float, typer.Option(min=0.0, help="1: 100,000 accounts and 3,000,000 exchanges a world.")] = 1.0,
    world: Annotated[str, typer.Option(help="A shipped world's name or a world file.")] = "benchmark",
    prompts: Annotated[Path | None, typer.Option(help="A folder of prompt files; none: our own.")] = None,
    data: Annotated[
        Path | None, typer.Option(envvar="STILLWATCH_DATA", help="A folder of real data; none: invented addresses.")
    ] = None,
    missing: Annotated[
        list[str] | None, typer.Option(help="Also scan without `text`, `addresses`, the `accounts` table.")
    ] = None,
    ablate: Annotated[bool, typer.Option("--ablate", help="Also scan without each sort of evidence.")] = False,
    baselines: Annotated[bool, typer.Option("--baselines", help="Also score other methods on the worlds.")] = False,
    second: Annotated[
        Path | None, typer.Option(help="A second generator's script, whose worlds are set beside; none: left out.")
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep worlds, sketches and complete runs: a gigabyte a seed.")
    ] = False,
) -> None:
    """Every score on every campaign profile, over worlds of many seeds: tables, benchmark.json and benchmark.html."""
    from stillwatch_lab.benchmark.plan import MISSING, Plan
    from stillwatch_lab.benchmark.run import run
    from stillwatch_lab.worlds.build import data_folder

    findings = Findings()
    for name in missing or ():
        if name not in MISSING:
            findings.add(
                f"`--missing {name}`", "is no part of the logs that can be left out", f"use {', '.join(MISSING)}"
            )
    findings.settle()
    without = tuple(name for name in MISSING if name in (missing or ()))
    once, real = tuple(dict.fromkeys(seeds)), data_folder(data)
    plan = Plan(once, out, scale, world, prompts, without, ablate, baselines, keep, real, second)
    run(plan, console(WIDE), lambda text: typer.echo(text, err=True))
    typer.echo(f"results: {out / 'benchmark.html'}")


@lab.command(cls=SeveralValues)
def adversary(  # noqa: PLR0913  one parameter is one option
    profile: Annotated[
        list[str] | None, typer.Option(help="A campaign profile to try; may be repeated. None: all.")
    ] = None,
    evasion: Annotated[list[str] | None, typer.Option(help="An evasion to try; may be repeated. None: all.")] = None,
    seeds: Annotated[list[int] | None, typer.Option(help="Seeds of the worlds, one world each. None: 1.")] = None,
    scale: Annotated[float, typer.Option(min=0.005, max=10.0, help="Of 100,000 accounts, 3 M exchanges.")] = 0.05,
    playbook: Annotated[Path | None, typer.Option(help="Prices and evasions; none: those shipped.")] = None,
    prompts: Annotated[Path | None, typer.Option(help="A folder of prompt files; none: our own.")] = None,
    as_json: AsJson = False,
) -> None:
    """Finds the cheapest evasion that halves what is found of each campaign profile, and what it costs the attacker."""
    from stillwatch.settings import Settings
    from stillwatch_lab.adversary import PROFILES, Conditions, load_playbook, render, try_evasions

    findings = Findings()
    known = load_playbook(playbook) if playbook else load_playbook()
    names = sorted({one.name for plan in known.evasions.values() for one in plan})
    _check_words("--profile", profile or (), PROFILES, findings)
    _check_words("--evasion", evasion or (), names, findings)
    findings.settle()
    conditions = Conditions(scale, prompts, Settings())
    found = try_evasions(known, profile or PROFILES, evasion or (), tuple(dict.fromkeys(seeds or (1,))), conditions)
    if as_json:
        print_json(found.as_dict())
    else:
        render(found, console())


@lab.command(cls=SeveralValues)
def framing(
    worlds: Annotated[list[Path], typer.Argument(help="Folders that `lab build` or a generator like it wrote.")],
    attack: Annotated[list[str] | None, typer.Option(help="An attack to try; may be repeated. None: all.")] = None,
    seed: Annotated[int, typer.Option(help="Same seed, same victims and same attacks.")] = 1,
    out: Annotated[Path | None, typer.Option(help="A folder for `framing.jsonl` and `framing.txt` as well.")] = None,
    as_json: AsJson = False,
) -> None:
    """Plays attackers who frame innocents or hide behind them, and shows at which level everybody then stands."""
    from stillwatch.settings import Settings
    from stillwatch_lab.adversary import ATTACKS, publish_trials, render_trials, try_attacks

    findings = Findings()
    _check_words("--attack", attack or (), [one.name for one in ATTACKS], findings)
    for path in (world / name for world in worlds for name in ("exchanges", "truth")):
        if not path.is_dir():
            findings.add(f"`{path}`", "is not a folder", "name a world's folder")
    findings.settle()
    chosen = [one for one in ATTACKS if not attack or one.name in attack]
    found = [try_attacks(world, chosen, seed, Settings(), lambda text: typer.echo(text, err=True)) for world in worlds]
    if out is not None:
        publish_trials(found, out)
    if as_json:
        print_json([asdict(one) for one in found])
        return
    for one in found:
        render_trials(one, console(WIDE))


@lab.command()
def replay(
    sketches: Annotated[Path, typer.Argument(help="The `exchange_sketches.parquet` of a world's logs.")],
    truth: Annotated[Path, typer.Argument(help="The `truth` folder of that world.")],
    accounts: Annotated[Path | None, typer.Option(help="The world's accounts.")] = None,
    permits: Annotated[Path | None, typer.Option(help="The world's permits.")] = None,
    every: Annotated[float, typer.Option(min=0.25, help="Days from one scan to the next.")] = 4.0,
    as_json: AsJson = False,
) -> None:
    """Scans a world's log as it was every few days: how much each campaign had taken, how early and small it was."""
    tables = {name: path for name, path in (("accounts", accounts), ("permits", permits)) if path is not None}
    findings = Findings()
    for path in (sketches, *tables.values(), truth):
        if not path.exists():
            findings.add(f"`{path}`", "does not exist", "name what `lab build` and `sketch` wrote")
    findings.settle()
    from stillwatch_lab.scores import reached
    from stillwatch_lab.scores.replay import as_table
    from stillwatch_lab.scores.replay import replay as replay_scans

    found = replay_scans(sketches, tables, truth, every, lambda text: typer.echo(text, err=True))
    earliest = reached.earliest(found.reached)
    if as_json:
        print_json(asdict(found) | {"earliest": [asdict(one) for one in earliest]})
    else:
        console().print(as_table(found.profiles))
        console().print(reached.as_table(earliest))


def _check_words(option: str, words: Sequence[str], known: Sequence[str], findings: Findings) -> None:
    for word in words:
        if word not in known:
            findings.add(f"`{option} {word}`", "is unknown", f"use one of {', '.join(known)}")


@lab.command()
def demo(out: Out = None) -> None:
    """Makes a small world, scans it, prints what was found beside the truth, and writes the report."""
    folder = out or Path("demo-run")
    findings = Findings()
    check_out(folder, findings)
    findings.settle()
    from stillwatch_lab.demo import run as run_demo

    raise typer.Exit(run_demo(folder, console()))
