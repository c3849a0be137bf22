"""Characters that no text holds are left out or replaced, so that what a client writes never loses its row."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

REPLACEMENT = "\ufffd"  # stands where there was no character
_BROKEN = re.compile("[\0\ud800-\udfff]")

ABSENT_WORDS = ("NULL", "null", "\\N", "None", "NaN", "nan", "-", "undefined", "(null)", "<null>", "N/A", "n/a")
"""What programs write for an absent value. In a text that people or models wrote, and in keys, they are words."""

Indices = npt.NDArray[np.int64]


def whole_text(text: str) -> str:
    """The text without NUL, and with REPLACEMENT for each lone surrogate, be it half of a pair or a byte."""
    return text if text.isascii() and "\0" not in text else _BROKEN.sub(_replaced, text)


def whole_id(text: str) -> str:
    """The text with REPLACEMENT for NUL as well, so that no id becomes empty."""
    return _BROKEN.sub(REPLACEMENT, text)


def broken(text: str) -> bool:
    """Whether the text holds NUL or a lone surrogate."""
    return _BROKEN.search(text) is not None


def without_nul(column: pa.Array, instead: str = "") -> tuple[pa.Array, Indices]:
    """The texts, or lists of texts, with another text in place of NUL, and the indices of those that held one."""
    lists = pa.types.is_list(column.type)
    flat = pc.list_flatten(column) if lists else column
    if not _holds_zero(flat):
        return column, np.empty(0, np.int64)
    holds = pc.fill_null(pc.match_substring(flat, "\0"), False)
    found = np.flatnonzero(np.asarray(holds))
    if not lists:
        return pc.replace_substring(column, "\0", instead), found
    parents = np.asarray(pc.list_parent_indices(column))
    items = [None if one is None else [item and item.replace("\0", "") for item in one] for one in column.to_pylist()]
    return pa.array(items, column.type), np.unique(parents[found])


def whole_texts(column: pa.Array) -> tuple[pa.Array, Indices]:
    """Texts, or lists of texts, whose bytes may be no UTF-8, with REPLACEMENT in their place, and the indices of those.

    Arrow does not check the text of files; whoever reads it as text fails.
    """
    try:
        column.validate(full=True)
        return column, np.empty(0, np.int64)
    except pa.ArrowInvalid:
        pass
    lists = pa.types.is_list(column.type)
    items = column.cast(pa.list_(pa.binary()) if lists else pa.binary()).to_pylist()
    mended = [_decoded(item) for item in items]
    found = [
        index for index, (before, after) in enumerate(zip(items, mended, strict=True)) if _encoded(after) != before
    ]
    return pa.array(mended, column.type), np.array(found, np.int64)


def _replaced(found: re.Match[str]) -> str:
    return "" if found[0] == "\0" else REPLACEMENT


def _holds_zero(text: pa.Array) -> bool:
    # The least byte is found ten times as fast as a matching text, and most texts have no zero byte.
    data = text.buffers()[2]
    if data is None or not data.size or np.frombuffer(data, np.uint8).min() > 0:
        return False
    return bool(pc.any(pc.match_substring(text, "\0")).as_py())


def _decoded(item: object) -> object:
    if isinstance(item, list):
        return [_decoded(one) for one in item]
    return item.decode("utf-8", "replace") if isinstance(item, bytes) else item


def _encoded(item: object) -> object:
    if isinstance(item, list):
        return [_encoded(one) for one in item]
    return item.encode("utf-8") if isinstance(item, str) else item
