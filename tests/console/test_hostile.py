"""What clients, partners and holders write is shown and never obeyed."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from stillwatch.console.render import account_address
from stillwatch.ledger import Judgement
from tests.console.asked import Console
from tests.ledger.made import decision
from tests.report.synthetic_run import HOSTILE

SCRIPTS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'onmouseover='alert(1)",
    "{{7*7}}{% raw %}",
    "javascript:alert(1)",
    "</textarea><svg onload=alert(1)>",
    "\u202egnp.exe\u202c",
    "`</code><script>`",
)
DAY = timedelta(days=1)


class Markup(HTMLParser):
    """The tags and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def check(text: str) -> None:
    """Fails where a page holds a script, a handler, an inline style or a link out of what somebody wrote."""
    page = Markup()
    page.feed(text)
    assert page.tags
    for tag, attributes in page.tags:
        if tag == "script":
            assert (attributes.get("src") or "").startswith("/static/")
        assert tag not in ("img", "iframe", "object", "embed", "base", "style")
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            assert name != "style", (tag, value)
            if name in ("href", "src", "action", "formaction"):
                assert re.match(r"(/(?!/)|#)", value or ""), (tag, name, value)
    assert "\u202e" not in re.sub(r'value="[^"]*"', "", text)  # what a form sends back is as it came


@pytest.mark.parametrize("script", SCRIPTS)
def test_what_is_stored_is_only_text(here: Console, script: str) -> None:
    now = datetime.now(UTC)
    here.ledger.judgements.add(Judgement("C1", "unsure", script, now, script))
    here.ledger.judgements.add(Judgement(script, "unsure", "ana", now, script))
    here.ledger.notes.add("C1", script, now, script)
    here.ledger.notes.add(script, script, now, script)
    span = {"made_at": now - DAY, "since": now - DAY, "expires_at": now + DAY}
    made = decision("x", **span, account_id=script, subject=script, holder_text=script, reason_code=script, run=script)
    here.ledger.decisions.add([made])
    appeal = here.ledger.appeals.receive("dx", script, now, script).appeal_id
    here.ledger.people.grant(script, "viewer", "admin", now)
    here.ledger.sessions.begin(script, "viewer", "proxy", now, DAY)
    here.ledger.saved_views.add("admin", script, "/campaigns", now)
    here.ledger.bulk_actions.add("reverse", script, now, script, [script], {script: script})
    for path in (
        "/",
        "/campaigns",
        "/campaigns/C1",
        "/review",
        "/review/campaign/C1",
        "/decisions",
        "/decisions/dx",
        "/appeals",
        f"/appeals/{appeal}",
        "/judgements",
        "/people",
        "/audit",
        "/search",
        account_address(script),
    ):
        seen = here.get(path)
        assert seen.status == 200, path
        check(seen.text)


@pytest.mark.parametrize("script", [*SCRIPTS, *HOSTILE[:6], HOSTILE[8]])
def test_what_is_reflected_is_only_text(shared: Console, script: str) -> None:
    from urllib.parse import quote

    shown = quote(script, safe="")
    for path in (
        f"/search?q={shown}",
        f"/account?id={shown}",
        f"/campaigns?level={shown}&judged={shown}",
        f"/networks?kind={shown}",
        f"/decisions?account_id={shown}&subject={shown}&after={shown}",
        f"/judgements?subject={shown}&by={shown}",
        f"/audit?subject={shown}&by={shown}",
        f"/networks/N1/accounts?value={shown}&after={shown}",
        f"/shared?from={shown}",
        f"/campaigns/{shown}",
        f"/decisions/{shown}",
        f"/{shown}",
        f"/review/campaign/C1?skipped={shown}&done={shown}",
        f"/enter?token={shown}",
    ):
        seen = shared.get(path)
        assert seen.status in (200, 404), path
        check(seen.text)


def test_what_a_run_quotes_is_only_text(shared: Console) -> None:
    for path in (
        "/",
        *(f"/campaigns/C{number}" for number in (1, 2, 3)),
        *(f"/networks/N{number}" for number in (1, 2, 3, 4, 5)),
        "/campaigns/C2/accounts",
        "/networks/N1/picture",
        "/quality",
        "/shared",
        "/screening",
        "/permits",
    ):
        seen = shared.get(path)
        assert seen.status == 200
        check(seen.text)


@pytest.mark.parametrize("name", HOSTILE)
def test_accounts_of_every_name_have_a_page(shared: Console, name: str) -> None:
    if len(name) > 10_000:
        name = name[:50_000]
    seen = shared.get(account_address(name))
    assert seen.status == 200
    check(seen.text)


@pytest.mark.parametrize(
    "back",
    ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/ok\r\nset-cookie: x=1", ""],
)
def test_no_form_leads_to_another_site(shared: Console, back: str) -> None:
    seen = shared.post("/notes", "analyst", subject="C1", text="seen", back=back)
    assert seen.status == 303
    assert re.match(r"/(judgements|search)", seen.header("location"))
    assert "x=1" not in str(seen.headers)


def test_no_saved_view_leads_to_another_site(here: Console) -> None:
    for address in ("//evil.example", "https://evil.example", "javascript:alert(1)"):
        assert here.post("/saved", "viewer", name="x", address=address).status == 409
    assert here.post("/saved", "viewer", name="x", address="/campaigns?level=act").status == 303
    assert "/campaigns?level=act" in here.get("/search", "viewer").text
    assert "/campaigns?level=act" not in here.get("/search", "admin").text


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded", b"\xff\xfe"),
        ("application/x-www-form-urlencoded", b"a=1&" * 5_000),
        ("multipart/form-data; boundary=x", b"--x--"),
        ("text/plain", b"csrf=x"),
        ("application/json", b"{}"),
    ],
)
def test_a_form_that_cannot_be_read_changes_nothing(shared: Console, kind: str, body: bytes) -> None:
    import asyncio

    from tests.console.asked import ask

    headers = {"cookie": f"stillwatch={shared.secrets['admin']}", "content-type": kind}
    assert asyncio.run(ask(shared.app, "POST", "/judge", body, headers)).status == 400


def test_a_form_that_is_too_large_is_refused(shared: Console) -> None:
    assert shared.post("/notes", "analyst", subject="C1", text="x" * 200_000).status == 413
    assert shared.post("/notes", "analyst", subject="C1", text="x" * 100_000).status == 409


def test_templates_escape_by_themselves() -> None:
    from stillwatch.console.render import templates

    assert templates().autoescape is True
    folder = Path(__file__).parents[2] / "src" / "stillwatch" / "console" / "templates"
    for path in folder.glob("*.j2"):
        text = path.read_text(encoding="utf-8")
        assert "| safe" not in text and "Markup" not in text, path
        assert "style=" not in text and "<style" not in text, path
        assert not re.search(r"<script(?![^>]*src=)", text), path
