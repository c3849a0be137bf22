"""Compiles Python functions to machine code, with the same options for all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar, cast

import numba
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

Kernel = TypeVar("Kernel", bound=Callable[..., object])
Arrays = TypeVar("Arrays")


def compiled(function: Kernel) -> Kernel:
    """Returns the compiled function, which releases the interpreter lock; the code is cached on disk.

    A call that passes an array counts references, atomically and several times, which is most of the cost of a small
    function. A function that is inlined and cannot raise an error counts none. Therefore a division by zero raises no
    error, but gives the result of NumPy.
    """
    made = numba.njit(nogil=True, cache=True, forceinline=True, error_model="numpy")(function)
    return cast(Kernel, made)


class _Borrowed(Protocol):
    def __call__(self, value: Arrays, /) -> Arrays: ...


def _borrowed(_: Any, value: Any) -> Any:
    """Returns an array, or a tuple of arrays, that counts no references; the caller keeps what it came from.

    Counting takes half of the time of a loop that passes arrays to small functions, even where these are inlined.
    """

    def instructions(context: Any, builder: Any, _: Any, arguments: Any) -> Any:
        return _without_owner(context, builder, value, arguments[0])

    return value(value), instructions


borrowed = cast(_Borrowed, intrinsic(_borrowed))


def _without_owner(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    null, unpacked = cast(Any, cgutils.get_null_value), cast(Any, cgutils.unpack_tuple)
    if isinstance(kind, types.Array):
        array = context.make_array(kind)(context, builder, value=value)
        array.meminfo, array.parent = (null(one.type) for one in (array.meminfo, array.parent))
        return array._getvalue()
    if isinstance(kind, types.BaseTuple):
        parts = zip(cast(Any, kind).types, unpacked(builder, value), strict=True)
        return context.make_tuple(builder, kind, [_without_owner(context, builder, *part) for part in parts])
    return value
