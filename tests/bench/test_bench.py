"""The benchmark's pure parts: verdicts, worlds rewritten without harm, and digests that notice a difference."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from bench.figures import Figure
from bench.measure import Cost, WorkFailedError
from rich.console import Console

from bench import __main__ as bench
from bench import figures, measure, worlds
from stillwatch.records.inputs import EXCHANGES
from stillwatch_lab.scores.scorecard import InnocentScore, Scores
from tests.scenarios.test_demo import SCORES


def scores_of(recall: float = 1.0, error: float = 0.0, innocents: int = 0, review: int = 0) -> Scores:
    found = replace(
        SCORES.campaigns[0],
        recall=dict.fromkeys(("act", "review", "watch"), recall),
        exchanges_error=error,
    )
    levels = {
        level: InnocentScore(count, float(count), {"person": count} if count else {}, (), 0.0, ())
        for level, count in (("act", innocents), ("review", innocents + review), ("watch", innocents + review))
    }
    return replace(SCORES, campaigns=(found,), innocents=levels)


def verdicts(shown: list[Figure]) -> dict[str, str]:
    return {one.what: one.verdict for one in shown if one.verdict}


@pytest.mark.parametrize(
    ("scores", "missed"),
    [
        (scores_of(), set()),
        (scores_of(recall=0.949), {"letter campaign: recall at act"}),
        (scores_of(recall=0.95, error=-0.05), set()),
        (scores_of(error=0.0501), {"letter campaign: exchanges counted"}),
        (scores_of(innocents=1), {"innocents at act"}),
        (scores_of(review=5), set()),
    ],
)
def test_targets_of_detection(scores: Scores, missed: set[str]) -> None:
    found = verdicts(figures.detection("w", scores, complete=True))
    assert {what for what, verdict in found.items() if verdict == "missed"} == missed
    assert set(found) == {
        "letter campaign: recall at act",
        "letter campaign: exchanges counted",
        "innocents at act",
    }


def test_with_columns_missing_recall_may_fall_and_innocents_may_not_rise() -> None:
    blind = scores_of(recall=0.2, error=-0.8, innocents=2)
    assert verdicts(figures.detection("w", blind, False, 2)) == {"innocents at act": "met"}
    assert verdicts(figures.detection("w", blind, False, 1)) == {"innocents at act": "missed"}


def test_organic_worlds_may_be_watched_but_nothing_more() -> None:
    calm = figures.quiet("w", {1: scores_of(), 2: scores_of()}, {1: ["watch"], 2: []})
    assert set(verdicts(calm).values()) == {"met"}
    loud = figures.quiet("w", {1: scores_of(), 2: scores_of(review=9)}, {1: [], 2: ["review", "watch"]})
    assert set(verdicts(loud).values()) == {"missed"}
    assert loud[0].measured == "seed 2: review"


def test_sameness_names_what_differs() -> None:
    assert verdicts(figures.sameness("w", 4, "10 files", [])) == {"rows shuffled, 1 and 2 threads": "met"}
    (differs,) = figures.sameness("w", 4, "10 files", ["1 thread: networks.parquet"])
    assert (differs.verdict, differs.measured) == ("missed", "1 thread: networks.parquet")


def test_targets_of_speed() -> None:
    read = Cost(seconds=5.0, cpu=8.0, peak_bytes=10**9)
    stages = {"stages": {"sketch": [30.0, 50.0]}}
    fast = Cost(seconds=55.0, cpu=90.0, peak_bytes=3_999_999_999, result=stages)
    assert set(verdicts(figures.speed("w", fast, read, 1_250_000_000)).values()) == {"met"}
    slow = Cost(seconds=55.1, cpu=90.1, peak_bytes=4_000_000_000, result=stages)
    assert set(verdicts(figures.speed("w", slow, read, 1_249_999_999)).values()) == {"missed"}


def test_the_table_says_each_verdict() -> None:
    text = StringIO()
    shown = [Figure("w", "a", "1", "at most 2", True), Figure("w", "b", "3", "at most 2", False), Figure("v", "c", "4")]
    Console(file=text, width=100).print(figures.table("t", shown))
    lines = text.getvalue().splitlines()
    assert [line.split()[-2] for line in lines if "at most" in line] == ["met", "missed"]
    assert sum("│ w " in line for line in lines) == 1


def exchanges_table(rows: int) -> pa.Table:
    columns = {name: pa.nulls(rows, EXCHANGES.column(name).kind.arrow) for name in EXCHANGES.names}
    columns["exchange_id"] = pa.array([f"e{index}" for index in range(rows)])
    columns["input_text"] = pa.array([f"text {index} é" for index in range(rows)])
    return pa.table(columns)


@pytest.fixture
def world(tmp_path: Path) -> worlds.World:
    made = worlds.World(tmp_path / "w", "bench", 1, 10)
    made.exchanges.mkdir(parents=True)
    table = exchanges_table(50)
    for part in range(2):
        pq.write_table(table.slice(part * 25, 25), made.exchanges / f"part-{part}.parquet")
    return made


def test_dropping_text_drops_nothing_else(world: worlds.World) -> None:
    bare = pq.read_table(worlds.without_text(world))
    assert bare.equals(pq.read_table(world.exchanges).drop_columns(list(worlds.TEXT_COLUMNS)))


def test_shuffling_keeps_every_row_in_another_order(world: worlds.World, tmp_path: Path) -> None:
    built, mixed = pq.read_table(world.exchanges), pq.read_table(worlds.shuffled(world.exchanges, tmp_path / "s", 1))
    assert mixed["exchange_id"] != built["exchange_id"]
    assert mixed.take(pc.sort_indices(mixed["exchange_id"])).equals(built.take(pc.sort_indices(built["exchange_id"])))


def test_digests_notice_one_changed_row(tmp_path: Path) -> None:
    runs = {}
    for name, last in (("first", 2), ("same", 2), ("other", 3)):
        folder = tmp_path / name
        folder.mkdir()
        pq.write_table(pa.table({"a": [1, last]}), folder / "t.parquet")
        runs[name] = worlds.digests(folder)
    runs["empty"] = {}
    assert worlds.differences(runs) == ["other: t.parquet", "empty: t.parquet"]


def test_a_kept_world_is_not_built_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = []

    def build(task: str, **arguments: object) -> Cost:
        built.append((task, arguments))
        Path(str(arguments["out"])).mkdir()
        return Cost(0.0, 0.0, 0)

    monkeypatch.setattr(worlds, "measured", build)
    first = worlds.world_of(tmp_path, "organic", 3, (10, 20), None)
    assert worlds.world_of(tmp_path, "organic", 3, (10, 20), None) == first
    assert worlds.world_of(tmp_path, "organic", 4, (10, 20), None) != first
    assert [arguments["seed"] for _, arguments in built] == [3, 4]
    assert worlds.recipe_digest(None) != worlds.recipe_digest(tmp_path)


def test_prompts_are_the_named_ones_else_those_of_the_data_folder_else_our_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STILLWATCH_DATA", str(tmp_path))
    assert worlds.prompt_folder(None) is None
    (tmp_path / "prompts").mkdir()
    assert worlds.prompt_folder(None) == tmp_path / "prompts"
    assert worlds.prompt_folder(Path("named")) == Path("named")


def test_a_child_measures_itself(world: worlds.World) -> None:
    cost = measure.measured("size", exchanges=str(world.exchanges))
    texts = pq.read_table(world.exchanges)["input_text"].to_pylist()
    assert cost.result == {"rows": 50, "text_bytes": sum(len(text.encode()) for text in texts)}
    assert cost.seconds > 0 and cost.cpu > 0 and cost.peak_bytes > 10_000_000
    measure.measured("read", exchanges=str(world.exchanges), threads=1)


def test_a_child_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(WorkFailedError, match="No files found"):
        measure.measured("size", exchanges=str(tmp_path / "nowhere"))


def test_memory_of_a_child_is_its_own(world: worlds.World) -> None:
    """A parent that holds 600 MB must not make its child look large."""
    script = (
        "import sys; hold = bytearray(b'x' * 600_000_000); from bench.measure import measured; "
        "print(measured('size', exchanges=sys.argv[1]).peak_bytes)"
    )
    words = [sys.executable, "-c", script, str(world.exchanges)]
    done = subprocess.run(words, cwd=measure.ROOT, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 500_000_000


def test_the_json_file_holds_what_the_table_shows(tmp_path: Path) -> None:
    options = bench.arguments(["--json", str(tmp_path / "b.json"), "--scale", "0.1", "--seeds", "7", "8"])
    assert (options.scale, options.seeds, options.prompts) == (0.1, [7, 8], None)
    made = bench.Bench(tmp_path, None, options.scale, 2, [Figure("w", "a", "1", "at most 2", True)])
    assert made.size((100_000, 3_000_000)) == (10_000, 300_000)
    bench.publish(made, options)
    record = json.loads((tmp_path / "b.json").read_text())
    assert record["figures"][0]["verdict"] == "met"
    assert {"cores", "memory_gb", "python", "stillwatch"} <= set(record["machine"])
