"""A real browser that signs in at a company's provider, once for each role: what that opens, and what is refused."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
pytest.importorskip("authlib", reason="authlib is not installed: `pip install 'stillwatch[oidc]'`")

from playwright.sync_api import sync_playwright

from stillwatch.console.pages import PAGES
from stillwatch.ledger import ROLES, opened
from tests.console.asked import HOLDER, decided, laid
from tests.console.provider import Provider, provider, settings_for

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SIZES = {"wide": (1280, 900), "narrow": (390, 844)}
NAMED = {"decisions": HOLDER, "networks": "N1", "campaigns": "C1", "campaign": "C1"}

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium: `apt-get install chromium`")


@pytest.fixture(scope="module")
def company() -> Iterator[Provider]:
    with provider() as found:
        yield found


@pytest.fixture(scope="module")
def address(
    tmp_path_factory: pytest.TempPathFactory, full_folder: Path, account: str, company: Provider
) -> Iterator[str]:
    """A real server whose people enter by the provider."""
    state = tmp_path_factory.mktemp("roles") / "state"
    laid(state, full_folder)
    with opened(state) as ledger:
        decided(state, ledger, account)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    roles = ", ".join(f'{one} = "{one}"' for one in ROLES)
    stated = settings_for(company, state, public_address=f"http://127.0.0.1:{port}")
    lines = [f'{name} = "{value}"' for name, value in stated.items() if name != "roles"]
    (state / "provider.toml").write_text("\n".join(["[oidc]", *lines, f"roles = {{ {roles} }}"]), encoding="utf-8")
    words = ["serve", "--state", str(state), "--port", str(port), "--settings", str(state / "provider.toml")]
    with (state / "serve.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "stillwatch", *words], stdout=subprocess.PIPE, stderr=log)
    try:
        assert process.stdout is not None and b"Open once" in process.stdout.readline()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("role", ROLES)
def test_each_role_opens_what_it_may_and_is_refused_the_rest(
    browser: Any, address: str, company: Provider, account: str, role: str, size: str
) -> None:
    company.person, company.groups = {"sub": role, "email": f"{role}@example.org"}, [role]
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    page.goto(address + "/campaigns?level=act")
    page.get_by_role("link", name="Sign in").click()
    page.get_by_role("link", name="Continue").click()
    page.wait_for_url(address + "/campaigns?level=act")
    assert page.locator(".who span").inner_text() == f"{role}@example.org, {role}"
    allowed = ROLES[: ROLES.index(role) + 1]
    wrong = []
    for one in PAGES:
        path = "/".join(NAMED.get(before, "x") if part == "{}" else part for before, part in _steps(one.path))
        if one.method == "GET" and not path.endswith((".csv", "/points", "/part")):
            shown = page.goto(address + path + (f"?id={account}" if one.path == "/account" else ""))
            status, refused = shown.status, page.locator("h1").first.inner_text() == "Not allowed"
        else:
            status, refused = page.evaluate(SENT, [one.method, path])
        if (one.role in allowed) == (status == 403) or (status == 403) != refused:
            wrong.append((one.method, path, status, refused))
    assert wrong == []
    links = page.locator("nav a").evaluate_all("all => all.map((one) => new URL(one.href).pathname)")
    assert set(links) <= {one.path for one in PAGES if one.role in allowed}
    page.goto(address + "/")
    page.get_by_role("button", name="Leave").click()
    page.get_by_role("link", name="Sign in").wait_for()
    assert page.goto(address + "/campaigns").status == 401
    context.close()


SENT = """async ([method, path]) => {
  const csrf = document.querySelector(".who input[name=csrf]").value;
  const body = method === "POST" ? new URLSearchParams({ csrf }) : undefined;
  const answer = await fetch(path, { method, body, redirect: "manual" });
  return [answer.status, (await answer.text()).includes("This needs the role")];
}"""
"""Sends an empty form of the person's own session: who may send it is told what is missing, and nothing is done."""


def _steps(path: str) -> list[tuple[str, str]]:
    parts = path.split("/")
    return list(zip(["", *parts], parts, strict=False))
