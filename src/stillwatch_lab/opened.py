"""Serves the console over a state in its own process, for a person to look at or, where none is there, to be asked."""

from __future__ import annotations

import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, OpenerDirector, ProxyHandler, build_opener

from rich.console import Console

from stillwatch.errors import RunError, reason_of

MOST_SECONDS = 3_600
"""How long a console is served for a person who neither ends it nor comes back."""
PATIENCE = 60.0
"""Seconds within which a page must be there."""


def show(state: Path, console: Console) -> None:
    """Serves until a person ends it; where nobody sits at a terminal, enters, looks at the first page, and ends.

    Raises RunError where the console does not answer.
    """
    with served(state) as address:
        if sys.stdin.isatty() and sys.stdout.isatty():
            _say(console, f"A console on what was watched; the address opens once: {address}")
            _say(console, "Press Enter here to end it; after an hour it ends by itself.")
            with suppress(KeyboardInterrupt):
                select.select([sys.stdin], [], [], MOST_SECONDS)
            return
        title = first_page(address)
    _say(console, f"A console on what was watched answered at {address.partition('?')[0]} with its page “{title}”.")
    _say(console, "Run this in a terminal, and it stays open until you end it.")


@contextmanager
def served(state: Path) -> Iterator[str]:
    """Yields the one-time address of a console over the state; raises RunError where it cannot be served."""
    words = [sys.executable, "-m", "stillwatch", "serve", "--state", str(state), "--port", "0"]
    log = state / "serve.log"
    with log.open("wb") as lines:
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=lines, stdin=subprocess.DEVNULL)
    try:
        assert process.stdout is not None
        said = process.stdout.readline().decode()  # it ends as well where the process does
        if ": http" not in said:
            raise RunError(f"the console cannot be served: {log.read_text(encoding='utf-8').strip()[-500:]}")
        yield said.split(": ", 1)[1].strip()
    finally:
        process.terminate()
        process.communicate()


def first_page(address: str) -> str:
    """Enters by the one-time address, and returns the heading of the first page; raises RunError without one."""
    parts = urlsplit(address)
    form = urlencode({"token": parse_qs(parts.query)["token"][0]}).encode()
    page = _read(build_opener(ProxyHandler({}), HTTPCookieProcessor(CookieJar())), address.partition("?")[0], form)
    heading = page.partition("<h1>")[2].partition("</h1>")[0].strip()
    if not heading:
        raise RunError("the console answers, and has no first page")
    return heading


def _read(opener: OpenerDirector, address: str, form: bytes) -> str:
    try:
        with opener.open(address, form, timeout=PATIENCE) as answer:
            found: bytes = answer.read()
    except OSError as error:
        raise RunError(f"the console does not answer ({reason_of(error)})") from error
    return found.decode()


def _say(console: Console, text: str) -> None:
    console.print(text, highlight=False, markup=False, soft_wrap=True)
