"""Lists of every quality: what is read, what is left out and said, what is refused."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.errors import InputError
from stillwatch.screening import lists
from stillwatch.screening.holders import MOST_NAMES, Counts, Named, read_holders
from stillwatch.screening.lists import read_list

HEAD = "_id,source,entity_number,type,programs,name,addresses,alt_names,citizenships,dates_of_birth,source_list_url\n"
ROW = '1,Specially Designated Nationals,77,Individual,SDGT; IRGC,"ZHUKOV, Ivan","Street 1, Moscow, RU",Иван Жуков; Joukov,RU,1961-05-02,https://x\n'


def written(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


class TestList:
    def test_in_csv_and_json_are_the_same(self, tmp_path: Path) -> None:
        row = {
            "id": "1",
            "source": "Specially Designated Nationals",
            "entity_number": 77,
            "type": "Individual",
            "programs": ["SDGT", "IRGC"],
            "name": "ZHUKOV, Ivan",
            "alt_names": ["Иван Жуков", "Joukov"],
            "addresses": [{"city": "Moscow", "country": "RU"}],
            "citizenships": ["RU"],
            "dates_of_birth": ["1961-05-02"],
            "source_list_url": "https://x",
        }
        csv = read_list(written(tmp_path / "a.csv", HEAD + ROW))
        as_json = read_list(written(tmp_path / "a.json", json.dumps({"results": [row]})))
        assert csv.entries == as_json.entries
        assert csv.entries[0].names == ("ZHUKOV, Ivan", "Иван Жуков", "Joukov")
        assert csv.entries[0].birth_years == (1961,)
        assert csv.entries[0].countries == ("RU",)
        assert csv.said == ()

    @pytest.mark.parametrize(
        ("encoding", "said"), [("utf-8-sig", ""), ("utf-16", "UTF-16"), ("cp1252", "Windows-1252")]
    )
    def test_of_another_encoding_says_so(self, tmp_path: Path, encoding: str, said: str) -> None:
        text = "name\nMüller Özil\n" if encoding == "cp1252" else "name\nMüller Жуков\n"
        found = read_list(written(tmp_path / "a.csv", text.encode(encoding)))
        assert found.entries[0].names[0].startswith("Müller")
        assert said in "".join(found.said)
        assert bool(found.said) == bool(said)

    def test_says_what_it_leaves_out(self, tmp_path: Path) -> None:
        rows = ["", "X", "Ivan Zhukov", "Ivan Zhukov", "!!!"]
        found = read_list(written(tmp_path / "a.csv", "name,alt_names\n" + "".join(f'"{one}",\n' for one in rows)))
        assert [one.names for one in found.entries] == [("Ivan Zhukov",)]
        assert found.said == (
            "3 rows without a name left out",
            "1 name of one letter left out",
            "1 row repeated left out",
        )

    def test_joins_rows_of_one_number(self, tmp_path: Path) -> None:
        rows = "".join(f"SDN,7,{name}\n" for name in ("Ivan Zhukov", "Ivan Joukov", "Ivan Zhukov"))
        found = read_list(written(tmp_path / "a.csv", "source,entity_number,name\n" + rows))
        assert [one.names for one in found.entries] == [("Ivan Zhukov", "Ivan Joukov")]

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("", "no column `name`"),
            ("first,last\nIvan,Zhukov\n", "no column `name`"),
            ("name\n\n", "names nobody"),
            ("{", "is no JSON"),
            ('{"rows": []}', "no list `results`"),
            ('{"results": []}', "names nobody"),
            ('{"ts": 1}\n{"ts": 2}\n', "is no JSON: .*; give a list"),
            ('[{"id": 7, "name": "Ivan Zhukov"}]', "is no screening list: it has `id`; give one with `name` and some"),
            ("account_id,name,type\na1,Ivan Zhukov,free\n", "is no screening list: it has `account_id`, `type`;"),
            ("[" * 100_000, "is no JSON"),
            ('name\n"' + "a" * 2_000_000 + '"\n', "is no CSV"),
        ],
    )
    def test_that_is_none_is_refused(self, tmp_path: Path, text: str, words: str) -> None:
        with pytest.raises(InputError, match=words):
            read_list(written(tmp_path / "a.csv", text))

    def test_that_is_gone_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="cannot be read: No such file or directory; name a readable list"):
            read_list(tmp_path / "gone.csv")

    def test_of_too_many_entries_or_bytes_is_refused_whole(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = written(tmp_path / "a.csv", "name\n" + "".join(f"Ivan Zhukov {n}\n" for n in range(11)))
        monkeypatch.setattr(lists, "MOST_ENTRIES", 10)
        with pytest.raises(InputError, match="more than 10 entries"):
            read_list(path)
        monkeypatch.setattr(lists, "MOST_BYTES", 20)
        with pytest.raises(InputError, match="larger than 20 bytes"):
            read_list(path)

    def test_takes_odd_values(self, tmp_path: Path) -> None:
        rows = [{"name": None}, {"name": {"a": 1}}, 7, {"name": "Ivan Zhukov", "alt_names": [1, None, "Joukov"]}]
        found = read_list(written(tmp_path / "a.json", json.dumps(rows)))
        assert [one.names for one in found.entries] == [("Ivan Zhukov", "1", "Joukov")] or [
            one.names for one in found.entries
        ] == [("Ivan Zhukov", "Joukov")]


class TestHolders:
    def test_are_read_from_every_kind_of_file(self, tmp_path: Path) -> None:
        expected = [Named("a1", "Ivan Zhukov", "holder", "RU", 1961), Named("a1", "Boss AG", "owner")]
        text = "account_id,name,owners,country,birth_date\na1,Ivan Zhukov,Boss AG,RU,1961-02-03\n"
        line = {
            "account_id": "a1",
            "name": "Ivan Zhukov",
            "owners": ["Boss AG"],
            "country": "RU",
            "birth_date": "1961-02-03",
        }
        pq.write_table(pa.Table.from_pylist([line]), tmp_path / "a.parquet")
        paths = [
            written(tmp_path / "a.csv", text),
            written(tmp_path / "a.csv.gz", gzip.compress(text.encode())),
            written(tmp_path / "a.jsonl", json.dumps(line) + "\n"),
            tmp_path / "a.parquet",
        ]
        for path in paths:
            assert list(read_holders(path, Counts())) == expected, path.name

    def test_of_the_contract_have_the_names_of_organisations(self, tmp_path: Path) -> None:
        path = written(tmp_path / "a.csv", "account_id,organisation_name,organisation_country\na1,Boss AG,CH\n")
        assert list(read_holders(path, Counts())) == [Named("a1", "Boss AG", "holder", "CH")]

    def test_without_account_or_name_are_counted(self, tmp_path: Path) -> None:
        counts = Counts()
        lines = ["{}", "nonsense", '{"account_id": "a1"}', '{"account_id": "a2", "name": "x"}', "[1]", "[" * 90_000]
        path = written(tmp_path / "a.jsonl", "\n".join(lines) + "\n")
        assert [one.account_id for one in read_holders(path, counts)] == ["a2"]
        assert (counts.rows, counts.unusable) == (6, 5)

    def test_with_broken_characters_hide_nobody(self, tmp_path: Path) -> None:
        path = written(tmp_path / "a.csv", b"account_id,name\na1,M\xfcller\na2,Zhukov\n")
        assert [one.account_id for one in read_holders(path, Counts())] == ["a1", "a2"]

    @pytest.mark.parametrize("filler", [";".join(["x"] * 300), "x;" * 900, ["x"] * 300])
    def test_have_their_owners_whatever_fills_their_other_names(self, tmp_path: Path, filler: str | list[str]) -> None:
        row = {"account_id": "a1", "name": filler, "aliases": filler, "owners": "Ada", "parents": ["Acme"]}
        path = written(tmp_path / "a.jsonl", json.dumps(row))
        found = [(one.role, one.name) for one in read_holders(path, Counts())]
        assert found[-2:] == [("owner", "Ada"), ("parent", "Acme")]

    @pytest.mark.parametrize("room", [" ", "\u200b", "\u00ad\n", ";", " ; "])
    def test_have_their_names_whatever_stands_before(self, tmp_path: Path, room: str) -> None:
        path = written(tmp_path / "a.jsonl", json.dumps({"account_id": "a1", "name": f"{2_000 * room}Ada"}))
        assert [one.name for one in read_holders(path, Counts())] == ["Ada"]

    def test_have_so_many_names_at_most(self, tmp_path: Path) -> None:
        row = {"account_id": "a1", "name": "x", "owners": [f"Owner {n}" for n in range(1_000)]}
        path = written(tmp_path / "a.jsonl", json.dumps(row))
        assert len(list(read_holders(path, Counts()))) == 1 + MOST_NAMES

    @pytest.mark.parametrize("name", ["a.csv.gz", "a.parquet", "gone.csv"])
    def test_that_cannot_be_read_are_refused(self, tmp_path: Path, name: str) -> None:
        path = tmp_path / name
        if name != "gone.csv":
            written(path, b"\x1f\x8b nonsense" if name.endswith("gz") else b"nonsense")
        with pytest.raises(InputError):
            list(read_holders(path, Counts()))
