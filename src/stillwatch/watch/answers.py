"""What follows from findings: the policy's decisions go into the ledger, and the snapshot tells who is answered how."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch import respond
from stillwatch.disk import replaced
from stillwatch.input_files import Source, find
from stillwatch.job import Job
from stillwatch.ledger import opened
from stillwatch.records import Table
from stillwatch.records.inputs import INDICATORS, JUDGEMENTS
from stillwatch.records.subjects import REENTRY, SCREENING
from stillwatch.respond import People, Policy, Summary
from stillwatch.runs.state_update import now
from stillwatch.share import intake
from stillwatch.watch.beside import Beside

VERDICTS = "verdicts"


@dataclass(frozen=True, slots=True)
class Answers:
    """Decides by a policy and answers through the snapshot in the state; `where` names the ledger."""

    where: Path | str
    state: Path
    beside: Beside
    policy: Policy
    clock: Callable[[], datetime] = now

    def informed(self, job: Job) -> Job:
        """The job with the judgements, and with what partners report, that stand in the ledger beside its files."""
        with opened(self.where) as ledger:
            reported = intake.indicators(ledger, self.clock())
            said = [
                {
                    "subject": one.subject,
                    "verdict": one.verdict,
                    "decided_by": one.decided_by,
                    "decided_at": one.decided_at.replace(tzinfo=None),
                    "reason": one.reason,
                }
                for one in ledger.judgements.list()
                if not one.subject.startswith((SCREENING, REENTRY))  # which no run finds
            ]
        judgements = self._written(pa.Table.from_pylist(said, schema=JUDGEMENTS.schema), JUDGEMENTS)
        indicators = self._written(reported, INDICATORS)
        sources = replace(
            job.sources,
            judgements=(*job.sources.judgements, *judgements),
            indicators=(*job.sources.indicators, *indicators),
        )
        return replace(job, sources=sources)

    def _written(self, rows: pa.Table, table: Table) -> tuple[Source, ...]:
        """A file of the rows in the state, as a run reads it; none for no rows."""
        if not rows.num_rows:
            return ()
        path = self.beside.folder / f"{table.name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        with replaced(path, "--state") as fresh:
            pq.write_table(rows, fresh)
        return find([str(path)])[0].sources

    def decide(self, run: Path, joined: pa.Table) -> Summary:
        """Lets the policy decide on a run and on the accounts that joined since, and answers so.

        What was decided before a kill is not decided again. Raises RunError when run or ledger cannot be used.
        """
        people = People.of(self.beside.accounts(), self.beside.permits())
        with opened(self.where) as ledger:
            intake.see(run, ledger, self.clock())
            done = respond.decide(run, ledger, self.policy, joined, people, self.clock())
            respond.publish(run, ledger, joined, self.state / VERDICTS, self.clock())
        return done
