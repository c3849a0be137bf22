"""Legitimate programs of organisations: batch jobs, makers of data, evaluation harnesses, build fleets, licensees."""

from __future__ import annotations

import numpy as np

from stillwatch_lab.worlds import draws
from stillwatch_lab.worlds.draft import (
    INNOCENT,
    Group,
    Permit,
    Timetable,
    World,
)
from stillwatch_lab.worlds.draws import Wholes, key_of
from stillwatch_lab.worlds.parameters import Parameters, keys_under
from stillwatch_lab.worlds.population import clock
from stillwatch_lab.worlds.population.firms import (
    RESEARCH,
    found_organisation,
    hosted,
    start_up,
)
from stillwatch_lab.worlds.text import wording
from stillwatch_lab.worlds.text.languages import languages
from stillwatch_lab.worlds.text.programs import Frame, Program, TaskSet

_TEMPERATURES = (None, None, 0.0, 0.2, 0.7, 1.0)
_LIMITS = (None, 64, 256, 1024, 4096)
_TICKS = (60.0, 300.0, 900.0, 3600.0, 86_400.0)  # seconds; the intervals that schedulers offer


def batch_job(world: World, members: Wholes, parameters: Parameters) -> Group:
    """A start-up whose accounts work through many different rows of its own with one wording."""
    start_up(world, members, parameters)
    rows = draws.shuffled(world.corpus.prompt_numbers("organic"), parameters.key)
    frame = wording.job_frame(world.corpus, parameters.key)
    program = _program(
        world,
        parameters,
        (TaskSet(rows, (frame,)),),
        substitution=parameters.real("row_exchange", 0.2, 0.6),
        longest_payload=parameters.whole("longest_payload", 30, 600),
    )
    _machine(world, members, parameters, program, parameters.scale("intensity", 4, 30))
    _runs(world, members, parameters, parameters.whole("runs", 1, 20))
    return Group("batch_job", INNOCENT, members, parameters)


def data_maker(world: World, members: Wholes, parameters: Parameters) -> Group:
    """A team that makes synthetic data in order to train a small classifier of its own."""
    start_up(world, members, parameters)
    rows = draws.shuffled(world.corpus.prompt_numbers("organic"), parameters.key)
    rows = rows[: parameters.whole("seeds", 50, 3000)]
    frames = tuple(
        wording.job_frame(world.corpus, key_of(parameters.key, number), "makers")
        for number in range(parameters.whole("frames", 1, 4))
    )
    program = _program(
        world,
        parameters,
        (TaskSet(rows, frames),),
        substitution=parameters.real("row_exchange", 0.05, 0.4),
        longest_payload=parameters.whole("longest_payload", 20, 200),
    )
    _machine(world, members, parameters, program, parameters.scale("intensity", 3, 15))
    _runs(world, members, parameters, parameters.whole("runs", 1, 8))
    return Group("data_maker", INNOCENT, members, parameters)


def evaluation_harness(world: World, members: Wholes, parameters: Parameters) -> Group:
    """An evaluation that asks public questions unchanged, several times each, on several accounts.

    It runs on a new model on the first day after its release.
    """
    start_up(world, members, parameters, RESEARCH)
    rows = world.corpus.prompt_numbers("bench")
    known = max(1, min(len(rows), parameters.whole("questions", 100, 3000)))
    begin = key_of(parameters.key, "first question") % max(1, len(rows) - known)
    program = _program(
        world,
        parameters,
        (TaskSet(rows[begin : begin + known], (Frame(),)),),
        repeats=parameters.whole("samples", 1, 8),
    )
    _machine(world, members, parameters, program, parameters.scale("intensity", 3, 15))
    hurries = parameters.chance("hurries", 0.85)
    _runs(world, members, parameters, parameters.whole("runs", 1, 6), world.span.release if hurries else None)
    if hurries:
        world.accounts.lag[members], world.accounts.rush[members] = 0.02, parameters.real("release_share", 0.7, 1.0)
    return Group("evaluation_harness", INNOCENT, members, parameters)


def ci_fleet(world: World, members: Wholes, parameters: Parameters) -> Group:
    """Build machines that send requests on the minute."""
    start_up(world, members, parameters, 1)
    rows = draws.shuffled(world.corpus.prompt_numbers("organic"), parameters.key)[
        : parameters.whole("changes", 50, 2000)
    ]
    frame = wording.job_frame(world.corpus, parameters.key, "fleet")
    program = _program(
        world,
        parameters,
        (TaskSet(rows, (frame,)),),
        substitution=parameters.real("row_exchange", 0.2, 0.6),
        longest_payload=parameters.whole("longest_payload", 60, 800),
    )
    _machine(world, members, parameters, program, parameters.scale("intensity", 2, 10))
    tick = _TICKS[parameters.whole("tick", 0, len(_TICKS) - 1)]
    days = np.arange(world.span.days)
    if parameters.chance("rests", 0.4):  # a fleet works only when its developers commit changes
        days = _working(world, members, days)
    world.timetables.append(Timetable(days, days + 1.0, tick))
    world.accounts.rhythm[members], world.accounts.sittings[members] = len(world.timetables) - 1, 1.0
    return Group("ci_fleet", INNOCENT, members, parameters)


def licensed_distillation(world: World, members: Wholes, parameters: Parameters) -> Group:
    """Distillation that a contract allows, within its limit unless `beyond` is set."""
    number = found_organisation(world, members, parameters)
    names = parameters.words("capabilities", world.corpus.capabilities("distill"), 1, 3)
    spoken = parameters.words("languages", languages(), 1, 2)
    voice = wording.Voice(spoken, parameters.real("foreign_share", 0.0, 0.3), parameters.real("in_system", 0.0, 1.0))
    variants = parameters.whole("template_variants", 1, 12)
    task_sets = tuple(
        TaskSet(
            draws.shuffled(world.corpus.prompt_numbers("distill", name), parameters.key),
            wording.campaign_frames(world.corpus, parameters.key, name, variants, voice),
        )
        for name in names
    )
    program = _program(
        world,
        parameters,
        task_sets,
        substitution=parameters.real("row_exchange", 0.05, 0.35),
        longest_payload=parameters.whole("longest_payload", 120, 900),
    )
    intensity = parameters.scale("intensity", 5, 30)
    _machine(world, members, parameters, program, intensity)
    expected = intensity * world.mean * len(members)
    room = (
        parameters.real("room_beyond", 0.3, 0.8)
        if parameters.chance("beyond", 0.0)
        else parameters.scale("room", 1.15, 4)
    )
    permit = Permit(number, "licensed_distillation", -30.0, world.span.days + 300, round(expected * room))
    world.permits.append(permit)
    return Group("licensed_distillation", INNOCENT, members, parameters)


def red_team(world: World, members: Wholes, parameters: Parameters) -> Group:
    """Testers with a permit, who ask for answers that should be refused."""
    number = found_organisation(world, members, parameters)
    rows = world.corpus.prompt_numbers("organic", "other")
    rows = draws.shuffled(rows if len(rows) else world.corpus.prompt_numbers("organic"), parameters.key)
    program = _program(
        world,
        parameters,
        (TaskSet(rows, (Frame(),)),),
        substitution=parameters.real("row_exchange", 0.05, 0.4),
        longest_payload=parameters.whole("longest_payload", 60, 500),
    )
    _machine(world, members, parameters, program, parameters.scale("intensity", 2, 10))
    world.permits.append(Permit(number, "red_team", -10.0, world.span.days + 60, None))
    return Group("red_team", INNOCENT, members, parameters)


def _program(
    world: World,
    parameters: Parameters,
    task_sets: tuple[TaskSet, ...],
    *,
    substitution: float = 0.0,
    longest_payload: int = 2000,
    repeats: int = 1,
) -> int:
    """Adds the program of a job and returns its index; where words are substituted, numbers are redrawn too."""
    world.programs.append(
        Program(
            key=key_of(parameters.key, "program"),
            task_sets=task_sets,
            substitution=substitution,
            digits=substitution > 0,
            longest_payload=longest_payload,
            repeats=repeats,
            temperature=_TEMPERATURES[parameters.whole("temperature", 0, len(_TEMPERATURES) - 1)],
            max_tokens=_LIMITS[parameters.whole("max_tokens", 0, len(_LIMITS) - 1)],
            output_median=parameters.scale("output_tokens", 20, 600),
        )
    )
    return len(world.programs) - 1


def _machine(world: World, members: Wholes, parameters: Parameters, program: int, intensity: float) -> None:
    """Has a program write all text of these accounts, mostly in single requests."""
    accounts = world.accounts
    hosted(world, members, parameters)
    accounts.weight[members] = intensity * draws.lognormal(
        accounts.key[members], "load", 1.0, parameters.real("load_spread", 0.05, 0.9)
    )
    accounts.scaled[members] = False
    accounts.program[members], accounts.program_share[members] = program, 1.0
    accounts.turns[members] = 1.0 + (
        parameters.real("followups", 0.02, 0.5) if parameters.chance("asks_back", 0.2) else 0.0
    )
    accounts.sittings[members] = parameters.scale("requests_a_sitting", 2, 40)
    accounts.pause[members] = parameters.scale("seconds_between", 1, 60)


def _runs(world: World, members: Wholes, parameters: Parameters, runs: int, also: float | None = None) -> None:
    """Has the accounts work in runs of hours; one run begins on the day `also`, if it is given."""
    keys = keys_under(parameters.key, "run", runs)
    first = max(0.0, float(world.accounts.born[members].max()))
    starts = first + draws.uniform(keys, "at") * (world.span.days - first) * 0.97
    if also is not None:
        starts[0] = also + 0.05
    order = np.argsort(starts)
    lengths = draws.lognormal(keys, "hours", parameters.scale("run_hours", 1.5, 20), 0.8) / 24
    world.timetables.append(Timetable(starts[order], np.minimum(starts + lengths, world.span.days)[order]))
    world.accounts.rhythm[members] = len(world.timetables) - 1


def _working(world: World, members: Wholes, days: draws.Reals) -> draws.Reals:
    """The days that are neither weekend nor holiday where these accounts are."""
    weekday = world.clock.weekday[days.astype(np.int64) + 1] < 5
    kept = days[weekday & ~clock.is_holiday(world.clock, int(world.accounts.country[members[0]]), days)]
    return kept if len(kept) else days
