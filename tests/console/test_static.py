"""Files that pages load are the libraries as they were published, and nothing else can be had."""

from __future__ import annotations

from hashlib import sha256
from importlib import resources

import pytest

from stillwatch.console import static
from tests.console.asked import Console

DIGESTS = {
    "graphology.min.js": "e65803eba4826a52a84ec3fedebda3e2434ff25d86b3e2309bfe6575141ab2ff",
    "sigma.min.js": "58e30383ab428f832068d9d16a5215c65ba12430d438ed091c5703f398de9e16",
}
LICENCES = {"graphology": "MIT", "sigma": "MIT"}


@pytest.mark.parametrize("name", DIGESTS)
def test_libraries_are_unchanged(name: str) -> None:
    assert sha256(static.files()[name]).hexdigest() == DIGESTS[name]


@pytest.mark.parametrize(("library", "words"), LICENCES.items())
def test_libraries_stand_beside_their_licences(library: str, words: str) -> None:
    vendor = resources.files("stillwatch.console") / "assets" / "vendor"
    text = (vendor / f"{library}.LICENSE").read_text(encoding="utf-8")
    assert words in text or "Permission is hereby granted, free of charge" in text


@pytest.mark.parametrize("name", sorted(static.files()))
def test_each_file_is_served_to_anybody_by_an_address_that_changes_with_it(name: str, shared: Console) -> None:
    seen = shared.get(static.address(name), None)
    assert seen.status == 200
    assert seen.body == static.files()[name]
    assert "immutable" in seen.header("cache-control")
    assert sha256(seen.body).hexdigest()[:12] in static.address(name)


@pytest.mark.parametrize("name", ["", ".", "vendor", "README.md", "pages.py", "console.css%00", "x" * 5_000])
def test_nothing_else_is_served(name: str, shared: Console) -> None:
    assert shared.get(f"/static/{name}", None).status == 404


def test_scripts_obey_the_policy() -> None:
    for name in ("console.js", "picture.js", "explore.js"):
        text = static.files()[name].decode()
        assert "eval(" not in text and "innerHTML" not in text and "document.write" not in text


@pytest.mark.parametrize("path", ["/", "/enter", "/nothing-here", "/campaigns/none"])
def test_every_page_names_its_icon_so_that_no_browser_asks_for_one_that_is_missing(path: str, shared: Console) -> None:
    assert (
        f'<link rel="icon" type="image/svg+xml" href="{static.address("icon.svg")}">' in shared.get(path).body.decode()
    )
