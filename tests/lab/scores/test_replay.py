"""Replays: found from the first cut at act, leaked until then, nothing known before its time."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch_lab.scores import replay as replays
from stillwatch_lab.scores.reached import Reached, as_table, earliest

BEGIN = datetime(2026, 3, 1, 9)
NAMES = [f"a{i}" for i in range(6)]  # the first four serve a campaign, each with an exchange a day for ten days


@pytest.fixture
def world(tmp_path: Path) -> Path:
    exchanges = [(f"{name}-{day}", name, BEGIN + timedelta(days=day)) for name in NAMES for day in range(10)]
    columns = zip(*exchanges, strict=True)
    sketches = pa.table(dict(zip(("exchange_id", "account_id", "started_at"), map(list, columns), strict=True)))
    pq.write_table(sketches, tmp_path / "sketches.parquet")
    serving = [row for row in exchanges if row[1] in NAMES[:4]]
    (tmp_path / "truth").mkdir()
    truth = {"exchange_id": [r[0] for r in serving], "account_id": [r[1] for r in serving]}
    pq.write_table(pa.table({**truth, "campaign_id": ["c"] * len(serving)}), tmp_path / "truth" / "exchanges.parquet")
    pq.write_table(pa.table({"campaign_id": ["c"], "rung": ["letter"]}), tmp_path / "truth" / "campaigns.parquet")
    roles = pa.table({"account_id": NAMES, "role": ["campaign"] * 4 + ["organic"] * 2})
    pq.write_table(roles, tmp_path / "truth" / "accounts.parquet")
    stated = {"account_id": NAMES, "created_at": [BEGIN + timedelta(days=2 * i) for i in range(6)]}
    closed = [BEGIN + timedelta(days=3), *[None] * 5]
    table = pa.table({**stated, "closed_at": pa.array(closed, pa.timestamp("us")), "closed_reason": ["p"] * 6})
    pq.write_table(table, tmp_path / "accounts.parquet")
    return tmp_path


def test_found_from_the_first_cut_and_leaked_until_then(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[datetime, pa.Table] = {}

    def accused(sketches: Path, tables: dict[str, Path], until: datetime, out: Path) -> dict[str, str]:
        seen[until] = pq.read_table(tables["accounts"])
        day = (until - BEGIN).days
        names = [*NAMES[: day // 2], *(["a5"] if day == 3 else [])]  # one innocent is accused once, and let go again
        return dict.fromkeys(NAMES[:3] if day >= 3 else [], "review") | dict.fromkeys(names, "act")

    monkeypatch.setattr(replays, "_accused", accused)
    found = replays.replay(
        world / "sketches.parquet", {"accounts": world / "accounts.parquet"}, world / "truth", 2.0, lambda _: None
    )
    rows = found.profiles
    (letter, innocents) = rows
    assert (letter.profile, letter.accounts, letter.found, letter.exchanges) == ("letter", 4, 4, 40)
    # cuts fall on the midnights before days 2, 4, 6 …: a0 is found at the second, when four days' exchanges are past
    assert letter.leaked == sum(min(10, days) for days in (4, 6, 8, 10))
    assert (innocents.accounts, innocents.found) == (2, 1)
    assert [row.profile for row in rows] == list(replays.as_table(rows).columns[0].cells)
    assert [(row.accounts, row.act, row.review) for row in found.reached[:4]] == [
        (4, 0, 0),
        (4, 1, 3),
        (4, 2, 3),
        (4, 3, 3),
    ]
    by_level = {row.level: row for row in earliest(found.reached)}
    # half of the four accounts are at review at the second cut, and at act at the third
    assert by_level["review"].days == pytest.approx(found.reached[1].day)
    assert by_level["act"].days == pytest.approx(found.reached[2].day)
    assert (by_level["act"].campaigns, by_level["act"].found, by_level["act"].fewest) == (1, 1, 4)
    for until, accounts in seen.items():
        assert all(created < until for created in accounts["created_at"].to_pylist())
        assert all(closed is None or closed < until for closed in accounts["closed_at"].to_pylist())
    assert min(seen) < BEGIN + timedelta(days=3) and max(seen) > BEGIN + timedelta(days=9)


def test_an_accounts_table_in_a_time_zone_is_cut_at_the_same_moment(world: Path, tmp_path: Path) -> None:
    plain = pq.read_table(world / "accounts.parquet")
    zoned = plain
    for name in ("created_at", "closed_at"):
        place = zoned.schema.get_field_index(name)
        zoned = zoned.set_column(place, name, plain[name].cast(pa.timestamp("us", "UTC")))
    pq.write_table(zoned, tmp_path / "zoned.parquet")
    moment, cut = BEGIN + timedelta(days=3), tmp_path / "cut.parquet"
    found = []
    for path in (world / "accounts.parquet", tmp_path / "zoned.parquet"):
        replays._known_then({"accounts": path}, moment, cut)
        found.append(pq.read_table(cut).cast(plain.schema).to_pylist())
    assert found[0] == found[1]
    assert [row["account_id"] for row in found[0]] == list(NAMES[:2])
    assert [row["closed_at"] for row in found[0]] == [None, None]


def test_a_scan_that_fails_says_so(tmp_path: Path) -> None:
    with pytest.raises(replays.RunError, match="failed"):
        replays._accused(tmp_path / "none.parquet", {}, BEGIN, tmp_path / "run")


def test_a_campaign_counts_by_the_accounts_it_had_by_then() -> None:
    rows = [
        Reached("hydra", "a", 4.0, 10, 0, 5),
        Reached("hydra", "a", 8.0, 40, 30, 30),
        Reached("hydra", "b", 4.0, 6, 0, 0),
        Reached("hydra", "b", 8.0, 90, 0, 50),
        Reached("loud", "c", 4.0, 9, 1, 2),
    ]
    review, act, *loud = earliest(rows)
    assert (review.found, review.days, review.fewest, review.accounts) == (2, 6.0, 10, 50.0)
    assert (act.campaigns, act.found, act.days, act.fewest) == (2, 1, 8.0, 40)
    assert [(row.found, row.days, row.fewest, row.accounts) for row in loud] == [(0, None, None, None)] * 2
    assert as_table(earliest(rows)).row_count == 4
