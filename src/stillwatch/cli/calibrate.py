"""`stillwatch calibrate`: what would be accused in a provider's own logs if nobody in them acted together."""

from __future__ import annotations

from typing import Annotated

import typer

from stillwatch.cli.arguments import Findings, Words, check_out, job_from
from stillwatch.cli.options import (
    Accounts,
    AsJson,
    Judgements,
    KeyFile,
    Logs,
    Out,
    Permits,
    SettingsFile,
    Since,
    Until,
    console,
    print_json,
)


def calibrate(  # noqa: PLR0913  one parameter is one option
    logs: Logs = None,
    accounts: Accounts = None,
    permits: Permits = None,
    judgements: Judgements = None,
    settings: SettingsFile = None,
    since: Since = None,
    until: Until = None,
    key_file: KeyFile = None,
    streams: Annotated[int, typer.Option(min=1, max=999, help="Null streams and half-samples of each sort.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same streams.")] = 1,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Tells what would be accused in your own logs if nobody in them acted together."""
    findings = Findings()
    words = Words(logs or (), accounts or (), permits or (), judgements or (), settings, since, until, key_file)
    if out is not None:
        check_out(out, findings)
    job = job_from(words, findings)
    from stillwatch import calibrate as calibration

    found = calibration.calibrate(job, streams, seed)
    if out is not None:
        calibration.write(found, job, out)
    if as_json:
        print_json(found.as_dict())
    else:
        calibration.render(found, console())
