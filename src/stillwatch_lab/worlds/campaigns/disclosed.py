"""Profiles disclosed in September 2026: few heavy accounts, redirected users, sessions replayed, and probing first."""

from __future__ import annotations

import numpy as np

from stillwatch_lab.worlds import draws
from stillwatch_lab.worlds.campaigns.campaigns import letter, set_up_accounts
from stillwatch_lab.worlds.campaigns.efforts import add_programs
from stillwatch_lab.worlds.draft import BY_PERSON, CAMPAIGN, Group, Replays, Timetable, World
from stillwatch_lab.worlds.draws import Wholes, key_of
from stillwatch_lab.worlds.parameters import Parameters
from stillwatch_lab.worlds.population.firms import found_organisation, hosted
from stillwatch_lab.worlds.population.relays import take_customers
from stillwatch_lab.worlds.text import wording
from stillwatch_lab.worlds.text.programs import Program, TaskSet

_CODE = "software_engineering"


def heavy(world: World, members: Wholes, parameters: Parameters) -> Group:
    """Accounts of shell companies, each as busy as a product: extraction beside a share of ordinary business."""
    parameters.preset({"copies_coding_tool": False, "hop_share": parameters.real("heavy_hops", 0.0, 0.1)})
    parameters.preset({"cover_share": parameters.real("business_share", 0.05, 0.45)})
    group = letter(world, members, parameters, "heavy")
    accounts, days = world.accounts, world.span.days
    keys = accounts.key[members]
    firm = draws.whole(keys, "firm", max(1, round(len(members) / parameters.scale("accounts_a_firm", 1, 8))))
    for number in np.unique(firm).tolist():
        staff = members[firm == number]
        own = parameters.under(f"firm {number}", key_of(parameters.key, "firm", number))
        found_organisation(world, staff, own)
        hosted(world, staff, own)
        accounts.customers[staff] = len(world.customer_pools)
        world.customer_pools.append((key_of(own.key, "business"), own.whole("business_users", 5, 500)))
    first = parameters.real("first_day", 0.0, 0.3) * days
    last = min(days, first + parameters.optional("campaign_days", days))
    accounts.start[members] = first + draws.uniform(keys, "joins late") * (last - first) * 0.2
    accounts.end[members] = last
    age = draws.lognormal(keys, "age", parameters.scale("days_in_stock", 0.05, 20), 1.0)
    accounts.born[members] = accounts.start[members] - age
    rate = draws.lognormal(keys, "heavy rate", parameters.scale("heavy_rate", 400, 1000), 0.25)
    accounts.weight[members] = rate * (accounts.end[members] - accounts.start[members]) / world.mean
    accounts.rhythm[members], accounts.weekend[members] = BY_PERSON, parameters.whole("weekend", 0, 2)
    world.pauses.pop(len(world.groups), None)
    return group


def relay_redirect(world: World, members: Wholes, parameters: Parameters) -> Group:
    """A router passes its users' coding through its accounts and keeps it; some last turns it asks again elsewhere.

    Only what is asked again is the campaign's. The users have no accounts; those of the router that only pass words on
    are no part of the campaign.
    """
    if _CODE in world.corpus.capabilities("distill"):
        parameters.preset({"capabilities": [_CODE]})
    parameters.preset({"copies_coding_tool": parameters.chance("passes_tools_on", 0.85)})
    set_up_accounts(world, members, parameters)
    take_customers(world, members, parameters)
    accounts = world.accounts
    accounts.rhythm[members] = BY_PERSON
    programs = add_programs(world, parameters, "relay_redirect", True)
    askers = members
    if parameters.chance("kept_apart", 0.5):
        askers = members[draws.uniform(accounts.key[members], "asks again") < parameters.real("askers", 0.1, 0.5)]
        askers = askers if len(askers) > 1 else members[:2]
        accounts.weight[askers] = 1e-9
        accounts.start[askers] = accounts.start[members].min()
        accounts.end[askers] = accounts.end[members].max()
        world.registration.closed[askers] = np.nan
        accounts.born[askers] = np.minimum(accounts.born[askers], accounts.start[askers] - 0.001)
    _replay(world, parameters, askers, parameters.real("redirected_share", 0.05, 0.15), 4)
    return Group("relay_redirect", CAMPAIGN, members, parameters, programs, aside="kept", spares=True)


def replay(world: World, members: Wholes, parameters: Parameters) -> Group:
    """Sessions with reasoning are turned in again from rotating accounts, and their last answers sampled again."""
    parameters.preset({"mean_followups": parameters.scale("turns_before", 1.5, 8)})
    group = letter(world, members, parameters, "replay")
    _replay(world, parameters, members, parameters.real("replayed_share", 0.3, 1.0), parameters.whole("again", 1, 8))
    return group


def probing(world: World, members: Wholes, parameters: Parameters) -> Group:
    """Accounts that feel out for days what is answered and what refused; then some of them begin the bulk."""
    group = letter(world, members, parameters, "probing")
    accounts = world.accounts
    keys = accounts.key[members]
    first, last = float(accounts.start[members].min()), float(accounts.end[members].max())
    until = first + min(parameters.scale("probing_days", 2, 12), (last - first) / 2)
    goes_on = draws.uniform(keys, "goes on") < parameters.real("bulk_share", 0.35, 0.8)
    probes = draws.lognormal(keys, "probes", parameters.scale("probes_a_day", 1, 30), 0.6) * (until - first)
    bulk = accounts.weight[members] * world.mean
    share = float(np.clip(probes.sum() / (probes.sum() + bulk[goes_on].sum() + 1e-9), 0.01, 0.9))
    windows = _probing_windows(parameters, first, until, (last - until) * share / (1 - share))
    for chosen, table in ((~goes_on, windows), (goes_on, [*windows, (until, last)])):
        starts, ends = np.array(table).T
        world.timetables.append(Timetable(starts, ends))
        accounts.rhythm[members[chosen]] = len(world.timetables) - 1
    accounts.start[members] = first + draws.uniform(keys, "begins") * (until - first) * 0.3
    accounts.end[members] = np.where(goes_on, last, until)
    accounts.born[members] = np.minimum(accounts.born[members], accounts.start[members] - 0.002)
    accounts.weight[members] = (probes + np.where(goes_on, bulk, 0.0)) / world.mean
    closed = ~goes_on & (draws.uniform(keys, "found out") < parameters.real("closed_share", 0.1, 0.8))
    world.registration.closed[members] = np.where(closed, until + 0.05, np.nan)
    world.pauses.pop(len(world.groups), None)
    world.probes[len(world.groups)] = _probe_program(world, parameters, group), until
    return group


def _probing_windows(parameters: Parameters, first: float, until: float, length: float) -> list[tuple[float, float]]:
    """A window of one size on each day of probing; together they are `length` days long."""
    count = max(1, round(until - first))
    step = (until - first) / count
    size = min(length / count, step)
    at = draws.uniform(np.arange(count, dtype=np.uint64) + np.uint64(parameters.key), "probing hour")
    return [(begin := first + (day + at[day]) * step - at[day] * size, begin + size) for day in range(count)]


def _probe_program(world: World, parameters: Parameters, group: Group) -> int:
    corpus, key = world.corpus, key_of(parameters.key, "probe program")
    lists = [
        corpus.prompt_numbers("bench"),
        corpus.prompt_numbers("organic", "other"),
        corpus.prompt_numbers("distill"),
    ]
    wanted = parameters.whole("probe_list", 30, 2000)
    frames = wording.probes(corpus, key, parameters.whole("probe_frames", 1, 6))
    task_sets = tuple(
        TaskSet(draws.shuffled(rows, key)[:wanted], frames, share)
        for rows, share in zip(lists, (0.5, 0.3, 0.2), strict=True)
        if len(rows)
    )
    bulk = world.programs[group.programs[0]]
    program = Program(
        key,
        task_sets,
        repeats=parameters.whole("same_probe", 1, 12),
        data_rows=wanted,
        longest_payload=400,
        campaign=bulk.campaign,
        part="probe",
        sets_parameters=bulk.sets_parameters,
        output_median=200.0,
    )
    world.programs.append(program)
    return len(world.programs) - 1


def _replay(world: World, parameters: Parameters, askers: Wholes, share: float, most: int) -> None:
    seconds = parameters.scale("seconds_until", 20, 100_000)
    world.replays[len(world.groups)] = Replays(share, most, seconds, askers)
