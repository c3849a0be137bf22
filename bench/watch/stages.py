"""Where the time goes until a campaign is answered for: when it is linked, tested, watched, reviewed and acted on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq

from stillwatch.runs.tables import table_of
from stillwatch.watch import epochs
from stillwatch_lab.live import Live

STEPS = ("linked", "tested", "watch", "review", "act")
HOUR = timedelta(hours=1)
HEAD = f"{'campaign':10} {'step':7} {'after h':>8} {'of exchanges %':>14} {'accounts sent':>13} {'in network':>10}"


@dataclass(slots=True)
class Epoch:
    """How one campaign of the truth stood after one epoch."""

    at: datetime
    network: int  # its accounts in the network that has most of them
    strangers: int  # other accounts in that network
    levels: Counter[str]  # of its accounts
    evidence: dict[str, float]  # bits by claim, of the network's campaign or of the network
    open: tuple[str, ...]  # innocent explanations that are not excluded
    confidence: float | None  # of the campaign, in percent


@dataclass(slots=True)
class Stages:
    """Follows the campaigns of a world's truth from epoch to epoch; give `look` to `played`."""

    world: Path
    campaigns: dict[str, set[str]] = field(init=False)
    kinds: dict[str, str] = field(init=False)
    sent: dict[str, list[tuple[datetime, str]]] = field(init=False)
    seen: dict[str, list[Epoch]] = field(default_factory=dict)
    last: Path | None = None

    def __post_init__(self) -> None:
        rows = pq.read_table(self.world / "truth" / "accounts.parquet").to_pylist()
        self.campaigns, self.kinds, self.sent = {}, {}, {}
        of = {row["account_id"]: row["campaign_id"] for row in rows if row["campaign_id"]}
        for row in rows:
            if row["campaign_id"]:
                self.campaigns.setdefault(row["campaign_id"], set()).add(row["account_id"])
                self.kinds[row["campaign_id"]] = row["kind"]
        truth = pq.read_table(self.world / "truth" / "exchanges.parquet", columns=["exchange_id", "campaign_id"])
        mine = dict(zip(truth["exchange_id"].to_pylist(), truth["campaign_id"].to_pylist(), strict=True))
        log = pq.read_table(self.world / "exchanges", columns=["exchange_id", "account_id", "started_at"])
        for row in log.sort_by("started_at").to_pylist():
            if mine.get(row["exchange_id"]) and row["account_id"] in of:
                self.sent.setdefault(mine[row["exchange_id"]], []).append((row["started_at"], row["account_id"]))

    def look(self, at: datetime, live: Live, levels: dict[str, str]) -> None:
        """Notes how each campaign stands, where there was an epoch since the last look."""
        run = epochs.latest(live.state)
        if run is None or run == self.last:
            return
        self.last = run
        members: dict[str, set[str]] = {}
        for row in table_of(run, "network_members", ["network_id", "account_id"]).to_pylist():
            members.setdefault(row["network_id"], set()).add(row["account_id"])
        found = {row["networks"][0]: row for row in table_of(run, "campaigns").to_pylist() if row["networks"]}
        evidence, alternatives = (table_of(run, name).to_pylist() for name in ("evidence", "alternatives"))
        for name, accounts in self.campaigns.items():
            network = max(sorted(members), key=lambda one: len(members[one] & accounts), default="")
            inside = members.get(network, set()) & accounts
            if not inside:
                continue
            campaign = found.get(network)
            subjects = {network, campaign["campaign_id"] if campaign else network}
            self.seen.setdefault(name, []).append(
                Epoch(
                    at,
                    len(inside),
                    len(members[network] - accounts),
                    Counter(level for account, level in levels.items() if account in accounts),
                    {row["claim"]: row["bits"] for row in evidence if row["subject"] in subjects},
                    tuple(
                        row["alternative"]
                        for row in alternatives
                        if row["subject"] in subjects and row["verdict"] != "excluded"
                    ),
                    campaign["confidence"] if campaign else None,
                )
            )

    def lines(self) -> Iterator[str]:
        """For each campaign when each step was first reached and how far it was played, and what was open at each epoch
        until `act`."""
        yield HEAD
        for name in self.campaigns:
            begin, sent, seen = self.sent[name][0][0], self.sent[name], self.seen.get(name, [])
            reached = {step: next((epoch for epoch in seen if _reached(epoch, step)), None) for step in STEPS}
            for step, one in (*reached.items(), ("played", seen[-1] if seen else None)):
                if one is None:
                    yield f"{self.kinds[name]:10} {step:7} {'never':>8}"
                    continue
                before = [account for at, account in sent if at < one.at]
                share, after = 100 * len(before) / len(sent), (one.at - begin) / HOUR
                yield (
                    f"{self.kinds[name]:10} {step:7} {after:8.0f} {share:14.1f} {len(set(before)):13} {one.network:10}"
                )
            yield from self._epochs(name, begin)

    def _epochs(self, name: str, begin: datetime) -> Iterator[str]:
        said = None
        for one in self.seen.get(name, ()):
            levels = " ".join(f"{level} {one.levels[level]}" for level in ("watch", "review", "act"))
            still = ", ".join(one.open) or "nothing"
            now = (one.network, one.strangers, levels, still)
            if now != said:
                confidence = "no campaign" if one.confidence is None else f"{one.confidence:.1f} %"
                hours = (one.at - begin) / HOUR
                yield f"  {hours:5.0f} h: {one.network} + {one.strangers} others; {confidence}; {levels}; open: {still}"
            said = now
            if one.levels["act"] >= len(self.campaigns[name]) / 2:
                return


def _reached(epoch: Epoch, step: str) -> bool:
    if step == "linked":
        return True
    if step == "tested":
        return bool(epoch.evidence)
    higher = STEPS[STEPS.index(step) :]
    return any(epoch.levels[level] for level in higher)
