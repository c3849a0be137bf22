"""The one place that turns a Python function into machine code."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., object])


def compiled(function: Kernel) -> Kernel:
    """The function as machine code that holds no interpreter lock and is kept on disk for the next process.

    A call with an array counts its references, atomically, and more than once: of a small function that is most. Put
    into its caller it counts nothing, if nothing in it can raise: division by zero gives what it gives in NumPy.
    """
    made = numba.njit(nogil=True, cache=True, forceinline=True, error_model="numpy")(function)
    return cast(Kernel, made)
