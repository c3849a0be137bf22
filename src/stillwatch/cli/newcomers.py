"""`stillwatch screen --returns`: new accounts held against what the networks of a state left."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stillwatch.cli.output import complain, say
from stillwatch.errors import Mistake, UsageError
from stillwatch.runs.state_update import now

if TYPE_CHECKING:
    import pyarrow as pa

    from stillwatch.job import Job
    from stillwatch.link.latecomers import Logs
    from stillwatch.watch.newcomers import Earlier

SHOWN = 50
"""Accounts that are printed; all of them stand in the state and in `--json`."""


def returns(accounts: list[str], state: Path, key_file: Path | None) -> list[dict[str, Any]]:
    """The rows of NEWCOMERS of these account records, which are also kept in the state.

    Raises UsageError where the state has no run, RunError where the records cannot be used.
    """
    import pyarrow.compute as pc

    from stillwatch.job import Inputs, resolve
    from stillwatch.link.latecomers import Logs, files_sql
    from stillwatch.records.outputs import BIRTH_COHORTS
    from stillwatch.runs import state as states
    from stillwatch.runs.epochs import latest
    from stillwatch.screening.newcomers import keep
    from stillwatch.settings import Settings
    from stillwatch.watch.newcomers import earlier
    from stillwatch.watch.standing import found_by

    run = latest(state)
    if run is None:
        remedy = "let `stillwatch watch` finish a search there"
        raise UsageError([Mistake(f"`--state {state}`", "has no run to return from", remedy)])
    settings = Settings()
    if key_file is not None:
        settings = settings.model_copy(update={"sketch": settings.sketch.model_copy(update={"key_file": key_file})})
    job = resolve(Inputs((), tuple(accounts)), settings=settings)
    held = states.load(state)
    if held.key_id != job.key.key_id:
        raise UsageError([Mistake(f"`--state {state}`", "was made with another key", "name its `--key-file`")])
    known = earlier(found_by(run))
    files = files_sql([held.path(part.file) for part in held.parts])
    rows, born = _compared(job, Logs(files, files, True, known.found.accounts), known)
    keep(state, rows)
    keep(state, born, BIRTH_COHORTS)
    accounts_shown = len(pc.unique(rows["account_id"]))
    for one in born.to_pylist():
        complain(cohort_said(one))
    complain(f"{len(known.profiles):,} networks of campaigns are known; {accounts_shown:,} accounts are worth a look")
    found: list[dict[str, Any]] = rows.to_pylist()
    return found


def cohort_said(row: Mapping[str, Any]) -> str:
    """A row of BIRTH_COHORTS in a sentence."""
    shared = ", ".join(claim.removeprefix("same_").replace("_", " ") for claim in row["claims"])
    return (
        f"{len(row['accounts']):,} sign-ups of {row['hour']:%d %B %Y, %H} h UTC share {shared}, "
        f"where {row['expected']:.2g} were to be expected: {', '.join(row['accounts'][:5])} …"
    )


def _compared(job: Job, logs: Logs, known: Earlier) -> tuple[pa.Table, pa.Table]:
    """NEWCOMERS of the job's accounts, and the BIRTH_COHORTS of the last day among them."""
    import pyarrow.parquet as pq

    from stillwatch import flow
    from stillwatch.engine import Query, literal
    from stillwatch.engine.factory import open_engine
    from stillwatch.records.inputs import ACCOUNTS
    from stillwatch.watch.newcomers import birth_cohorts, newcomers

    with tempfile.TemporaryDirectory(prefix="stillwatch-newcomers-") as name:
        folder = Path(name)
        flow.write_beside(job, folder)
        file = folder / f"{ACCOUNTS.name}.parquet"
        read = pq.read_table(file, columns=["account_id", "created_at"], partitioning=None)
        wanted, made = read["account_id"].to_pylist(), read["created_at"].drop_null().to_pylist()
        with open_engine(job.settings.engine, folder) as engine:
            engine.view(ACCOUNTS.name, Query("accounts", f"SELECT * FROM read_parquet({literal(str(file))})"))
            hops = job.settings.read.trusted_hops
            rows = newcomers(engine, logs, sorted(wanted), known, job.key, hops, now())
            return rows, birth_cohorts(engine, hops, max(made, default=now()), now())


def say_rows(rows: list[dict[str, Any]]) -> None:
    """Of each account what was said last, the likeliest first."""
    from stillwatch.assess.thresholds import NAMED

    last: dict[str, dict[str, Any]] = {}
    for row in sorted(rows, key=lambda row: int(row["exchanges"])):
        last[row["account_id"]] = row
    for row in sorted(last.values(), key=lambda row: (-row["of_any"], row["account_id"]))[:SHOWN]:
        mark = "an earlier operator" if row["of_any"] >= NAMED else "perhaps"
        after = f"after {row['exchanges']} exchanges" if row["exchanges"] else "at sign-up"
        which = (
            f"{row['network_id']} ({row['probability']:.2f})" if len(row["candidates"]) == 1 else "which, is not told"
        )
        say(f"{row['of_any']:.2f}  {row['account_id']}  {mark} {after}: {which}")
        for one in row["evidence"]:
            say(f"      {one}")
    if len(last) > SHOWN:
        say(f"and {len(last) - SHOWN:,} more")
