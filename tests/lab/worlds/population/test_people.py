"""Ordinary people: heavy-tailed volumes, days and nights, and topics of their own that they return to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from sklearn.feature_extraction.text import TfidfVectorizer

from stillwatch_lab.worlds.draws import Reals


def test_volumes_are_heavy_tailed(organic_world: Path) -> None:
    owners = ds.dataset(organic_world / "exchanges").to_table(["account_id"])["account_id"].to_numpy()
    counts = np.sort(np.unique(owners, return_counts=True)[1])[::-1]
    assert counts[: len(counts) // 100].sum() > 0.1 * counts.sum()
    assert np.median(counts) < counts.mean() / 2
    assert (counts < 10).mean() > 0.4


def test_people_sleep_and_rest(organic_world: Path) -> None:
    exchanges = ds.dataset(organic_world / "exchanges").to_table(["account_id", "started_at"])
    country = pq.read_table(organic_world / "accounts.parquet", columns=["account_id", "phone_prefix"])
    japan = exchanges.join(country, "account_id").filter(pc.field("phone_prefix") == "+81")
    hour = (japan["started_at"].to_numpy().astype("datetime64[h]").astype(np.int64) + 9) % 24
    night, evening = ((hour >= 3) & (hour < 7)).mean(), ((hour >= 13) & (hour < 17)).mean()
    assert len(hour) > 300
    assert night < evening / 2
    day = exchanges["started_at"].to_numpy().astype("datetime64[D]").astype(np.int64)
    weekday = (day + 3) % 7  # day 0 of the epoch was a Thursday
    assert (weekday >= 5).mean() < 2 / 7


def test_accounts_have_ordinary_gaps(organic_world: Path) -> None:
    accounts = pq.read_table(organic_world / "accounts.parquet")
    for name in ("payment_fingerprint", "phone_prefix", "referrer"):
        assert 0.1 < accounts[name].null_count / accounts.num_rows < 0.9
    assert accounts["organisation_id"].null_count == accounts.num_rows
    cards = accounts["payment_fingerprint"].drop_null()
    assert pc.count_distinct(cards).as_py() == len(cards)
    issuers = np.sort(np.unique(accounts["payment_issuer"].drop_null().to_numpy(), return_counts=True)[1])[::-1]
    assert issuers[:5].sum() > 0.2 * issuers.sum()
    closed = len(accounts["closed_at"].drop_null())
    assert 0 < closed < 0.03 * accounts.num_rows


def test_the_new_model_spreads_slowly(organic_world: Path) -> None:
    exchanges = ds.dataset(organic_world / "exchanges").to_table(["started_at", "request_model"])
    new = exchanges["request_model"].to_numpy() == "sage-5"
    times = exchanges["started_at"].to_numpy()
    release = times[new].min()
    soon = (times > release) & (times < release + np.timedelta64(1, "D"))
    late = times > times.max() - np.timedelta64(4, "D")
    assert new[soon].mean() < 0.3
    assert new[late].mean() > 1.5 * new[soon].mean()


def test_a_popular_tool_sends_the_same_from_everyone(organic_world: Path) -> None:
    exchanges = ds.dataset(organic_world / "exchanges").to_table(["account_id", "user_agent", "system_instructions"])
    tool = exchanges.filter(pc.starts_with(exchanges["user_agent"], "tinker-cli"))
    assert pc.count_distinct(tool["account_id"]).as_py() > 0.15 * pc.count_distinct(exchanges["account_id"]).as_py()
    instructions = np.unique(tool["system_instructions"].drop_null().to_numpy(), return_counts=True)[1]
    assert instructions.max() > 0.95 * tool.num_rows


def memory_ratios(world: Path, kind: str) -> Reals:
    """Within-account over between-account similarity of conversation openings, accounts of 8 or more openings."""
    truth = pq.read_table(world / "truth" / "accounts.parquet", columns=["account_id", "kind"])
    table = ds.dataset(world / "exchanges").to_table(["account_id", "input_text"]).join(truth, "account_id")
    chosen = table.filter(
        pc.and_(pc.equal(table["kind"], kind), pc.invert(pc.match_substring(table["input_text"], "\n\n")))
    )
    owners, texts = chosen["account_id"].to_numpy(), chosen["input_text"].to_numpy()
    names, counts = np.unique(owners, return_counts=True)
    nth = np.zeros(len(owners), dtype=np.int64)
    for name in names:
        nth[owners == name] = np.arange(counts[names == name][0])
    kept = np.isin(owners, names[counts >= 8][:80]) & (nth < 15)
    vectors = TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"\w+").fit_transform(texts[kept])
    similar = np.asarray((vectors @ vectors.T).todense())
    np.fill_diagonal(similar, np.nan)
    same = owners[kept][:, None] == owners[kept][None, :]
    ratios = []
    for name in np.unique(owners[kept]):
        mine = owners[kept] == name
        ratios.append(
            np.nanmean(np.where(same, similar, np.nan)[mine]) / np.nanmean(np.where(same, np.nan, similar)[mine])
        )
    return np.array(ratios)


def test_people_resemble_themselves_and_campaign_accounts_do_not(organic_world: Path, bench_world: Path) -> None:
    people, letter = memory_ratios(organic_world, "person"), memory_ratios(bench_world, "letter")
    assert len(people) >= 60
    assert len(letter) >= 20
    assert 2 < np.median(people) < 30
    assert people.min() < 2  # some people do not come back to anything
    assert np.median(letter) < 0.4 * np.median(people)


def test_two_people_do_not_share_text(organic_world: Path) -> None:
    table = ds.dataset(organic_world / "exchanges").to_table(["account_id", "input_text"])
    long = (
        table.filter(pc.greater(pc.utf8_length(table["input_text"]), 120))
        .group_by("input_text")
        .aggregate([("account_id", "count_distinct")])
    )
    shared = long["account_id_count_distinct"].to_numpy() > 1
    assert shared.mean() < 0.03
    assert shared.any()  # popular prompts are sent as they were found
