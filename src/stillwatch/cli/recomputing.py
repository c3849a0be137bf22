"""Finds a sealed campaign anew from the logs, under the sealed settings, and compares its figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from stillwatch import __version__, flow
from stillwatch.cli.options import TABLES as TABLES_GIVEN
from stillwatch.cli.options import Typed
from stillwatch.errors import RunError, UsageError
from stillwatch.input_files import find
from stillwatch.job import Inputs, Job, Window, resolve
from stillwatch.records.printable import printable
from stillwatch.report.dossier.profiles import NAMED_LEVELS
from stillwatch.report.dossier.sealing import figures
from stillwatch.report.plain import plain
from stillwatch.report.wording import count
from stillwatch.runs import previous
from stillwatch.runs.tables import table_of
from stillwatch.settings import Settings, SketchSettings, load_settings

if TYPE_CHECKING:
    from stillwatch.custody.check import Checked


class _Said(BaseModel):
    model_config = ConfigDict(strict=True)


class _Window(_Said):
    since: str | None
    until: str | None

    @field_validator("since", "until")
    @classmethod
    def _is_moment(cls, stamp: str | None) -> str | None:
        _moment(stamp)
        return stamp


class _Counted(_Said):
    exchanges: int


class _Facts(_Said):
    """What a statement must say for anything to be found anew: its signer may be anybody."""

    campaign: str
    settings: dict[str, Any] | None
    stillwatch: str
    key_id: str | None
    window: _Window
    figures: _Counted


def recompute(found: Checked, typed: Typed, logs: Sequence[str], sealed_run: Path | None, folder: Path) -> None:
    """Compares the inputs by their digests, then scans them and compares the campaign's figures.

    Where the sealed run's folder is named, the scan goes on from the runs that it had continued. Raises UsageError
    where the files cannot be found, RunError where they cannot be scanned.
    """
    if found.statement is None:
        found.pass_over("figures", "nothing is scanned for a statement that is not whole")
        return
    facts = found.statement["predicate"]
    try:
        _Facts.model_validate(facts)
    except ValidationError as error:
        found.add("figures", False, f"the seal does not say what to find ({error.error_count()} mistakes)")
        return
    given = Inputs(tuple(logs), *(tuple(getattr(typed, name)) for name in TABLES_GIVEN))
    _compare_inputs(found, given)
    if facts["settings"] is None:
        found.pass_over("figures", "this profile's seal holds only a digest of the settings")
        return
    if facts["stillwatch"] != __version__:
        found.pass_over("version", f"sealed by {facts['stillwatch']}, scanned by {__version__}: figures may differ")
    job = _job(facts, given, typed)
    if job is None:
        found.pass_over(
            "figures", "the logs were read by a mapping: name it in a file of `--settings`, as `read.mapping`"
        )
        return
    if facts["key_id"] is not None and job.key.key_id != facts["key_id"]:
        found.pass_over("key", "the sketches were made under another key; name it with `--key-file`")
    else:
        job = _continued(found, job, sealed_run)
    run = flow.scan(job, folder / "run").folder
    before = _differing(found)
    _compare_figures(found, run, facts)
    if job.previous is None and _differing(found) > before:
        what = "where the sealed run continued others, its ids, levels and probabilities rest on them"
        found.pass_over("earlier runs", f"{what}: name its folder with `--run`, and its key")


def _differing(found: Checked) -> int:
    return sum(one.outcome == "differs" for one in found.findings)


def _continued(found: Checked, job: Job, run: Path | None) -> Job:
    """The job that continues the sealed run, which takes that run's place: it read just as far."""
    if run is None or previous.refusal(run):
        return job
    said = "ids, and what searches of the day before had said, are taken from the run's folder and not found anew"
    found.pass_over("earlier runs", said)
    return replace(job, previous=run)


LACKING = "sealed file"
"""Begins the part of a sealed file that was not given: that figures differ for want of it says nothing of the seal."""
_NAMED = {"exchanges": "name it with `--logs`"}
_NAMED |= {name: f"name it with `--{name}`" for name in TABLES_GIVEN}


def _lacking(found: Checked, here: Counter[str | None]) -> Iterator[tuple[str, str, str]]:
    """Of each sealed file that is not here its place, what it was read as and, where the seal says so, its name."""
    assert found.statement is not None
    steps = [one for one in found.entries if one.get("process") == "identification"]
    said = {str(one.get("input")): one for one in steps}  # anybody's words: they are shown, and decide nothing
    left = Counter(here)
    for one in found.statement["subject"]:
        name, digest = one["name"], one["digest"]["sha256"]
        if not name.startswith("input/"):
            continue
        left[digest] -= 1
        if left[digest] < 0:
            place = name.removeprefix("input/")
            step = said.get(place, {})
            yield printable(place), printable(str(step.get("used_as", "a file"))), printable(str(step.get("file", "")))


def _compare_inputs(found: Checked, given: Inputs) -> None:
    from stillwatch.custody.check import digest_of

    assert found.statement is not None
    sealed = Counter(one["digest"]["sha256"] for one in found.statement["subject"] if one["name"].startswith("input/"))
    patterns = [one for name in ("exchanges", *TABLES_GIVEN) for one in getattr(given, name)]
    files, mistakes = find(patterns)
    if mistakes:
        raise UsageError(mistakes)
    here = Counter(digest_of(one.path) for one in files.sources)
    missing, other = sum((sealed - here).values()), sum((here - sealed).values())
    said = f"{sum(sealed.values())} files were sealed; of these {missing} are not here, and {other} here are others"
    found.add("inputs", not missing and not other, said)
    part, how = (LACKING, "was not given") if not other else ("input", "was not given, or not as it was sealed")
    lacking = list(_lacking(found, here))
    for place, used_as, file in lacking[:TOLD]:
        what = f"{used_as} `{file}`" if file else used_as
        remedy = _NAMED.get(used_as, "it cannot be named here, and what rests on it cannot be checked")
        found.pass_over(f"{part} {place}", f"{what} {how}; {remedy}: without it the scan finds other figures")
    if len(lacking) > TOLD:
        found.pass_over(part, f"{len(lacking) - TOLD:,} more {'were' + how.removeprefix('was')}")


def _job(facts: Mapping[str, Any], given: Inputs, typed: Typed) -> Job | None:
    """The job by what the seal says of finding; None where a mapping is missing.

    The signer may be anybody: which engine runs, where, and which files of this machine are read is never his to say.
    """
    try:
        sealed = Settings.model_validate(facts["settings"])
    except ValidationError as error:
        raise RunError(f"this version does not know the sealed settings ({error.error_count()} mistakes)") from error
    here = load_settings(typed.settings)
    if sealed.read.mapping is not None and here.read.mapping is None:
        return None
    settings = Settings(
        engine=here.engine,
        read=sealed.read.model_copy(update={"mapping": here.read.mapping, "keep_raw": False}),
        sketch=SketchSettings(key_file=typed.key_file),
        link=sealed.link,
        evidence=sealed.evidence,
        assess=sealed.assess,
    )
    window = Window(*(_moment(facts["window"][name]) for name in ("since", "until")))
    return resolve(given, window, settings)


def _moment(stamp: str | None) -> datetime | None:
    return None if stamp is None else datetime.fromisoformat(stamp.removesuffix("Z"))


def _compare_figures(found: Checked, run: Path, facts: Mapping[str, Any]) -> None:
    rows = {row["campaign_id"]: figures(row) for row in table_of(run, "campaigns").to_pylist()}
    if not rows:
        found.add("figures", False, "the scan found no campaign")
        return
    name = facts["campaign"]
    if name not in rows:
        # an id of a run that continued another is that other's, and an id of other accounts is another
        name = min(sorted(rows), key=lambda one: abs(rows[one]["exchanges"] - facts["figures"]["exchanges"]))
        found.pass_over("campaign", f"the scan found none of this id; {name}, the nearest in size, is compared")
    for figure, sealed in facts["figures"].items():
        mine = rows[name].get(figure)
        found.add(f"figure {figure}", mine == sealed, f"{sealed} was sealed, {mine} was found")
    for table in TABLES:
        _compare_rows(found, run, table, (facts["campaign"], name))


@dataclass(frozen=True, slots=True)
class Rows:
    """A table of a run whose rows of a campaign are sealed one by one: what names the campaign and a row, and what is
    compared."""

    table: str
    campaign: str | None  # None: the table is of the whole log
    key: tuple[str, ...]
    figures: tuple[str, ...]


SHARES = ("targets", "subjects", "forms")
TABLES = (
    Rows("campaigns", "campaign_id", (), SHARES),
    Rows("reference_shares", None, (), ("accounts", "exchanges", *SHARES)),
    Rows(
        "campaign_usage",
        "campaign_id",
        ("capability", "request_model", "detected"),
        ("exchanges", "conversations", "tasks", "input_tokens", "output_tokens"),
    ),
    Rows("campaign_texts", "campaign_id", ("capability", "times"), ("texts",)),
    Rows("evidence", "subject", ("claim",), ("bits", "sentence")),
    Rows("alternatives", "subject", ("alternative",), ("verdict", "sentence")),
    Rows("campaign_members", "campaign_id", ("account_id",), ("level", "exchanges", "probability", "detected_at")),
)
TOLD = 8  # rows of a table that are told one by one where they differ


def _compare_rows(found: Checked, run: Path, of: Rows, campaigns: tuple[str, str]) -> None:
    """The rows of a table that the seal shows, beside those that were found; `campaigns` are both names of one."""
    sealed = [one for one in found.entries if one["kind"] == of.table]
    try:
        kept = {_key(of, row): row for row in _about(of, sealed, campaigns[0])}
        for row in kept.values():
            _values(of, row)
    except (KeyError, TypeError, ValueError) as error:
        found.add(of.table, False, f"a sealed row is not as one of these is written ({type(error).__name__})")
        return
    if not kept:
        found.pass_over(of.table, "the seal shows its reader no row of it")
        return
    mine = {_key(of, row): row for row in _about(of, table_of(run, of.table).to_pylist(), campaigns[1])}
    if of.table == "campaign_members":  # of these the seal shows some levels alone
        mine = {key: row for key, row in mine.items() if key in kept or row["level"] in NAMED_LEVELS}
    differ = [key for key in sorted(kept.keys() | mine.keys(), key=str) if _told(of, kept.get(key), mine.get(key))]
    for key in differ[:TOLD]:
        said = "; ".join(_told(of, kept.get(key), mine.get(key)))
        found.add(" ".join(map(str, (of.table, *key))), False, said)
    if len(differ) > TOLD:
        found.add(of.table, False, f"{len(differ) - TOLD:,} more rows differ")
    if not differ:
        found.add(of.table, True, f"{count(len(kept), 'row')} sealed and found")


def _about(of: Rows, rows: Iterable[Mapping[str, Any]], campaign: str) -> Iterable[Mapping[str, Any]]:
    return (row for row in rows if of.campaign is None or row[of.campaign] == campaign)


def _key(of: Rows, row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in of.key)


def _told(of: Rows, sealed: Mapping[str, Any] | None, mine: Mapping[str, Any] | None) -> list[str]:
    """How a row differs, figure by figure; nothing where it does not."""
    if sealed is None or mine is None:
        return ["was sealed and is not found" if mine is None else "was not sealed and is found"]
    then, now = _values(of, sealed), _values(of, mine)
    pairs = [(name, then.get(name), now.get(name)) for name in then | now]
    return [f"{name}: {one} was sealed, {other} was found" for name, one, other in pairs if one != other]


def _values(of: Rows, row: Mapping[str, Any]) -> dict[str, Any]:
    """The row's figures by name, each share of a map by itself."""
    found: dict[str, Any] = {}
    for name in of.figures:
        value = plain(row[name])
        found |= {f"{name} {each}": share for each, share in value} if name in SHARES else {name: value}
    return found
