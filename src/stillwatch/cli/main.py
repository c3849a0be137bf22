"""The `stillwatch` command: words in, exit code out; results go to stdout, progress and errors to stderr."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Sequence
from functools import partial
from importlib.metadata import entry_points
from types import FrameType
from typing import Annotated

import typer

from stillwatch import __version__
from stillwatch.cli import appeals, attribution, decisions, records, share
from stillwatch.cli.calibrate import calibrate
from stillwatch.cli.keys import keys
from stillwatch.cli.mounted import GROUP, mount
from stillwatch.cli.output import complain, say
from stillwatch.cli.report import report
from stillwatch.cli.respond import respond
from stillwatch.cli.run import check, scan, sketch
from stillwatch.cli.screen import screen
from stillwatch.cli.serve import serve
from stillwatch.cli.watch import watch
from stillwatch.errors import StillwatchError
from stillwatch.records.printable import escaped

# Heavy modules (Arrow, numba, DuckDB) load inside the commands that need them, so that `--help` answers at once.

ISSUES = "the place named in `SECURITY.md`"
INTERRUPTED = 130  # exit code: 128 + SIGINT, as shells expect
TERMINATED = 143  # 128 + SIGTERM

app = typer.Typer(
    help="Finds networks of fraudulent accounts that jointly extract a language model's capabilities.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
_OF_LOGS = (check, scan, sketch, watch, calibrate)
for command in _OF_LOGS:
    # unknown options reach these commands as words, so that they are listed with every other mistake
    app.command(context_settings={"ignore_unknown_options": True})(command)
_OTHERS = (respond, screen, serve)
for command in _OTHERS:
    app.command()(command)
_GROUPS = {
    "report": report,
    "attribution": attribution.app,
    "decisions": decisions.app,
    "appeals": appeals.app,
    "keys": keys,
    "records": records.app,
    "share": share.app,
}
for name, group in _GROUPS.items():
    app.add_typer(group, name=name)
_TAKEN = [*(one.__name__ for one in (*_OF_LOGS, *_OTHERS)), *_GROUPS]
_NOT_MOUNTED = mount(app, entry_points(group=GROUP), _TAKEN)


def _show_version(wanted: bool) -> None:
    if wanted:
        say(f"stillwatch {__version__}")
        raise typer.Exit


@app.callback()
def settle_globals(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback when something unexpected fails.")] = False,
) -> None:
    """Options that every command takes."""
    # `--debug` is read by `invoke`, which also sees it when it stands behind the command's name


def main() -> None:
    """Runs the command line of this process and exits with the contract's code."""
    signal.signal(signal.SIGTERM, partial(_terminate, os.getpid()))
    sys.exit(invoke(sys.argv[1:]))


def invoke(words: Sequence[str]) -> int:
    """Runs one command line and returns its exit code; prints no traceback unless `--debug` is among the words."""
    debug = "--debug" in words
    for complaint in _NOT_MOUNTED:
        _complain(complaint, False)
    try:
        others = [word for word in words if word != "--debug"]
        typer.main.get_command(app).main(args=others, prog_name="stillwatch")
    except SystemExit as done:
        if done.code == INTERRUPTED:  # the parser turns Ctrl-C into this, and says nothing
            _complain("interrupted; nothing was written", debug)
        return done.code if isinstance(done.code, int) else int(done.code is not None)
    except StillwatchError as error:
        _complain(_with_notes(str(error), error), debug)
        return error.exit_code
    except BrokenPipeError:
        # whoever read our output has heard enough; a second complaint when Python flushes stdout helps nobody
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:  # noqa: BLE001  the one place where the unexpected is turned into words
        said = (
            f"stillwatch {__version__} failed unexpectedly ({type(error).__name__}: {error}); "
            f"nothing half-written was left; run again with `--debug` and report it to {ISSUES}"
        )
        _complain(_with_notes(said, error), debug)
        return 1
    return 0


def _terminate(owner: int, _number: int, _frame: FrameType | None) -> None:
    if os.getpid() != owner:
        os._exit(TERMINATED)  # a forked worker owns nothing that needs cleaning up
    raise KeyboardInterrupt  # so that a polite kill cleans up like Ctrl-C


def _with_notes(said: str, error: Exception) -> str:
    return "; ".join([said, *getattr(error, "__notes__", ())])


def _complain(text: str, debug: bool) -> None:
    if debug:
        for line in traceback.format_exc().splitlines():
            sys.stderr.write(f"{escaped(line)}\n")
    complain(text)
