"""Every option that several commands take, declared once, and how a command says which of them it takes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer
from typer.core import TyperCommand

Out = Annotated[Path | None, typer.Option(help="The folder to write; a previous run's is replaced whole.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print results as JSON.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What a person typed. A field is an option, its annotation what the parser and `--help` know of it.

    A command takes the fields that it names with `takes`; all others keep the defaults that stand here.
    """

    logs: Annotated[list[str], typer.Argument(help="Exchange logs: files, folders or globs.", show_default=False)] = (
        field(default_factory=list)
    )
    accounts: Annotated[list[str], typer.Option(help="Account records: file, folder or glob.")] = field(
        default_factory=list
    )
    permits: Annotated[list[str], typer.Option(help="Distillation that is allowed.")] = field(default_factory=list)
    judgements: Annotated[list[str], typer.Option(help="What people have decided.")] = field(default_factory=list)
    indicators: Annotated[list[str], typer.Option(help="What partners told, by `share indicators`.")] = field(
        default_factory=list
    )
    settings: Annotated[Path | None, typer.Option(help="A TOML file of settings.")] = None
    format: Annotated[str | None, typer.Option(help="The gateway that wrote the logs, where that is not seen.")] = None
    mapping: Annotated[Path | None, typer.Option(help="A TOML file that says where each column comes from.")] = None
    skip_unreadable: Annotated[
        bool, typer.Option("--skip-unreadable", help="Use the other files where some cannot be read.")
    ] = False
    keep_raw: Annotated[
        bool, typer.Option("--keep-raw", help="Keep the start of unusable rows: it may hold what people wrote.")
    ] = False
    since: Annotated[str | None, typer.Option(help="Look at exchanges from this moment on (UTC).")] = None
    until: Annotated[str | None, typer.Option(help="Look at exchanges before this moment (UTC).")] = None
    engine: Annotated[str | None, typer.Option(help="`duckdb` (this machine) or `spark`.")] = None
    spark_remote: Annotated[str | None, typer.Option(help="A Spark Connect server: sc://host:port.")] = None
    key_file: Annotated[Path | None, typer.Option(help="The provider's secret: at least 16 bytes.")] = None
    out: Out = None
    state: Annotated[
        Path | None, typer.Option(help="A folder that keeps what earlier runs have read; these logs are added to it.")
    ] = None
    previous: Annotated[
        list[Path], typer.Option(help="An earlier run folder whose network and campaign ids this run continues.")
    ] = field(default_factory=list)
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 3 when rows were quarantined.")] = False
    as_json: AsJson = False


LOGS = ("logs", "settings", "format", "mapping", "skip_unreadable", "keep_raw", "since", "until")
"""What every command over logs takes."""
TABLES = ("accounts", "permits", "judgements", "indicators")
"""The tables that may stand beside the logs."""


def takes(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Makes a command of a function of `Typed`: these fields become its options, before its other parameters.

    Raises ValueError for a name that is no field.
    """
    unknown = set(names) - {one.name for one in fields(Typed)}
    if unknown:
        raise ValueError(f"no option is declared as {', '.join(sorted(unknown))}")
    annotations = get_type_hints(Typed, include_extras=True)
    # in the order in which they are declared, so that every command's help has one order
    shared = [_parameter(one, annotations[one.name]) for one in fields(Typed) if one.name in names]

    def command_of(function: Callable[..., None]) -> Callable[..., None]:
        own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
        parameters = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in (*shared, *own)]

        def command(**given: Any) -> None:
            typed = Typed(**{name: given.pop(name) for name in names})
            function(typed, **given)

        # what the parser looks at
        command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # mypy knows none
        command.__annotations__ = {one.name: one.annotation for one in parameters}
        command.__name__, command.__doc__ = function.__name__, function.__doc__
        return command

    return command_of


class SeveralValues(TyperCommand):
    """A command without arguments, in which `--seeds 1 2` says the same as `--seeds 1 --seeds 2`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Names the option again before each further value."""
        several = {name for one in self.params if getattr(one, "multiple", False) for name in one.opts}
        return super().parse_args(ctx, each_named(args, several))


def each_named(words: Sequence[str], several: Collection[str]) -> list[str]:
    """The words with each of the options `several` named again before its second and later values."""
    named: list[str] = []
    option, values = "", 0
    for word in words:
        if word.startswith("--"):
            option, values = word, 0
        elif option in several:
            values += 1
            named += [option] if values > 1 else []
        named.append(word)
    return named


def _parameter(one: Field[Any], annotation: object) -> inspect.Parameter:
    default = one.default if one.default_factory is MISSING else one.default_factory()
    return inspect.Parameter(one.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
