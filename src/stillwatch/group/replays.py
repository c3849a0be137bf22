"""Requests that ask a turn again that another account had asked, at the same point of the same conversation.

Whoever keeps his customers' traffic may have their last turns answered again on other accounts, to sample more answers
than the customer saw. Texts alone do not show it: people ask the same short things. The length of the request, which
carries the conversation so far, does.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from stillwatch.group.exchanges import Exchanges
from stillwatch.records.definitions import HOUR, REFUSED_STATUS

Bools = NDArray[np.bool_]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

PAUSE = HOUR // 30  # µs within which a slow or failed request is asked again for want of an answer
SAME_LENGTH = 0.02  # relative difference of lengths of one conversation so far: counts of tokens vary a little
ASKERS = 6  # accounts that ask a turn, beyond which it is what many ask
COMPARED = 16  # requests of one text and nearest length that each is compared with, on either side


def asked_again(exchanges: Exchanges) -> Bools:
    """Marks the answered requests (exchanges,) whose text and length another account's had, PAUSE or more before.

    Only who asks later has done something: the account that is asked after is never marked for it.
    """
    payload, length = exchanges.values["payload"], exchanges.input_size
    rows = np.flatnonzero((payload != 0) & (exchanges.values["status"] < REFUSED_STATUS))
    rows = rows[np.lexsort((exchanges.started_at[rows], length[rows], payload[rows]))]
    again = _asked_again(payload[rows], length[rows], exchanges.account_index[rows], exchanges.started_at[rows])
    result = np.zeros(len(exchanges), np.bool_)
    result[rows[again]] = True
    return result


def replays(group: Exchanges, people: Exchanges) -> Bools:
    """Those of the group that ask a turn again that hardly anybody asks: nobody of `people`, few of the group."""
    again = asked_again(group)
    texts = np.unique(group.values["payload"][again])
    common = texts[people.having("payload", texts) > 0]
    return again & ~np.isin(group.values["payload"], common)


def asked_again_share(exchanges: Exchanges) -> float:
    """Share of the requests with text that ask a turn again; NaN without text."""
    asked = exchanges.values["payload"] != 0
    return float(asked_again(exchanges)[asked].mean()) if asked.any() else float("nan")


@njit(cache=True, nogil=True)
def _asked_again(text: Int64, length: Int64, account_index: Int32, started_at: Int64) -> Bools:
    result = np.zeros(len(text), np.bool_)
    begin = 0
    for i in range(len(text)):
        if i > 0 and text[i] != text[i - 1]:
            begin = i
        for j in range(max(begin, i - COMPARED), min(len(text), i + COMPARED + 1)):
            if text[j] != text[i] or account_index[j] == account_index[i]:
                continue
            if started_at[i] - started_at[j] >= PAUSE and abs(length[i] - length[j]) <= SAME_LENGTH * length[j]:
                result[i] = True
                break
    return _of_few(result, text, account_index)


@njit(cache=True, nogil=True)
def _of_few(marked: Bools, text: Int64, account_index: Int32) -> Bools:
    """Only those whose text (in runs) at most ASKERS accounts ask."""
    begin = 0
    while begin < len(text):
        end, some = begin, False
        while end < len(text) and text[end] == text[begin]:
            some = some or marked[end]
            end += 1
        if some and len(np.unique(account_index[begin:end])) > ASKERS:
            marked[begin:end] = False
        begin = end
    return marked
