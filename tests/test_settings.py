"""Paths in TOML files are seen from the folder of the file, wherever the program was started."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import pytest
from pydantic import BaseModel

from stillwatch.errors import UsageError
from stillwatch.job import Inputs, resolve
from stillwatch.report.dossier.damage import load_prices
from stillwatch.report.dossier.worksheet_file import load_worksheet
from stillwatch.respond.policy import Policy, load_policy
from stillwatch.settings import Settings, code, load_settings, load_toml, shaped, validated
from stillwatch.share.sharing import Sharing, load_sharing

PROVIDER = """[read]
mapping = "{at}one.toml"
[sketch]
key_file = "{at}one.key"
[regions]
countries = "{at}one.csv"
hosting = ["{at}one.txt", "{at}two.txt"]
[serve]
screening_lists = ["{at}one.csv"]
[console]
policy = "{at}policy.toml"
prices = "{at}prices.toml"
sharing = "{at}sharing.toml"
[oidc]
issuer = "https://id.example"
client_id = "console"
public_address = "https://console.example"
client_secret_file = "{at}one.secret"
"""
POLICY = 'key_file = "{at}one.key"\n[protect]\naccounts_file = "{at}one.txt"\n'
SHARING = """[provider]
name = "Example AI"
[[partner]]
name = "northwind"
legal_basis = "agreement"
key_file = "{at}one.key"
match_key_file = "{at}two.key"
"""


def paths(of: object) -> Iterator[Path]:
    """All that a model holds."""
    if isinstance(of, Path):
        yield of
    elif isinstance(of, BaseModel):
        yield from paths([getattr(of, name) for name in type(of).model_fields])
    elif isinstance(of, list | tuple):
        for one in of:
            yield from paths(one)


@pytest.mark.parametrize(
    ("text", "model", "count"), [(PROVIDER, Settings, 10), (POLICY, Policy, 2), (SHARING, Sharing, 2)]
)
def test_are_seen_from_the_folder_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, model: type[BaseModel], count: int
) -> None:
    file = tmp_path / "conf" / "file.toml"
    file.parent.mkdir()
    monkeypatch.chdir(tmp_path)
    for at, folder in (("", "conf"), ("../", "conf/.."), ("/etc/", "/etc")):
        file.write_text(text.format(at=at), encoding="utf-8")
        found = list(paths(load_toml(Path("conf/file.toml"), model, "an example")))
        assert len(found) == count
        assert {str(one.parent) for one in found} == {folder}


def test_every_path_of_a_file_is() -> None:
    def named(model: type[BaseModel]) -> Iterator[str]:
        for name, field in model.model_fields.items():
            if "Path" in str(field.rebuild_annotation()):
                yield name
            for inner in (field.annotation, *getattr(field.annotation, "__args__", ())):
                if isinstance(inner, type) and issubclass(inner, BaseModel):
                    yield from named(inner)

    for model, text in ((Settings, PROVIDER), (Policy, POLICY), (Sharing, SHARING)):
        known = set(named(model))
        assert known
        assert all(f"\n{name} = " in f"\n{text}" for name in known)


def test_all_address_data_that_are_missing_are_told_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "there.txt").write_text("192.0.2.0/24\n")
    regions = {"countries": "nowhere.csv", "hosting": ["no.txt", "there.txt"]}
    settings = Settings.model_validate({"regions": regions}, context={"folder": tmp_path})
    with pytest.raises(UsageError) as raised:
        resolve(Inputs(("*.none",)), settings=settings)
    said = [one.where for one in raised.value.mistakes]
    assert said[1:] == ["`regions.countries`", "`regions.hosting`"] and said[0].startswith("LOGS")
    assert str(tmp_path / "no.txt") in raised.value.mistakes[-1].what


def test_of_which_a_missing_one_is_named_as_it_is_looked_for(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(POLICY.format(at=""), encoding="utf-8")
    with pytest.raises(Exception, match=str(tmp_path / "one.key")):
        load_policy(file)
    (tmp_path / "one.key").write_bytes(b"k" * 32)
    (tmp_path / "one.txt").write_text("a1\n", encoding="utf-8")
    assert load_policy(file).protect.all_accounts() == {"a1"}
    assert load_settings(None) == Settings()
    (tmp_path / "sharing.toml").write_text(SHARING.format(at=""), encoding="utf-8")
    assert load_sharing(tmp_path / "sharing.toml").partner("northwind").key_file == tmp_path / "one.key"


WORKSHEET = """campaign = 7
x = 1
[[hypothesis]]
name = "one"
[conclusion]
hypothesis = ""
rung = "proven"
"""
PRICES = """source = []
[models.large]
input = "dear"
output = -1
"""
WRONG = """[engine]
threads = -1
name = "flink"
memory_limit = "much"
[read]
trusted_hops = 1.5
keep_raw = "perhaps"
most_lost = 2.0
[console]
session_hours = 0
lock_minutes = nan
"""


@pytest.mark.parametrize(
    ("text", "load", "said"),
    [
        (WORKSHEET, load_worksheet, ["`campaign`: is no text", "`x`: is not known here"]),
        (
            WORKSHEET,
            load_worksheet,
            ["`hypothesis.0.text` (named `one`): is missing", "`conclusion.hypothesis`: is empty"],
        ),
        (WORKSHEET, load_worksheet, ["`conclusion.rung`: must be 'same_operator', 'same_network'"]),
        (PRICES, load_prices, ["`currency`: is missing", "`source`: is no text"]),
        (PRICES, load_prices, ["`models.large.input`: is no number", "`models.large.output`: must be at least 0"]),
        (WRONG, load_settings, ["`engine.threads`: must be at least 0", "`engine.name`: must be 'duckdb' or 'spark'"]),
        (
            WRONG,
            load_settings,
            ["`engine.memory_limit`: must be a size, such as `2500MB`", "`read.trusted_hops`: is no whole number"],
        ),
        (WRONG, load_settings, ["`read.keep_raw`: is neither", "`read.most_lost`: must be at most 1.0"]),
        (
            WRONG,
            load_settings,
            ["`console.session_hours`: must be more than 0.0", "`console.lock_minutes`: must be more"],
        ),
    ],
)
def test_mistakes_are_said_in_words_of_ours(
    tmp_path: Path, text: str, load: Callable[[Path], object], said: list[str]
) -> None:
    path = tmp_path / "one.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as raised:
        load(path)
    found = [str(one) for one in raised.value.mistakes]
    assert [one for one in said if not any(f"{path}` at {one}" in line for line in found)] == []
    theirs = ("nput should", "ield required", "xtra inputs", "tring should", "must be a valid")
    assert [line for line in found if any(one in line for one in theirs)] == []


@pytest.mark.parametrize(("wrong", "right"), [("A b", "a-b"), ("", "a"), ("a" * 65, "a" * 64), ("a\n", "a")])
def test_a_text_of_another_form_is_told_what_it_must_be(wrong: str, right: str) -> None:
    class Named(BaseModel):
        name: Annotated[str, shaped("[a-z-]{1,64}", "small letters")]

    assert validated(Named, {"name": right}, "it", "mend it").name == right
    with pytest.raises(UsageError) as raised:
        validated(Named, {"name": wrong}, "it", "mend it")
    assert [str(one) for one in raised.value.mistakes] == ["it at `name`: must be small letters; mend it"]


@pytest.mark.parametrize("text", ["a", "0", "a-b_c.d", "a" * 64])
def test_a_code_has_marks_behind_its_first_letter(text: str) -> None:
    class Named(BaseModel):
        name: Annotated[str, code("_.-")]

    assert validated(Named, {"name": text}, "it", "mend it").name == text
    for wrong in (f"-{text}", f"{text}+", f"{text}A", "a" * 65):
        with pytest.raises(UsageError, match="must be 1 to 64 small letters and digits, and behind"):
            validated(Named, {"name": wrong}, "it", "mend it")
