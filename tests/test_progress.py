"""Progress is shown to a person at a terminal and to nobody else."""

from __future__ import annotations

import io

import pytest

from stillwatch.progress import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown_on(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    with progress("reading", total=2) as advance:
        advance(1)
    return stream.getvalue()


def test_a_terminal_shows_the_label(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "reading" in shown_on(Terminal(), monkeypatch)


def test_a_file_stays_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown_on(io.StringIO(), monkeypatch) == ""
