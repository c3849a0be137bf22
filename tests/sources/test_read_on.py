"""What a source gives is read as the logs themselves are: the same rows, from every format."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from stillwatch.cli.main import invoke
from stillwatch.sources.inbox import Inbox
from stillwatch.sources.spool import Spool
from tests.sources.committer import Committer

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "formats"
LOGS = sorted(  # those that are recognised without a mapping
    path for path in EXAMPLES.iterdir() if path.suffix in (".jsonl", ".log") and not path.with_suffix(".toml").exists()
)


def test_there_are_logs() -> None:
    assert len(LOGS) >= 5


def rows(files: Sequence[Path], capsys: pytest.CaptureFixture[str]) -> dict[str, int]:
    """How many rows `stillwatch check` finds, uses and sets aside."""
    capsys.readouterr()
    assert invoke(["check", *map(str, files), "--json"]) == 0
    found: dict[str, int] = json.loads(capsys.readouterr().out)["rows"]
    return {name: found[name] for name in ("read", "used", "quarantined")}


@pytest.mark.parametrize("log", LOGS, ids=lambda path: path.name)
def test_a_log_that_grew_in_steps(
    log: Path, logs: Path, watch: Committer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = rows([log], capsys)
    source, total = watch.folder(logs), Counter[str]()
    data = log.read_bytes()
    for number, end in enumerate((len(data) // 2, len(data))):
        (logs / log.name).write_bytes(data[:end])
        while (batch := source.poll(watch.offset, 1 << 20, 0)) is not None:
            kept = [Path(shutil.copy(file, tmp_path / f"{number}-{file.name}")) for file in batch.files]
            watch.commit([], batch.offset)
            total.update(rows(kept, capsys))
    assert dict(total) == expected


@pytest.mark.parametrize("log", [path for path in LOGS if path.suffix == ".jsonl"], ids=lambda path: path.name)
def test_records_of_a_stream(log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Spool(tmp_path).records() as records:
        for line in log.read_bytes().splitlines():
            records.add(line)
        assert rows(records.files(), capsys) == rows([log], capsys)


def test_requests_of_otlp(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = EXAMPLES / "otel.jsonl"
    inbox = Inbox(tmp_path / "inbox")
    for line in log.read_bytes().splitlines():
        inbox.keep(".jsonl", line).result(10)
    files = sorted(inbox.folder.glob("g-*/*.jsonl"))
    assert rows(files, capsys) == rows([log], capsys)
    inbox.close()
