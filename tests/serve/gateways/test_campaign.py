"""A campaign behind a real LiteLLM proxy: its log feeds the watch, a search finds it, and its keys are answered for.

The proxy's own log has too few exchanges to find anything by. So the exchanges of a small world, as another gateway
logged them, come beside it; its campaign's accounts and as many others hold the proxy's sixty keys.
"""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from stillwatch.job import Inputs, resolve
from stillwatch.ledger import opened as ledger_of
from stillwatch.respond import load_policy
from stillwatch.runs import state as states
from stillwatch.runs.state_update import now
from stillwatch.sources import opened, parse
from stillwatch.watch.answers import Answers
from stillwatch.watch.beside import Beside as Tables
from stillwatch.watch.loop import OWN, Plan, Watch
from tests.scenarios.small_world import SmallWorld, acted_on
from tests.serve.gateways.model_server import TEXT
from tests.serve.gateways.programs import LITELLM
from tests.serve.gateways.test_litellm_proxy import Beside, until

pytestmark = pytest.mark.skipif(
    not (LITELLM / "bin" / "litellm").is_file(), reason="LiteLLM is not installed; run `make litellm`"
)
KEYS = 30  # of the campaign, and as many of others
POLICY = """
author = "abuse team"
key_file = "{key}"

[limits]
per_hour = 1000
per_day = 1000
share_of_accounts = 0.2
second_person_above = 1000

[timing]
wait = "1m"
batch = "1m"
spread = 1

[hold_out]
share = 0.0

[holder]
rules = "https://provider.example/rules"
object_at = "https://provider.example/appeals"

[[line]]
name = "act"
kind = "campaign"
level = "act"
effect = "suspend"
lasts = "7d"
reason_code = "automated-extraction"
holder_text = "Collecting answers on a large scale to train another model is not allowed."
approval = "above"
"""


def watched(world: SmallWorld, state: Path, folders: list[Path], policy: Path) -> Watch:
    own = {name: (str(world.folder / f"{name}.parquet"),) for name in ("accounts", "permits")}
    inputs = Inputs(**own)
    job = resolve(inputs, settings=world.settings(), state=state)
    tables = Tables(inputs, job, state / OWN)
    sources = [opened(one, state / "sources", None, 0.0) for one in parse([str(folder) for folder in folders])]
    plan = Plan(job, timedelta(hours=1), timedelta(hours=1), once=True, settle_seconds=0.0)
    # decided two hours ago, so that the effects have begun
    answers = Answers(state, state, tables, load_policy(policy), lambda: now() - timedelta(hours=2))
    return Watch(plan, sources, tables, answers, lambda _: None)


def test_its_keys_are_answered_for_and_the_others_feel_nothing(
    world: SmallWorld, plain: Path, hours: list[Path], tmp_path: Path
) -> None:
    state, logs = tmp_path / "state", tmp_path / "logs"
    (tmp_path / "policy.key").write_text("ab" * 32)
    (tmp_path / "policy.toml").write_text(POLICY.format(key=tmp_path / "policy.key"))
    state.mkdir()
    logs.mkdir()
    campaign = sorted(acted_on(plain))[:KEYS]
    others = world.accounts_of("person")[:KEYS]
    keys = {account: f"sk-user-{account}" for account in (*campaign, *others)}
    beside = Beside(state, tmp_path / "litellm")
    try:
        before = beside.proxy.calls([{"key": key} for key in keys.values()])
        assert {one["status"] for one in before} == {200}
        until(lambda: len(beside.proxy.lines()) == len(keys))
        for file in hours:
            shutil.copyfile(file, logs / file.name)
        watched(world, state, [logs, beside.proxy.logs], tmp_path / "policy.toml").run()
        assert states.load(state).watched.taken == len(world.exchanges) + len(keys)

        seen: dict[str, tuple[int, str]] = {}

        def answered() -> bool:
            found = beside.proxy.calls([{"key": key} for key in keys.values()])
            seen.update(zip(keys, ((one["status"], one["text"]) for one in found), strict=True))
            return all(seen[account][0] == 400 for account in campaign)

        until(answered)
        assert {seen[account] for account in others} == {(200, TEXT)}
        with ledger_of(state) as ledger:
            texts = {
                entry.decision.account_id: entry.decision.holder_text for entry in ledger.decisions.list(limit=1000)
            }
        assert {account: seen[account][1] for account in campaign} == {account: texts[account] for account in campaign}

        beside.server.process.kill()
        after = beside.proxy.calls([{"key": key} for key in keys.values()])
        assert {one["status"] for one in after} == {200}, "customers go on when nobody answers"
    finally:
        beside.close()
