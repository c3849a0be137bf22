"""Every page is there, for its role and method only, behind one policy; what cannot be is said."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape

import pytest

from stillwatch.console.asked import POLICY
from stillwatch.console.navigation import LINKS
from stillwatch.console.pages import ID, PAGES, Found, Page, find
from stillwatch.console.render import account_address
from stillwatch.ledger import ROLES
from tests.console.asked import HOLDER, Console

IDS = {"campaigns": "C1", "networks": "N1", "decisions": HOLDER, "campaign": "C1"}


def address(page: Page, console: Console, account: str) -> str:
    """The address of a page, with ids that exist."""
    appeal = console.ledger.appeals.list()[0].appeal_id
    share = console.ledger.shares.list()[0].share_id
    known = {**IDS, "appeals": appeal, "shares": share, "partners": "northwind"}
    known |= dict.fromkeys(("judgements", "saved", "proposal", "bulk"), "none")
    parts = page.path.split("/")
    path = "/".join(known[parts[place - 1]] if part == ID else part for place, part in enumerate(parts))
    if page.path == "/account":
        return account_address(account)
    if page.path.endswith("/part"):
        value = console.get(f"/networks/{known['networks']}/picture").text
        return path + unescape(re.search(r'/part(\?value=[^"]+)"', value)[1])  # type: ignore[index]
    return path


def test_an_objection_is_shown_to_its_end(here: Console) -> None:
    """Who answers it must read all of it, be it one paragraph or many lines."""
    now = datetime.now(UTC)
    for text in ("I teach. " * 800 + "This is the end.", "a\r\n" * 2_000 + "This is the end."):
        one = here.ledger.appeals.receive(HOLDER, text, now, "form")
        assert "This is the end." in here.get(f"/appeals/{one.appeal_id}").text


GETS = [page for page in PAGES if page.method == "GET"]


@pytest.mark.parametrize("page", GETS, ids=lambda page: page.path)
def test_each_page_is_shown_to_its_role(page: Page, shared: Console, account: str) -> None:
    seen = shared.get(address(page, shared, account), page.role)
    missing = "proposal" in page.path  # there is none yet
    assert seen.status == (404 if missing else 200), seen.text
    assert seen.header("content-security-policy") == POLICY
    assert seen.header("cache-control") == "no-store"
    assert seen.header("x-content-type-options") == "nosniff"


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.method} {page.path}")
def test_each_page_refuses_lower_roles(page: Page, role: str, shared: Console, account: str) -> None:
    path = address(page, shared, account)
    seen = shared.get(path, role) if page.method == "GET" else shared.post(path, role)
    below = ROLES.index(role) < ROLES.index(page.role)
    assert (seen.status == 403) == below, seen.text
    if below:
        assert f"This needs the role {page.role}" in seen.text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.method} {page.path}")
def test_no_page_is_for_strangers(page: Page, shared: Console, account: str) -> None:
    path = address(page, shared, account)
    seen = shared.ask(page.method, path, None, {} if page.method == "POST" else None)
    assert seen.status == 401
    assert account not in seen.text


@pytest.mark.parametrize("page", [page for page in PAGES if page.method == "POST"], ids=lambda page: page.path)
def test_no_form_of_another_page_is_taken(page: Page, shared: Console, account: str) -> None:
    path = address(page, shared, account)
    for form in ({}, {"csrf": ""}, {"csrf": "0" * 64}, {"csrf": shared.secrets["viewer"]}):
        seen = shared.ask("POST", path, "admin", form)
        assert seen.status == 403, path
        assert "not made for your session" in seen.text


def test_methods_are_told_apart(shared: Console) -> None:
    assert shared.get("/judge").status == 405
    assert shared.post("/campaigns/C1").status == 405
    assert shared.ask("DELETE", "/campaigns/C1", "admin", {"csrf": "x"}).status == 403
    assert shared.ask("HEAD", "/campaigns", "admin", None).status == 200


def test_every_link_of_the_menu_is_a_page() -> None:
    for one in LINKS:
        found = find("GET", one.address)
        assert isinstance(found, Found)
        assert found.page.role == one.role


@pytest.mark.parametrize(
    "path",
    [
        "/campaigns/../../etc/passwd",
        "/campaigns/..%2f..%2fetc%2fpasswd",
        "/campaigns/%00",
        "/campaigns/C1'%20OR%20'1'='1",
        "/networks/N1%2faccounts",
        "/static/../pages.py",
        "/static/%2e%2e%2fpages.py",
        "/static/vendor/README.md",
        "/campaigns/",
        "//campaigns",
        "/decisions/%ff%fe",
        "/appeals/%F0%9F%92%A9",
        "/networks/N1/part?value=../../x",
        "/account?id=",
        "/nowhere",
    ],
)
def test_what_is_no_page_is_not_found(path: str, shared: Console) -> None:
    seen = shared.get(path)
    assert seen.status == 404
    assert seen.header("content-security-policy") == POLICY


def test_programs_are_told_in_json(shared: Console) -> None:
    seen = shared.get("/v1/nowhere")
    assert seen.status == 404
    assert seen.header("content-type") == "application/problem+json"


def test_an_account_of_no_network_is_accused_of_nothing(shared: Console) -> None:
    seen = shared.get("/account?id=somebody")
    assert seen.status == 200
    assert "The newest run says nothing of this account" in seen.text
    assert "Your judgement" not in seen.text


def test_an_account_tells_its_own_story(shared: Console, account: str) -> None:
    text = shared.get(account_address(account)).text
    for words in ("Why it is in", "What links it", "What could explain it innocently", "Its nearest peers", "throttle"):
        assert words in text


def test_a_campaign_shows_what_speaks_against_it_before_it_asks(shared: Console) -> None:
    text = shared.get("/review/campaign/C2", "analyst").text
    assert "All evidence against it" in text
    assert (
        text.index("All evidence against it")
        < text.index("Innocent explanations tested")
        < text.index("Your judgement")
    )


def test_lists_go_on_page_by_page(shared: Console) -> None:
    seen, ids, path = 0, set(), "/networks/N2/accounts"
    while path:
        text = shared.get(path).text
        found = re.findall(r'<th scope="row"><a class="id" href="/account\?id=([^"]+)"', text)
        ids |= set(found)
        seen += len(found)
        following = re.search(r'<a rel="next" href="([^"]+)"', text)
        path = unescape(following[1]) if following else ""
    assert seen == len(ids) == 420


def test_every_view_of_an_account_is_noted(here: Console, account: str) -> None:
    def views() -> list[tuple[str, str]]:
        return [(one.by, one.action) for one in here.ledger.views.list(account)]

    assert views() == []
    pages = (account_address(account), "/decisions", f"/decisions/{HOLDER}", "/appeals", f"/search?q={account}")
    for path in pages:
        before = len(views())
        assert here.get(path, "viewer").status == 200
        assert len(views()) == before + 1, path
    assert {by for by, _ in views()} == {"viewer"}


def test_the_audit_log_is_for_approvers_and_notes_its_readers(here: Console, account: str) -> None:
    here.get(account_address(account), "viewer")
    text = here.get("/audit?by=viewer", "approver").text
    assert account in text
    assert "console: audit log" in {one.action for one in here.ledger.views.list(by="approver")}


def test_search_finds_by_every_sort_of_name(here: Console, account: str) -> None:
    here.ledger.notes.add("C1", "ana", here.ledger.decisions.list()[0].decision.made_at, "asked the bank")
    for text, expected in (
        (account[:9], account),
        ("C1", "/campaigns/C1"),
        ("N2", "/networks/N2"),
        ("203.0.113", "203.0.113.0/24"),
        ("4242", "bank 4242 42"),
        (HOLDER, f"/decisions/{HOLDER}"),
        ("appeal-act", f"/decisions/{HOLDER}"),
        ("bank", "asked the bank"),
    ):
        assert expected in here.get(f"/search?q={text}").text, text


def test_secrets_are_not_among_the_settings(shared: Console) -> None:
    text = shared.get("/settings").text
    assert "second_person_above" in text
    assert "key_file" in text


def test_a_download_holds_every_account_and_is_noted(here: Console) -> None:
    seen = here.get("/networks/N1/accounts.csv", "analyst")
    assert len(seen.text.splitlines()) == 1 + 1180
    assert seen.header("content-disposition") == 'attachment; filename="N1.csv"'
    assert [one.action for one in here.ledger.views.list("N1")] == ["console: download of all accounts"]
