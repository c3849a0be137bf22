"""The mistakes on one command line: all are collected, so that none stops the search for the next."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from stillwatch.errors import Mistake, UsageError
from stillwatch.runs import epochs, folder

FORMATS = ("html", "md", "json", "text", "pdf")


@dataclass(slots=True)
class Findings:
    """The mistakes found so far on one command line."""

    mistakes: list[Mistake] = field(default_factory=list)

    def add(self, where: str, what: str, remedy: str) -> None:
        """Notes one mistake."""
        self.mistakes.append(Mistake(where, what, remedy))

    def settle(self) -> None:
        """Raises UsageError with everything found, if anything was."""
        if self.mistakes:
            raise UsageError(self.mistakes)


def check_one_place(out: Path | None, state: Path | None, findings: Findings) -> None:
    """Sketches go to a folder of their own or to a state, not to both."""
    if state is not None and out is not None:
        findings.add("`--out`", "cannot stand beside `--state`", "name one of them: it says where the sketches go")
    elif out is not None:
        check_out(out, findings)
    elif state is None:
        findings.add("`--out`", "is missing", "name the folder that the sketches go to")


def check_out(out: Path | None, findings: Findings, state: Path | None = None) -> None:
    """The folder, if one is named, must be new, empty or a previous run's, and must not hold the state."""
    if out is not None:
        findings.mistakes.extend(folder.refusal(out, state))


def check_format(name: str, findings: Findings) -> None:
    """The report format must be one that this version writes."""
    if name not in FORMATS:
        findings.add(f"`--format {name}`", "is not a format", "use `pdf`, `html`, `md`, `json` or `text`")


def check_run(run: Path, findings: Findings) -> None:
    """The folder must be one that a finished run left; of a state, its newest run is named in the complaint."""
    if (run / folder.MARKER).is_file():
        return
    newest = epochs.latest(run) or epochs.latest(run.parent.parent)
    remedy = "name what `scan` printed" if newest is None else f"name the newest run of that state, `{newest}`"
    findings.add(f"`{run}`", f"is not a run folder (it has no `{folder.MARKER}`)", remedy)
