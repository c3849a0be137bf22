"""Matches with their reasons, ids that last, crowded entries, and the files in which matches wait."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stillwatch.screening import kept, screener, vocabulary
from stillwatch.screening.holders import Named
from stillwatch.screening.kept import is_match_id
from stillwatch.screening.lists import Entry, ScreeningList
from stillwatch.screening.screener import Match, Screener, Tally, match_id
from stillwatch.screening.vocabulary import Vocabulary

ENTRY = Entry("SDN\t7", "SDN", "Individual", ("Ivan Zhukov", "Иван Жуков"), ("IRGC",), ("RU",), (1961,))
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def screener_of(*entries: Entry) -> Screener:
    return Screener([ScreeningList("list.csv", "0" * 64, entries or (ENTRY,))])


def only(found: list[Match]) -> Match:
    (one,) = found
    return one


class TestMatches:
    def test_say_who_how_far_and_why(self) -> None:
        one = only(screener_of().matches([Named("a1", "Iwan Joukov", "owner", "FR")]))
        assert (one.account_id, one.role, one.source) == ("a1", "owner", "SDN")
        assert 0.66 <= one.score < 1.0
        assert one.reasons[0].startswith("`iwan` is like `ivan`")
        assert one.reasons[-1] == "the country is FR, of the listed one RU: shown, and not weighed"

    def test_of_several_names_of_an_entry_are_one(self) -> None:
        assert len(screener_of().matches([Named("a1", "Иван Жуков")])) == 1

    def test_weigh_no_country(self) -> None:
        scores = {only(screener_of().matches([Named("a1", "Ivan Zhukov", country=one)])).score for one in ("", "RU")}
        assert scores == {1.0}

    def test_are_weaker_where_births_lie_apart_and_say_so(self) -> None:
        young, same = (only(screener_of().matches([Named("a1", "Ivan Zhukov", birth_year=y)])) for y in (1999, 1962))
        assert (young.score, same.score) == (0.9, 1.0)
        assert any("against it: born 1999" in one for one in young.reasons)
        assert any("born 1962, as the listed one may be" in one for one in same.reasons)

    def test_are_none_for_names_that_say_nothing(self) -> None:
        odd = ["", "I", "?", "Mr", "\0", "\ud800", "a" * 100_000]
        assert screener_of().matches([Named("a1", one) for one in odd]) == []

    def test_of_one_name_are_bounded(self) -> None:
        many = [Entry(f"SDN\t{n}", "SDN", "", ("Ivan Zhukov",)) for n in range(50)]
        assert len(screener_of(*many).matches([Named("a1", "Ivan Zhukov")])) == screener.MOST_OF_A_NAME


class TestIds:
    def test_last_while_account_name_and_entry_do(self) -> None:
        again = Entry("SDN\t7", "SDN", "", ("Ivan Zhukov", "another alias"))
        one = match_id(Named("a1", "Ivan  ZHUKOV"), ENTRY)
        assert is_match_id(one)
        assert one == match_id(Named("a1", "ivan zhukov", "alias", "FR", 1999), again)

    @pytest.mark.parametrize(
        "other", [Named("a2", "Ivan Zhukov"), Named("a1", "Ivan Zhukovich"), Named("a1I", "van Zhukov")]
    )
    def test_are_others_for_another_account_or_name(self, other: Named) -> None:
        assert match_id(other, ENTRY) != match_id(Named("a1", "Ivan Zhukov"), ENTRY)

    def test_are_no_other_text(self) -> None:
        assert not is_match_id("")
        assert not is_match_id("a" * 31 + "\n")
        assert not is_match_id("A" * 32)


class TestScreened:
    def test_is_the_same_in_portions(self, monkeypatch: pytest.MonkeyPatch) -> None:
        names = [Named(f"a{n}", name) for n, name in enumerate(["Ivan Zhukov", "Anna Jones", "Иван Жуков"] * 5)]
        monkeypatch.setattr(screener, "_AT_ONCE", 4)
        tally = Tally()
        found = screener_of().screened(iter(names), tally)
        assert [one.match_id for one in found] == [one.match_id for one in screener_of().matches(names)]
        assert (tally.names, tally.matched) == (15, 10)

    def test_counts_the_holders_of_a_crowded_entry(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(screener, "CROWDED", 3)
        tally = Tally()
        found = screener_of().screened((Named(f"a{n}", "Ivan Zhukov") for n in range(10)), tally)
        assert len(found) == 3
        assert tally.crowded == {"SDN\t7": 10}

    def test_explains_and_gives_the_best_of_many(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(screener, "MOST_EXPLAINED", 1)
        monkeypatch.setattr(screener, "MOST_MATCHES", 2)
        names = [Named("a1", "Iwan Joukov"), Named("a2", "Ivan Zhukov"), Named("a3", "Ivan Zhukov")]
        tally = Tally()
        best, second = screener_of().screened(names, tally)
        assert (best.account_id, second.account_id) == ("a2", "a1")
        assert screener.NOT_EXPLAINED not in best.reasons
        assert second.reasons == (screener.NOT_EXPLAINED,)
        assert (tally.matched, tally.beyond) == (3, 1)


class TestKept:
    rows = tuple(kept.row_of(one, NOW) for one in screener_of().matches([Named("a1", "Ivan Zhukov")]))

    def test_come_back_as_they_were(self, tmp_path: Path) -> None:
        kept.write_batch(tmp_path, self.rows)
        (one,) = kept.kept(tmp_path)
        assert (one.account_id, one.listed, one.score, one.at) == ("a1", "Ivan Zhukov", 1.0, NOW.isoformat())
        assert one.subject == "screening:" + one.match_id

    def test_of_a_screening_replace_those_before(self, tmp_path: Path) -> None:
        kept.write_batch(tmp_path, self.rows)
        kept.write_batch(tmp_path, [])
        assert kept.kept(tmp_path) == []

    def test_of_sign_ups_are_added_once_each(self, tmp_path: Path) -> None:
        for _ in range(3):
            kept.add_arrivals(tmp_path, self.rows)
        assert len(kept.kept(tmp_path)) == 1

    def test_outlive_half_a_line(self, tmp_path: Path) -> None:
        kept.add_arrivals(tmp_path, self.rows)
        with (tmp_path / "screening" / "arrivals.jsonl").open("a") as stream:
            stream.write('{"match_id": "x"}\n[1]\n' + json.dumps(self.rows[0])[:40])
        assert len(kept.kept(tmp_path)) == 1

    def test_lose_the_oldest_when_there_are_too_many(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(kept, "MOST_BYTES", 2_000)
        for number in range(20):
            kept.add_arrivals(tmp_path, [{**self.rows[0], "match_id": f"{number:032}"}])
        ids = {one.match_id for one in kept.kept(tmp_path)}
        assert f"{19:032}" in ids
        assert f"{0:032}" not in ids
        assert (tmp_path / "screening" / "arrivals.jsonl").stat().st_size < 4_000

    def test_are_for_their_owner_alone(self, tmp_path: Path) -> None:
        kept.write_batch(tmp_path, self.rows)
        assert (tmp_path / "screening").stat().st_mode & 0o077 == 0


def test_order_of_a_list_changes_no_score() -> None:
    entries = [Entry(f"k{n}", "SDN", "", (name,)) for n, name in enumerate(["Ivan Zhukov", "Ivan Joukov", "Anna Li"])]
    names = [Named("a1", "Iwan Schukow"), Named("a2", "Li Anna")]
    before = {one.match_id: one.score for one in screener_of(*entries).matches(names)}
    random.Random(1).shuffle(entries)
    assert {one.match_id: one.score for one in screener_of(*entries).matches(names)} == before


def test_what_is_remembered_of_tokens_changes_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(3)
    listed = sorted({"".join(draw.choices("aeiklmnorstuz", k=draw.randint(2, 9))) for _ in range(400)})
    asked = [one[:-1] + draw.choice("aeiou") for one in draw.sample(listed, 150)]
    fresh, used = Vocabulary(listed), Vocabulary(listed)
    whole = fresh.similar(asked)  # so many at once are looked up together
    monkeypatch.setattr(vocabulary, "_MOST_REMEMBERED", 40)  # so that some are forgotten
    for _ in range(2):
        for place in range(0, len(asked), 3):
            few = [*asked[place : place + 3], asked[place]]  # one of them twice
            found = used.similar(few)
            for at, token in enumerate(few):
                part = slice(whole.starts[asked.index(token)], whole.starts[asked.index(token) + 1])
                mine = slice(found.starts[at], found.starts[at + 1])
                assert found.ids[mine].tolist() == whole.ids[part].tolist()
                assert found.similarities[mine].tolist() == whole.similarities[part].tolist()
        assert max(len(used._remembered), len(used._older)) <= 40
    assert used._older  # some of them stayed for a while
    assert used.similar([]).starts.tolist() == [0]
