"""`stillwatch screen`: holders against screening lists, and what people say of the matches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stillwatch import input_files
from stillwatch.cli.findings import Findings
from stillwatch.cli.ledgers import By, Database, Reason, State, ledger_of, now, user
from stillwatch.cli.options import AsJson, Typed, takes
from stillwatch.cli.output import complain, print_json, say
from stillwatch.errors import Mistake, UsageError
from stillwatch.job import stamp
from stillwatch.records.subjects import SCREENING

if TYPE_CHECKING:
    from stillwatch.screening.holders import Counts
    from stillwatch.screening.screener import Screener, Tally

SHOWN = 50
"""Matches that are printed; all of them stand in the state and in `--json`."""
JUDGED = {"clear": "innocent", "confirm": "confirmed"}


@takes("key_file")
def screen(  # noqa: PLR0913  one parameter an option
    typed: Typed,
    accounts: Annotated[
        list[str] | None, typer.Argument(help="Holders: files, folders or globs.", show_default=False)
    ] = None,
    lists: Annotated[list[Path] | None, typer.Option(help="A list in the Consolidated Screening List's form.")] = None,
    least: Annotated[float, typer.Option(help="Agreement of two names from which on it is a match.")] = 0.66,
    returns: Annotated[
        bool, typer.Option("--returns", help="Hold new accounts against the networks that `--state` knows.")
    ] = False,
    state: State = None,
    database: Database = None,
    clear: Annotated[str, typer.Option(help="A match's id: this holder is not the listed one, for good.")] = "",
    confirm: Annotated[str, typer.Option(help="A match's id: this holder is the listed one.")] = "",
    by: By = "",
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """Holds holders against screening lists, and new accounts against earlier networks. Nothing follows by itself."""
    said = {"clear": clear, "confirm": confirm}
    if any(said.values()):
        _judge({what: one for what, one in said.items() if one}, state, database, by, reason)
        return
    findings = Findings()
    found, mistakes = input_files.find(accounts or [])
    findings.mistakes.extend(mistakes)
    if not accounts:
        findings.add("ACCOUNTS", "none were named", "name files of holders")
    if not (lists or returns):
        findings.add("`--lists`", "is missing", "name a list; the public one is at trade.gov, nothing is downloaded")
    if returns and state is None:
        findings.add("`--state`", "is missing", "name the folder of the watch that knows the networks")
    if not 0.5 <= least <= 1.0:
        findings.add(f"`--least {least}`", "is no agreement", "use a number from 0.5 to 1")
    findings.settle()
    if returns and state is not None:
        _returns(accounts or [], state, typed.key_file, as_json and not lists)
    if not lists:
        return
    screener = _screener(lists)
    _screen(screener, [one.path for one in found.sources], least, state, database, as_json)


def _returns(accounts: list[str], state: Path, key_file: Path | None, as_json: bool) -> None:
    from stillwatch.cli import newcomers

    rows = newcomers.returns(accounts, state, key_file)
    if as_json:
        print_json({"newcomers": [{**row, "said_at": stamp(row["said_at"])} for row in rows]})
    else:
        newcomers.say_rows(rows)


def _judge(said: dict[str, str], state: Path | None, database: str | None, by: str, reason: str) -> None:
    findings = Findings()
    if len(said) > 1:
        findings.add("`--clear`", "cannot stand beside `--confirm`", "say one of them")
    if not reason.strip():
        findings.add("`--reason`", "is missing", "say why: it stands in the ledger")
    findings.settle()
    from stillwatch.ledger import Judgement
    from stillwatch.screening.kept import is_match_id

    ((what, match),) = said.items()
    if not is_match_id(match):
        raise UsageError([Mistake(f"`--{what} {match}`", "is no match's id", "copy it from what `screen` prints")])
    with ledger_of(state, database, create=True) as ledger:
        ledger.judgements.add(Judgement(SCREENING + match, JUDGED[what], by or user(), now(), reason))
    say(f"{match} is {JUDGED[what]}: it stands in the ledger, and no effect follows")


def _screener(paths: list[Path]) -> Screener:
    try:
        from stillwatch.screening.lists import read_list
        from stillwatch.screening.screener import Screener
    except ModuleNotFoundError as error:
        remedy = "install it with `pip install 'stillwatch[screen]'`"
        raise UsageError([Mistake("`screen`", f"needs the package `{error.name}`", remedy)]) from error
    read = [read_list(path) for path in dict.fromkeys(paths)]
    for one in read:
        entries = "1 entry" if len(one.entries) == 1 else f"{len(one.entries):,} entries"
        complain("; ".join((f"`{one.name}` has {entries}", *one.said)))
    return Screener(read)


def _screen(
    screener: Screener, paths: list[Path], least: float, state: Path | None, database: str | None, as_json: bool
) -> None:
    from stillwatch.screening import kept
    from stillwatch.screening.holders import Counts, read_holders
    from stillwatch.screening.screener import Tally

    counts, tally = Counts(), Tally()
    named = (one for path in paths for one in read_holders(path, counts))
    judged = _judged(state, database)
    rows: list[dict[str, Any]] = []
    for match in screener.screened(named, tally, least):
        rows.append(kept.row_of(match, now()) | {"judged": judged.get(match.subject)})
    rows.sort(key=lambda row: (-row["score"], row["match_id"]))
    _say_bounds(screener, counts, tally)
    if state is not None:
        kept.write_batch(state, ({key: row[key] for key in row if key != "judged"} for row in rows))
    if as_json:
        print_json({"rows": counts.rows, "unusable": counts.unusable, "names": tally.names, "matches": rows})
    else:
        _say(rows, counts, tally)


def _judged(state: Path | None, database: str | None) -> dict[str, str]:
    if database is None and (state is None or not (state / "ledger.db").exists()):
        return {}
    with ledger_of(state, database) as ledger:
        return {one.subject: one.verdict for one in ledger.judgements.list(about=SCREENING)}


def _say_bounds(screener: Screener, counts: Counts, tally: Tally) -> None:
    """What was left out, on stderr."""
    from stillwatch.screening.screener import CROWDED, MOST_MATCHES, TOO_MANY

    for doubt in counts.doubts:
        complain(doubt)
    if counts.unusable:
        complain(f"{counts.unusable:,} of {counts.rows:,} rows name no account or nobody, and were passed over")
    for key, count in tally.crowded.most_common(5):
        complain(f"the entry `{screener.spelt(key)}` names {count:,} holders; beyond {CROWDED:,} they are counted only")
    if tally.beyond:
        complain(f"{tally.beyond:,} matches beyond the first {MOST_MATCHES:,} are counted only")
    if counts.rows and tally.matched > TOO_MANY * counts.rows and tally.matched > CROWDED:
        share = tally.matched / counts.rows
        complain(f"there are {share:.2f} matches a row of holders: look whether the list is the right one")


def _say(rows: list[dict[str, Any]], counts: Counts, tally: Tally) -> None:
    waiting = [row for row in rows if row["judged"] is None]
    for line in _lines(waiting[:SHOWN]):
        say(line)
    if len(waiting) > SHOWN:
        say(f"and {len(waiting) - SHOWN:,} more")
    say(
        f"{tally.names:,} names of {counts.rows:,} rows, {len(rows):,} matches, "
        f"{len(rows) - len(waiting):,} of them judged before; a match is a question, and nothing follows from it"
    )


def _lines(rows: list[dict[str, Any]]) -> Iterator[str]:
    for row in rows:
        role = "" if row["role"] == "holder" else f" ({row['role']})"
        yield f"{row['score']:.2f}  {row['account_id']}{role}  {row['name']}  ~  {row['listed']}  [{row['source']}]"
        yield f"      {row['match_id']}: {'; '.join(row['reasons'])}"
