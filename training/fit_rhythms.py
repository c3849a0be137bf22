"""Fits the rhythms of worlds to public traces: `python -m training.fit_rhythms TRACES` rewrites `rhythms.toml`.

Only a daily shape, quantiles and the parameters of distributions are taken from the traces.
"""

from __future__ import annotations

import csv
import gzip
import json
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

Reals = npt.NDArray[np.float64]

OUT = Path(__file__).parents[1] / "src" / "stillwatch_lab" / "worlds" / "population" / "rhythms.toml"
DAYS, WINDOW = 14, 600  # of the ServeGen trace: its days, and the seconds of a window
NIGHT = slice(2, 7)  # hours of night at the place of the trace
RESTS = 0.1  # a client counts as people if at most this share of its requests is at night; an even day would give 0.21
SEEN = 7  # least days with requests of a client from which its daily shape is computed
QUANTILES = (0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95)
HEADER = """\
# The rhythm of real traffic, fitted by training/fit_rhythms.py. The file holds numbers only, and no record of a trace.
# ServeGen (Alibaba, Apache-2.0): per-client ten-minute rates and gap distributions over two weeks.
# Mooncake conversation trace (Moonshot AI, Apache-2.0): an hour of requests whose prefixes show conversations.
# Azure LLM inference traces 2023 (Microsoft, CC-BY-4.0; Patel et al., Splitwise, ISCA 2024): lengths of answers.
"""


def fitted(traces: Path) -> dict[str, dict[str, object]]:
    """All tables of `rhythms.toml` from a folder of traces."""
    clients, spread = servegen(traces)
    return {
        "hours": {"weights": hours(clients)},
        "volumes": {"log_sd": volumes(clients)},
        "days": days(clients),
        "gaps": {"variation": _rounded(np.quantile(spread, QUANTILES))},
        "turns": turns(traces / "mooncake_conversation_trace.jsonl"),
        "answers": answers(traces),
    }


def servegen(traces: Path) -> tuple[dict[str, dict[str, Reals]], Reals]:
    """Requests by model, client and window, and the coefficients of variation of gaps inside windows."""
    found: dict[str, dict[str, Reals]] = defaultdict(lambda: defaultdict(lambda: np.zeros(DAYS * 86_400 // WINDOW)))
    spread = []
    for path in sorted(traces.glob("servegen*.csv.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for row in csv.DictReader(lines):
                window = int(float(row["start_s"]) // WINDOW)
                found[row["model"]][row["client"]][window] += float(row["rate_rps"]) * WINDOW
                if row["cv"]:
                    spread.append(float(row["cv"]))
    return found, np.array(spread)


def hours(clients: dict[str, dict[str, Reals]]) -> list[float]:
    """The mean share of each hour of the day, over clients that rest at night and are therefore people."""
    shapes = []
    for volume in _each(clients):
        by_hour = volume.reshape(DAYS, 24, -1).sum(axis=2)
        shape = by_hour.sum(axis=0) / by_hour.sum()
        if (by_hour.sum(axis=1) > 0).sum() >= SEEN and shape[NIGHT].sum() < RESTS:
            shapes.append(shape)
    return _rounded(np.mean(shapes, axis=0) * 100, 2)


def volumes(clients: dict[str, dict[str, Reals]]) -> list[float]:
    """The standard deviation of the logarithm of clients' volumes, one per model, which gives the tail's weight."""
    return sorted(
        _rounded(np.array([np.log([volume.sum() for volume in by.values()]).std() for by in clients.values()]))
    )


def days(clients: dict[str, dict[str, Reals]]) -> dict[str, object]:
    """The unevenness of clients' days: quantiles of their log standard deviation, and of their share of empty days."""
    uneven, empty = [], []
    for volume in _each(clients):
        by_day = volume.reshape(DAYS, -1).sum(axis=1)
        seen = np.flatnonzero(by_day)
        span = by_day[seen[0] : seen[-1] + 1]
        if len(span) >= SEEN:
            uneven.append(np.log(span[span > 0]).std())
            empty.append(float((span == 0).mean()))
    return {
        "log_sd": _rounded(np.quantile(uneven, QUANTILES)),
        "empty_share": _rounded(np.quantile(empty, QUANTILES)),
    }


def turns(path: Path) -> dict[str, object]:
    """Seconds between turns of a conversation, and the further turns of a conversation within the trace's hour.

    A request continues the latest one whose blocks, without the unfinished last block, are a prefix of its own blocks.
    """
    latest: dict[int, float] = {}
    gaps, count = [], 0
    with path.open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            blocks, at = row["hash_ids"], row["timestamp"] / 1000
            count += 1
            before = next((latest[block] for block in reversed(blocks[1:]) if block in latest), None)
            if before is not None:
                gaps.append(at - before)
            if len(blocks) > 1:
                latest[blocks[-2] if len(blocks) > 2 else blocks[-1]] = at
    logs = np.log([gap for gap in gaps if gap > 0])
    return {
        "median_seconds": round(float(np.exp(np.median(logs))), 1),
        "log_sd": round(float(logs.std()), 3),
        "followups": round(len(gaps) / (count - len(gaps)), 3),
    }


def answers(traces: Path) -> dict[str, object]:
    """The median tokens of an answer in three services, and the log standard deviation in the conversational one."""
    chat, code = (_generated(traces / "azure2023" / "data", name) for name in ("conv", "code"))
    with (traces / "mooncake_conversation_trace.jsonl").open(encoding="utf-8") as lines:
        long_context = np.array([row["output_length"] for row in map(json.loads, lines)], dtype=np.float64)
    return {
        "median_tokens": sorted(float(np.median(some)) for some in (chat, code, long_context)),
        "log_sd": round(float(np.log(chat[chat > 0]).std()), 3),
    }


def _generated(folder: Path, name: str) -> Reals:
    with (folder / f"AzureLLMInferenceTrace_{name}.csv").open(encoding="utf-8") as lines:
        return np.array([float(row["GeneratedTokens"]) for row in csv.DictReader(lines)])


def _each(clients: dict[str, dict[str, Reals]]) -> Iterable[Reals]:
    return (volume for by in clients.values() for volume in by.values() if volume.any())


def _rounded(values: Reals, digits: int = 3) -> list[float]:
    return [round(float(value), digits) for value in values]


def written(tables: dict[str, dict[str, object]]) -> str:
    """The tables as TOML."""
    lines = [HEADER]
    for name, table in tables.items():
        lines += [f"[{name}]", *(f"{key} = {value}" for key, value in table.items()), ""]
    return "\n".join(lines)


if __name__ == "__main__":
    OUT.write_text(written(fitted(Path(sys.argv[1]))), encoding="utf-8")
