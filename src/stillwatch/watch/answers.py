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
from stillwatch.input_files import find
from stillwatch.job import Job
from stillwatch.ledger import opened
from stillwatch.records.inputs import JUDGEMENTS
from stillwatch.respond import People, Policy, Summary
from stillwatch.runs.state_update import now
from stillwatch.watch.beside import Beside

FILE = "judgements.parquet"
VERDICTS = "verdicts"


@dataclass(frozen=True, slots=True)
class Answers:
    """Decides by a policy and answers through the snapshot in the state; `where` names the ledger."""

    where: Path | str
    state: Path
    beside: Beside
    policy: Policy
    clock: Callable[[], datetime] = now

    def judged(self, job: Job) -> Job:
        """The job with the judgements that stand in the ledger beside those of its files."""
        with opened(self.where) as ledger:
            said = [
                {
                    "subject": one.subject,
                    "verdict": one.verdict,
                    "decided_by": one.decided_by,
                    "decided_at": one.decided_at.replace(tzinfo=None),
                    "reason": one.reason,
                }
                for one in ledger.judgements.list()
            ]
        if not said:
            return job
        path = self.beside.folder / FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        with replaced(path, "--state") as fresh:
            pq.write_table(pa.Table.from_pylist(said, schema=JUDGEMENTS.schema), fresh)
        found, _ = find([str(path)])
        judgements = (*job.sources.judgements, *found.sources)
        return replace(job, sources=replace(job.sources, judgements=judgements))

    def decide(self, run: Path, joined: pa.Table) -> Summary:
        """Lets the policy decide on a run and on the accounts that joined since, and answers so.

        What was decided before a kill is not decided again. Raises RunError when run or ledger cannot be used.
        """
        people = People.of(self.beside.accounts(), self.beside.permits())
        with opened(self.where) as ledger:
            done = respond.decide(run, ledger, self.policy, joined, people, self.clock())
            respond.publish(run, ledger, joined, self.state / VERDICTS, self.clock())
        return done
