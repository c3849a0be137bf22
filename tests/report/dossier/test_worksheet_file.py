"""A worksheet's file says everything that is wrong in it at once, and becomes entries of the ledger."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from stillwatch.errors import UsageError
from stillwatch.ledger.worksheet import worksheet
from stillwatch.report.dossier.worksheet_file import entries, load_worksheet
from tests.ledger.made import NOW

PAGE = Path(__file__).resolve().parents[3] / "docs" / "methods" / "dossier.md"
EXAMPLE = re.findall(r"```toml\n(campaign.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[0]


def written(folder: Path, text: str) -> Path:
    path = folder / "worksheet.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_documents_example_is_a_worksheet(tmp_path: Path) -> None:
    found = worksheet(entries(load_worksheet(written(tmp_path, EXAMPLE)), (), "Bo", NOW))
    assert found is not None
    assert [(one.name, one.against) for one in found.hypotheses] == [("one", 0.0), ("many", 1.0)]
    assert found.conclusion is not None
    assert found.conclusion.lacks == ()
    assert found.conclusion.by == "Bo"
    (entity,) = found.entities
    assert (entity.name, entity.places, entity.networks) == ("Example Relay", ("NL", "NL: Amsterdam"), ("N1",))
    assert entity.concluded is not None and len(entity.concluded.lacks) == 2  # one item, and this rung asks for three


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("campaign =", "campaign", "is not TOML"),
        ('one = "C"', 'one = "B"', "ratings.one"),
        ('rung = "same_operator"', 'rung = "proven"', "conclusion.rung"),
        ('likelihood = "likely"', 'likelihood = "surely"', "is no word of ICD 203"),
        ('confidence = "low"', 'confidence = "total"', "is no degree"),
        ('turns_over = "the hours are those of a scheduler"', "", "conclusion.turns_over"),
        ('source = "log"', 'sourced = "log"', "sourced"),
        ('sort = "group"', 'sort = "individual"', "entity.0.sort"),
        ('role = "proxy_provider"', 'role = "thief"', "entity.0.role"),
        ('rung = "affiliated_with"', 'rung = "same_operator"', "entity.0.rung"),
        ('"NL: Amsterdam"', '"Netherlands"', "entity.0.places"),
        ('"NL: Amsterdam"', '"NL: a; CN"', "entity.0.places"),
        ('["N1"]', '["acct_1"]', "entity.0.networks"),
        ('name = "Example Relay"', 'name = "hours"', "is the name of an item as well"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in EXAMPLE
    with pytest.raises(UsageError) as raised:
        load_worksheet(written(tmp_path, EXAMPLE.replace(old, new, 1)))
    assert said in str(raised.value)


def test_a_rating_of_an_unknown_hypothesis_is_told_unless_the_ledger_has_it(tmp_path: Path) -> None:
    known = entries(load_worksheet(written(tmp_path, EXAMPLE)), (), "Bo", NOW)
    more = 'campaign = "C1"\n[[item]]\nname = "x"\ntext = "y"\nsource = "court"\nratings = { many = "II" }\n'
    later = load_worksheet(written(tmp_path, more))
    with pytest.raises(UsageError, match="`many`: is a hypothesis that nobody has entered"):
        entries(later, (), "Bo", NOW)
    assert len(entries(later, known, "Bo", NOW)) == 2
