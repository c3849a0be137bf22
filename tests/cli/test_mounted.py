"""Commands of other packages are mounted where they work; where they do not, this package's own commands still do."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType

import pytest
import typer
from typer.testing import CliRunner

from stillwatch.cli import main
from stillwatch.cli.mounted import GROUP, mount


@pytest.fixture
def foreign(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module of another package with a group that works, one without commands, and something that is no group."""
    module = ModuleType("foreign_commands")
    good = typer.Typer()

    @good.command()
    def one() -> None:
        typer.echo("one of theirs")

    @good.command()
    def two() -> None:
        pass

    module.good, module.empty, module.number = good, typer.Typer(), 7  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module


def entry(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, value, GROUP)


def own() -> typer.Typer:
    app = typer.Typer()

    @app.command()
    def scan() -> None:
        typer.echo("ours")

    @app.command()
    def check() -> None:
        pass

    return app


@pytest.mark.usefixtures("foreign")
def test_what_cannot_be_loaded_is_told_and_all_else_works() -> None:
    app = own()
    complaints = mount(
        app,
        [
            entry("theirs", "foreign_commands:good"),
            entry("absent", "no_such_module:app"),
            entry("broken", "foreign_commands:empty"),
            entry("number", "foreign_commands:number"),
            entry("scan", "foreign_commands:good"),
        ],
        taken=["scan", "check"],
    )
    assert [one.split("`")[1] for one in complaints] == [
        f"stillwatch {name}" for name in ("absent", "broken", "number", "scan")
    ]
    assert "ModuleNotFoundError" in complaints[0]
    assert CliRunner().invoke(app, ["scan"]).output == "ours\n"
    assert CliRunner().invoke(app, ["theirs", "one"]).output == "one of theirs\n"
    assert CliRunner().invoke(app, ["broken", "three"]).exit_code == 2


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("raise SystemExit(7)", "SystemExit: 7"),
        ("class Mute(Exception):\n    def __str__(self):\n        raise ValueError\nraise Mute", "str() failed"),
        ("from", "SyntaxError"),
    ],
)
def test_whatever_a_package_raises_when_it_is_imported_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, said: str
) -> None:
    (tmp_path / "raises_at_import.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    (complaint,) = mount(own(), [entry("theirs", "raises_at_import:app")], [])
    assert said in complaint


@pytest.mark.usefixtures("foreign")
def test_of_two_packages_with_one_word_the_second_is_left_out() -> None:
    twice = [entry("theirs", "foreign_commands:good")] * 2
    (complaint,) = mount(own(), twice, [])
    assert "`stillwatch theirs` is another command" in complaint


def test_complaints_go_to_stderr_and_change_no_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(main, "_NOT_MOUNTED", ["the commands `stillwatch other` cannot be loaded"])
    assert main.invoke(["--version"]) == 0
    shown = capsys.readouterr()
    assert shown.err == "stillwatch: the commands `stillwatch other` cannot be loaded\n"
    assert shown.out.startswith("stillwatch ")
