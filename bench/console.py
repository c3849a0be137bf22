"""How fast the console's pages are over a large run, and how soon a browser shows a network's picture.

`python -m bench.console` makes a run of 2.5 million accounts and 200 campaigns once, serves it, and asks for each page.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench.console_beside import PARTNER, told
from bench.console_beside import epochs as epochs_beside
from stillwatch import __version__
from stillwatch.engine.parquet_files import ROW_GROUP
from stillwatch.records import Table
from stillwatch.records import outputs as out
from stillwatch.records.outputs import RUN_FILES
from stillwatch.runs import epochs
from stillwatch.settings import Settings

START = datetime(2026, 4, 1)
LARGEST = 25_000  # accounts of the largest network, whose picture is drawn
HUBS = 24
PAGES = (
    "/",
    "/campaigns",
    "/campaigns/{campaign}",
    "/campaigns/{campaign}/accounts",
    "/campaigns/{campaign}/attribution",
    "/networks",
    "/networks/N0",
    "/networks/N0/accounts",
    "/networks/N0/picture",
    "/networks/N0/points",
    "/account?id={account}",
    "/review",
    "/review/campaign/{campaign}",
    "/decisions",
    "/appeals",
    "/judgements",
    "/permits",
    "/shared",
    "/screening",
    "/doors",
    "/partners",
    "/partners/{partner}",
    "/shares/{share}",
    "/policy",
    "/quality",
    "/settings",
    "/audit",
    "/people",
    "/search?q={account}",
    "/search?q=203.0.113",
)


def main(words: Sequence[str] | None = None) -> None:
    """Measures and prints one line a page."""
    said = argparse.ArgumentParser(description=__doc__)
    said.add_argument("--accounts", type=int, default=2_500_000)
    said.add_argument("--campaigns", type=int, default=200)
    said.add_argument("--times", type=int, default=40, help="requests for each page")
    said.add_argument("--beside", type=int, default=0, metavar="EXCHANGES", help="a watch searches so many meanwhile")
    said.add_argument("--out", type=Path, default=Path("build/console"))
    asked = said.parse_args(words)
    state = asked.out / f"state-{asked.accounts}-{asked.campaigns}"
    if not (state / epochs.RUNS / epochs.LATEST).exists():
        made(state, asked.accounts, asked.campaigns)
    print(f"{asked.accounts:,} accounts, {asked.campaigns} campaigns")
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    share = told(state, asked.campaigns)
    with served(state) as (port, cookie, opened), epochs_beside(asked.out, asked.beside // 40, asked.beside):
        print(f"first page, with the run's index made: {opened:.1f} s")
        print(f"until the pages of all campaigns were read: {prepared(state):.1f} s")
        measure(port, cookie, asked.times, Drawn(asked.campaigns, asked.accounts, share))
        picture(port, cookie)


class Drawn(NamedTuple):
    """What pages are asked about: so many campaigns and accounts, and a share."""

    campaigns: int
    accounts: int
    share: str

    def path(self, page: str, draw: np.random.Generator) -> str:
        """The address of a page, of a campaign and an account that are drawn."""
        account = name(int(draw.integers(self.accounts)))
        campaign = f"C{draw.integers(self.campaigns)}"
        return page.format(campaign=campaign, account=account, partner=PARTNER, share=self.share)


def measure(port: int, cookie: str, times: int, about: Drawn) -> None:
    """Asks for each page again and again, each time about another campaign and account."""
    draw = np.random.default_rng(7)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    every: list[float] = []
    print(f"{'page':34} {'p50 ms':>8} {'p95 ms':>8} {'most':>8} {'kB':>7}")
    for page in PAGES:
        spans, size = [], 0
        for _ in range(times):
            path = about.path(page, draw)
            began = time.perf_counter()
            connection.request("GET", path, headers={"cookie": cookie})
            answer = connection.getresponse()
            size = len(answer.read())
            spans.append(1_000 * (time.perf_counter() - began))
            assert answer.status == 200, (path, answer.status)
        every += spans
        print(f"{page:34} {_at(spans, 50)} {_at(spans, 95)} {max(spans):8.0f} {size / 1e3:7.0f}", flush=True)
    print(f"{'all':34} {_at(every, 50)} {_at(every, 95)} {max(every):8.0f}")


def prepared(state: Path) -> float:
    """Waits until the server says that it has read what the pages of campaigns show; returns the seconds."""
    began = time.perf_counter()
    while "run prepared" not in (state / "serve.log").read_text(encoding="utf-8"):
        if time.perf_counter() - began > 900:
            raise TimeoutError("the server does not say that the run is prepared")
        time.sleep(0.5)
    return time.perf_counter() - began


def _at(spans: Sequence[float], percentile: int) -> str:
    return f"{np.percentile(spans, percentile):8.0f}"


def picture(port: int, cookie: str) -> None:
    """How long a browser takes from the address to every account of the largest network drawn."""
    chromium = shutil.which("chromium")
    if chromium is None:
        print("the picture was not drawn: there is no chromium")
        return
    from playwright.sync_api import sync_playwright

    spans = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = browser.new_context()
        secret = cookie.partition("=")[2]
        context.add_cookies([{"name": "stillwatch", "value": secret, "url": f"http://127.0.0.1:{port}"}])
        page = context.new_page()
        page.set_default_timeout(120_000)
        for _ in range(5):
            began = time.perf_counter()
            page.goto(f"http://127.0.0.1:{port}/networks/N0/picture")
            page.wait_for_selector(f"canvas[data-drawn='{LARGEST}']")
            spans.append(time.perf_counter() - began)
        browser.close()
    shown = ", ".join(f"{one:.2f}" for one in spans)
    print(f"first picture of {LARGEST:,} accounts in headless Chromium: {shown} s")


@contextmanager
def served(state: Path) -> Iterator[tuple[int, str, float]]:
    """Yields the port of a real server, the cookie of whoever entered, and the seconds of the first page."""
    with (state / "serve.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "stillwatch", "serve", "--state", str(state), "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=log,
        )
    try:
        assert process.stdout is not None
        found = re.search(r"http://127.0.0.1:(\d+)/enter\?token=(\S+)", process.stdout.readline().decode())
        assert found is not None
        port = int(found[1])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
        kind = {"content-type": "application/x-www-form-urlencoded"}
        connection.request("POST", "/enter", urlencode({"token": found[2]}), kind)
        answer = connection.getresponse()
        answer.read()
        cookie = (answer.getheader("set-cookie") or "").partition(";")[0]
        began = time.perf_counter()
        status = 0
        while status != 200 and time.perf_counter() - began < 300:
            connection.request("GET", "/campaigns", headers={"cookie": cookie})
            answer = connection.getresponse()
            answer.read()
            status = answer.status
        yield port, cookie, time.perf_counter() - began
    finally:
        process.terminate()
        process.wait(60)


def name(number: int) -> str:
    """An account's id, in no order that the number has."""
    return f"acct_{(number * 2_654_435_761) % (1 << 32):08x}"


def made(state: Path, accounts: int, campaigns: int) -> None:
    """Writes a run in which every account is in a network, and one in ten in a campaign."""
    epoch = epochs.name_of(START + timedelta(days=60))
    run = state / epochs.RUNS / epoch
    shutil.rmtree(run, ignore_errors=True)
    run.mkdir(parents=True)
    tables = _tables(accounts, campaigns)
    for table in RUN_FILES:
        rows = tables.get(table.name, table.schema.empty_table())
        pq.write_table(_ordered(table, rows), run / f"{table.name}.parquet", row_group_size=ROW_GROUP)
    record = {
        "stillwatch": __version__,
        "settings": Settings().model_dump(mode="json"),
        "inputs": [],
        "channels_off": {},
        "window": {"since": None, "until": None},
    }
    (run / "run.json").write_text(json.dumps(record), encoding="utf-8")
    (state / epochs.RUNS / epochs.LATEST).write_text(epoch + "\n", encoding="utf-8")


def _ordered(table: Table, rows: pa.Table) -> pa.Table:
    return rows.sort_by([(column, "ascending") for column in table.order]).cast(table.schema)


def _tables(accounts: int, campaigns: int) -> dict[str, pa.Table]:
    draw = np.random.default_rng(11)
    ids = np.array([name(number) for number in range(accounts)])
    sizes = np.full(campaigns, max(1, (accounts - LARGEST) // max(1, campaigns - 1)))
    sizes[0] = LARGEST
    network = np.repeat(np.arange(campaigns), sizes)[:accounts]
    inside = np.flatnonzero(draw.random(len(network)) < 0.1)
    sent = draw.poisson(20, len(inside)) + 1
    rows = np.repeat(np.arange(len(inside)), sent)
    day = np.datetime64(START, "us")
    made_at = day + draw.integers(0, 60 * 86_400, len(rows)).astype("timedelta64[s]")
    names, efforts = np.char.add("N", network.astype(str)), np.char.add("C", network[inside].astype(str))
    return {
        "networks": pa.Table.from_pylist(
            [_network(one, int(sizes[one])) for one in range(campaigns)], out.NETWORKS.schema
        ),
        "campaigns": pa.Table.from_pylist(
            [_campaign(one, int((network[inside] == one).sum())) for one in range(campaigns)], out.CAMPAIGNS.schema
        ),
        "network_members": pa.table(
            {
                "network_id": names,
                "account_id": ids[: len(network)],
                "probability": np.full(len(network), 0.99),
                "bits": np.full(len(network), 20.0),
                "linked_at": np.full(len(network), day),
            }
        ),
        "campaign_members": pa.table(
            {
                "campaign_id": efforts,
                "account_id": ids[inside],
                "exchanges": sent,
                "probability": draw.random(len(inside)),
                "level": draw.choice(["act", "review", "watch"], len(inside)),
                "detected_at": np.full(len(inside), day),
            }
        ),
        "campaign_exchanges": pa.table(
            {
                "campaign_id": efforts[rows],
                "exchange_id": np.char.add("x", np.arange(len(rows)).astype(str)),
                "account_id": ids[inside][rows],
                "started_at": made_at,
                "probability": np.full(len(rows), 0.9),
            }
        ),
        **_shared(draw, ids, network, campaigns),
        "evidence": pa.Table.from_pylist(
            [_fact(one, claim) for one in range(campaigns) for claim in range(12)], out.EVIDENCE.schema
        ),
    }


def _shared(draw: Any, ids: Any, network: Any, campaigns: int) -> dict[str, pa.Table]:
    values = [
        {
            "network_id": f"N{one}",
            "value_id": f"v{one}-{hub}",
            "family": "infrastructure",
            "claim": "same_address_subnet",
            "accounts": 100,
            "outside_accounts": 3,
            "bits": 50.0 - hub,
            "shown": f"203.0.{one % 250}.{hub}/32",
        }
        for one in range(campaigns)
        for hub in range(HUBS)
    ]
    holders = np.concatenate(
        [np.flatnonzero(network == one)[: 25_000 if one == 0 else 400] for one in range(campaigns)]
    )
    twice = np.repeat(holders, 2)
    hubs = draw.integers(0, HUBS, len(twice))
    links = pa.table(
        {
            "network_id": np.char.add("N", network[twice].astype(str)),
            "account_id": ids[twice],
            "value_id": [f"v{one}-{hub}" for one, hub in zip(network[twice], hubs, strict=True)],
        }
    )
    return {"network_values": pa.Table.from_pylist(values, out.NETWORK_VALUES.schema), "network_links": links}


def _fact(campaign: int, claim: int) -> dict[str, Any]:
    stated = {"subject": f"C{campaign}", "claim": f"claim_{claim}", "sentence": "They act as one.", "examples": []}
    return {**stated, "bits": 9.0 - claim}


def _network(number: int, size: int) -> dict[str, Any]:
    return {
        "network_id": f"N{number}",
        "kind": "fraud_ring",
        "accounts": size,
        "exchanges": 10 * size,
        "first_seen": START,
        "last_seen": START + timedelta(days=60),
        "confidence": 97.0,
        "formed_at": START,
    }


def _campaign(number: int, size: int) -> dict[str, Any]:
    return {
        "campaign_id": f"C{number}",
        "first_seen": START,
        "last_seen": START + timedelta(days=60),
        "accounts": size,
        "exchanges": 20 * size,
        "conversations": size,
        "input_tokens": 9_000 * size,
        "output_tokens": 900 * size,
        "expected_innocent_accounts": 0.5,
        "confidence": 97.0,
        "q_value": 0.01,
        "level": ("act", "review", "watch")[number % 3],
        "targets": [("grading", 1.0)],
        "subjects": [("software", 1.0)],
        "forms": [("answer", 1.0)],
        "networks": [f"N{number}"],
    }


if __name__ == "__main__":
    print(datetime.now(UTC).isoformat(timespec="minutes"))
    main()
