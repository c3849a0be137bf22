"""`stillwatch calibrate`: what a scan would accuse in a provider's own logs if no accounts acted together."""

from __future__ import annotations

from typing import Annotated

import typer

from stillwatch.cli.arguments import job_from
from stillwatch.cli.findings import Findings, check_out
from stillwatch.cli.options import LOGS, TABLES, Typed, takes
from stillwatch.cli.output import console, print_json


@takes(*LOGS, *TABLES, "key_file", "out", "as_json")
def calibrate(
    typed: Typed,
    context: typer.Context,
    streams: Annotated[int, typer.Option(min=1, max=999, help="Null streams of each sort to scan.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same streams.")] = 1,
) -> None:
    """Measures how often a scan of your own logs would accuse accounts that do not act together."""
    findings = Findings()
    check_out(typed.out, findings)
    job = job_from(context, typed, findings)
    from stillwatch import calibrate as calibration

    found = calibration.calibrate(job, streams, seed)
    if typed.out is not None:
        calibration.write(found, job, typed.out)
    if typed.as_json:
        print_json(found.as_dict())
    else:
        calibration.render(found, console())
