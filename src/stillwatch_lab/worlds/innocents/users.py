"""Independent users of one thing: a program, a wrapper, a new model to try out, or a service just launched."""

from __future__ import annotations

import numpy as np

from stillwatch_lab.worlds import draws
from stillwatch_lab.worlds.draft import INNOCENT, NONE, Group, Timetable, World
from stillwatch_lab.worlds.draws import Wholes, key_of
from stillwatch_lab.worlds.identity.clients import SCRIPTED
from stillwatch_lab.worlds.parameters import Parameters, keys_under
from stillwatch_lab.worlds.population.people import persons_client
from stillwatch_lab.worlds.text import wording
from stillwatch_lab.worlds.text.programs import Frame, Program, TaskSet

_TICKS = (3600.0, 10_800.0, 43_200.0, 86_400.0)  # seconds; the intervals that a program's schedule offers


def program_users(world: World, members: Wholes, parameters: Parameters) -> Group:
    """Strangers whose program asks from a public data set that campaigns use too; some run it on a schedule."""
    accounts = world.accounts
    keys = accounts.key[members]
    world.programs.append(_public_program(world, parameters))
    accounts.program[members] = len(world.programs) - 1
    accounts.program_share[members] = np.where(
        draws.uniform(keys, "also asks") < 0.5, parameters.real("program_share", 0.3, 1.0), 1.0
    )
    scheduled = draws.uniform(keys, "scheduled") < parameters.real("scheduled_share", 0.0, 0.7)
    light = draws.lognormal(
        keys, "light", parameters.scale("light_exchanges", 4, 80), parameters.real("spread", 0.4, 1.4)
    )
    lived = accounts.end[members] - accounts.start[members]
    steady = parameters.scale("scheduled_a_day", 1, 60) * lived * draws.lognormal(keys, "steady", 1.0, 0.15)
    accounts.weight[members], accounts.scaled[members] = np.where(scheduled, steady, light) / world.mean, False
    days = np.arange(world.span.days)
    for number in range(parameters.whole("schedules", 1, 4)):
        tick = _TICKS[int(draws.whole(keys_under(parameters.key, "tick", number + 1), "tick", len(_TICKS))[-1])]
        mine = scheduled & (draws.whole(keys, "schedule", 4) % (number + 1) == 0)
        world.timetables.append(Timetable(days, days + 1.0, tick))
        accounts.rhythm[members[mine]] = len(world.timetables) - 1
    accounts.turns[members[scheduled]] = 1.0
    if parameters.chance("own_client", 0.7):
        accounts.client[members] = SCRIPTED[key_of(parameters.key, "client") % len(SCRIPTED)]
        accounts.second_share[members] = 0.0
    return Group("program_users", INNOCENT, members, parameters)


def _public_program(world: World, parameters: Parameters) -> Program:
    corpus, key = world.corpus, key_of(parameters.key, "public program")
    names = parameters.words("capabilities", corpus.capabilities("distill"), 1, 2)
    voice = wording.Voice(["English"], 0.0, parameters.real("frames_in_system", 0.0, 1.0))
    variants = parameters.whole("template_variants", 1, 4)
    task_sets = tuple(
        TaskSet(
            draws.shuffled(corpus.prompt_numbers("distill", name), key),
            wording.campaign_frames(corpus, key, name, variants, voice)
            if parameters.chance("framed", 0.8)
            else (Frame(),),
        )
        for name in names
    )
    verbatim = parameters.chance("verbatim", 0.6)
    return Program(
        key,
        task_sets,
        data_rows=parameters.whole("data_rows", 100, 20_000),
        order=parameters.word("order", ("own", "anywhere", "chosen")),
        substitution=0.0 if verbatim else parameters.real("row_exchange", 0.0, 0.35),
        digits=not verbatim,
        longest_payload=parameters.whole("longest_payload", 80, 900),
        output_median=parameters.scale("output_tokens", 30, 1500),
    )


def wrapper_users(world: World, members: Wholes, parameters: Parameters) -> Group:
    """People who ask through one wrapper, whose system instructions have every answer's reasoning explained."""
    accounts = world.accounts
    world.systems.append(wording.wrapper_instructions(world.corpus, key_of(parameters.key, "wrapper")))
    accounts.system[members] = len(world.systems) - 1
    one = persons_client(np.array([parameters.key], dtype=np.uint64), parameters.real("coding_tool_share", 0.0, 0.6))
    accounts.client[members] = one[0]
    accounts.second_share[members] *= parameters.real("elsewhere", 0.0, 1.0)
    accounts.weight[members] *= parameters.scale("keenness", 0.5, 4)
    return Group("wrapper_users", INNOCENT, members, parameters)


def enthusiasts(world: World, members: Wholes, parameters: Parameters) -> Group:
    """People who try out a new model with well-known puzzles, boundary questions and questions about itself."""
    accounts, corpus = world.accounts, world.corpus
    keys, key = accounts.key[members], key_of(parameters.key, "puzzles")
    lists = (corpus.prompt_numbers("bench"), corpus.prompt_numbers("organic", "other"))
    known = parameters.whole("puzzles", 20, 1000)
    rows = np.concatenate([draws.shuffled(some, key)[:known] for some in lists])
    frames = wording.probes(corpus, key, parameters.whole("probe_frames", 1, 6))
    world.programs.append(
        Program(
            key,
            (TaskSet(draws.shuffled(rows, key), frames),),
            data_rows=len(rows),
            order="chosen",
            longest_payload=400,
            sets_parameters=False,
        )
    )
    accounts.program[members] = len(world.programs) - 1
    most = parameters.real("puzzle_share", 0.2, 1.0)
    accounts.program_share[members] = most * draws.uniform(keys, "puzzle share") ** 0.5
    accounts.lag[members] = draws.lognormal(keys, "tries it", parameters.scale("tries_after_days", 0.05, 3), 1.0)
    accounts.rush[members] = 0.9
    begin = np.maximum(world.span.release - parameters.scale("before_days", 0.5, 20), 0.0)
    accounts.start[members] = np.minimum(np.maximum(accounts.start[members], begin), world.span.days - 1)
    accounts.end[members] = world.span.days
    accounts.keenness[members] = parameters.scale("soon", 0.8, 3)
    accounts.weight[members] *= parameters.scale("intensity", 0.5, 6)
    return Group("enthusiasts", INNOCENT, members, parameters)


def launch_cohort(world: World, members: Wholes, parameters: Parameters) -> Group:
    """Real customers who all signed up within days of a launch, mostly through one link and with free credits."""
    accounts, registration = world.accounts, world.registration
    keys = accounts.key[members]
    at = (
        world.span.release
        if parameters.chance("with_release", 0.6)
        else parameters.real("launched", 0.0, 0.8) * world.span.days
    )
    late = draws.lognormal(keys, "hears of it", parameters.scale("days_after", 0.1, 3), 1.0)
    accounts.born[members] = np.minimum(at + late, world.span.days - 0.5)
    accounts.start[members] = np.maximum(accounts.born[members], 0.0)
    lapses = draws.uniform(keys, "lapses") < parameters.real("lapsed_share", 0.1, 0.8)
    stays = (world.span.days - accounts.start[members]) * draws.uniform(keys, "lapses at")
    accounts.end[members] = np.where(lapses, accounts.start[members] + np.maximum(stays, 0.05), world.span.days)
    registration.closed[members] = np.nan
    linked = draws.uniform(keys, "came by link") < parameters.real("linked_share", 0.2, 1.0)
    registration.referrer[members] = np.where(linked, 6, registration.referrer[members])
    free = draws.uniform(keys, "free credits") < parameters.real("free_share", 0.0, 0.9)
    registration.card_country[members] = np.where(free, NONE, registration.card_country[members])
    accounts.weight[members] *= parameters.scale("keenness", 0.3, 2)
    return Group("launch_cohort", INNOCENT, members, parameters)
