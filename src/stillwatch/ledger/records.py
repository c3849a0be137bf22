"""What the ledger's rows mean: frozen records that check themselves. All times are aware and in UTC."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Literal

EFFECTS = ("observe", "label", "challenge", "throttle", "limit_models", "hide_reasoning", "suspend")
"""What a decision can do to an account, from the mildest to the hardest."""

SCOPES = ("verdict", "ingest", "appeal", "screen", "share", "read", "analyst")
"""What a key opens. `ingest` opens appeals, too; an appeal form, which anybody reaches, needs `appeal` alone."""

LEVELS = ("none", "watch", "review", "act")
"""The account's own level, from the mildest; `none` is an account of a network that takes no part in a campaign."""
ROLES = ("viewer", "analyst", "approver", "admin")
"""What a person may do in the console, each also what those before it may."""
VERDICTS = ("innocent", "unsure", "confirmed")
"""What a judgement can say; of two made at one moment the earlier in this list counts."""

RUNGS = {
    "same_operator": "is run by the same operator as another finding",
    "same_network": "belongs to the same network as another finding",
    "affiliated_with": "is affiliated with a named actor",
    "is": "is a named actor",
}
"""What a person can conclude of an actor, from the least to the most."""
ENTITY_ROLES = {
    "extractor": "extracts, or has it done",
    "account_provider": "provides accounts to those who extract",
    "proxy_provider": "provides proxies, or resells access",
    "supporter": "gives material assistance",
}
"""What an entity does, as a person has attributed it."""
ENTITY_SORTS = ("organization", "group", "unknown")
"""What an entity is; a natural person is none of them, and is named to nobody."""
RATINGS = ("CC", "C", "N", "I", "II")
"""How a fact fits a hypothesis, from very consistent over neutral to very inconsistent."""

LONGEST_TEXT = 8_000
"""Characters of a text that a person wrote; the rest is cut."""
LONGEST_NAME = 512
"""Characters of an id or of a person's name; longer ones are refused."""

Status = Literal["held_out", "waiting", "to_begin", "active", "expired", "refused", "reversed"]
"""What a decision is at a moment; only `active` has an effect."""


def digest(*parts: str) -> str:
    """32 hexadecimal digits of the parts, which no other parts have."""
    framed = "".join(f"{len(part)}:{part}" for part in parts)
    return blake2b(framed.encode("utf-8", "surrogatepass"), digest_size=16, person=b"ledger").hexdigest()


def in_utc(moment: datetime) -> datetime:
    """The moment in UTC; a time without a zone is one in UTC, as in every table of a run."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def cleaned(text: str) -> str:
    """What a person wrote, at most LONGEST_TEXT characters, without characters that hide or reorder what is read."""
    if text.isprintable():  # what most texts are
        return text[:LONGEST_TEXT].strip()
    kept = (
        one if one in "\n\t" or unicodedata.category(one) not in ("Cc", "Cf", "Cs", "Co", "Cn") else " "
        for one in text[:LONGEST_TEXT].replace("\r\n", "\n")
    )
    return "".join(kept).strip()


def storable(text: str) -> bool:
    """Whether both databases can hold the text: PostgreSQL takes no NUL, and neither takes half a character."""
    if "\0" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def same_person(one: str, other: str) -> bool:
    """Whether two names are one person's: case, blanks and look-alike forms of letters do not make another."""
    return _plain(one) == _plain(other)


def _plain(name: str) -> str:
    plain = unicodedata.normalize("NFKC", cleaned(name))
    if not plain.isascii():
        from stillwatch.records.confusables import as_seen  # here: what it is compiled with, few names need

        plain = as_seen(plain)
    return "".join(plain.casefold().split())


@dataclass(frozen=True, slots=True)
class Evidence:
    """A claim, its bits, and a sentence that names no value."""

    claim: str
    bits: float
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is to be done to one account, from `since` to `expires_at`, by which line of which policy, and why."""

    decision_id: str
    made_at: datetime
    account_id: str
    subject: str  # the network or campaign for whose sake
    level: str
    effect: str
    reason_code: str
    policy: str  # the name of the policy's line
    policy_digest: str
    run: str
    evidence: tuple[Evidence, ...]
    since: datetime
    expires_at: datetime
    appeal: str
    holder_text: str
    held_out: bool = False
    needs_approval: bool = False
    renews: str | None = None  # the decision that this one prolongs
    made_by: str = "policy"

    def __post_init__(self) -> None:
        """Raises ValueError for a decision that says too little or has no end."""
        for name in ("decision_id", "account_id", "subject", "reason_code", "policy", "appeal", "made_by"):
            if not getattr(self, name).strip() or not storable(getattr(self, name)):
                raise ValueError(f"a decision needs `{name}`")
        if self.effect not in EFFECTS:
            raise ValueError(f"`{self.effect}` is no effect")
        if self.level not in LEVELS:
            raise ValueError(f"`{self.level}` is no level")
        for name in ("made_at", "since", "expires_at"):
            object.__setattr__(self, name, in_utc(getattr(self, name)))
        if not self.since < self.expires_at:
            raise ValueError("a decision ends after it begins")
        if self.effect != "observe" and not self.holder_text.strip():
            raise ValueError("a decision with an effect needs a text for the holder")


@dataclass(frozen=True, slots=True)
class DecisionEvent:
    """A person, or the policy, has approved, refused or reversed a decision."""

    decision_id: str
    event: Literal["approved", "refused", "reversed"]
    by: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A decision beside what became of it."""

    decision: Decision
    events: tuple[DecisionEvent, ...] = ()

    def status(self, now: datetime) -> Status:
        """What the decision is at `now`."""
        said = {event.event for event in self.events}
        for event in ("reversed", "refused"):
            if event in said:
                return event
        if self.decision.expires_at <= in_utc(now):
            return "expired"
        if self.decision.held_out:
            return "held_out"
        if self.decision.needs_approval and "approved" not in said:
            return "waiting"
        return "to_begin" if self.decision.since > in_utc(now) else "active"


@dataclass(frozen=True, slots=True)
class AppealEvent:
    """An appeal was assigned to a person, or a person has decided it."""

    appeal_id: str
    event: Literal["assigned", "outcome"]
    by: str
    at: datetime
    reason: str
    outcome: Literal["upheld", "overturned"] | None = None  # of the decision; None for `assigned`
    assignee: str | None = None


@dataclass(frozen=True, slots=True)
class Appeal:
    """A holder objects to a decision."""

    appeal_id: str
    decision_id: str
    received_at: datetime
    text: str
    contact: str | None = None
    events: tuple[AppealEvent, ...] = ()

    @property
    def status(self) -> Literal["received", "assigned", "upheld", "overturned"]:
        """Where it stands: `upheld` means that the decision stays, `overturned` that it was reversed."""
        for event in self.events:
            if event.outcome is not None:
                return event.outcome
        return "assigned" if self.events else "received"


@dataclass(frozen=True, slots=True)
class Key:
    """A key for programs; its secret is kept nowhere, only the secret's sha256 is."""

    key_id: str
    name: str
    scope: str
    created_at: datetime
    revoked_at: datetime | None = None
    revoked_by: str | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a person has decided of an account, network or campaign, as in the contract's table `judgements`."""

    subject: str
    verdict: str
    decided_by: str
    decided_at: datetime
    reason: str = ""

    @property
    def judgement_id(self) -> str:
        """What names the row in the ledger: the same words of the same person at the same moment are one."""
        return digest(self.subject, self.verdict, self.decided_by, in_utc(self.decided_at).isoformat(), self.reason)


@dataclass(frozen=True, slots=True)
class Judged:
    """What the run said of a subject when a person judged it, so that the product can be measured by its judgements."""

    judgement_id: str
    run: str
    level: str  # `none` for a network, or an account of no campaign
    accounts: int
    claims: tuple[tuple[str, float], ...]  # with their bits


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A person has taken back what was said: a judgement, a proposal, a saved view or a bulk action."""

    row_id: str
    what: str
    by: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who has entered the console, until it expires or is ended; its secret is kept nowhere."""

    session_sha256: str
    person: str
    role: str  # given on entering; a role that the ledger holds for the person may be a lower one
    made_at: datetime
    expires_at: datetime
    how: str  # `token`, `proxy` or `oidc`


@dataclass(frozen=True, slots=True)
class Claim:
    """One person works on a subject until then, and nobody else does."""

    claim_id: str
    subject: str
    by: str
    at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Note:
    """What a person wrote beside an account, network or campaign."""

    subject: str
    by: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class View:
    """Somebody looked at an account, a decision or another subject."""

    at: datetime
    by: str
    action: str
    subject: str


@dataclass(frozen=True, slots=True)
class Attribution:
    """One entry of a campaign's attribution worksheet, by a person: of several on one thing the latest counts.

    A `hypothesis` and an `item` have a text; an item's `value` is its source. A `rating` says how the item fits the
    hypothesis, a `conclusion` on which rung the hypothesis stands, and what would turn it over. An `entity` is named by
    `item`; its `value` is its role, its `text` what it is. What is held of it stands in rows of its own: `attributed`
    says on which rung it stands, by which hypothesis; `places` and `networks` are lists. `withdrawn` takes a
    hypothesis, an item or an entity back.
    """

    subject: str
    kind: Literal[
        "hypothesis", "item", "rating", "conclusion", "entity", "attributed", "places", "networks", "withdrawn"
    ]
    by: str
    at: datetime
    hypothesis: str = ""
    item: str = ""
    value: str = ""
    likelihood: str = ""
    confidence: str = ""
    turns_over: str = ""
    text: str = ""
