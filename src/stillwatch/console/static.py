"""The files that pages load: styles, scripts and libraries, each known by name and digest from the start."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib import resources

from stillwatch.console.asked import SECURE
from stillwatch.serve.http import Response

_OWN = ("console.css", "console.js", "picture.js", "explore.js", "icon.svg")
_VENDORED = ("sigma.min.js", "graphology.min.js")
_KINDS = {"css": b"text/css; charset=utf-8", "js": b"text/javascript; charset=utf-8", "svg": b"image/svg+xml"}
_FOR_EVER = (b"cache-control", b"public, max-age=31536000, immutable")


@cache
def files() -> dict[str, bytes]:
    """Every file by the name in its address; nothing else can be had, whatever a path says."""
    here = resources.files("stillwatch.console") / "assets"
    report = resources.files("stillwatch.report.render") / "templates" / "style.css"
    found = {"report.css": report.read_bytes()}
    found |= {name: (here / name).read_bytes() for name in _OWN}
    found |= {name: (here / "vendor" / name).read_bytes() for name in _VENDORED}
    return found


@cache
def address(name: str) -> str:
    """The address of a file, which changes with its bytes."""
    return f"/static/{name}?v={sha256(files()[name]).hexdigest()[:12]}"


def answer(name: str) -> Response | None:
    """Returns a file; None where there is none of that name."""
    found = files().get(name)
    if found is None:
        return None
    kind = _KINDS[name.rpartition(".")[2]]
    return Response(200, ((b"content-type", kind), _FOR_EVER, *SECURE), found)
