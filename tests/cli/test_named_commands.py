"""Every command that a help text, a message or an example names can be typed, and is called what is typed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

from stillwatch.cli.main import app
from stillwatch.cli.report import WithDefault

ROOT = Path(__file__).resolve().parents[2]
NAMED = re.compile(r"`stillwatch ([^`\n{]+)")
KINDS = ("src/**/*.py", "src/**/*.toml", "src/**/*.j2", "examples/**/*.toml")
OF_ALL = {"--help", "--debug"}


@cache
def commands() -> dict[str, Any]:
    """Every command and group by the words that it is typed with."""
    return dict(_below(typer.main.get_command(app), ""))


def _below(command: Any, words: str) -> Iterator[tuple[str, Any]]:
    yield words, command
    for name, one in getattr(command, "commands", {}).items():
        yield from _below(one, f"{words} {name}".strip())


def named() -> list[tuple[str, str]]:
    """What is named in code type, and one file that names it."""
    files = (path for kind in KINDS for path in sorted(ROOT.glob(kind)))
    found = {what: str(path.relative_to(ROOT)) for path in files for what in NAMED.findall(path.read_text("utf-8"))}
    return sorted(found.items())


def strange(what: str) -> list[str]:
    """The words of a line that no command knows."""
    words, known = what.split(), commands()
    typed = ""
    while words and f"{typed} {words[0]}".strip() in known:
        typed = f"{typed} {words.pop(0)}".strip()
    command = known[typed]
    if isinstance(command, WithDefault) and words:
        command = command.commands["write"]
    options = {option for one in command.params for option in one.opts} | OF_ALL
    lost = [word for word in words if word.startswith("--") and word not in options]
    arguments = words and not words[0].startswith("--")
    return [*lost, *(words[:1] if arguments and (not typed or hasattr(command, "commands")) else [])]


@pytest.mark.parametrize(("what", "where"), named())
def test_a_command_that_is_named_exists(what: str, where: str) -> None:
    assert strange(what) == [], f"{where} names `stillwatch {what}`"


@pytest.mark.parametrize(
    ("what", "lost"),
    [
        ("reprot", ["reprot"]),
        ("report RUN --campaign C", []),
        ("report verify D --campaign C", ["--campaign"]),
        ("decisions rewind", ["rewind"]),
        ("scan logs/ --nothing", ["--nothing"]),
    ],
)
def test_one_that_does_not_exist_is_found(what: str, lost: list[str]) -> None:
    assert len(named()) > 20
    assert strange(what) == lost


@pytest.mark.parametrize("words", [words for words in commands() if words])
def test_help_calls_a_command_what_is_typed(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        typer.main.get_command(app).main([*words.split(), "--help"], "stillwatch")
    shown = " ".join(capsys.readouterr().out.split())
    assert shown.startswith(f"Usage: stillwatch {words.removesuffix(' write')} ")
