"""The description is true: schemathesis calls every address by it, as a caller with a key and as one without."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import CHECKS

from stillwatch.ledger import SCOPES, opened
from stillwatch.serve.openapi import document
from tests.serve.asked import publish
from tests.serve.live import live
from tests.serve.test_decisions import recent

EXAMPLES = 60
ANY_ANSWER = ("/v1/authorize/{path}", "/beta/litellm_basic_guardrail_api")
"""They answer every caller, whatever it sends, so that no customer is hit by a gateway's mistake."""
SCOPE_OF = {
    "/v1/verdict": "verdict",
    "/v1/screen": "screen",
    "/beta/litellm_basic_guardrail_api": "verdict",
    "/v1/authorize/{path}": "verdict",
    "/v1/appeals": "appeal",
    "/v1/appeals/{appeal_id}": "appeal",
}
schema = schemathesis.openapi.from_dict(document())
counts: Counter[str] = Counter()


@pytest.fixture(scope="module")
def address(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[tuple[str, dict[str, str]]]:
    state = tmp_path_factory.mktemp("state")
    publish(state, datetime.now(UTC))
    with opened(state) as ledger:
        ledger.decisions.add([recent(str(number)) for number in range(3)])
        keys = {scope: ledger.keys.create(scope, scope, datetime.now(UTC))[1] for scope in SCOPES}
    (state / "list.csv").write_text("name,source,entity_number\nIvan Zhukov,a list,1\n", encoding="utf-8")
    with live(state, f"[serve]\nscreening_lists = ['{state / 'list.csv'}']\n") as server:
        yield f"http://127.0.0.1:{server.port}", keys
        assert server.process.poll() is None
        failed = [line for line in server.lines() if line["level"] == "error"]
        assert failed == []
    shown = ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items()))
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print(f"\nschemathesis: {sum(counts.values()):,} calls ({shown})")


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_address_answers_as_described(case: schemathesis.Case, address: tuple[str, dict[str, str]]) -> None:
    base, keys = address
    secret = keys["share" if case.path.startswith("/taxii2/") else SCOPE_OF.get(case.path, "analyst")]
    case.headers = {**(case.headers or {}), "x-api-key": secret, "x-stillwatch-key": secret}
    case.headers.pop("Authorization", None)
    found = case.call(base_url=base)
    counts[f"{found.status_code}"] += 1
    # this test shows a key in every call; the next one shows none
    excluded = [CHECKS.get_one(name) for name in ("ignored_auth", "missing_required_header")]
    if case.path in ANY_ANSWER:
        excluded += [CHECKS.get_one(name) for name in ("negative_data_rejection", "unsupported_method")]
    elif found.status_code == 413:  # a refusal that the check does not know
        excluded.append(CHECKS.get_one("negative_data_rejection"))
    elif b"got `float`" in found.content:  # 1990.0 is an integer to JSON Schema alone
        excluded.append(CHECKS.get_one("positive_data_acceptance"))
    case.validate_response(found, excluded_checks=excluded)
    assert found.status_code < 500
    assert found.status_code != 403, "the key shown is not the one that this address needs"


@schema.include(path_regex="^/(v1|beta|taxii2)").parametrize()
@settings(
    max_examples=5, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)
def test_no_address_tells_a_caller_without_a_key(case: schemathesis.Case, address: tuple[str, dict[str, str]]) -> None:
    found = case.call(base_url=address[0], headers={"x-api-key": "wrong", "x-stillwatch-key": "wrong"})
    counts[f"{found.status_code} without a key"] += 1
    if case.path == "/v1/authorize/{path}":
        assert (found.status_code, found.content) == (200, b"")
    else:
        assert found.status_code in ((401, 404) if "{" in case.path else (401,))  # an id with a `/` is no address


def test_every_type_is_described(tmp_path: Path) -> None:
    found = document()
    assert len(found["paths"]) == 22
    assert "VerdictAnswer" in found["components"]["schemas"]
