"""Whom a provider shares with, how, and why it may: read from one TOML file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from stillwatch.errors import Mistake, UsageError
from stillwatch.settings import FromFolder, code, is_safe, load_toml, shaped

EXAMPLE = "examples/sharing.toml"

Marking = Literal["clear", "green", "amber", "amber+strict", "red"]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Provider(_Section):
    """The provider itself, as others are told."""

    name: Annotated[str, shaped(r"[^\x00-\x1f]{1,200}", "1 to 200 characters on one line")]


class Partner(_Section):
    """Another provider, or an authority."""

    name: Annotated[str, code("-")]  # also the name of the key that it shows to our server
    profile: Literal["partner", "government"] = "partner"
    marking: Marking = "amber+strict"
    legal_basis: str = Field(min_length=1, max_length=500)  # why it may be told; it stands beside everything it is told
    approval: Literal["always", "never"] = "always"  # whether a second person must agree before anything leaves
    push_to: str | None = None  # the address of a TAXII collection of its server that we write to
    pull_from: str | None = None  # and of one that we read
    key_file: FromFolder | None = None  # holds the secret that its server knows us by
    match_key_file: FromFolder | None = None  # a secret that both sides hold, for private matching
    matches_a_day: int = Field(default=4, ge=0, le=100)  # sessions with it; each lets it test so many guesses
    objects_a_day: int = Field(default=50_000, ge=1, le=1_000_000)  # more are not taken from it


class Sharing(_Section):
    """All sections."""

    provider: Provider
    partners: tuple[Partner, ...] = Field(default=(), alias="partner")

    def partner(self, name: str) -> Partner:
        """The partner of this name; raises UsageError where there is none."""
        for one in self.partners:
            if one.name == name:
                return one
        known = ", ".join(f"`{one.name}`" for one in self.partners) or "none"
        raise UsageError([Mistake(f"partner `{name}`", "is not in the sharing file", f"it has {known}")])


def load_sharing(path: Path) -> Sharing:
    """What the file says; raises UsageError listing every mistake at once."""
    sharing = load_toml(path, Sharing, EXAMPLE)
    mistakes = [Mistake(f"`{path}` at `{where}`", what, remedy) for where, what, remedy in _mistakes(sharing)]
    if mistakes:
        raise UsageError(mistakes)
    return sharing


def _mistakes(sharing: Sharing) -> Iterator[tuple[str, str, str]]:
    for name, count in Counter(one.name for one in sharing.partners).items():
        if count > 1:
            yield "partner", f"{count} partners have the name `{name}`", "give each its own"
    for one in sharing.partners:
        for option, address in (("push_to", one.push_to), ("pull_from", one.pull_from)):
            if address is not None and not is_safe(address):
                remedy = (
                    "use https://; plain http:// is for this machine only, since the secret would be read on the way"
                )
                yield f"partner.{one.name}.{option}", "is no safe address", remedy
        if (one.push_to or one.pull_from) and one.key_file is None:
            yield f"partner.{one.name}.key_file", "is missing beside an address", "name the file of its secret"
