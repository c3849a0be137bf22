"""Every setting of a run, with its default and the reason for it; read from one TOML file."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, model_validator

from stillwatch.errors import Mistake, UsageError, reason_of
from stillwatch.records.claims import EvidenceSort
from stillwatch.records.printable import printable

_DURATION = re.compile(r"(\d{1,5})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def _from_folder(path: Path, info: ValidationInfo) -> Path:
    folder: Path = (info.context or {}).get("folder", Path())
    return folder / path


FromFolder = Annotated[Path, AfterValidator(_from_folder)]
"""A path that a TOML file names, as seen from that file's folder: a service's working folder may be any."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def shaped(pattern: str, words: str) -> AfterValidator:
    """A text that matches the whole pattern; who writes another is told what it must be, in words (`validated`)."""
    form = re.compile(pattern)

    def checked(text: str) -> str:
        if form.fullmatch(text) is None:
            raise ValueError(f"must be {words}")
        return text

    return AfterValidator(checked)


def code(marks: str) -> AfterValidator:
    """A name for programs too: small letters, digits and, behind the first, these marks; raises as `shaped` does."""
    listed = ", ".join(f"`{mark}`" for mark in marks)
    words = f"1 to 64 small letters and digits, and behind the first {listed}"
    return shaped(f"[a-z0-9][a-z0-9{re.escape(marks)}]{{0,63}}", words)


Header = Annotated[str, shaped(r"[A-Za-z0-9-]{1,64}", "the name of a header: up to 64 letters, digits and hyphens")]
Size = Annotated[str, shaped(r"[0-9]+(\.[0-9]+)? ?[KMGT]i?B", "a size, such as `2500MB` or `4 GiB`")]
Country = Annotated[str, shaped(r"[A-Z]{2}", "a country's two capital letters (ISO 3166-1), such as `DE`")]


class EngineSettings(_Section):
    """Which engine runs the SQL, and how much of the machine a run may use."""

    name: Literal["duckdb", "spark"] = "duckdb"
    spark_remote: str | None = None  # none: the cluster of `spark-submit`, or else this machine
    memory_limit: Size = "2500MB"
    temp_directory: str | None = None
    threads: int = Field(default=0, ge=0, le=1024)  # 0: one a core


class ReadSettings(_Section):
    """What counts as a usable row."""

    max_line_bytes: int = Field(default=32_000_000, ge=1_000)  # of longer lines and objects the texts are cut
    earliest: datetime = datetime(2015, 1, 1)  # before any hosted language model: an impossible time
    latest: datetime = datetime(2100, 1, 1)
    trusted_hops: int = Field(default=0, ge=0, le=16)  # own proxies with public addresses at the end of address lists
    format: str | None = None  # the gateway whose log it is; none: recognised by itself where that is plain
    mapping: FromFolder | None = None  # a TOML file that says where each column comes from
    epoch_unit: Literal["s", "ms", "us", "ns"] | None = None  # of times that are numbers; none: seen from each file
    skip_unreadable: bool = False  # use the other files where some cannot be read
    most_lost: float = Field(default=0.01, ge=0.0, le=1.0)  # share of rows lost above which every result says so first
    keep_raw: bool = False  # keep the first characters of rows that cannot be used: they may hold what people wrote


class SketchSettings(_Section):
    """How text becomes sketches."""

    key_file: FromFolder | None = None  # none: a fixed key; its sketches may be compared by anyone, so keep them inside
    batch_rows: int = Field(default=4_096, ge=256)  # of a watch's batch there must be some for each thread


class LinkSettings(_Section):
    """When accounts are said to be run through one hand."""

    minimum_accounts: int = Field(default=8, ge=2)  # smaller groups say too little of themselves to be tested
    net_bits: float = Field(default=10.0, ge=0.0)  # chance of any false network at most 2^-bits under independence


class EvidenceSettings(_Section):
    """Which sorts of evidence a run does without, to see what each is worth (`stillwatch lab benchmark` does so)."""

    off: tuple[EvidenceSort, ...] = ()


class AssessSettings(_Section):
    """When a campaign may be acted on."""

    false_discovery_rate: float = Field(default=0.05, gt=0.0, lt=1.0)  # share of accounts at `act`, expected innocent
    prior_campaigns_per_1000_networks: float = Field(default=100.0, gt=0.0, lt=1000.0)
    remember_days: int = Field(default=365, ge=0, le=36_500)  # that a network with a campaign is known; 0: not at all


class RegionSettings(_Section):
    """Where accounts sign up from, by address data that the provider has; nothing is looked up elsewhere."""

    # CSV of `first address,last address,country`, as address databases are published
    countries: FromFolder | None = None
    hosting: tuple[FromFolder, ...] = ()  # files with one range a line: of hosting, VPN exits and proxies
    not_served: tuple[Country, ...] = ()
    # share of addresses of which the countries' file is wrong; published comparisons of databases find 0.02 to 0.2
    wrong_share: float = Field(default=0.05, ge=0.0, lt=0.5)


class RecordSettings(_Section):
    """For how long `stillwatch records expire` leaves what is kept of people."""

    case_days: int = Field(default=730, ge=1, le=36_500)  # records of a case
    screening_days: int = Field(default=90, ge=1, le=36_500)  # matches with lists; judgements on them stay


class ServeSettings(_Section):
    """How gateways are answered."""

    litellm_fails: Literal["open", "closed"] = "open"  # where nothing can be said of a caller: let it pass, or block it
    authorize_fails: Literal["open", "closed"] = "open"
    max_age_seconds: float = Field(default=86_400.0, gt=0.0)  # an older snapshot counts as none
    refresh_seconds: float = Field(default=1.0, ge=0.05)  # how often a newer snapshot is looked for
    keys_refresh_seconds: float = Field(default=10.0, ge=0.05)  # a revoked key works at most so much longer
    litellm_account: tuple[str, ...] = ("user_api_key_user_id", "user_api_key_hash")  # as read/gateways/litellm.toml
    account_header: Header = "x-stillwatch-account"
    throttle_per_minute: float = Field(default=6.0, gt=0.0)  # requests of an account whose effect is `throttle`
    body_bytes: int = Field(default=1_000_000, ge=1_024)
    litellm_body_bytes: int = Field(default=64_000_000, ge=1_024)  # LiteLLM posts the whole conversation with images
    taxii_body_bytes: int = Field(default=10_000_000, ge=1_024)  # what a partner may send at once
    taxii_objects_per_day: int = Field(default=50_000, ge=1)  # new objects of one partner; more are refused
    # that names at sign-up are held against; read anew when a file changes
    screening_lists: tuple[FromFolder, ...] = ()
    screening_least: float = Field(default=0.66, ge=0.5, le=1.0)  # agreement of names from which on it is a match
    receive_seconds: float = Field(default=20.0, gt=0.0)  # within which a request must have arrived
    keep_alive_seconds: float = Field(default=75.0, gt=0.0)  # longer than LiteLLM keeps an idle connection (15)
    most_connections: int = Field(default=4_096, ge=16)


class ConsoleSettings(_Section):
    """How people are served: who may enter, and what needs a second person."""

    enabled: bool = True
    session_hours: float = Field(default=12.0, gt=0.0, le=168.0)
    person_header: Header | None = None  # none: no proxy is believed
    trusted_proxies: tuple[str, ...] = ()  # addresses from which that header, and `x-forwarded-proto`, are believed
    unknown_person: Literal["none", "viewer", "analyst"] = "none"  # the role of somebody whom the ledger gives none
    second_person_above: int = Field(default=1_000, ge=0)  # accounts of a subject that one person alone may judge
    lock_minutes: float = Field(default=15.0, gt=0.0)  # how long a subject is kept for the person who opened it
    appeal_days: float = Field(default=14.0, gt=0.0)  # within which an appeal is to be answered
    most_of_a_source: int = Field(default=50, ge=1)  # findings of one sort that the queue shows before others'
    bulk_cap: int = Field(default=200, ge=1)  # subjects of one bulk action
    policy: FromFolder | None = None  # the policy that `watch` or `respond` follows, to be shown and tried
    prices: FromFolder | None = None  # list prices (docs/methods/dossier.md), to show what campaigns took in money
    sharing: FromFolder | None = None  # the sharing file, to show partners with what was agreed


class OidcSettings(_Section):
    """Entering the console by a company's own sign-in (OpenID Connect); off without an issuer."""

    issuer: str | None = None  # as the provider writes it in its tokens; its discovery document lies below it
    client_id: str | None = None
    client_secret_file: FromFolder | None = None  # none: a public client, which PKCE alone protects
    public_address: str | None = None  # of the console as browsers see it; the provider sends back to `/signed-in`
    scopes: tuple[str, ...] = ("openid", "email")
    person_claim: str = Field(default="email", min_length=1)  # of a mail address only a verified one counts
    roles_claim: str = Field(default="groups", min_length=1)  # a dot leads into a claim, as `realm_access.roles`
    roles: dict[str, Literal["viewer", "analyst", "approver", "admin"]] = {}  # by a value of that claim; highest counts

    @model_validator(mode="after")
    def _whole(self) -> OidcSettings:
        """Raises ValueError where something is missing beside the issuer, or an address is no safe one."""
        if self.issuer is None:
            return self
        if not self.client_id or not self.public_address:
            raise ValueError("`issuer` needs `client_id` and `public_address` beside it")
        for name, address in (("issuer", self.issuer), ("public_address", self.public_address)):
            if not is_safe(address) or urlsplit(address).query or urlsplit(address).fragment:
                raise ValueError(f"`{name}` is no https:// address; http:// is for this machine only")
        if urlsplit(self.public_address).path.strip("/"):
            raise ValueError("`public_address` has a path: the console stands at the root of its address")
        return self


class Settings(_Section):
    """All sections; an absent section keeps its defaults."""

    engine: EngineSettings = EngineSettings()
    read: ReadSettings = ReadSettings()
    sketch: SketchSettings = SketchSettings()
    link: LinkSettings = LinkSettings()
    evidence: EvidenceSettings = EvidenceSettings()
    assess: AssessSettings = AssessSettings()
    regions: RegionSettings = RegionSettings()
    records: RecordSettings = RecordSettings()
    serve: ServeSettings = ServeSettings()
    console: ConsoleSettings = ConsoleSettings()
    oidc: OidcSettings = OidcSettings()


def is_safe(address: str) -> bool:
    """Whether a secret may be sent to an address: by https://, or by http:// to this machine alone."""
    parts = urlsplit(address)
    if parts.username is not None or not parts.hostname:
        return False
    if parts.scheme == "https":
        return True
    try:
        return parts.scheme == "http" and ip_address(parts.hostname).is_loopback
    except ValueError:
        return False


def duration(text: str) -> timedelta | None:
    """The span of time that `90s`, `45m`, `12h` or `7d` says; None for another text."""
    found = _DURATION.fullmatch(text)
    return None if found is None else timedelta(**{_UNITS[found[2]]: int(found[1])})


def load_settings(path: Path | None) -> Settings:
    """Settings from a TOML file, or the defaults when there is none.

    Raises UsageError listing every mistake in the file at once.
    """
    if path is None:
        return Settings()
    return load_toml(path, Settings, "examples/provider.toml")


def absent_files(section: BaseModel, named: str) -> list[Mistake]:
    """What is wrong with the files that a section of the settings names, `named` being the section's own name."""
    found = []
    for name, value in section:
        paths = [one for one in (value if isinstance(value, tuple) else (value,)) if isinstance(one, Path)]
        for path in paths:
            try:
                path.open("rb").close()
            except OSError as error:
                what = f"names `{path}`, which cannot be read ({reason_of(error)})"
                found.append(
                    Mistake(f"`{named}.{name}`", what, "name a readable file, as seen from the settings' folder")
                )
    return found


Model = TypeVar("Model", bound=BaseModel)


def load_toml(path: Path, model: type[Model], example: str) -> Model:
    """What a TOML file says, as the model checks it, with paths as seen from its folder; `example` explains every key.

    Raises UsageError listing every mistake in the file at once.
    """
    where = f"`{path}`"
    return validated(model, read_toml(path, where), where, f"see `{example}` for every setting", path.parent)


def read_toml(path: Path, where: str, remedy: str = "name a readable file") -> dict[str, object]:
    """What a TOML file says; raises UsageError, at the place called `where`, for another file."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError([Mistake(where, f"cannot be read ({reason_of(error)})", remedy)]) from error
    except UnicodeDecodeError as error:
        raise UsageError([Mistake(where, f"is no text ({reason_of(error)})", "save it as UTF-8")]) from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError([Mistake(where, f"is not TOML ({error})", "mend that line")]) from error


def validated(model: type[Model], raw: object, where: str, remedy: str, folder: Path | None = None) -> Model:
    """What people wrote, as the model checks it; paths are as seen from the folder.

    Raises UsageError listing every mistake at once in words of ours; `where` names the file or the form.
    """
    try:
        return model.model_validate(raw, context={"folder": folder or Path()})
    except ValidationError as error:
        known = _dotted(model, "")
        raise UsageError([_mistake(where, raw, dict(item), known, remedy) for item in error.errors()]) from error


_SAID = {
    "missing": "is missing",
    "tuple_type": "is no list of values or of `[[blocks]]`",
    "list_type": "is no list of values or of `[[blocks]]`",
    "model_type": "is no section: write its name in brackets on a line of its own",
    "dict_type": "is no section: write its name in brackets on a line of its own",
    "string_type": "is no text: write it in quotes",
    "bool_type": "is neither `true` nor `false`",
    "bool_parsing": "is neither `true` nor `false`",
    "int_type": "is no whole number",
    "int_parsing": "is no whole number",
    "int_from_float": "is no whole number",
    "float_type": "is no number",
    "float_parsing": "is no number",
    "finite_number": "is no finite number",
    "literal_error": "must be {expected}",
    "greater_than_equal": "must be at least {ge}",
    "greater_than": "must be more than {gt}",
    "less_than_equal": "must be at most {le}",
    "less_than": "must be less than {lt}",
    "string_too_short": "is shorter than {min_length} characters",
    "string_too_long": "is longer than {max_length} characters",
    "too_long": "has more than {max_length} entries",
}
"""What is plainer than pydantic's own words, by its type of error."""
_ITS_OWN = re.compile(r"(Value error, |(Input|Value|String|List|Tuple|Dictionary) should )")


def _mistake(where: str, raw: object, item: dict[str, Any], known: Sequence[str], remedy: str) -> Mistake:
    place = item["loc"]
    dotted = ".".join(str(part) for part in place)
    at = f"{where} at `{dotted}`{_called(raw, place)}"
    if item["type"] != "extra_forbidden":
        return Mistake(at, _said(item), remedy)
    without_places = ".".join(part for part in dotted.split(".") if not part.isdigit())
    near = difflib.get_close_matches(without_places, known, n=1)
    return Mistake(at, "is not known here", f"did you mean `{near[0]}`?" if near else remedy)


def _said(item: Mapping[str, Any]) -> str:
    if item["type"] == "string_too_short" and item["ctx"]["min_length"] == 1:
        return "is empty"
    ours = _SAID.get(item["type"])
    if ours is not None:
        return ours.format(**item.get("ctx", {}))
    theirs = _ITS_OWN.sub(lambda found: "must " if "should" in found[0] else "", str(item["msg"]), count=1)
    return theirs[:1].lower() + theirs[1:]


def _called(raw: object, place: object) -> str:
    """The name of the block that a mistake stands in, since nobody counts blocks from 0; '' outside of blocks."""
    said = ""
    for part in place if isinstance(place, tuple) else ():
        if isinstance(part, int) and isinstance(raw, list) and part < len(raw):
            raw = raw[part]
            if isinstance(raw, dict) and isinstance(raw.get("name"), str):
                said = f" (named `{printable(raw['name'])}`)"
        elif isinstance(raw, dict):
            raw = raw.get(part)
    return said


def _dotted(model: type[BaseModel], prefix: str) -> list[str]:
    names = []
    for name, known in model.model_fields.items():
        shown = prefix + (known.alias or name)
        names.append(shown)
        for part in (known.annotation, *get_args(known.annotation)):  # a section, or a list of sections
            if isinstance(part, type) and issubclass(part, BaseModel):
                names.extend(_dotted(part, f"{shown}."))
    return names
