"""A real browser: every page at two widths and in light and dark, clean for axe, and a walk from alert to appeal.

`STILLWATCH_SCREENSHOTS=docs/console pytest tests/console/test_browser.py` writes what was seen.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")

from playwright.sync_api import Page, sync_playwright

from stillwatch.console.pages import PAGES
from stillwatch.console.render import account_address
from stillwatch.ledger import opened
from tests.console.asked import HOLDER, decided, laid

AXE = Path(__file__).with_name("axe.min.js")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SIZES = {"wide": (1280, 900), "narrow": (390, 844)}
SHOTS = os.environ.get("STILLWATCH_SCREENSHOTS")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium: `apt-get install chromium`")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, full_folder: Path, account: str) -> Iterator[str]:
    """The one-time address of a real server over the made-up run."""
    state = tmp_path_factory.mktemp("browser") / "state"
    laid(state, full_folder)
    with opened(state) as ledger:
        decided(state, ledger, account)
    words = ["serve", "--state", str(state), "--port", "0"]
    with (state / "serve.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "stillwatch", *words], stdout=subprocess.PIPE, stderr=log)
    try:
        assert process.stdout is not None
        line = process.stdout.readline().decode()
        yield line.split(": ", 1)[1].strip()
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def entered(browser: Any, address: str) -> dict[str, Any]:
    """The cookies of whoever opened the one-time address."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(address)
    page.get_by_role("button", name="Enter").click()
    page.wait_for_selector("h1:has-text('Overview')")
    state: dict[str, Any] = context.storage_state()
    context.close()
    return state


def opened_page(browser: Any, entered: dict[str, Any], size: str, scheme: str, complaints: list[str]) -> Page:
    width, height = SIZES[size]
    context = browser.new_context(
        storage_state=entered, viewport={"width": width, "height": height}, color_scheme=scheme, bypass_csp=False
    )
    page: Page = context.new_page()
    page.set_default_timeout(60_000)
    page.on(
        "console", lambda one: complaints.append(f"{one.text} ({one.location['url']})") if one.type == "error" else None
    )
    page.on("pageerror", lambda one: complaints.append(str(one)))
    return page


def violations(page: Page) -> list[str]:
    """What axe finds wrong."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [f"{one['id']}: {node['html'][:160]}" for one in found["violations"] for node in one["nodes"][:3]]


def shown(account: str) -> dict[str, str]:
    """The pages that are looked at, by the name of their picture."""
    return {
        "overview": "/",
        "review": "/review",
        "review-campaign": "/review/campaign/C2",
        "campaigns": "/campaigns",
        "campaign": "/campaigns/C1",
        "campaign-accounts": "/campaigns/C1/accounts",
        "attribution": "/campaigns/C1/attribution",
        "networks": "/networks",
        "network": "/networks/N1",
        "picture": "/networks/N1/picture",
        "account": account_address(account),
        "decisions": "/decisions",
        "decision": f"/decisions/{HOLDER}",
        "appeals": "/appeals",
        "judgements": "/judgements",
        "screening": "/screening",
        "doors": "/doors",
        "permits": "/permits",
        "shared": "/shared",
        "partners": "/partners",
        "partner": "/partners/northwind",
        "share": "/partners",  # from where a link leads to it
        "policy": "/policy",
        "quality": "/quality",
        "settings": "/settings",
        "audit": "/audit",
        "people": "/people",
        "search": "/search?q=203.0.113",
    }


def test_every_page_of_the_menu_is_looked_at(account: str) -> None:
    seen = {re.sub(r"\?.*", "", one) for one in shown(account).values()}
    plain = {one.path for one in PAGES if one.method == "GET" and "{}" not in one.path}
    assert plain <= seen


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_pages_are_clean_and_fit(
    browser: Any, entered: dict[str, Any], address: str, account: str, size: str, scheme: str
) -> None:
    base, complaints = address.partition("/enter")[0], list[str]()
    page = opened_page(browser, entered, size, scheme, complaints)
    wrong: dict[str, list[str]] = {}
    for name, path in shown(account).items():
        page.goto(base + path)
        if name == "picture":
            page.wait_for_selector("canvas[data-drawn='1180']")
        if name == "share":
            page.locator("#waiting + ul a").click()
            page.wait_for_selector("h1:has-text('Share with northwind')")
        found = violations(page)
        too_wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth + 1")
        found += [f"wider than the window of {size}"] if too_wide else []
        if found:
            wrong[name] = found
        if SHOTS:
            Path(SHOTS).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=f"{SHOTS}/{name}-{size}-{scheme}.png", full_page=True)
    page.context.close()
    assert wrong == {}
    assert complaints == []


def test_from_alert_to_decision_to_appeal(browser: Any, entered: dict[str, Any], address: str, account: str) -> None:
    """By keys alone where there are keys: take, read, judge with a reason, undo; reverse; answer the appeal."""
    base, complaints = address.partition("/enter")[0], list[str]()
    page = opened_page(browser, entered, "wide", "light", complaints)
    page.goto(base + "/appeals")
    page.locator("tbody a").first.click()
    page.get_by_label("Uphold").check()
    page.get_by_label("The reason that the holder may be told").fill("The rule was broken <b>twice</b>.")
    page.get_by_role("button", name="Answer").click()
    page.wait_for_selector("h1:has-text('Appeal: upheld')")
    page.goto(base + "/review/campaign/C3")
    assert page.locator("#judge").is_visible()
    page.keyboard.press("i")
    assert page.get_by_label("Innocent").is_checked()
    page.keyboard.press("r")
    page.keyboard.type("one class, asked its teacher")
    page.get_by_role("button", name="Submit", exact=True).click()
    page.wait_for_selector("text=Your judgement is in the ledger")
    page.get_by_text("Withdraw", exact=True).first.click()
    page.get_by_label("Reason").first.fill("another class")
    page.get_by_role("button", name="Withdraw this judgement").click()
    page.wait_for_selector("text=The judgement is withdrawn")
    page.goto(f"{base}/decisions/{HOLDER}")
    page.get_by_label("Why is it undone?").fill("in doubt")
    page.get_by_role("button", name="Reverse it").click()
    page.wait_for_selector("h1:has-text('reversed')")
    page.goto(f"{base}/networks/N1/picture")
    page.wait_for_selector("canvas[data-drawn='1180']")
    page.get_by_role("button", name="Explore its holders").first.click()
    page.wait_for_selector("#graph[data-drawn]")
    page.context.close()
    assert complaints == []


def test_a_worksheet_is_kept_by_keys_alone(browser: Any, entered: dict[str, Any], address: str) -> None:
    """A hypothesis, a fact and its rating are entered without a pointer; what was entered is shown as text."""
    complaints = list[str]()
    page = opened_page(browser, entered, "narrow", "light", complaints)
    page.goto(address.partition("/enter")[0] + "/campaigns/C2/attribution")
    for name in ("one", "many"):
        page.get_by_role("group", name="A hypothesis").get_by_label("Short name").focus()
        for key in (name, "Tab", "an account of <b>it</b>", "Enter"):
            page.keyboard.press(key) if key in ("Tab", "Enter") else page.keyboard.type(key)
        page.wait_for_selector(f"th:has-text('{name}')")
    page.get_by_role("group", name="A fact").get_by_label("Short name").focus()
    for key in ("hours", "Tab", "nine to five", "Tab", "log", "Enter"):
        page.keyboard.press(key) if key in ("Tab", "Enter") else page.keyboard.type(key)
    page.get_by_text("Rate it", exact=True).focus()
    for key in ("Enter", "Tab", "one", "Tab", "fits", "Tab", "Enter"):
        page.keyboard.press(key) if key in ("Tab", "Enter") else page.keyboard.type(key)
    page.wait_for_selector("td:has-text('fits')")
    assert "an account of <b>it</b>" in page.inner_text("main")
    page.context.close()
    assert complaints == []


@pytest.mark.parametrize("path", ["/review/campaign/C2", "/campaigns/C1/attribution"])
def test_keys_reach_everything(browser: Any, entered: dict[str, Any], address: str, path: str) -> None:
    """The first key leads past the menu; every control of a form is reached by Tab alone."""
    page = opened_page(browser, entered, "wide", "light", [])
    page.goto(address.partition("/enter")[0] + path)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "To the content"
    wanted = page.locator("main :is(a[href], button, select, textarea, input:not([type=hidden]))").count()
    seen = page.evaluate(
        "[...document.querySelectorAll('main :is(a[href], button, select, textarea, input:not([type=hidden]))')]"
        ".filter((one) => one.tabIndex >= 0 && !one.disabled).length"
    )
    assert wanted == seen > 5
    page.context.close()
