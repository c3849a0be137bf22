"""Reads the lineage of an earlier run and checks that it can be continued."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stillwatch.errors import InputError, Mistake, reason_of
from stillwatch.job import Job
from stillwatch.records import Table
from stillwatch.records.known_networks import PREVIOUS_LOOKS, PREVIOUS_PROFILES, PREVIOUS_STANDINGS
from stillwatch.records.lineage import CAMPAIGN, EVENTS, LINEAGE, LINEAGE_MEMBERS, NETWORK
from stillwatch.records.outputs import LOOKS, NETWORK_PROFILES, NETWORK_STANDINGS
from stillwatch.runs import state as states
from stillwatch.runs.folder import MARKER
from stillwatch.runs.lineage import History
from stillwatch.runs.state import State

FORMAT = "1"
"""The format of the two lineage files; it changes whenever their meaning changes."""

_MOST_RUNS = 1_000_000_000  # a run a second for thirty years; only a damaged file has a greater number
_KEY, _FORMAT, _READ_UNTIL = b"stillwatch.key_id", b"stillwatch.lineage_format", b"stillwatch.read_until"
_REMEDY = "name another run, or scan once without `--previous` (networks and campaigns then get new ids)"


def metadata(key_id: str, read_until: datetime | None) -> dict[str, str]:
    """Returns the metadata of the two lineage files, for `Engine.export`; `read_until` is the newest exchange (UTC)."""
    return {"key_id": key_id, "lineage_format": FORMAT, "read_until": read_until.isoformat() if read_until else ""}


def files(folder: Path) -> tuple[Path, Path]:
    """Returns the paths of a run folder's lineage: the events, then the members."""
    return folder / f"{LINEAGE.name}.parquet", folder / f"{LINEAGE_MEMBERS.name}.parquet"


def known_files(folder: Path) -> tuple[Path, Path]:
    """Returns the paths of what a run folder knows of networks: their profiles, then how they stand."""
    return folder / f"{NETWORK_PROFILES.name}.parquet", folder / f"{NETWORK_STANDINGS.name}.parquet"


def looks_file(folder: Path) -> Path:
    """Returns the path of a run folder's searches of the last day."""
    return folder / f"{LOOKS.name}.parquet"


def all_files(folder: Path) -> tuple[Path, ...]:
    """Returns the paths of all that a later run continues of a run folder, in the order in which a state keeps them."""
    return (*files(folder), *known_files(folder), looks_file(folder))


def lineage_of(job: Job, state: State | None) -> tuple[Path, Path] | None:
    """Returns the lineage files that this job continues: its state's, or else its previous run's; None for neither."""
    if state is not None and state.lineage:
        events, members = map(state.path, state.lineage[:2])
        return events, members
    return None if job.previous is None else files(job.previous)


def known_of(job: Job, state: State | None) -> tuple[Path, Path] | None:
    """Returns the files of known networks beside `lineage_of`; None where the earlier run has none."""
    if state is not None and state.lineage:
        found = tuple(map(state.path, state.lineage[2:4]))
        return (found[0], found[1]) if found else None
    found = () if job.previous is None else known_files(job.previous)
    return (found[0], found[1]) if found and all(path.is_file() for path in found) else None


def looks_of(job: Job, state: State | None) -> Path | None:
    """Returns the file of the last day's searches beside `lineage_of`; None where the earlier run has none."""
    if state is not None and state.lineage:
        return state.path(state.lineage[4]) if len(state.lineage) > 4 else None
    found = None if job.previous is None else looks_file(job.previous)
    return found if found is not None and found.is_file() else None


def refusal(run: Path) -> list[Mistake]:
    """Returns the reasons why a run cannot be continued, without reading its tables; empty when there is none."""
    where = f"`--previous {run}`"
    if not run.is_dir():
        return [Mistake(where, "is a file, not a folder" if run.exists() else "does not exist", "name a run folder")]
    if not (run / MARKER).is_file():
        return [Mistake(where, f"is not a run folder (it has no `{MARKER}`)", "name the folder that `scan` printed")]
    missing = [path.name for path in files(run) if not path.is_file()]
    if missing:
        what = f"has no `{missing[0]}`: it is damaged, or an earlier version without lasting ids wrote it"
        return [Mistake(where, what, _REMEDY)]
    return []


def load(events: Path, members: Path, key_id: str | None = None) -> History:
    """Returns the history in these two files; `key_id` is the present run's key, None where it was checked before.

    Raises InputError when a file cannot be read, was written under another key or in another format, or contradicts
    itself, for instance by giving one id to two subjects.
    """
    rows = _read(events, LINEAGE, key_id)
    found = History(rows, _read(members, LINEAGE_MEMBERS, key_id), _read_until(events, rows))
    for wrong in (_unknown_events, _impossible_runs, _ids_given_twice, _subjects_without_birth, _memberships_twice):
        fault = wrong(found)
        if fault is not None:
            raise InputError(f"`{events.parent}` cannot be continued: {fault}; {_remedy(events)}")
    return found


def load_known(profiles: Path, standings: Path, key_id: str | None = None) -> tuple[pa.Table, pa.Table]:
    """Returns the rows of the files of `known_of`; raises InputError as `load` does."""
    return _read(profiles, PREVIOUS_PROFILES, key_id), _read(standings, PREVIOUS_STANDINGS, key_id)


def load_looks(path: Path, key_id: str | None = None) -> pa.Table:
    """Returns the rows of the file of `looks_of`; raises InputError as `load` does."""
    return _read(path, PREVIOUS_LOOKS, key_id)


def _read(path: Path, table: Table, key_id: str | None) -> pa.Table:
    try:
        rows = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        reason = reason_of(error)
        raise InputError(f"`{path}` cannot be read ({reason}); {_remedy(path)}") from error
    stored = rows.schema.metadata or {}
    version = stored.get(_FORMAT, b"none").decode(errors="replace")
    if version != FORMAT:
        raise InputError(
            f"`{path}` has lineage format {version[:20]}, this version reads format {FORMAT}; {_remedy(path)}"
        )
    theirs = stored.get(_KEY, b"").decode(errors="replace")
    if key_id is not None and theirs != key_id:
        raise InputError(
            f"`{path}` was written under the key `{theirs[:40]}`, but this run's key is `{key_id}`; "
            "name that run's key with `--key-file`, or scan once without `--previous`"
        )
    try:
        rows = rows.select(list(table.names)).cast(table.schema.with_metadata(stored))
        rows.validate(full=True)
    except (KeyError, ValueError, pa.ArrowException) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"`{path}` is damaged ({reason}); {_remedy(path)}") from error
    return rows


def _read_until(path: Path, rows: pa.Table) -> datetime | None:
    """Returns the time (UTC) of the newest exchange that the run had read, None without exchanges.

    Raises InputError when the file does not have that time.
    """
    text = rows.schema.metadata.get(_READ_UNTIL, b"?").decode(errors="replace")
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError as error:
        raise InputError(
            f"`{path}` is damaged (it does not say until when the run had read); {_remedy(path)}"
        ) from error


def _remedy(path: Path) -> str:
    return states.NEW_IDS if (path.parent / states.MARKER).is_file() else _REMEDY


def _unknown_events(found: History) -> str | None:
    unknown = sorted(set(found.events["event"].to_pylist()) - set(EVENTS))
    return f"`{unknown[0][:40]}` is not a known event" if unknown else None


def _impossible_runs(found: History) -> str | None:
    numbers = pc.unique(found.events["run"]).to_pylist()
    odd = sorted(number for number in numbers if not 1 <= number <= _MOST_RUNS)
    return f"{odd[0]} is not the number of a run" if odd else None


def _ids_given_twice(found: History) -> str | None:
    births = found.events.filter(pc.is_in(found.events["event"], pa.array(["born", "split_from"])))
    often = [subject for subject, times in Counter(births["subject"].to_pylist()).items() if times > 1]
    return f"the id `{min(often)[:40]}` was given to two subjects" if often else None


def _subjects_without_birth(found: History) -> str | None:
    births = found.events.filter(pc.is_in(found.events["event"], pa.array(["born", "split_from"])))
    born = set(births["subject"].to_pylist())
    named = {*found.subjects, *found.members["subject"].to_pylist()}
    odd = sorted(subject for subject in named if subject not in born or subject[:1] not in {NETWORK, CAMPAIGN})
    return f"no event records the birth of `{odd[0][:40]}`" if odd else None


def _memberships_twice(found: History) -> str | None:
    last = found.members.filter(pc.is_null(found.members["left_at"]))
    twice = last.group_by(["subject", "account_id"]).aggregate([([], "count_all")])
    twice = twice.filter(pc.greater(twice["count_all"], 1))
    return f"an account belongs twice to `{str(twice['subject'][0].as_py())[:40]}`" if twice.num_rows else None
