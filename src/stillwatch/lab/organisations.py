"""Organisations whose accounts act alike for good reasons: enterprises, resellers, jobs, harnesses, licensees."""

from __future__ import annotations

import numpy as np

from stillwatch.lab import draws, places, wording
from stillwatch.lab.campaigns import shuffled
from stillwatch.lab.clients import SCRIPTED
from stillwatch.lab.draft import BY_PERSON, INNOCENT, NONE, Group, Organisation, Permit, Timetable, World
from stillwatch.lab.draws import Wholes, key_of
from stillwatch.lab.parameters import Parameters, keys_under
from stillwatch.lab.people import persons_client
from stillwatch.lab.programs import Deck, Frame, Program

_NAMES = (
    "Alder",
    "Birch",
    "Corva",
    "Dunmore",
    "Eastgate",
    "Fenwick",
    "Garnet",
    "Halden",
    "Iverson",
    "Juniper",
    "Kestrel",
    "Larkspur",
)
_TRADES = (
    "Logistics",
    "Analytics",
    "Health",
    "Insurance",
    "Robotics",
    "Publishing",
    "Energy",
    "Foods",
    "Software",
    "Partners",
)
_EDUCATION, _RESEARCH = 2, 3


def found(world: World, who: Wholes, parameters: Parameters, kind: int = 1) -> int:
    """Make the accounts one organisation's: one domain, one card, one country, sign-ups within days; its number."""
    accounts, registration = world.accounts, world.registration
    key = key_of(parameters.key, "organisation")
    country = int(draws.pick(np.array([key], dtype=np.uint64), "country", places.WEIGHTS)[0])
    name = f"{_NAMES[key % len(_NAMES)]} {_TRADES[key // 16 % len(_TRADES)]} {key % 997}"
    domain = name.lower().replace(" ", "-") + (".edu" if kind == _EDUCATION else ".com")
    world.organisations.append(Organisation(key, name, country, domain))
    keys = accounts.key[who]
    accounts.country[who], accounts.zone[who] = country, places.ZONES[country]
    registration.organisation[who] = len(world.organisations) - 1
    registration.account_type[who] = kind
    registration.email_domain[who] = domain
    registration.card_key[who], registration.card_country[who] = key, country
    registration.issuer[who] = int(
        draws.pick(np.array([key], dtype=np.uint64), "issuer", draws.zipf_weights(400, 1.05))[0]
    )
    registration.phone_country[who] = np.where(draws.uniform(keys, "staff phone") < 0.3, country, NONE)
    registration.verification[who] = 5 if kind == 1 else 3
    registration.closed[who] = np.nan
    first = parameters.real("founded", -1.0, 0.5) * world.span.days
    accounts.born[who] = first + np.sort(
        draws.lognormal(keys, "joined", parameters.scale("joining_days", 0.01, 5), 1.0)
    )
    accounts.born[who] = np.minimum(accounts.born[who], world.span.days * 0.8)
    accounts.start[who] = np.maximum(accounts.born[who], 0.0)
    accounts.end[who] = world.span.days
    return len(world.organisations) - 1


def enterprise(world: World, who: Wholes, parameters: Parameters) -> Group:
    """Seats behind one translator, paid with one card, under one domain and one set of instructions; each a person."""
    accounts = world.accounts
    found(world, who, parameters)
    keys = accounts.key[who]
    site = places.shared_network(world, f"site {parameters.key}", parameters.whole("egress_addresses", 1, 4), 63)
    inside = draws.uniform(keys, "inside") < parameters.real("inside_share", 0.4, 1.0)
    accounts.home_net[who] = np.where(inside, site, accounts.home_net[who])
    accounts.work_net[who] = site
    accounts.client[who] = persons_client(keys, parameters.real("coding_tool_share", 0.0, 1.0))
    if parameters.chance("own_instructions", 0.8):
        world.systems.append(wording.organisation_instructions(world.corpus, parameters.key))
        accounts.system[who] = len(world.systems) - 1
    accounts.weekend[who] = 0
    accounts.weight[who] *= parameters.scale("keenness", 0.7, 4)
    return Group("enterprise", INNOCENT, who, parameters)


def reseller(world: World, who: Wholes, parameters: Parameters) -> Group:
    """A pool of accounts behind which many customers ask; their mix is what people ask everywhere."""
    accounts, registration = world.accounts, world.registration
    permitted = parameters.chance("permit", 0.0)
    if permitted:
        number = found(world, who, parameters)
        world.permits.append(Permit(number, "resale", 0.0, world.span.days, None))
    else:
        few = draws.whole(keys_under(parameters.key, "issuer", 3), "issuer", 60)
        registration.issuer[who] = few[draws.whole(accounts.key[who], "issuer of few", 3)]
    _hosted(world, who, parameters)
    accounts.mobile_share[who], accounts.second_share[who] = 0.0, 0.0
    accounts.weight[who] = parameters.scale("intensity", 3, 12) * draws.lognormal(accounts.key[who], "load", 1.0, 0.3)
    accounts.scaled[who] = False
    customers = max(2, round(len(who) * parameters.scale("customers_per_account", 1.5, 12)))
    world.customer_pools.append((key_of(parameters.key, "customers"), customers))
    accounts.customers[who] = len(world.customer_pools) - 1
    accounts.rhythm[who] = BY_PERSON
    return Group("reseller", INNOCENT, who, parameters)


def batch_job(world: World, who: Wholes, parameters: Parameters) -> Group:
    """A start-up's keys working through many rows of its own, every slot different, one frame."""
    found(world, who, parameters, 4)
    rows = shuffled(world.corpus.prompt_numbers("organic"), parameters.key)
    frame = wording.job_frame(world.corpus, parameters.key)
    program = _program(world, parameters, (Deck(rows, (frame,)),), exchange=0.5, digits=True, longest_payload=90)
    _machine(world, who, parameters, program, parameters.scale("intensity", 4, 30))
    _runs(world, who, parameters, parameters.whole("runs", 1, 20))
    return Group("batch_job", INNOCENT, who, parameters)


def data_maker(world: World, who: Wholes, parameters: Parameters) -> Group:
    """Makers of synthetic data who train a small classifier of their own."""
    found(world, who, parameters, 4)
    rows = shuffled(world.corpus.prompt_numbers("organic"), parameters.key)
    frame = Frame(
        before=(
            world.corpus.phrase("Write five short messages that a customer might send in the same tone as this one:"),
        )
    )
    program = _program(
        world, parameters, (Deck(rows, (frame,)),), exchange=0.3, digits=True, longest_payload=50, temperature=1.0
    )
    _machine(world, who, parameters, program, parameters.scale("intensity", 3, 15))
    _runs(world, who, parameters, parameters.whole("runs", 1, 6))
    return Group("data_maker", INNOCENT, who, parameters)


def evaluation_harness(world: World, who: Wholes, parameters: Parameters) -> Group:
    """Public questions, unchanged, several samples each, on several keys, hurrying to a new model on its first day."""
    found(world, who, parameters, _RESEARCH)
    rows = world.corpus.prompt_numbers("bench")
    known = max(1, min(len(rows), parameters.whole("questions", 100, 3000)))
    begin = key_of(parameters.key, "first question") % max(1, len(rows) - known)
    program = _program(
        world,
        parameters,
        (Deck(rows[begin : begin + known], (Frame(),)),),
        repeats=parameters.whole("samples", 1, 8),
        temperature=0.0,
    )
    _machine(world, who, parameters, program, parameters.scale("intensity", 3, 15))
    _runs(world, who, parameters, parameters.whole("runs", 1, 4), world.span.release)
    world.accounts.lag[who], world.accounts.rush[who] = 0.02, 1.0
    return Group("evaluation_harness", INNOCENT, who, parameters)


def ci_fleet(world: World, who: Wholes, parameters: Parameters) -> Group:
    """Build machines that ask on the minute."""
    found(world, who, parameters)
    rows = shuffled(world.corpus.prompt_numbers("organic"), parameters.key)[:400]
    frame = wording.job_frame(world.corpus, parameters.key, fleet=True)
    program = _program(world, parameters, (Deck(rows, (frame,)),), exchange=0.4, digits=True, longest_payload=250)
    _machine(world, who, parameters, program, parameters.scale("intensity", 2, 10))
    tick = (60.0, 300.0, 900.0, 3600.0)[parameters.whole("tick", 0, 3)]
    days = np.arange(world.span.days)
    world.timetables.append(Timetable(days, days + 1.0, tick))
    world.accounts.rhythm[who], world.accounts.sittings[who] = len(world.timetables) - 1, 1.0
    return Group("ci_fleet", INNOCENT, who, parameters)


def licensed_distillation(world: World, who: Wholes, parameters: Parameters) -> Group:
    """Distillation that a contract allows, within its limit unless `beyond` is set."""
    number = found(world, who, parameters)
    names = parameters.words("capabilities", world.corpus.capabilities("distill"), 1, 3)
    decks = tuple(
        Deck(
            shuffled(world.corpus.prompt_numbers("distill", name), parameters.key),
            wording.campaign_frames(
                world.corpus, parameters.key, name, parameters.whole("template_variants", 1, 6), 0.5
            ),
        )
        for name in names
    )
    program = _program(
        world, parameters, decks, exchange=parameters.real("row_exchange", 0.05, 0.35), digits=True, longest_payload=600
    )
    intensity = parameters.scale("intensity", 5, 30)
    _machine(world, who, parameters, program, intensity)
    expected = intensity * world.mean * len(who)
    limit = round(expected * (0.5 if parameters.chance("beyond", 0.0) else 1.5))
    world.permits.append(Permit(number, "licensed_distillation", -30.0, world.span.days + 300, limit))
    return Group("licensed_distillation", INNOCENT, who, parameters)


def red_team(world: World, who: Wholes, parameters: Parameters) -> Group:
    """Testers with a permit, asking for what should be refused."""
    number = found(world, who, parameters)
    rows = world.corpus.prompt_numbers("organic", "other")
    rows = shuffled(rows if len(rows) else world.corpus.prompt_numbers("organic"), parameters.key)
    program = _program(world, parameters, (Deck(rows, (Frame(),)),), exchange=0.2, digits=False, longest_payload=200)
    _machine(world, who, parameters, program, parameters.scale("intensity", 2, 10))
    world.permits.append(Permit(number, "red_team", -10.0, world.span.days + 60, None))
    return Group("red_team", INNOCENT, who, parameters)


def _program(  # noqa: PLR0913 - what distinguishes one job's text from another's
    world: World,
    parameters: Parameters,
    decks: tuple[Deck, ...],
    *,
    exchange: float = 0.0,
    digits: bool = False,
    longest_payload: int = 2000,
    repeats: int = 1,
    temperature: float | None = None,
) -> int:
    world.programs.append(
        Program(
            key=key_of(parameters.key, "program"),
            decks=decks,
            exchange=exchange,
            digits=digits,
            longest_payload=longest_payload,
            repeats=repeats,
            temperature=temperature,
            max_tokens=(None, 256, 1024, 4096)[parameters.whole("max_tokens", 0, 3)],
            output_median=parameters.scale("output_tokens", 20, 600),
        )
    )
    return len(world.programs) - 1


def _hosted(world: World, who: Wholes, parameters: Parameters) -> None:
    """Requests leave from a few hosting addresses, through one library of one version."""
    accounts = world.accounts
    net = places.shared_network(world, f"hosting {parameters.key}", parameters.whole("hosting_addresses", 1, 6), 34)
    accounts.home_net[who], accounts.work_net[who], accounts.home_lease[who] = net, NONE, 1e6
    accounts.mobile_share[who] = 0.0
    accounts.client[who] = int(SCRIPTED[parameters.whole("library", 0, len(SCRIPTED) - 1)])
    accounts.second_share[who] = 0.0
    accounts.version[who] = parameters.real("library_version", 0, 1)


def _machine(world: World, who: Wholes, parameters: Parameters, program: int, intensity: float) -> None:
    """All text of these accounts is written by a program, in single requests."""
    accounts = world.accounts
    _hosted(world, who, parameters)
    accounts.weight[who] = intensity * draws.lognormal(
        accounts.key[who], "load", 1.0, parameters.real("load_spread", 0.05, 0.6)
    )
    accounts.scaled[who] = False
    accounts.program[who], accounts.program_share[who] = program, 1.0
    accounts.turns[who] = 1.0
    accounts.sittings[who] = parameters.scale("requests_a_sitting", 2, 40)
    accounts.pause[who] = parameters.scale("seconds_between", 1, 60)


def _runs(world: World, who: Wholes, parameters: Parameters, runs: int, also: float | None = None) -> None:
    """Work is done in runs of hours, `also` on one given day."""
    keys = keys_under(parameters.key, "run", runs)
    first = max(0.0, float(world.accounts.born[who].max()))
    starts = first + draws.uniform(keys, "at") * (world.span.days - first) * 0.97
    if also is not None:
        starts[0] = also + 0.05
    order = np.argsort(starts)
    lengths = draws.lognormal(keys, "hours", 5.0, 0.8) / 24
    world.timetables.append(Timetable(starts[order], np.minimum(starts + lengths, world.span.days)[order]))
    world.accounts.rhythm[who] = len(world.timetables) - 1
