"""Campaigns: groups of accounts whose exchanges serve one extraction effort."""

from __future__ import annotations

import numpy as np

from stillwatch.lab import draws, places, wording
from stillwatch.lab.clients import CODING_TOOL, SCRIPTED
from stillwatch.lab.disguises import as_persons, disguise
from stillwatch.lab.draft import BY_PERSON, CAMPAIGN, EVENLY, NONE, Group, Network, World
from stillwatch.lab.draws import Wholes, key_of
from stillwatch.lab.parameters import Parameters, keys_under
from stillwatch.lab.programs import Deck, Program

_EVASIVE_SHAPES = ("aaaaaaaa9999", "aaaaa.aaaaaa99", "aaaaaaaaaa9", "aaaaaa999", "aaaa.aaaaaaa9999")


def letter(world: World, who: Wholes, parameters: Parameters) -> Group:
    """Thousands of accounts, rotating homes, few issuers, batches of sign-ups, template variants, one relay's queue."""
    targets, before = _targets(world, parameters), as_persons(world, who)
    _lifetimes(world, who, parameters)
    _hands(world, who, parameters)
    _sign_ups(world, who, parameters)
    program = _program(world, parameters, targets)
    world.accounts.program[who], world.accounts.program_share[who] = program, 1.0
    _release(world, who, parameters)
    disguise(world, who, parameters, program, before)
    return Group("letter", CAMPAIGN, who, parameters, targets, "letter", program)


def mixed(world: World, who: Wholes, parameters: Parameters) -> Group:
    """A relay whose accounts carry real customers' traffic beside the campaign's; customers roam over accounts."""
    group = letter(world, who, parameters)
    accounts = world.accounts
    share = parameters.real("customer_share", 0.4, 0.8)
    customers = max(2, round(len(who) * parameters.scale("customers_per_account", 2, 6)))
    world.customer_pools.append((key_of(parameters.key, "customers"), customers))
    accounts.customers[who] = len(world.customer_pools) - 1
    accounts.program_share[who] = 1 - share
    accounts.rhythm[who] = BY_PERSON
    return Group("mixed", CAMPAIGN, who, group.parameters, group.targets, "mixed", group.program)


def _targets(world: World, parameters: Parameters) -> dict[str, float]:
    known = world.corpus.capabilities("distill")
    names = parameters.words("capabilities", known, 2, 3)
    weights = draws.uniform(keys_under(parameters.key, "target", len(names)), "weight") + 0.3
    return {name: float(weight / weights.sum()) for name, weight in zip(names, weights, strict=True)}


def _lifetimes(world: World, who: Wholes, parameters: Parameters) -> None:
    """Chains of accounts: when one is closed another takes its place within hours."""
    accounts, days = world.accounts, world.span.days
    first = parameters.real("first_day", 0.02, 0.3) * days
    last = days - parameters.real("quiet_days", 0.0, 0.1) * days
    intensity = parameters.scale("intensity", 5, 12)
    pace = parameters.scale("exchanges_a_day", 10, 40)
    life = min(max(intensity * world.mean / pace, 0.5), last - first)
    keys = accounts.key[who]
    slots = max(1, min(len(who), round(len(who) * life / (last - first))))
    lives = np.maximum(draws.lognormal(keys, "life", life * 0.9, 0.5), 0.5)
    start, end = np.empty(len(who)), np.empty(len(who))
    free = first + np.sort(draws.uniform(keys[:slots], "ramp")) ** 1.5 * parameters.real("ramp_days", 0.5, 6)
    for index in range(len(who)):
        slot = int(np.argmin(free))
        if free[slot] >= last - 0.2:  # every place is taken to the end: the rest join as reserves
            start[index] = first + (last - first) * float(draws.uniform(keys[index : index + 1], "reserve")[0]) * 0.8
            end[index] = min(start[index] + lives[index], last)
            continue
        start[index] = free[slot]
        end[index] = min(start[index] + lives[index], last)
        gap = draws.lognormal(keys[index : index + 1], "replaced after", 0.15, 0.8)[0]
        free[slot] = end[index] + gap
    accounts.start[who], accounts.end[who] = start, end
    rate = draws.lognormal(keys, "rate", pace, parameters.real("rate_spread", 0.1, 0.7))
    volume = rate * np.maximum(end - start, 0.3)
    accounts.weight[who] = volume * intensity / volume.mean()
    accounts.scaled[who] = False
    registration = world.registration
    closed = end < last - 0.3
    registration.closed[who] = np.where(closed, end + 0.01, np.nan)
    registration.closed_reason[who] = "policy"
    world.pauses[len(world.groups)] = _pauses(parameters, first, last)


def _pauses(parameters: Parameters, first: float, last: float) -> list[tuple[float, float]]:
    count = parameters.whole("pauses", 0, 4)
    keys = keys_under(parameters.key, "pause", count)
    starts = first + draws.uniform(keys, "at") * (last - first)
    hours = draws.lognormal(keys, "hours", 2.5, 0.6)
    return [(float(at), float(at + h / 24)) for at, h in zip(starts, hours, strict=True)]


def _hands(world: World, who: Wholes, parameters: Parameters) -> None:
    """Addresses from a rotating pool of homes, and the client headers that the relay sends."""
    accounts = world.accounts
    keys = accounts.key[who]
    size = max(4, round(len(who) * parameters.scale("addresses_per_account", 0.2, 5)))
    pool = places.add_network(world, Network(key_of(parameters.key, "pool"), 0, size, scattered=True))
    accounts.home_net[who] = pool
    accounts.home_lease[who] = parameters.scale("rotation_days", 0.04, 4) * draws.lognormal(keys, "rotation", 1.0, 0.2)
    accounts.mobile_share[who] = 0.0
    accounts.work_net[who] = NONE
    if parameters.chance("copies_coding_tool", 0.5):
        accounts.client[who] = CODING_TOOL
    else:
        accounts.client[who] = int(SCRIPTED[parameters.whole("library", 0, len(SCRIPTED) - 1)])
    accounts.version[who] = parameters.real("frozen_version", 0, 1)
    accounts.second_share[who] = 0.0
    accounts.rhythm[who] = EVENLY if parameters.chance("paced_by_queue", 0.5) else BY_PERSON
    accounts.turns[who] = 1 + parameters.scale("mean_followups", 0.15, 2.0)
    accounts.sittings[who] = 1 + draws.lognormal(keys, "relay sittings", 1.0, 0.6)
    world.hops[len(world.groups)] = parameters.real("hop_share", 0.02, 0.2)


def _sign_ups(world: World, who: Wholes, parameters: Parameters) -> None:
    """Accounts are made in batches of minutes, some days before they are used, with cards from a few issuers."""
    accounts, registration = world.accounts, world.registration
    keys = accounts.key[who]
    batch = parameters.whole("batch_size", 4, 40)
    order = np.argsort(accounts.start[who], kind="stable")
    stock = parameters.scale("days_in_stock", 0.05, 20)
    born = np.empty(len(who))
    for at in range(0, len(who), batch):
        members = order[at : at + batch]
        ready = accounts.start[who[members]].min() - 0.02 - stock * float(draws.uniform(keys[members[:1]], "stock")[0])
        minutes = np.cumsum(draws.lognormal(keys[members], "minutes", parameters.scale("minutes_between", 0.3, 4), 0.7))
        # The batch is finished before the first of its accounts is put to work.
        born[members] = np.minimum(ready + (minutes - minutes[-1]) / 1440, accounts.start[who[members]] - 0.001)
    accounts.born[who] = born
    issuers = parameters.whole("issuers", 2, 6)
    own = draws.whole(keys_under(parameters.key, "issuer", issuers), "issuer", 60)
    registration.issuer[who] = own[draws.pick(keys, "issuer of few", draws.zipf_weights(issuers, 0.7))]
    registration.card_country[who] = np.where(
        draws.uniform(keys, "pays") < 0.95, parameters.whole("card_country", 0, 8), NONE
    )
    registration.verification[who] = np.where(registration.card_country[who] != NONE, 3, 1)
    few = min(parameters.whole("email_domains", 1, 6), len(who))
    domains = registration.email_domain[who[:few]]
    registration.email_domain[who] = domains[draws.whole(keys, "domain of few", few)]
    if parameters.chance("generated_names", 0.6):
        shape = parameters.word("email_shape", _EVASIVE_SHAPES)
        registration.email_shape[who] = shape
    registration.account_type[who] = draws.pick(keys, "campaign type", [0.7, 0.1, 0.08, 0.04, 0.08])


def _release(world: World, who: Wholes, parameters: Parameters) -> None:
    """Within a day of a release half or more of the traffic is on the new model."""
    accounts = world.accounts
    accounts.lag[who] = draws.uniform(accounts.key[who], "campaign lag") * parameters.real("release_lag_days", 0.1, 0.9)
    accounts.rush[who] = parameters.real("release_share", 0.5, 0.9)
    accounts.model[who] = parameters.whole("model_before", 0, 1)


def _program(world: World, parameters: Parameters, targets: dict[str, float]) -> int:
    corpus = world.corpus
    variants = parameters.whole("template_variants", 5, 40)
    in_system = parameters.real("frames_in_system", 0.0, 0.7)
    key = key_of(parameters.key, "program")
    decks = []
    for name, share in targets.items():
        frames = wording.campaign_frames(corpus, key, name, max(2, round(variants * share)), in_system)
        decks.append(Deck(shuffled(corpus.prompt_numbers("distill", name), key), frames, share))
    world.programs.append(
        Program(
            key=key,
            decks=tuple(decks),
            frame_of=parameters.word("frame_of", ("conversation", "account")),
            exchange=parameters.real("row_exchange", 0.05, 0.35),
            digits=True,
            examples=parameters.real("seed_examples", 0.0, 0.6),
            longest_payload=parameters.whole("longest_payload", 120, 900),
            followups=tuple(corpus.phrase(text) for text in wording.FOLLOWUPS),
            tools=("search", "open", "finish") if "agentic_reasoning" in targets else (),
            temperature=(None, 0.0, 0.7, 1.0)[parameters.whole("temperature", 0, 3)],
            max_tokens=(None, 2048, 4096, 8192)[parameters.whole("max_tokens", 0, 3)],
            output_median=parameters.scale("output_tokens", 250, 1500),
        )
    )
    return len(world.programs) - 1


def shuffled(rows: Wholes, key: int) -> Wholes:
    """The rows in an order that belongs to the key."""
    order = np.argsort(draws.child(rows.astype(np.uint64) + np.uint64(key % (1 << 62)), "dealt"), kind="stable")
    return rows[order]
