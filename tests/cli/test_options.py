"""An option is declared once: the parser, `--help` and what a command is given all come from that declaration."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from stillwatch.cli.options import SeveralValues, Typed, each_named, takes


def typed_after(*words: str) -> tuple[Typed, int]:
    """What a command with three shared options and one of its own is given."""
    given: list[tuple[Typed, int]] = []
    app = typer.Typer()

    @app.command()
    @takes("as_json", "permits", "out")
    def command(typed: Typed, size: Annotated[int, typer.Option(help="Its own.")] = 3) -> None:
        """What it does."""
        given.append((typed, size))

    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    return given[0]


def test_a_command_gets_what_was_typed() -> None:
    typed, size = typed_after("--permits", "a", "--permits", "b", "--json", "--size", "5")
    assert typed == Typed(permits=["a", "b"], as_json=True)
    assert size == 5


def test_what_was_not_typed_has_its_default() -> None:
    assert typed_after() == (Typed(), 3)
    assert Typed().logs == []
    assert Typed().out is None


def test_paths_are_paths() -> None:
    assert typed_after("--out", "somewhere")[0].out == Path("somewhere")


def test_every_command_lists_options_in_one_order(capsys: pytest.CaptureFixture[str]) -> None:
    app = typer.Typer(rich_markup_mode=None)

    @app.command()
    @takes(*reversed([one.name for one in fields(Typed)]))
    def command(typed: Typed) -> None:
        """What it does."""

    shown = CliRunner().invoke(app, ["--help"]).output
    places = [shown.index(f"--{name} ") for name in ("accounts", "since", "engine", "out", "previous", "strict")]
    assert places == sorted(places)
    assert "What it does." in shown


def test_an_option_that_is_not_declared_is_refused() -> None:
    with pytest.raises(ValueError, match="seeds"):
        takes("seeds", "out")


def test_values_in_a_row_name_their_option_again() -> None:
    words = ["--seeds", "1", "2", "--scale", "0.5", "--missing", "text"]
    assert each_named(words, {"--seeds", "--missing"}) == (
        ["--seeds", "1", "--seeds", "2", "--scale", "0.5", "--missing", "text"]
    )
    assert each_named(["logs", "more", "--out", "x"], {"--seeds"}) == ["logs", "more", "--out", "x"]


def test_a_command_of_several_values_takes_them_in_a_row() -> None:
    given: list[tuple[list[int], float]] = []
    app = typer.Typer()

    @app.command(cls=SeveralValues)
    def command(
        seeds: Annotated[list[int], typer.Option(help="Seeds.")], scale: Annotated[float, typer.Option(help="Size.")]
    ) -> None:
        given.append((seeds, scale))

    assert CliRunner().invoke(app, ["--seeds", "1", "2", "3", "--scale", "0.5"]).exit_code == 0
    assert given == [([1, 2, 3], 0.5)]
    assert CliRunner().invoke(app, ["--seeds", "1", "--scale", "0.5", "2"]).exit_code == 2
