"""A real nginx asks by auth_request, configured by `examples/gateways/nginx.conf`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serve.gateways.asking import ACCOUNTS, FORGED, Ours, ask
from tests.serve.gateways.programs import EXAMPLES, found, free_port, model_server, running

NGINX = found("nginx")
pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed; `apt-get install nginx-light`")
MAIN = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/stillwatch.conf;
}}
"""


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ours]:
    found = Ours(tmp_path_factory.mktemp("state"))
    yield found
    found.close()


@pytest.fixture(scope="module")
def gateway(ours: Ours, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    folder.chmod(0o755)
    with model_server(folder) as model:
        write_configuration(folder, {"8000": port, "8001": model, "8080": ours.server.port}, ours.key)
        words = [NGINX or "", "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(folder / "main.conf")]
        with running(words, port, folder / "nginx.log"):
            yield port


def write_configuration(folder: Path, ports: dict[str, int], key: str) -> None:
    text = (EXAMPLES / "nginx.conf").read_text(encoding="utf-8")
    for before, after in {
        **{f"127.0.0.1:{one}": f"127.0.0.1:{port}" for one, port in ports.items()},
        '"KEY"': key,
    }.items():
        assert before in text
        text = text.replace(before, after)
    (folder / "stillwatch.conf").write_text(text, encoding="utf-8")
    (folder / "accounts.map").write_text("".join(f'"Bearer sk-{account}" {account};\n' for account in ACCOUNTS))
    (folder / "main.conf").write_text(MAIN.format(folder=folder), encoding="utf-8")


def test_the_suspended_are_refused_and_others_pass(gateway: int) -> None:
    refused = ask(gateway, "mallory")
    assert (refused.status, refused.reached) == (403, None)
    assert refused.headers["x-stillwatch-effect"] == "suspend"
    assert int(refused.headers["retry-after"]) > 80_000
    assert "To object, quote SW-d-mallory." in refused.text
    passed = ask(gateway, "alice")
    assert (passed.status, passed.reached) == (200, {})
    assert ask(gateway, "nobody").status == 401


def test_an_effect_reaches_what_stands_behind(gateway: int) -> None:
    passed = ask(gateway, "trent")
    assert (passed.status, passed.reached) == (200, {"x-stillwatch-effect": "challenge"})


def test_the_throttled_are_refused_for_a_while(gateway: int) -> None:
    answers = [ask(gateway, "eve") for _ in range(8)]
    assert [one.status for one in answers[:6]] == [200] * 6
    assert answers[-1].status == 403
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 10


@pytest.mark.parametrize("headers", FORGED, ids=range(len(FORGED)))
def test_forged_headers_let_nobody_escape(gateway: int, headers: dict[str, str]) -> None:
    for method, path in (("POST", "/v1/chat/completions"), ("GET", "/v1/models"), ("GET", "/_stillwatch")):
        assert ask(gateway, "mallory", method, path, **headers).status in (403, 404)
        assert ask(gateway, "mallory", method, path, **headers).reached is None
    passed = ask(gateway, "alice", **{name: value.replace("alice", "mallory") for name, value in headers.items()})
    assert passed.status == 200
    assert "x-stillwatch-account" not in {name.lower() for name in passed.reached}


@pytest.mark.parametrize("how", ["killed", "stopped", "hangs", "500"])
def test_customers_go_on_whatever_happens_to_us(gateway: int, ours: Ours, how: str) -> None:
    with ours.replaced(how):
        assert [ask(gateway, account).status for account in ("alice", "mallory")] == [200, 200]
    assert ask(gateway, "mallory").status == 403
