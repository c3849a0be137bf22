"""The policy: which finding leads to which effect, for how long, and what bounds it; read from one TOML file.

A policy without lines only observes. What is dangerous is refused while it is read: an effect on an account below its
own level `act` that such a level does not carry, a suspension by the way, holders who could not object.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from stillwatch.errors import Mistake, UsageError, reason_of
from stillwatch.key import Key, load_key
from stillwatch.ledger import EFFECTS
from stillwatch.settings import FromFolder, code, duration, load_toml

EXAMPLE = "examples/policy.toml"

Effect = Literal["observe", "label", "challenge", "throttle", "limit_models", "hide_reasoning", "suspend"]
NetworkKind = Literal["relay", "reseller", "fraud_ring", "enterprise", "shared_access", "unknown"]


def _duration(value: object) -> object:
    if isinstance(value, timedelta):
        return value
    found = duration(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("write it like `45m`, `12h` or `7d`")
    return found


Duration = Annotated[timedelta, BeforeValidator(_duration)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Limits(_Section):
    """How much a policy may do; only effects beyond `observe` count."""

    per_hour: int = Field(default=20, ge=0)
    per_day: int = Field(default=100, ge=0)
    share_of_accounts: float = Field(default=0.005, gt=0.0, le=1.0)  # beyond it a policy does nothing at all
    all_accounts: int | None = Field(default=None, ge=1)  # none: those of the accounts table, or that the run read
    second_person_above: int = Field(default=10, ge=0)  # accounts of one line and one finding within a day
    stale_after: Duration = Field(default=timedelta(days=14), gt=timedelta(0))  # age of a run's newest exchange
    quiet_after_reversal: Duration = timedelta(days=30)  # a person's word is not undone by the next run


class Timing(_Section):
    """When effects begin: never at once, for that would tell which act gave an account away."""

    wait: Duration = timedelta(hours=6)  # at least so long after the decision
    batch: Duration = Field(default=timedelta(hours=12), gt=timedelta(0))  # one random moment in each such span
    spread: int = Field(default=2, ge=1, le=100)  # accounts are dealt over so many batches


class HoldOut(_Section):
    """Accounts that are decided on and left alone, so that the harm of effects, and their use, can be measured."""

    share: float = Field(default=0.0, ge=0.0, le=0.5)


class Protect(_Section):
    """Whom no effect ever reaches."""

    accounts: tuple[str, ...] = ()
    accounts_file: FromFolder | None = None  # one account id a line
    organisations: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()  # networks and campaigns

    def all_accounts(self) -> frozenset[str]:
        """The accounts of both settings; raises UsageError when the file cannot be read."""
        if self.accounts_file is None:
            return frozenset(self.accounts)
        try:
            lines = self.accounts_file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            where = f"`protect.accounts_file` `{self.accounts_file}`"
            raise UsageError(
                [Mistake(where, f"cannot be read ({reason_of(error)})", "name a readable text file")]
            ) from error
        return frozenset(self.accounts) | {line.strip() for line in lines if line.strip()}


class Holder(_Section):
    """What every holder is told beside a line's own text."""

    rules: str | None = Field(default=None, min_length=1, max_length=500)  # where the rule of use stands
    object_at: str | None = Field(default=None, min_length=1, max_length=500)  # where to object


class Line(_Section):
    """One rule: accounts with this own level, in this kind of finding, get this effect."""

    name: Annotated[str, code("_-")]
    kind: Literal["campaign", "network"] = "campaign"
    level: Literal["watch", "review", "act"] | None = None  # exactly this one; none for `network`
    network_kinds: tuple[NetworkKind, ...] = ()  # none: of any kind
    subjects: tuple[str, ...] = ()  # only these networks or campaigns; none: all
    effect: Effect
    lasts: Duration = Field(gt=timedelta(0), le=timedelta(days=90))
    reason_code: Annotated[str, code("_.-")]
    holder_text: str = Field(default="", max_length=2_000)
    approval: Literal["above", "always"] | None = None  # none: `always` for `suspend`, else `above`

    @model_validator(mode="after")
    def _contradictions(self) -> Self:
        """Raises ValueError naming everything about the line that cannot be."""
        if wrong := list(self._wrong()):
            raise ValueError("; ".join(wrong))
        return self

    def _wrong(self) -> Iterator[str]:
        if self.kind == "network":
            if self.level is not None:
                yield '`level` says nothing of a network: remove it, or use `kind = "campaign"`'
            if self.effect != "observe":
                yield 'accounts of a network without a level of their own are only observed: use `effect = "observe"`'
        elif self.level is None:
            yield "`level` is missing: name `act`, `review` or `watch`"
        if self.effect == "suspend" and self.level != "act":
            yield 'only accounts at their own level `act` can be suspended: use `level = "act"`'
        if self.level == "watch" and self.effect not in ("observe", "label"):
            yield "`watch` means wait: use `observe` or `label`"
        if self.effect != "observe" and not self.holder_text.strip():
            yield "`holder_text` is missing: say which use is not allowed, and no value that gave it away"

    @property
    def always_approved(self) -> bool:
        """Whether every decision of the line waits for a second person."""
        return self.approval == "always" or (self.approval is None and self.effect == "suspend")

    @property
    def rank(self) -> int:
        """How hard the effect is, from 0 for `observe`."""
        return EFFECTS.index(self.effect)


class Policy(_Section):
    """All sections; a policy without lines only observes."""

    author: str = Field(default="policy", min_length=1, max_length=200)  # who answers for it, and hears no appeal
    key_file: FromFolder | None = None
    limits: Limits = Limits()
    timing: Timing = Timing()
    hold_out: HoldOut = HoldOut()
    protect: Protect = Protect()
    holder: Holder = Holder()
    lines: tuple[Line, ...] = Field(default=(), alias="line")

    @property
    def acts(self) -> bool:
        """Whether some line goes beyond `observe`."""
        return any(line.effect != "observe" for line in self.lines)

    @property
    def digest(self) -> str:
        """32 hexadecimal digits that change with everything the policy says."""
        said = self.model_dump_json(exclude={"key_file"})
        return blake2b(said.encode(), digest_size=16).hexdigest()

    def key(self) -> Key:
        """The secret behind hold-outs and starts; raises UsageError when its file cannot be used."""
        return load_key(self.key_file)


def load_policy(path: Path | None) -> Policy:
    """The policy in a TOML file, or one that only observes when there is none.

    Raises UsageError listing every mistake at once.
    """
    if path is None:
        return Policy()
    policy = load_toml(path, Policy, EXAMPLE)
    mistakes = [Mistake(f"`{path}` at `{where}`", what, remedy) for where, what, remedy in _mistakes(policy)]
    for found in (policy.key, policy.protect.all_accounts):
        try:
            found()
        except UsageError as error:
            mistakes.extend(error.mistakes)
    if mistakes:
        raise UsageError(mistakes)
    return policy


def _mistakes(policy: Policy) -> Iterator[tuple[str, str, str]]:
    for name, count in Counter(line.name for line in policy.lines).items():
        if count > 1:
            yield "line", f"{count} lines have the name `{name}`", "give each its own: decisions name their line"
    if policy.author != "policy" and policy.author.strip().casefold() == "policy":
        yield "author", "is no person", "name who answers for the policy"
    if not policy.acts:
        return
    if policy.key_file is None:
        remedy = "name a file made with `openssl rand -hex 32`: without it anybody can work out hold-outs and starts"
        yield "key_file", "is missing, and a line goes beyond `observe`", remedy
    if policy.holder.rules is None:
        yield "holder.rules", "is missing, and a line goes beyond `observe`", "say where the rule of use stands"
    if policy.holder.object_at is None:
        yield "holder.object_at", "is missing, and a line goes beyond `observe`", "say where a holder can object"
