"""Which address is answered by what, for whom, and how large a body may be."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from stillwatch.serve.http import Request, Response, problem

Answer = Response | str
"""A response, or in a word why nothing can be said; only routes with `failed` may say so."""
KEY_HEADERS = (b"authorization", b"x-api-key")
GATEWAY_KEY_HEADERS = (b"x-stillwatch-key",)
"""A gateway passes its client's own `authorization` and `x-api-key` on, so that neither can be the gateway's key."""


PROGRAMS = ("/v1/", "/beta/", "/taxii2/")
"""Addresses of programs, which are told of a mistake in JSON whatever else is served."""


@dataclass(frozen=True, slots=True)
class Route:
    """One address. `name` is its label in measures and logs; a route without scopes takes no key."""

    name: str
    answer: Callable[[Request], Answer | Awaitable[Answer]]
    scopes: tuple[str, ...] = ()
    body_bytes: int = 0  # 0: the body is not read
    credentials: tuple[bytes, ...] = KEY_HEADERS
    failed: Callable[[], Response] | None = None  # the answer where a caller must have one, whatever happens
    passes_unknown_keys: bool = False  # whether a wrong key as well is answered by `failed`
    basic: bool = False  # whether the key may be the password of HTTP's Basic scheme
    dressed: Callable[[Response], Response] | None = None  # a problem in the form of another standard


@dataclass(frozen=True, slots=True)
class Routes:
    """All addresses: whole paths, paths with an id in them, and the paths that begin with a prefix."""

    exact: dict[tuple[str, str], Route]
    with_id: Sequence[tuple[str, str, str, Callable[[str], Route]]] = ()  # method, before and behind the id
    prefixes: Sequence[tuple[str, Route]] = ()
    rest: Route | None = None  # what takes every other address, but for those under `PROGRAMS`

    def find(self, method: str, path: str) -> Route | Response:
        """Returns the route of a request, or the problem where there is none."""
        found = self.exact.get((method, path))
        if found is not None:
            return found
        below = next((route for prefix, route in self.prefixes if path.startswith(prefix)), None)
        if below is not None:
            return below
        if method == "HEAD":
            return self.find("GET", path)
        methods = {known for known, one in self.exact if one == path}
        for known, before, behind, made in self.with_id:
            one = _between(path, before, behind)
            if one is not None and known == method:
                return made(one)
            if one is not None:
                methods.add(known)
        if methods:
            allowed = ", ".join(sorted(methods))
            return problem(405, f"use {allowed}", (b"allow", allowed.encode()))
        return self._other(path)

    def _other(self, path: str) -> Route | Response:
        if self.rest is not None and not path.startswith(PROGRAMS):
            return self.rest
        return problem(404, "there is nothing at this address; see `/openapi.json`")


def _between(path: str, before: str, behind: str) -> str | None:
    """Returns the id that stands in a path, if the rest is as expected."""
    if not path.startswith(before) or not path.endswith(behind):
        return None
    one = path[len(before) : len(path) - len(behind)]
    return one if one and "/" not in one else None
