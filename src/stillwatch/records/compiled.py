"""Compiles Python functions to machine code, with the same options for all."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., object])


def compiled(function: Kernel) -> Kernel:
    """Returns the compiled function, which releases the interpreter lock; the code is cached on disk.

    A call that passes an array counts references, atomically and several times, which is most of the cost of a small
    function. A function that is inlined and cannot raise an error counts none. Therefore a division by zero raises no
    error, but gives the result of NumPy.
    """
    made = numba.njit(nogil=True, cache=True, forceinline=True, error_model="numpy")(function)
    return cast(Kernel, made)
