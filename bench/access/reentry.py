"""Re-entry: how soon an operator who comes back is named, and how many innocents are.

A draw is a world in which an operator stops and comes back under other accounts (`bench/watch/returning.toml`). What
one scan of each world found of campaigns before they came back is known. Every account that came since is compared with
every network of a campaign, at sign-up and after so many exchanges. Of the operator's accounts some sorts of evidence
are first replaced by those of innocents; innocents are given what a network shows, for an innocent reason.
"""

from __future__ import annotations

import argparse
import tempfile
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from bench.measure import say
from bench.watch.returns import ACCOUNTS, EXCHANGES, RECIPE, WINDOW, waves_of
from stillwatch import flow
from stillwatch.assess.latecomers import highest_rank
from stillwatch.assess.reentry import candidates, weighed
from stillwatch.assess.thresholds import NAMED
from stillwatch.engine import Query, literal
from stillwatch.engine.factory import open_engine
from stillwatch.job import Window
from stillwatch.key import load_key
from stillwatch.link.joining import Profile
from stillwatch.link.latecomers import Logs, files_sql
from stillwatch.link.newcomers import Compared, compared
from stillwatch.records.features import decode_features, without_frames
from stillwatch.settings import EngineSettings
from stillwatch.watch.standing import found_by
from stillwatch_lab.worlds.build import build
from stillwatch_lab.worlds.job import job_of

STAGES = (0, 1, 10, 20, 50, 100)
PLACE = ("address_value", "address_subnet_value", "address_network_value")
DEVICE = ("device_value", "session_value")
CLIENT = ("user_agent_value", "fingerprint_value", "instructions_value", "tools_value", "parameters_value")
WORDING = ("head_value", "tail_value")
MAIL = ("email_domain", "email_shape", "phone_prefix", "referrer", "organisation_id")
CARD = ("payment_fingerprint", "payment_issuer")
CHANGES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "nothing": ((), ()),
    "cards, mail, addresses, devices": ((*PLACE, *DEVICE), (*MAIL, *CARD, "signup_address")),
    "all but contents": (
        (*PLACE, *DEVICE, *CLIENT, *WORDING),
        (*MAIL, *CARD, "signup_address", "signup_fingerprint"),
    ),
}
"""Columns of exchanges and of accounts that a returning operator has of somebody else."""
INNOCENT: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "one address (school, firm, VPN)": (PLACE, ("signup_address",)),
    "one school, with its mail": (PLACE, ("signup_address", "email_domain", "email_shape")),
    "a class with one program": (
        (*PLACE, *CLIENT),
        ("signup_address", "email_domain", "email_shape", "signup_fingerprint"),
    ),
    "a resold card": ((), CARD),
    "customers of its relay software": ((*CLIENT, *WORDING), ()),
    "customers of the relay itself": ((*PLACE, *CLIENT, *WORDING), ("signup_address",)),
}
"""Columns that an innocent newcomer shares with a member of a network."""
TARGETS = {"cards, mail, addresses, devices": 20, "all but contents": 100}
EACH = 100  # innocents for each network and reason


@dataclass(frozen=True, slots=True)
class World:
    """One world's sketches and accounts, its operator's accounts of both waves, and everybody else."""

    sketches: pd.DataFrame
    accounts: pd.DataFrame
    first: list[str]
    second: list[str]
    innocent: list[str]


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of an account: the probability of any earlier operator, and its networks."""

    of_any: float = 0.0
    likeliest: str = ""
    candidates: frozenset[str] = frozenset()

    @property
    def named(self) -> bool:
        """Whether it is named to people."""
        return self.of_any >= NAMED


@dataclass(slots=True)
class Known:
    """The campaigns' networks of all worlds, and how many accounts they have."""

    profiles: dict[tuple[str, bool], Profile]
    accounts: int


def lines(options: argparse.Namespace) -> list[str]:
    """The table."""
    with tempfile.TemporaryDirectory(prefix="stillwatch-reentry-") as name:
        home = options.keep or Path(name)
        worlds = {seed: _world(home, seed) for seed in options.draws}
        known = _known(home, options.draws)
        said = f"{len(known.profiles)} networks of campaigns known, of {len(worlds)} worlds (seeds {options.draws})"
        return [
            f"{said}; named: a probability of {NAMED} or more",
            *_returns(home, worlds, known),
            *_others(home, worlds, known),
            "",
            *_innocents(home, worlds, known, options.people, options.second),
        ]


def _world(home: Path, seed: int) -> World:
    folder, run, sketched = (home / f"{what}-{seed}" for what in ("world", "run", "sketches"))
    if not sketched.is_dir():
        say(f"making world {seed}")
        build(RECIPE, seed, ACCOUNTS, EXCHANGES, None, folder)
        job = job_of(folder)
        job = replace(job, settings=job.settings.model_copy(update={"engine": EngineSettings(threads=1)}))
        ends = waves_of(folder)[0]
        flow.scan(replace(job, window=Window(ends - WINDOW, ends)), run)
        flow.write_sketches(job, sketched)
    sketches = _sketches(sketched)
    truth = pq.read_table(folder / "truth" / "accounts.parquet").to_pandas()
    mine = truth[truth["campaign_id"].fillna("") != ""].set_index("account_id")["group_id"]
    began = sketches[sketches["account_id"].isin(mine.index)].groupby("account_id")["started_at"].min()
    order = began.groupby(mine).min().sort_values().index
    waves = [mine.index[mine == group].tolist() for group in (order[0], order[-1])]
    innocent = truth[~truth["account_id"].isin(mine.index)]["account_id"].tolist()
    return World(sketches, pq.read_table(folder / "accounts.parquet").to_pandas(), *waves, innocent)


def _sketches(folder: Path) -> pd.DataFrame:
    rows = pq.read_table(folder / "exchange_sketches.parquet").to_pandas(types_mapper=pd.ArrowDtype)
    return rows.sort_values(["account_id", "started_at", "exchange_id"], ignore_index=True)


def _known(home: Path, seeds: Sequence[int]) -> Known:
    profiles = {}
    for seed in seeds:
        found = found_by(home / f"run-{seed}")
        profiles |= {one.of: one for one in found.profiles if highest_rank(found.standings.get(one.of))}
    return Known(profiles, sum(one.size for one in profiles.values()))


def _given(
    world: World, takers: Sequence[str], givers: Sequence[str], of: World, what: tuple[Sequence[str], Sequence[str]]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The exchanges and accounts of the takers, with columns of givers, who are accounts of another world perhaps: each
    taker has those of one giver, and its exchanges those of the giver's in turn."""
    exchanges = world.sketches[world.sketches["account_id"].isin(set(takers))].reset_index(drop=True)
    accounts = world.accounts[world.accounts["account_id"].isin(set(takers))].reset_index(drop=True)
    giver_of = {taker: givers[place % len(givers)] for place, taker in enumerate(sorted(takers))}
    if what[0]:
        rows = of.sketches[of.sketches["account_id"].isin(set(givers))].reset_index(drop=True)
        begin = rows.groupby("account_id").size()
        start = dict(zip(begin.index, np.cumsum(begin) - begin, strict=True))
        place = exchanges.groupby("account_id").cumcount().to_numpy()
        giver = exchanges["account_id"].map(giver_of)
        at = giver.map(start).to_numpy(np.int64) + place % giver.map(begin).to_numpy(np.int64)
        exchanges[list(what[0])] = rows[list(what[0])].take(at).to_numpy()
    if what[1]:
        own = of.accounts.set_index("account_id")
        columns = [column for column in what[1] if column in own]
        accounts[columns] = own.loc[accounts["account_id"].map(giver_of), columns].to_numpy()
    return exchanges, accounts


def _without_words_around(exchanges: pd.DataFrame, marked: pd.DataFrame) -> pd.DataFrame:
    """The exchanges without the features of their templates, and with texts that nobody sent before."""
    account = marked["account_id"].astype("category").cat.codes.to_numpy(np.int32)
    marks = marked[list(WORDING)].fillna(0).to_numpy(np.int64)
    column = pa.chunked_array([pa.array(marked["content_features"], pa.binary())])
    features = without_frames(account, marks, decode_features(column))
    packed = [row.astype("<u4").tobytes() for row in features]
    texts = exchanges["payload_value"].fillna(0).to_numpy(np.int64) ^ np.int64(zlib.crc32(b"reworded"))
    return exchanges.assign(content_features=pd.array(packed, pd.ArrowDtype(pa.binary())), payload_value=texts)


def _probabilities(
    home: Path, exchanges: pd.DataFrame, accounts: pd.DataFrame, known: Known
) -> dict[int, dict[str, Said]]:
    """What is said of each account, by stage."""
    with tempfile.TemporaryDirectory(dir=home) as name:
        folder = Path(name)
        schema = pa.schema([pa.field("content_features", pa.binary())])
        table = pa.Table.from_pandas(exchanges, preserve_index=False)
        place = table.schema.get_field_index("content_features")
        table = table.set_column(place, schema.field(0), table["content_features"].cast(pa.binary()))
        pq.write_table(table, folder / "e.parquet")
        pq.write_table(pa.Table.from_pandas(accounts, preserve_index=False), folder / "a.parquet")
        return _compared(folder / "e.parquet", folder / "a.parquet", sorted(accounts["account_id"]), known)


def _compared(exchanges: Path, accounts: Path, wanted: Sequence[str], known: Known) -> dict[int, dict[str, Said]]:
    files = files_sql([exchanges])
    best: dict[int, dict[str, Said]] = defaultdict(dict)
    with open_engine(EngineSettings(threads=1), exchanges.parent) as engine:
        named = literal(str(accounts.absolute()))
        engine.view("accounts", Query("accounts", f"SELECT * FROM read_parquet({named}, hive_partitioning = false)"))
        logs = Logs(files, files, True, len(wanted))
        of_account: dict[tuple[str, int], list[Compared]] = defaultdict(list)
        for one in compared(engine, logs, wanted, list(known.profiles.values()), load_key(None), 0, STAGES):
            of_account[one.account_id, one.exchanges].append(one)
    for (account, stage), beside in of_account.items():
        sizes = [known.profiles[one.of].size for one in beside]
        found = weighed([one.bits for one in beside], sizes, known.accounts)
        alike = candidates((one.of[0], w.probability) for w, one in zip(found, beside, strict=True))
        best[stage][account] = Said(sum(w.probability for w in found), next(iter(alike)), frozenset(alike))
    return best


def _returns(home: Path, worlds: Mapping[int, World], known: Known) -> Iterator[str]:
    yield f"{'an operator is back with other':34}{'after':>7}{'half, draws':>16}{'accounts, %':>38}"
    head = "".join(f"{word:>10}" for word in ("named", "this one", "likeliest"))
    shares = "".join(f"{word:>10}" for word in ("accounts", "named", "this one", "it alone", "another"))
    yield f"{'':34}{'exch.':>7}{head}{shares}"
    for change, what in CHANGES.items():
        figures = {stage: [] for stage in STAGES}
        sizes = Counter[int]()
        for seed, world in worlds.items():
            found = _return(home, world, known, what, seed)
            own = {of[0] for of in _known(home, [seed]).profiles}
            sent = world.sketches[world.sketches["account_id"].isin(set(world.second))]["account_id"].value_counts()
            for stage in STAGES:
                # an account that sent less stays as it was named by what it sent
                reached = [_latest(found, account, min(stage, count)) for account, count in sent.items()]
                figures[stage].append(np.mean([_judged(said, own) for said in reached], axis=0))
                sizes[stage] += len(reached)
        for stage in STAGES:
            half = (np.array(figures[stage]) > 0.5).sum(axis=0)
            named, among, alone, _, another = np.mean(figures[stage], axis=0)
            verdict = ""
            if TARGETS.get(change) == stage:
                met = ["met" if one >= 0.9 * len(worlds) else "MISSED" for one in half[:2]]
                verdict = f" >= 90 % of {len(worlds)} draws: {met[0]}, this one among the candidates {met[1]}"
            counts = "".join(f"{one:>10}" for one in (*half[[0, 1, 3]], f"{sizes[stage]:,}"))
            parts = "".join(f"{100 * one:10.1f}" for one in (named, among, alone, another))
            yield f"{change if stage == 0 else '':34}{stage:7}{counts}{parts}{verdict}"


def _judged(said: Said, own: set[str]) -> tuple[bool, ...]:
    """Whether an account is named, with its network among the candidates, as the only one, as the likeliest, or not."""
    among = len(own & said.candidates) > 0
    named = said.named
    right = named and among
    return named, right, right and len(said.candidates) == 1, named and said.likeliest in own, named and not among


def _others(home: Path, worlds: Mapping[int, World], known: Known) -> Iterator[str]:
    """Operators of whom nothing is known beside those of the other worlds, whose data sets come from one collection."""
    named: Counter[int] = Counter()
    total = 0
    for seed, world in worlds.items():
        own = {of[0] for of in _known(home, [seed]).profiles}
        others = {of: one for of, one in known.profiles.items() if of[0] not in own}
        beside = Known(others, sum(one.size for one in others.values()))
        _count(named, _probabilities(home, *_given(world, world.second, world.second, world, ((), ())), beside))
        total += len(world.second)
    shares = ", ".join(f"{100 * named[stage] / max(total, 1):.0f} % after {stage}" for stage in STAGES)
    yield f"accounts of operators who are not known, named for those of other worlds: {shares}"


def _latest(found: Mapping[int, Mapping[str, Said]], account: str, sent: int) -> Said:
    """What is said of an account at the last stage that it has reached."""
    return found.get(max(stage for stage in STAGES if stage <= sent), {}).get(account, Said())


def _return(
    home: Path, world: World, known: Known, what: tuple[Sequence[str], Sequence[str]], seed: int
) -> dict[int, dict[str, Said]]:
    """The second wave's probabilities when it has this of innocents of its world."""
    sent = world.sketches["account_id"].value_counts()
    people = [one for one in world.innocent if sent.get(one, 0) >= 5]
    draw = np.random.default_rng(seed)
    givers = draw.choice(people, len(world.second), replace=False).tolist()
    exchanges, accounts = _given(world, world.second, givers, world, what)
    if "head_value" in what[0]:
        own = world.sketches[world.sketches["account_id"].isin(set(world.second))].reset_index(drop=True)
        exchanges = _without_words_around(exchanges, own)
    return _probabilities(home, exchanges, accounts, known)


def _innocents(
    home: Path, worlds: Mapping[int, World], known: Known, people: Sequence[int], second: Sequence[Path]
) -> Iterator[str]:
    yield f"{'innocents':44}{'accounts':>10}" + "".join(f"{stage:>9}" for stage in STAGES) + f"{'per 100,000':>13}"
    yield f"{'':44}{'':>10}" + f"{'named after so many exchanges':>{9 * len(STAGES)}}"
    ordinary: Counter[int] = Counter()
    total = 0
    for world in worlds.values():
        own = world.sketches["account_id"].isin(set(world.innocent))
        rows = world.accounts[world.accounts["account_id"].isin(set(world.innocent))]
        _count(ordinary, _probabilities(home, world.sketches[own], rows, known))
        total += len(rows)
    yield _line("people and groups of these worlds", total, ordinary, 1.0)
    for seed in people:
        found, count = _people(home, seed, known)
        yield _line(f"people of another world (organic, seed {seed})", count, found, 1.0)
        ordinary, total = ordinary + found, total + count
    for folder in second:
        found, count = _second(home, folder, known)
        yield _line(f"second generator: {folder.name}", count, found, 1.0)
        ordinary, total = ordinary + found, total + count
    yield _line("all of these", total, ordinary, 1.0)
    for reason, what in INNOCENT.items():
        counted: Counter[int] = Counter()
        takers_all = 0
        for seed, world in worlds.items():
            sent = world.sketches["account_id"].value_counts()
            draw = np.random.default_rng(seed)
            busy = [one for one in world.innocent if sent.get(one, 0) >= 5]
            takers = draw.choice(busy, min(EACH, len(busy)), replace=False).tolist()
            exchanges, accounts = _given(world, takers, world.first, world, what)
            _count(counted, _probabilities(home, exchanges, accounts, known))
            takers_all += len(takers)
        yield _line(reason, takers_all, counted, None)


def _people(home: Path, seed: int, known: Known) -> tuple[Counter[int], int]:
    folder, sketched = home / f"people-{seed}", home / f"people-sketches-{seed}"
    if not sketched.is_dir():
        say(f"making people {seed}")
        build("organic", seed, 100_000, 1_200_000, None, folder)
        flow.write_sketches(job_of(folder), sketched)
    return _of_files(sketched / "exchange_sketches.parquet", folder / "accounts.parquet", known, frozenset())


def _second(home: Path, folder: Path, known: Known) -> tuple[Counter[int], int]:
    sketched = home / f"second-{folder.name}"
    if not sketched.is_dir():
        flow.write_sketches(job_of(folder), sketched)
    (truth,) = folder.glob("truth/*accounts.parquet")
    rows = pq.read_table(truth).to_pandas()
    guilty = rows[rows["kind"].isin(["campaign", "campaign_idle", "harvest"])]["account_id"]
    return _of_files(
        sketched / "exchange_sketches.parquet", folder / "accounts.parquet", known, frozenset(guilty.tolist())
    )


def _of_files(exchanges: Path, accounts: Path, known: Known, out: frozenset[str]) -> tuple[Counter[int], int]:
    wanted = [
        one for one in pq.read_table(accounts, columns=["account_id"])["account_id"].to_pylist() if one not in out
    ]
    found: Counter[int] = Counter()
    _count(found, _compared(exchanges, accounts, sorted(wanted), known))
    return found, len(wanted)


def _count(into: Counter[int], found: Mapping[int, Mapping[str, Said]]) -> None:
    for stage in STAGES:
        into[stage] += sum(said.named for said in found.get(stage, {}).values())


def _line(what: str, accounts: int, named: Counter[int], most: float | None) -> str:
    worst = 1e5 * max(named.values(), default=0) / max(accounts, 1)
    verdict = "" if most is None else (" met" if worst <= most else " MISSED")
    return f"{what:44}{accounts:10,}" + "".join(f"{named[stage]:9}" for stage in STAGES) + f"{worst:13.2f}{verdict}"
