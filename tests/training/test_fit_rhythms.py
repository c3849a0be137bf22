"""Fitting recovers what planted traces were made with, and the shipped numbers are those of the real ones."""

from __future__ import annotations

import csv
import gzip
import json
import os
import tomllib
from pathlib import Path

import numpy as np
import pytest
from training.fit_rhythms import DAYS, OUT, WINDOW, answers, fitted, hours, servegen, turns, volumes, written

ROOT = Path(__file__).resolve().parents[2]
TRACES = Path(os.environ.get("STILLWATCH_DATA", ROOT.parent / "shared" / "data")) / "traces"
CLIENTS, LOG_SD = 300, 1.7


@pytest.fixture(scope="module")
def traces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Clients awake from 8 to 20 with lognormal volumes, one service of answers, a few conversations."""
    folder = tmp_path_factory.mktemp("traces")
    rng = np.random.default_rng(5)
    with gzip.open(folder / "servegen.csv.gz", "wt", newline="") as lines:
        rows = csv.writer(lines)
        rows.writerow(["model", "client", "start_s", "rate_rps", "cv"])
        for client, volume in enumerate(np.exp(rng.normal(0, LOG_SD, CLIENTS))):
            for day in range(DAYS):
                for hour in range(8, 20):
                    rows.writerow(["m", client, day * 86_400 + hour * 3600, volume / WINDOW / DAYS / 12, 1.5])
    with (folder / "mooncake_conversation_trace.jsonl").open("w") as lines:
        for talk in range(50):
            for turn in range(3):  # each turn knows the blocks before, its last block is unfinished
                blocks = [0, *(1 + talk * 10 + part for part in range(2 + turn)), 9_000 + talk * 10 + turn]
                at = (talk * 7 + turn * 100) * 1000
                lines.write(json.dumps({"timestamp": at, "hash_ids": blocks, "output_length": 300}) + "\n")
    (folder / "azure2023" / "data").mkdir(parents=True)
    for name, median in (("conv", 100), ("code", 10)):
        tokens = np.exp(rng.normal(np.log(median), 0.8, 4_000)).round().astype(int).clip(1)
        text = "TIMESTAMP,ContextTokens,GeneratedTokens\n" + "".join(f"t,1,{count}\n" for count in tokens)
        (folder / "azure2023" / "data" / f"AzureLLMInferenceTrace_{name}.csv").write_text(text)
    return folder


def test_planted_rhythms_come_back(traces: Path) -> None:
    clients, spread = servegen(traces)
    shape = hours(clients)
    assert shape[:8] == [0.0] * 8
    assert shape[8:20] == pytest.approx([100 / 12] * 12, abs=0.01)
    assert volumes(clients) == pytest.approx([LOG_SD], rel=0.1)
    assert set(spread) == {1.5}


def test_planted_conversations_and_answers_come_back(traces: Path) -> None:
    found = turns(traces / "mooncake_conversation_trace.jsonl")
    assert found["median_seconds"] == pytest.approx(100, abs=1)
    assert found["followups"] == pytest.approx(2.0)
    assert answers(traces)["median_tokens"] == pytest.approx([10, 100, 300], rel=0.1)
    assert answers(traces)["log_sd"] == pytest.approx(0.8, abs=0.05)


def test_the_shipped_numbers_are_the_traces(traces: Path) -> None:
    assert tomllib.loads(written(fitted(traces)))["turns"] == fitted(traces)["turns"]
    if not TRACES.is_dir():
        pytest.skip("the real traces are not here: put them under `STILLWATCH_DATA`")
    assert OUT.read_text(encoding="utf-8") == written(fitted(TRACES))
