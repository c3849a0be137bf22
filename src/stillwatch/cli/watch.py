"""`stillwatch watch`: exchanges are taken in as they come, networks found as they form, and answers kept up to date."""

from __future__ import annotations

import signal
import threading
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stillwatch.cli.arguments import job_from
from stillwatch.cli.findings import Findings
from stillwatch.cli.options import TABLES, Typed, takes
from stillwatch.cli.output import complain, say
from stillwatch.errors import UsageError
from stillwatch.job import Inputs
from stillwatch.settings import duration

if TYPE_CHECKING:
    from stillwatch.respond import Policy
    from stillwatch.sources import Address, Source
    from stillwatch.watch.loop import Plan

SETTINGS = ("settings", "format", "mapping", "since", "engine", "spark_remote", "key_file", "state")


@takes(*SETTINGS, *TABLES)
def watch(  # noqa: PLR0913  one parameter an option
    typed: Typed,
    context: typer.Context,
    sources: Annotated[
        list[str],
        typer.Argument(
            help="A folder, kafka://host:port/topic, nats://host:port/stream or otlp://host:port.", show_default=False
        ),
    ],
    every: Annotated[str, typer.Option(help="Time between searches for networks, like `15m` or `1h`.")] = "1h",
    lateness: Annotated[str, typer.Option(help="How late an exchange may come.")] = "1h",
    window: Annotated[str | None, typer.Option(help="What the state keeps, by whole parts, like `60d`.")] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes that read and sketch; one a core, at most 4, without.", min=1, max=64)
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(help="What follows from which finding; only observing without.")
    ] = None,
    database: Annotated[str | None, typer.Option(help="The ledger's postgresql:// URL, in place of the state.")] = None,
    once: Annotated[bool, typer.Option("--once", help="Work off what is there, search once, and end.")] = False,
) -> None:
    """Watches sources: takes exchanges in as they come, finds networks, and keeps the answers for gateways."""
    findings = Findings()
    if typed.state is None:
        findings.add("`--state`", "is missing", "name the folder that keeps what is watched")
    spans = [_span(f"--{name}", text, findings) for name, text in (("every", every), ("lateness", lateness))]
    keep = None if window is None else _span("--window", window, findings)
    addresses = _addresses(sources, findings)
    rules = _policy(policy, findings)
    job = job_from(context, typed, findings, needs_logs=False)
    inputs = Inputs((), *map(tuple, (typed.accounts, typed.permits, typed.judgements, typed.indicators)))
    if job.settings.sketch.key_file is None:
        complain("no `--key-file` is named: whoever gets hold of the state can test guesses at what is in it")
    from stillwatch.watch.loop import Plan
    from stillwatch.watch.workers import by_default

    plan = Plan(job, spans[0], spans[1], keep, once=once, workers=workers or by_default(job))
    _run(plan, inputs, addresses, database or job.state or Path(), rules)


def _run(plan: Plan, inputs: Inputs, addresses: tuple[Address, ...], where: Path | str, policy: Policy) -> None:
    from stillwatch.watch.answers import Answers
    from stillwatch.watch.beside import Beside
    from stillwatch.watch.loop import OWN, Watch

    beside = Beside(inputs, plan.job, plan.state / OWN)
    answers = Answers(where, plan.state, beside, policy)
    stopped = threading.Event()
    with ExitStack() as stack:
        # a polite kill ends the watch between two steps; afterwards, and in processes that it forks, it is what it was
        stack.callback(signal.signal, signal.SIGTERM, signal.signal(signal.SIGTERM, lambda *_: stopped.set()))
        found = [_opened(one, plan.state, where, stack) for one in addresses]
        Watch(plan, found, beside, answers, say).run(stopped.is_set)


def _opened(address: Address, state: Path, where: Path | str, stack: ExitStack) -> Source:
    from stillwatch import sources

    allowed = None
    if address.kind == "otlp":
        from stillwatch.ledger import opened

        ledger = stack.enter_context(opened(where))

        def allowed(secret: str) -> bool:
            key = ledger.keys.find(secret)
            return key is not None and key.scope == "ingest"

    source = sources.opened(address, state / "sources", allowed)
    stack.callback(source.close)
    return source


def _addresses(words: list[str], findings: Findings) -> tuple[Address, ...]:
    from stillwatch.sources import parse

    try:
        return parse(words)
    except UsageError as error:
        findings.mistakes.extend(error.mistakes)
        return ()


def _policy(path: Path | None, findings: Findings) -> Policy:
    from stillwatch.respond import Policy, load_policy

    try:
        return load_policy(path)
    except UsageError as error:
        findings.mistakes.extend(error.mistakes)
        return Policy()


def _span(option: str, text: str, findings: Findings) -> timedelta:
    """A span of time as it was typed; a text that is none, or nothing at all, is a mistake."""
    found = duration(text.strip())
    if not found:
        findings.add(f"`{option} {text}`", "is no span of time", "write it like `15m`, `1h` or `60d`")
    return found or timedelta(hours=1)
