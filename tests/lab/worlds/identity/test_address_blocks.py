"""Networks lie in real blocks where there are lists of them, and homes never in hosting or VPN ranges."""

from __future__ import annotations

import gzip
import ipaddress
import json
import os
from pathlib import Path

import numpy as np
import pyarrow.dataset as ds
import pytest

from stillwatch.errors import InputError
from stillwatch_lab.worlds.build import build, data_folder
from stillwatch_lab.worlds.identity.address_blocks import measured
from stillwatch_lab.worlds.identity.clients import CLIENTS, observed
from stillwatch_lab.worlds.population.geography import COUNTRIES

ROOT = Path(__file__).resolve().parents[4]
DATA = Path(os.environ.get("STILLWATCH_DATA", ROOT.parent / "shared" / "data"))
CODES = tuple(country[0] for country in COUNTRIES)
HEADERS = """\
user_agent,stainless_os,stainless_arch,header_names,n
OpenAI/Python 1.9.0,MacOS,arm64,accept host,3
OpenAI/Python 1.10.2,Linux,x64,accept host user-agent,1
axios/9.9,,,accept,1
,,,accept,7
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two countries: a big and a small provider, a cloud, a defence network, a VPN."""
    folder = tmp_path / "data" / "ip"
    folder.mkdir(parents=True)
    asn = [
        '5.0.0.0,5.15.255.255,1,"Big Broadband"',
        '5.16.0.0,5.16.255.255,2,"Small Cable"',
        '5.17.0.0,5.17.255.255,3,"Some Cloud Hosting"',
        '5.18.0.0,5.18.255.255,4,"Cable with a VPN in it"',
        '6.0.0.0,6.255.255.255,5,"Department of Defence"',
        '7.0.0.0,7.0.255.255,6,"Indian Broadband"',
    ]
    land = ["5.0.0.0,6.255.255.255,US", "7.0.0.0,7.255.255.255,IN"]
    for name, lines in (("asn-ipv4.csv.gz", asn), ("country-ipv4.csv.gz", land)):
        with gzip.open(folder / name, "wt") as out:
            out.write("\n".join(lines) + "\n")
    (folder / "x4bnet_datacenter_ipv4.txt").write_text("5.17.0.0/16\n9.0.0.0/24\n9.9.9.0/30\n")
    (folder / "x4bnet_vpn_ipv4.txt").write_text("5.18.0.0/20\n10.0.0.0/24\n")
    (folder / "client_headers.csv").write_text(HEADERS)
    return tmp_path / "data"


def test_homes_are_the_largest_networks_that_serve_homes(data: Path) -> None:
    ranges = measured(data / "ip", ("US", "IN", "NG"))
    assert ranges.homes[0].tolist() == [[5 << 24, 1 << 20], [5 << 24 | 16 << 16, 1 << 16]]
    assert ranges.homes[1].tolist() == [[7 << 24, 1 << 16]]
    assert ranges.homes[2].tolist() == ranges.homes[0].tolist()
    assert ranges.hosting[:, 1].tolist() == [1 << 16, 256]
    assert ranges.exits[:, 1].tolist() == [1 << 12, 256]


def test_a_folder_without_the_lists_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"asn-ipv4.csv.gz"):
        measured(tmp_path, CODES)
    with pytest.raises(InputError, match="client headers"):
        observed(tmp_path / "client_headers.csv")
    assert data_folder(tmp_path) == tmp_path


def test_clients_take_the_versions_and_header_sets_seen(data: Path) -> None:
    clients = {client.agent: client for client in observed(data / "ip" / "client_headers.csv")}
    assert clients["OpenAI/Python {}"].versions == ("1.9.0", "1.10.2")
    assert len(clients["OpenAI/Python {}"].builds) == 2
    assert [clients[one.agent] == one for one in CLIENTS].count(False) == 1  # one version of axios shows no laggard


@pytest.mark.parametrize("real", [False, True], ids=["planted lists", "real lists"])
def test_a_world_lies_in_the_lists_blocks(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, real: bool
) -> None:
    if real and not (DATA / "ip").is_dir():
        pytest.skip("real address lists are not here: put them under `STILLWATCH_DATA`")
    used = DATA if real else data
    ranges = measured(used / "ip", CODES)
    if real:  # reading the whole lists takes seconds: once is enough
        monkeypatch.setattr("stillwatch_lab.worlds.build.measured", lambda folder, codes: ranges)
    entries = [f'[[population]]\nkind = "{kind}"\ncount = 20\n' for kind in ("loud", "vpn")]
    (tmp_path / "w.toml").write_text("".join(entries))
    build(tmp_path / "w.toml", 1, 300, 5_000, None, tmp_path / "world", data=used)
    texts = ds.dataset(tmp_path / "world" / "exchanges").to_table(["client_address"])["client_address"].drop_null()
    codes = np.unique([int(ipaddress.ip_address(text)) for text in texts.unique().to_pylist() if ":" not in text])
    blocks = np.concatenate([*ranges.homes, ranges.hosting, ranges.exits])
    inside = [((blocks[:, 0] <= code) & (code < blocks.sum(axis=1))).any() for code in codes.tolist()]
    assert len(codes) > 50
    assert all(inside)
    described = json.loads((tmp_path / "world" / "truth" / "world.json").read_text())
    assert "DB-IP" in described["addresses"]
    assert described["client_headers"] == "as seen in real calls"
