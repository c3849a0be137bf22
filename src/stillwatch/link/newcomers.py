"""Holds new accounts against every network that is known: at sign-up, and after so many of their exchanges.

`latecomers` answers who belongs to a network beyond doubt, from values that strangers hardly hold. Here each account is
compared with each network by every sort of evidence, weak or strong, and nothing is decided.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.engine import Engine
from stillwatch.key import Key
from stillwatch.link.joining import Held, Profile, bits_by_group
from stillwatch.link.latecomers import CHOSEN, Logs, holdings_in_question
from stillwatch.link.values import ATTRIBUTES, GROUPS
from stillwatch.link.words import bits_of_likeness, mean_likeness, texts_of, texts_sql

Int64 = NDArray[np.int64]
Float = NDArray[np.float64]

STAGES = (0, 1, 10, 50)  # exchanges of an account after which it is looked at; 0 is its sign-up
AT_ONCE = 20_000  # accounts that are compared at once, of which up to 100 texts each are in memory
CONTENTS = GROUPS.index("contents")
COMPARED = tuple(name for name in GROUPS if name not in ("time", "handover"))
"""What an account can show by itself. When an earlier network signed up is over."""
_NOT_COMPARED = [place for place, name in enumerate(GROUPS) if name not in COMPARED]
_STATED = np.array([one.source == "accounts" for one in ATTRIBUTES])
_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Compared:
    """One account beside one network after so many of its exchanges: bits by sort of evidence, which are ABSENT where
    it shows only other values; what cannot be compared is left out."""

    account_id: str
    of: tuple[str, bool]
    exchanges: int
    bits: dict[str, float]
    alike: float  # likeness of what it asks to what the network does, 0 to 1 or a little more


def compared(  # noqa: PLR0913  as of latecomers, and when to look
    engine: Engine,
    logs: Logs,
    accounts: Sequence[str],
    profiles: Sequence[Profile],
    key: Key,
    hops: int,
    stages: Sequence[int] = STAGES,
) -> Iterator[Compared]:
    """The accounts beside the networks with which they share anything, at each of the stages that they have reached.

    Stages are in ascending order. Raises the engine's errors.
    """
    for begin in range(0, len(accounts), AT_ONCE):
        part = accounts[begin : begin + AT_ONCE]
        indexed = pa.table({"account_id": pa.array(part, pa.string()), "account_index": range(len(part))})
        engine.store(CHOSEN, indexed.cast(CHOSEN.schema))
        held = holdings_in_question(engine, logs, key, hops)
        texts = texts_of(engine.fetch(texts_sql(logs.every, CHOSEN.name)))
        for stage in stages:
            yield from _at_stage(part, held, texts, profiles, stage)


def _at_stage(
    accounts: Sequence[str],
    held: Held,
    texts: tuple[Int64, Int64, NDArray[np.uint32]],
    profiles: Sequence[Profile],
    stage: int,
) -> Iterator[Compared]:
    account, at, features = texts
    count = len(accounts)
    place = np.arange(len(account)) - np.searchsorted(account, account)
    reached = np.flatnonzero(np.bincount(account, minlength=count) >= stage)
    if len(reached) == 0:
        return
    until = np.full(count, -1 if stage == 0 else _NEVER, np.int64)
    last = place == stage - 1
    until[account[last]] = at[last]
    seen = _STATED[held.code] | (held.at <= until[held.account])
    shown = Held(held.account[seen], held.code[seen], held.keyed[seen], held.at[seen])
    distinct = np.zeros((len(ATTRIBUTES), count), np.int32)
    np.add.at(distinct, (shown.code, shown.account), 1)
    early = place < stage
    for profile in profiles:
        bits = bits_by_group(shown, distinct, profile)
        asked = mean_likeness(profile.words, account[early], features[early], count)
        if len(profile.words.feature):
            bits[:, CONTENTS] = bits_of_likeness(asked.alike, asked.texts)
        bits[:, _NOT_COMPARED] = np.nan
        some = np.nan_to_num(bits[reached], nan=0.0).max(axis=1) > 0.0
        for one in reached[some].tolist():
            own = {name: float(bits[one, code]) for code, name in enumerate(GROUPS) if not np.isnan(bits[one, code])}
            yield Compared(accounts[one], profile.of, stage, own, float(asked.alike[one]))
