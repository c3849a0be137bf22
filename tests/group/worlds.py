"""Exchanges of people and of accounts fed from one queue, made in arrays."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.group.exchanges import TOKENS, VALUES, Exchanges

HOUR = 3_600_000_000
NAMES = 12  # names that exchanges of these worlds have


def codes(named: NDArray[np.integer]) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Subjects and forms of names 0..11, each of which has a cell of its own: three subjects by four forms."""
    return (named // 4).astype(np.int16), (named % 4).astype(np.int16)


def set_names(exchanges: Exchanges, named: NDArray[np.integer]) -> None:
    """Gives each exchange its name."""
    exchanges.subject[:], exchanges.form[:] = codes(np.asarray(named))


def exchanges(
    seed: int,
    accounts: int = 120,
    each: int = 25,
    person: bool = True,
    first_account: int = 0,
    pool: int = 9_000_000,
    words: int = 4000,
) -> Exchanges:
    """`accounts` with `each` exchanges: as people (own words, mix, hours, sizes) or all drawn from one queue.

    The queue's texts have so many `words` that are its own.
    """
    generator = np.random.default_rng(seed)
    n = accounts * each
    account_index = np.repeat(np.arange(first_account, first_account + accounts), each).astype(np.int32)
    index = account_index - first_account
    common = generator.zipf(1.3, (n, 6)) % 20_000
    if person:
        mixes = generator.dirichlet(np.full(NAMES, 0.25), accounts)
        named = np.array([generator.choice(NAMES, p=mixes[u]) for u in index])
        own = 1_000_000 + (account_index[:, None].astype(np.int64)) * 40 + generator.integers(0, 25, (n, 10))
        hour = (generator.integers(0, 24, accounts)[index] + generator.normal(0, 2.5, n)) % 24
        size = np.exp(generator.normal(5, 1.2, accounts)[index] + generator.normal(0, 0.7, n))
    else:
        named = generator.choice(NAMES, n, p=np.r_[0.5, 0.4, np.full(NAMES - 2, 0.01)])
        own = pool + generator.integers(0, words, (n, 10))
        hour = generator.uniform(0, 24, n)
        size = np.exp(generator.normal(6, 0.7, n))
    day = generator.integers(0, 20, n)
    started = (day * 24 * HOUR + (hour * HOUR)).astype(np.int64)
    values = {name: np.zeros(n, np.int64) for name in (*VALUES, *TOKENS)}
    values["conversation"] = generator.integers(1, 2**62, n)
    values["payload"] = generator.integers(1, 2**62, n)
    if not person:
        values["head"] = 77 + generator.integers(0, 8, n)
    order = np.lexsort((started, account_index))
    return Exchanges(
        account_index,
        pa.chunked_array([pa.array([f"{seed}-{first_account}-{i}" for i in range(n)])]),
        started[order],
        *codes(named[order]),
        size.astype(np.int64)[order] + 1,
        size.astype(np.int64)[order] + 1,
        {name: value[order] for name, value in values.items()},
        (np.concatenate([common, own], axis=1) + 1).astype(np.uint32)[order],
    )


def joined(first: Exchanges, second: Exchanges) -> Exchanges:
    """Two sets of exchanges as one, sorted by account."""
    both = Exchanges(
        np.concatenate([first.account_index, second.account_index]),
        pa.chunked_array([*first.exchange_id.chunks, *second.exchange_id.chunks]),
        np.concatenate([first.started_at, second.started_at]),
        np.concatenate([first.subject, second.subject]),
        np.concatenate([first.form, second.form]),
        np.concatenate([first.input_size, second.input_size]),
        np.concatenate([first.output_size, second.output_size]),
        {name: np.concatenate([first.values[name], second.values[name]]) for name in (*VALUES, *TOKENS)},
        np.concatenate([first.features, second.features]),
    )
    return both.take(np.lexsort((both.started_at, both.account_index)).astype(np.int64))
