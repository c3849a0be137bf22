"""The sharing file: what is dangerous in it is refused while it is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from stillwatch.errors import UsageError
from stillwatch.share.sharing import load_sharing

ROOT = Path(__file__).parents[2]
PLAIN = '[provider]\nname = "A"\n[[partner]]\nname = "b"\nlegal_basis = "an agreement"\n'


def said_of(folder: Path, text: str) -> str:
    path = folder / "sharing.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load_sharing(path)
    return str(caught.value)


def test_the_example_is_read() -> None:
    found = load_sharing(ROOT / "examples" / "sharing.toml")
    assert found.partner("cyber-authority").profile == "government"
    assert found.partner("cyber-authority").approval == "always"


def test_an_unknown_partner_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sharing.toml"
    path.write_text(PLAIN, encoding="utf-8")
    with pytest.raises(UsageError, match="it has `b`"):
        load_sharing(path).partner("c")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (PLAIN.replace('legal_basis = "an agreement"\n', ""), "legal_basis"),
        (PLAIN.replace('legal_basis = "an agreement"', 'legal_basis = ""'), "legal_basis"),
        (PLAIN + 'marking = "secret"\n', "marking"),
        (PLAIN + PLAIN[PLAIN.index("[[") :], "2 partners have the name `b`"),
        (PLAIN + 'pull_from = "http://partner.example/c/"\nkey_file = "k"\n', "no safe address"),
        (PLAIN + 'pull_from = "https://user:word@partner.example/c/"\nkey_file = "k"\n', "no safe address"),
        (PLAIN + 'pull_from = "file:///etc/passwd"\nkey_file = "k"\n', "no safe address"),
        (PLAIN + 'pull_from = "https://partner.example/c/"\n', "key_file"),
        (PLAIN.replace('"b"', '"../b"'), "name"),
    ],
)
def test_what_is_dangerous_is_refused(tmp_path: Path, text: str, said: str) -> None:
    assert said in said_of(tmp_path, text)


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/c/", "http://[::1]:1/c/", "https://partner.example/c/"])
def test_this_machine_and_https_are_safe(tmp_path: Path, address: str) -> None:
    path = tmp_path / "sharing.toml"
    path.write_text(PLAIN + f'pull_from = "{address}"\nkey_file = "k"\n', encoding="utf-8")
    assert load_sharing(path).partner("b").pull_from == address
