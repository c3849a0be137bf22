"""The one place that turns a Python function into machine code."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., object])


def compiled(function: Kernel) -> Kernel:
    """The function as machine code that holds no interpreter lock and is kept on disk for the next process."""
    return cast(Kernel, numba.njit(nogil=True, cache=True)(function))
