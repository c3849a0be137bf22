"""A policy says every mistake at once, and what is dangerous cannot be written down by the way."""

from __future__ import annotations

import re
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from stillwatch.errors import UsageError
from stillwatch.respond import Policy, load_policy
from stillwatch.respond.policy import EXAMPLE, Line
from tests.respond.policies import line, policy

ROOT = Path(__file__).resolve().parents[2]
KEYLESS = 'holder_text = "no"\nlasts = "1d"\nreason_code = "x"\neffect = "throttle"\nlevel = "act"\nname = "one"\n'


def mistakes(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "policy.toml"
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        load_policy(path)
    return [str(one) for one in caught.value.mistakes]


class TestExample:
    text = (ROOT / EXAMPLE).read_text(encoding="utf-8")

    def test_is_a_policy(self, tmp_path: Path) -> None:
        (tmp_path / "policy.key").write_bytes(b"0" * 32)
        path = tmp_path / "policy.toml"
        path.write_text(self.text.replace('"policy.key"', f'"{tmp_path / "policy.key"}"'))
        found = load_policy(path)
        assert [one.effect for one in found.lines] == ["throttle", "challenge", "observe"]
        assert not any(one.effect == "suspend" for one in found.lines)

    def test_names_every_key(self) -> None:
        said = tomllib.loads(self.text)
        hidden = set(re.findall(r"^# (\w+) = ", self.text, re.MULTILINE))
        assert keys(Policy, "") == keys_of(said, "") | {one for one in keys(Policy, "") if one.split(".")[-1] in hidden}

    def test_has_the_default_bounds(self) -> None:
        said = tomllib.loads(self.text)
        bounds = {name: said[name] for name in ("limits", "timing", "protect")}
        assert Policy.model_validate(bounds) == Policy()

    def test_explains_every_key(self) -> None:
        setting = re.compile(r"(# )?\w+ = ")
        until = self.text.index("# Second stage")
        lines = self.text[:until].splitlines()
        bare = [
            one
            for before, one in pairwise(lines)
            if setting.match(one) and not (before.startswith("# ") or setting.match(before))
        ]
        assert bare == []


def keys(model: type[BaseModel], prefix: str) -> set[str]:
    found = set()
    for name, known in model.model_fields.items():
        inner = Line if name == "lines" else known.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            found |= keys(inner, f"{prefix}{known.alias or name}.")
        else:
            found.add(prefix + name)
    return found


def keys_of(said: dict[str, Any], prefix: str) -> set[str]:
    found = set()
    for name, value in said.items():
        parts = value if isinstance(value, list) and value and isinstance(value[0], dict) else [value]
        for part in parts:
            found |= keys_of(part, f"{prefix}{name}.") if isinstance(part, dict) else {prefix + name}
    return found


class TestMistakes:
    def test_are_all_named_at_once(self, tmp_path: Path) -> None:
        said = mistakes(
            tmp_path,
            '[limits]\nper_huor = 3\nshare_of_accounts = 2\n[timing]\nwait = "soon"\n[[line]]\nname = "A b"\n'
            'effect = "ban"\nlasts = "9y"\nreason_code = "x"\nlevel = "act"\n',
        )
        assert len(said) == 6
        assert any("limits.per_huor" in one and "did you mean `limits.per_hour`?" in one for one in said)
        assert any("timing.wait" in one and "write it like `45m`" in one for one in said)
        for place in ("limits.share_of_accounts", "line.0.name", "line.0.effect", "line.0.lasts"):
            assert any(f"`{place}`" in one for one in said), place

    def test_name_the_line_that_they_stand_in(self, tmp_path: Path) -> None:
        second = KEYLESS.replace('"one"', '"two"').replace('"throttle"', '"ban"') + 'network_kinds = ["ring"]\n'
        said = mistakes(tmp_path, f"[[line]]\n{KEYLESS}[[line]]\n{second}")
        places = [one.partition("` at ")[2].partition(": ")[0] for one in sorted(said)]
        assert places == ["`line.1.effect` (named `two`)", "`line.1.network_kinds.0` (named `two`)"]

    def test_of_a_misspelt_key_of_a_line_name_the_right_one(self, tmp_path: Path) -> None:
        (said,) = mistakes(tmp_path, f"[[line]]\n{KEYLESS}last = 3\n")
        assert "did you mean `line.lasts`?" in said

    def test_of_a_policy_that_acts_name_what_it_needs(self, tmp_path: Path) -> None:
        said = mistakes(tmp_path, f"[[line]]\n{KEYLESS}[[line]]\n{KEYLESS}")
        assert [one.split("`")[3] for one in said] == ["line", "key_file", "holder.rules", "holder.object_at"]

    def test_of_what_is_no_section_say_how_one_is_written(self, tmp_path: Path) -> None:
        said = mistakes(tmp_path, "line = 3\nlimits = []\n")
        assert [one.partition(": ")[2].partition(";")[0] for one in said] == [
            "is no section: write its name in brackets on a line of its own",
            "is no list of values or of `[[blocks]]`",
        ]
        assert mistakes(tmp_path, "[[line]]\n")[0].endswith("is missing; see `examples/policy.toml` for every setting")

    def test_of_files_that_are_not_there(self, tmp_path: Path) -> None:
        said = mistakes(tmp_path, 'key_file = "/none.key"\n[protect]\naccounts_file = "/none.txt"\n')
        assert len(said) == 2
        with pytest.raises(UsageError, match="cannot be read"):
            load_policy(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"kind": "network"}, "`level` says nothing of a network"),
        ({"kind": "network", "level": None}, "only observed"),
        ({"level": None}, "`level` is missing"),
        ({"level": "review", "effect": "suspend"}, "can be suspended"),
        ({"level": "watch"}, "`watch` means wait"),
        ({"holder_text": " "}, "`holder_text` is missing"),
        ({"network_kinds": ["fraudring"]}, "fraud_ring"),
        ({"lasts": "0d"}, "greater than"),
        ({"lasts": "91d"}, "less than or equal"),
        ({"lasts": None}, "write it like"),
    ],
)
def test_a_line_cannot_say(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Line.model_validate(line(**changed))


def test_a_suspension_always_needs_a_second_person_unless_its_line_says_otherwise() -> None:
    assert Line.model_validate(line(effect="suspend")).always_approved
    assert not Line.model_validate(line(effect="suspend", approval="above")).always_approved
    assert not Line.model_validate(line()).always_approved


def test_without_a_file_nothing_acts() -> None:
    assert not load_policy(None).acts
    assert load_policy(None).lines == ()


def test_the_digest_changes_with_what_is_said_and_not_with_the_key(tmp_path: Path) -> None:
    one = policy(tmp_path)
    assert one.digest == policy(tmp_path).digest == one.model_copy(update={"key_file": None}).digest
    assert one.digest != policy(tmp_path, line(lasts="8d")).digest
