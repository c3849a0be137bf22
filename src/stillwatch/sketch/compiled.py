"""The one place that turns a Python function into machine code."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., object])


def compiled(function: Kernel) -> Kernel:
    """The function as machine code that releases the interpreter lock and is kept on disk for the next process.

    A call that passes an array counts references, atomically and several times, which is most of the cost of a small
    function. Inlined into its caller it counts none, provided that it cannot raise: division by zero therefore gives
    what it gives in NumPy.
    """
    made = numba.njit(nogil=True, cache=True, forceinline=True, error_model="numpy")(function)
    return cast(Kernel, made)
