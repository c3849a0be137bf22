"""Finds the accounts that share what a network of earlier runs did, after that network's own have left the logs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from stillwatch.engine import Engine
from stillwatch.job import Job
from stillwatch.link.graph import count_accounts
from stillwatch.link.joining import profiles_of
from stillwatch.link.latecomers import Logs, latecomers
from stillwatch.records.lineage import NETWORK
from stillwatch.runs.known_networks import fresh, known_networks, profile_rows, recognised
from stillwatch.runs.lineage import History, newest_exchange


def returning(engine: Engine, job: Job, past: History, groups: Sequence[Sequence[str]]) -> dict[str, frozenset[str]]:
    """The accounts by which some of `groups` are networks of earlier runs, by the earlier network.

    Only a network that the last run did not find can return; one that lives is known by its accounts.
    """
    known, now = known_networks(engine), newest_exchange(engine)
    silent = {name for name, one in past.known(NETWORK).items() if one.silent}
    days = job.settings.assess.remember_days
    names = {name for name, row in known.standings.items() if name in silent and now and fresh(row, now, days)}
    if not names or not groups:
        return {}
    sizes = {(name, bool(known.standings[name]["remembered"])): known.standings[name]["accounts"] for name in names}
    profiles = profiles_of(profile_rows(known, names), sizes)
    logs = Logs("exchange_sketches", "exchange_sketches", True, count_accounts(engine))
    found: dict[str, set[str]] = defaultdict(set)
    for one in latecomers(engine, logs, profiles, {}, job.key, job.settings.read.trusted_hops):
        found[one.found.network].add(one.account_id)
    return recognised(found, [frozenset(group) for group in groups])
