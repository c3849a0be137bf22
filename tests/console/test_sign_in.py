"""Sign-in by a company's provider: a real one on this machine, what it may say, and what lets nobody in."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

pytest.importorskip("authlib", reason="authlib is not installed: `pip install 'stillwatch[oidc]'`")

from stillwatch.console import sign_in
from stillwatch.console.sign_in import SignIn
from stillwatch.errors import UsageError
from stillwatch.settings import OidcSettings, load_settings
from tests.console.asked import Console, Seen, served
from tests.console.provider import Provider, key, provider, settings_for


@pytest.fixture
def company() -> Iterator[Provider]:
    with provider() as found:
        yield found


@pytest.fixture
def here(state: Path, company: Provider, tmp_path: Path) -> Iterator[Console]:
    with served(state, oidc=settings_for(company, tmp_path)) as found:
        yield found


@dataclass(frozen=True)
class Begun:
    """A browser that was sent to the provider."""

    address: str
    cookies: dict[str, str]

    @property
    def asked(self) -> dict[str, str]:
        """What the provider is asked."""
        return dict(parse_qsl(urlsplit(self.address).query))


def begin(here: Console, to: str = "") -> Begun:
    """Begins a sign-in as a browser does."""
    seen = here.get("/sign-in" + (f"?{urlencode({'to': to})}" if to else ""), None)
    assert seen.status == 303
    return Begun(seen.header("location"), cookies(seen))


def cookies(seen: Seen) -> dict[str, str]:
    """By name what cookies are set to."""
    set_to = (value.partition(";")[0].partition("=") for name, value in seen.headers if name == "set-cookie")
    return {name: value for name, _, value in set_to}


def back(here: Console, address: str, brought: dict[str, str]) -> Seen:
    """What a browser sees that comes back with these cookies."""
    parts = urlsplit(address)
    cookie = "; ".join(f"{name}={value}" for name, value in brought.items())
    return here.ask("GET", f"{parts.path}?{parts.query}", None, None, {"cookie": cookie})


def entered(here: Console, company: Provider) -> Seen:
    """What a person sees who signs in."""
    one = begin(here)
    return back(here, company.agree(one.address), one.cookies)


def named(here: Console, seen: Seen) -> str:
    """Who the person is on the first page after a sign-in that worked."""
    assert (seen.status, seen.header("location")) == (303, "/"), seen.text
    here.secrets["fresh"] = cookies(seen)["stillwatch"]
    page = here.get("/", "fresh")
    return page.text.partition("<span>")[2].partition("</span>")[0]


class TestWhoIsLetIn:
    def test_has_the_role_of_the_claim_and_a_session_of_the_server(self, here: Console, company: Provider) -> None:
        assert named(here, entered(here, company)) == "ana@example.org, analyst"
        assert here.get("/review", "fresh").status == 200
        assert here.get("/audit", "fresh").status == 403
        assert [one.how for one in here.ledger.sessions.list(_now()) if one.person == "ana@example.org"] == ["oidc"]

    def test_has_the_highest_of_several(self, here: Console, company: Provider) -> None:
        company.groups = ["everybody", "abuse-leads", "abuse-team", "others", 7, None]
        assert named(here, entered(here, company)) == "ana@example.org, approver"

    def test_has_the_role_that_an_administrator_gave_before_the_claims(self, here: Console, company: Provider) -> None:
        here.ledger.people.grant("ana@example.org", "viewer", "admin", _now())
        assert named(here, entered(here, company)) == "ana@example.org, viewer"

    @pytest.mark.parametrize("groups", [[], None, "unknown", {"abuse-team": 1}, 7, "abuse-team "])
    def test_needs_a_role(self, here: Console, company: Provider, groups: Any) -> None:
        company.groups = groups
        seen = entered(here, company)
        assert seen.status == 403
        assert "You have no role here" in seen.text
        assert "stillwatch" not in cookies(seen)

    def test_comes_to_the_page_that_was_asked_for(self, here: Console, company: Provider) -> None:
        stranger = here.get("/campaigns?level=act", None)
        assert stranger.status == 401
        assert "/sign-in?to=%2Fcampaigns%3Flevel%3Dact" in stranger.text
        one = begin(here, "/campaigns?level=act")
        seen = back(here, company.agree(one.address), one.cookies)
        assert seen.header("location") == "/campaigns?level=act"

    @pytest.mark.parametrize("to", ["https://evil.example", "//evil.example", "/\\evil.example", "x", "/é"])
    def test_is_never_led_to_another_site(self, here: Console, company: Provider, to: str) -> None:
        one = begin(here, to)
        assert back(here, company.agree(one.address), one.cookies).header("location") == "/"

    def test_has_one_session_in_one_browser(self, here: Console, company: Provider) -> None:
        first = cookies(entered(here, company))["stillwatch"]
        one = begin(here)
        seen = back(here, company.agree(one.address), {**one.cookies, "stillwatch": first})
        assert cookies(seen)["stillwatch"] != first
        here.secrets["first"] = first
        assert here.get("/", "first").status == 401

    def test_of_a_client_without_a_secret(self, state: Path, company: Provider, tmp_path: Path) -> None:
        company.public = True
        with served(state, oidc=settings_for(company, tmp_path, client_secret_file=None)) as here:
            assert named(here, entered(here, company)) == "ana@example.org, analyst"

    def test_by_another_claim_and_a_claim_within_a_claim(self, state: Path, company: Provider, tmp_path: Path) -> None:
        company.verified, company.person = None, {"sub": "u1", "realm_access": {"roles": ["abuse-leads"]}}
        settings = settings_for(company, tmp_path, person_claim="sub", roles_claim="realm_access.roles")
        with served(state, oidc=settings) as here:
            assert named(here, entered(here, company)) == "u1, approver"

    def test_keeps_the_cookie_to_tls_where_browsers_speak_it(
        self, state: Path, company: Provider, tmp_path: Path
    ) -> None:
        settings = settings_for(company, tmp_path, public_address="https://console.example.org/")
        with served(state, oidc=settings) as here:
            seen = here.get("/sign-in", None)
            assert "; Secure" in seen.header("set-cookie")
            one = Begun(seen.header("location"), cookies(seen))
            assert one.asked["redirect_uri"] == "https://console.example.org/signed-in"
            done = back(here, company.agree(one.address), one.cookies)
            assert all("; Secure" in value for name, value in done.headers if name == "set-cookie")

    def test_after_the_provider_changed_its_keys(self, company: Provider, tmp_path: Path) -> None:
        clock = [0.0]
        with _alone(company, tmp_path, lambda: clock[0]) as one:
            assert _signed(one, company) == "ana@example.org"
            company.keys = [key("second")]
            with pytest.raises(sign_in.RefusedError):
                _signed(one, company)  # the keys were read just now: a stranger's token makes nobody ask again
            clock[0] = sign_in.SOONEST + 1
            assert _signed(one, company) == "ana@example.org"
            assert company.asked.count("/keys") == 2


class TestNobodyIsLetIn:
    @pytest.mark.parametrize(
        "twist",
        [
            lambda claims: claims | {"nonce": "another"},
            lambda claims: {name: value for name, value in claims.items() if name != "nonce"},
            lambda claims: claims | {"aud": "another client"},
            lambda claims: claims | {"aud": [claims["aud"], "another client"]},  # and no `azp`
            lambda claims: claims | {"azp": "another client"},
            lambda claims: claims | {"iss": "http://127.0.0.1:1"},
            lambda claims: claims | {"exp": int(time.time()) - 120},
            lambda claims: claims | {"iat": int(time.time()) + 3_600},
            lambda claims: claims | {"nbf": int(time.time()) + 3_600},
            lambda claims: claims | {"exp": "never"},
            lambda claims: {name: value for name, value in claims.items() if name != "sub"},
        ],
    )
    def test_by_a_token_that_does_not_hold(
        self, here: Console, company: Provider, twist: Callable[[dict[str, Any]], Any]
    ) -> None:
        company.twist = twist
        _refused(entered(here, company), "an answer that does not hold")

    def test_by_a_token_that_nobody_or_somebody_else_signed(self, here: Console, company: Provider) -> None:
        stranger = Provider(port=company.port, keys=[key("first")])
        for signer in (company.unsigned, company.by_word, stranger.signed, lambda _: "a.b.c", lambda _: ""):
            company.signer = signer
            _refused(entered(here, company), "")

    @pytest.mark.parametrize("verified", [None, False, "no"])
    def test_by_a_mail_address_that_is_not_verified(self, here: Console, company: Provider, verified: Any) -> None:
        company.verified = verified
        _refused(entered(here, company), "it sends no verified `email`")

    @pytest.mark.parametrize("email", [None, "", " ", ["ana"], 7, "x" * 300, "a\u202eb@example.org", "a\0b"])
    def test_without_a_name(self, here: Console, company: Provider, email: Any) -> None:
        company.person = {"sub": "u1", "email": email}
        _refused(entered(here, company), "does not say who you are")

    def test_twice_by_one_code(self, here: Console, company: Provider) -> None:
        one = begin(here)
        address = company.agree(one.address)
        assert back(here, address, one.cookies).status == 303
        _refused(back(here, address, one.cookies), "does not take its own answer back")

    def test_in_another_browser(self, here: Console, company: Provider) -> None:
        mine, theirs = begin(here), begin(here)
        address = company.agree(mine.address)
        for brought in ({}, theirs.cookies, {"stillwatch_sign_in": ""}, {"stillwatch_sign_in": "x" * 4_000}):
            _refused(back(here, address, brought), "was not begun in this browser")
        assert "/token" not in company.asked  # nothing was spent
        assert back(here, address, mine.cookies).status == 303

    def test_by_a_code_that_was_slipped_into_another_sign_in(self, here: Console, company: Provider) -> None:
        """Of an attacker's code in the victim's own sign-in neither challenge nor nonce fits."""
        victim, attacker = begin(here), begin(here)
        stolen = dict(parse_qsl(urlsplit(company.agree(attacker.address)).query))["code"]
        answer = {"code": stolen, "state": victim.asked["state"], "iss": company.issuer}
        _refused(back(here, f"/signed-in?{urlencode(answer)}", victim.cookies), "does not take its own answer back")

    def test_too_late(self, here: Console, company: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
        one = begin(here)
        address = company.agree(one.address)
        later = time.time() + sign_in.LASTS + 1
        monkeypatch.setattr("stillwatch.console.entrance.time.time", lambda: later)
        _refused(back(here, address, one.cookies), "within the last ten minutes")

    @pytest.mark.parametrize(("error", "said"), [("access_denied", "(access_denied)"), ("<b>x", "(an error)")])
    def test_whom_the_provider_refuses(self, here: Console, error: str, said: str) -> None:
        one = begin(here)
        answer = urlencode({"error": error, "state": one.asked["state"], "error_description": "<script>"})
        seen = back(here, f"/signed-in?{answer}", one.cookies)
        _refused(seen, f"did not let you in {said}")
        assert "<script>" not in seen.text and "<b>" not in seen.text

    @pytest.mark.parametrize("given", [{"iss": "http://127.0.0.1:1"}, {}])
    def test_by_the_answer_of_another_provider(self, here: Console, company: Provider, given: dict[str, str]) -> None:
        one = begin(here)
        query = dict(parse_qsl(urlsplit(company.agree(one.address)).query))
        answer = urlencode({name: value for name, value in query.items() if name != "iss"} | given)
        _refused(back(here, f"/signed-in?{answer}", one.cookies), "The answer is another sign-in")

    @pytest.mark.parametrize("extra", ["&code=other", "&state=other", "&iss=other"])
    def test_by_a_parameter_that_stands_there_twice(self, here: Console, company: Provider, extra: str) -> None:
        one = begin(here)
        _refused(back(here, company.agree(one.address) + extra, one.cookies), "")

    @pytest.mark.parametrize(
        "metadata",
        [
            {"issuer": "http://127.0.0.1:1"},
            {"token_endpoint": "http://example.org/token"},
            {"jwks_uri": None},
            {"jwks_uri": "file:///etc/passwd"},
            {"padding": "x" * 1_100_000},
        ],
    )
    def test_by_a_provider_that_is_not_the_one_of_the_settings(
        self, here: Console, company: Provider, metadata: dict[str, Any]
    ) -> None:
        company.metadata = metadata
        seen = here.get("/sign-in", None)
        assert (seen.status, "location" in dict(seen.headers)) == (503, False)
        assert "does not answer as it should" in seen.text

    def test_while_the_provider_is_away(self, state: Path, tmp_path: Path) -> None:
        gone = Provider(port=1)
        with served(state, oidc=settings_for(gone, tmp_path)) as here:
            assert here.get("/sign-in", None).status == 503
            assert here.get("/", "viewer").status == 200  # whoever is in stays

    def test_where_it_is_off(self, state: Path) -> None:
        with served(state) as here:
            assert here.get("/sign-in", None).status == 401
            assert "/sign-in" not in here.get("/", None).text


class TestSettings:
    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ('issuer = "https://login.example.org"', "needs `client_id` and `public_address`"),
            ('issuer = "http://login.example.org"\nclient_id = "a"\npublic_address = "https://b"', "no https://"),
            ('issuer = "https://a"\nclient_id = "a"\npublic_address = "http://b"', "no https://"),
            ('issuer = "https://a"\nclient_id = "a"\npublic_address = "https://b/c"', "has a path"),
            ('roles = { x = "emperor" }', "must be 'viewer'"),
        ],
    )
    def test_that_do_not_hold_are_refused(self, tmp_path: Path, text: str, said: str) -> None:
        path = tmp_path / "provider.toml"
        path.write_text(f"[oidc]\n{text}\n", encoding="utf-8")
        with pytest.raises(UsageError) as error:
            load_settings(path)
        assert said in str(error.value)

    def test_without_their_secret_are_refused(self, tmp_path: Path, company: Provider) -> None:
        settings = settings_for(company, tmp_path)
        for text in (None, "", " \n"):
            settings["client_secret_file"].unlink(missing_ok=True)
            if text is not None:
                settings["client_secret_file"].write_text(text, encoding="utf-8")
            with pytest.raises(UsageError, match="client_secret_file"):
                SignIn(OidcSettings(**settings))


def _refused(seen: Seen, said: str) -> None:
    assert seen.status == 403
    assert "Not signed in" in seen.text
    assert said in seen.text
    assert "stillwatch" not in cookies(seen)


def _alone(company: Provider, tmp_path: Path, clock: Callable[[], float]) -> AbstractContextManager[SignIn]:
    return closing(SignIn(OidcSettings(**settings_for(company, tmp_path)), clock))


def _signed(one: SignIn, company: Provider) -> str:
    secret = sign_in.begun(time.time())
    query = dict(parse_qsl(urlsplit(company.agree(one.address(secret))).query))
    return one.signed(query, secret, time.time()).person


def _now() -> datetime:
    return datetime.now(UTC)
