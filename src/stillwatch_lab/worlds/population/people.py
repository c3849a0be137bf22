"""Ordinary people: every account is first drawn as one of them, and may join a group later."""

from __future__ import annotations

import numpy as np

from stillwatch_lab.worlds import draws
from stillwatch_lab.worlds.draft import (
    BY_PERSON,
    NONE,
    Accounts,
    World,
)
from stillwatch_lab.worlds.draws import Keys, Reals, Wholes
from stillwatch_lab.worlds.identity.clients import CODING_TOOL, INTERACTIVE, people_weights
from stillwatch_lab.worlds.parameters import Parameters, keys_under
from stillwatch_lab.worlds.population import geography
from stillwatch_lab.worlds.population.clock import (
    WEEKEND_FACTORS,
    by_quantiles,
    fitted,
    fitted_list,
)

HISTORY_DAYS = 730.0
"""The greatest age of an account at the world's end, in days."""


def draw_people(world_key: int, count: int, days: float, parameters: Parameters) -> Accounts:
    """Draws `count` people of a provider that has grown for two years; `settle` gives them networks later."""
    keys = keys_under(world_key, "account", count)
    country = draws.pick(keys, "country", geography.WEIGHTS)
    growth = parameters.real("growth", 1.3, 2.6)
    born = days - HISTORY_DAYS * (1 - draws.uniform(keys, "born") ** (1 / growth))
    start, end = _activity(keys, born, days, parameters)
    client = draws.pick(keys, "client", people_weights(parameters.real("coding_tool_share", 0.3, 0.7)))
    zeros, nothing = np.zeros(count), np.full(count, NONE, dtype=np.int64)
    lag = draws.lognormal(keys, "model lag", parameters.scale("model_lag_days", 3, 20), 1.2)
    return Accounts(
        key=keys,
        group=nothing.copy(),
        weight=_volumes(keys, client, (end - start) / days, parameters),
        scaled=np.ones(count, dtype=np.bool_),
        born=born,
        start=start,
        end=end,
        country=country,
        zone=geography.ZONES[country],
        late=draws.normal(keys, "late") * parameters.real("lateness_hours", 1.2, 2.6),
        weekend=draws.whole(keys, "weekend", len(WEEKEND_FACTORS)),
        keenness=draws.lognormal(keys, "keenness", 1.0, 0.35),
        rhythm=np.full(count, BY_PERSON, dtype=np.int64),
        turns=1
        + draws.lognormal(keys, "turns", parameters.real("median_followups", fitted("turns", "followups"), 1.8), 0.6),
        sittings=1 + draws.lognormal(keys, "sittings", 0.6, 0.8),
        gap=draws.lognormal(keys, "gap", fitted("turns", "median_seconds") * parameters.scale("haste", 0.6, 1.4), 0.4),
        pause=draws.lognormal(keys, "pause", 420.0, 0.6),
        jitter=_jitter(keys),
        uneven=by_quantiles(keys, "uneven", fitted_list("days", "log_sd")),
        idle=by_quantiles(keys, "idle", fitted_list("days", "empty_share")),
        home_key=keys.copy(),
        home_net=nothing.copy(),
        home_lease=draws.lognormal(keys, "lease", 24.0, 1.1),
        mobile_net=nothing.copy(),
        mobile_share=np.where(draws.uniform(keys, "has mobile") < 0.45, draws.uniform(keys, "mobile") * 0.7, 0.0),
        work_net=nothing.copy(),
        device=keys.copy(),
        separate=np.zeros(count, dtype=np.bool_),
        client=client,
        second=draws.pick(keys, "second client", people_weights(0.3)),
        second_share=np.where(draws.uniform(keys, "has second") < 0.4, draws.uniform(keys, "second") * 0.6, 0.0),
        version=draws.uniform(keys, "version") ** 0.5,
        upgrade=np.where(
            draws.uniform(keys, "never upgrades") < 0.15, np.inf, draws.lognormal(keys, "upgrade", 3.0, 1.3)
        ),
        system=nothing.copy(),
        model=draws.pick(keys, "model", [0.55, 0.3, 0.15]),
        lag=np.where(draws.uniform(keys, "stays") < 0.35, np.inf, lag),
        rush=draws.uniform(keys, "rush") ** 0.5,
        program=nothing.copy(),
        program_share=zeros.copy(),
        customers=nothing.copy(),
        textless=np.zeros(count, dtype=np.bool_),
    )


def settle(world: World) -> None:
    """Gives every account a provider and a mobile carrier, and some accounts a place of work."""
    accounts, parameters = world.accounts, world.parameters
    providers = geography.residential_networks(world)
    mobile = np.array(geography.carriers(world, len(accounts), parameters.scale("carrier_sharing", 20, 300)))
    accounts.mobile_net = mobile[accounts.country]
    for country, numbers in enumerate(providers):
        chosen = np.flatnonzero(accounts.country == country)
        found = draws.pick(accounts.key[chosen], "provider", draws.zipf_weights(len(numbers), 1.1))
        accounts.home_net[chosen] = np.array(numbers)[found]
    # Residential proxies are ordinary homes, with the same mix of countries, providers and address versions.
    sample = np.argsort(draws.uniform(accounts.key, "proxy sample"), kind="stable")[:2000]
    world.residential = tuple(accounts.home_net[sample].tolist())
    _offices(world)


def _offices(world: World) -> None:
    """Adds small offices: in working hours several unconnected accounts share the few addresses of each."""
    accounts, parameters = world.accounts, world.parameters
    works = draws.uniform(accounts.key, "has office") < parameters.real("office_share", 0.05, 0.2)
    crowd = parameters.scale("office_customers", 2, 12)
    for country in range(len(geography.COUNTRIES)):
        here = np.flatnonzero(works & (accounts.country == country))
        offices = max(1, round(len(here) / crowd))
        nets = [geography.shared_network(world, f"office {country} {i}", 1, country) for i in range(offices)]
        chosen = draws.pick(accounts.key[here], "office", draws.zipf_weights(offices, 0.6))
        accounts.work_net[here] = np.array(nets, dtype=np.int64)[chosen]


def _jitter(keys: Keys) -> Reals:
    """Log standard deviations s of pauses: exp(s²) - 1 is the square of the traces' coefficient of variation."""
    variation = by_quantiles(keys, "jitter", fitted_list("gaps", "variation"))
    return np.asarray(np.sqrt(np.log1p(variation**2)))


def _activity(keys: Keys, born: Reals, days: float, parameters: Parameters) -> tuple[Reals, Reals]:
    start = np.maximum(born, 0.0)
    left = draws.uniform(keys, "leaves") < parameters.real("lapsed_share", 0.1, 0.35)
    end = np.where(left, start + (days - start) * draws.uniform(keys, "leaves at"), days)
    return start, np.maximum(end, np.minimum(start + 0.05, days))


def _volumes(keys: Keys, client: Wholes, active: Reals, parameters: Parameters) -> Reals:
    """Heavy-tailed volumes: most people ask a few times and a few ask all day; users of the coding tool ask more."""
    # The traces' clients include firms, so that their volumes vary more than the volumes of people alone.
    sigma = parameters.real("volume_sigma", 1.4, float(fitted_list("volumes", "log_sd").min()))
    volume = np.minimum(draws.lognormal(keys, "volume", 1.0, sigma), 60 * np.exp(sigma**2 / 2))
    tool = np.where(client == CODING_TOOL, parameters.real("coding_tool_volume", 1.5, 3.0), 1.0)
    return np.asarray(volume * tool * np.maximum(active, 0.01) ** 0.8)


def persons_client(keys: Keys, tool_share: float) -> Wholes:
    """Draws interactive clients, for groups of persons."""
    scripted = draws.uniform(keys, "at a screen") < tool_share
    return np.where(scripted, CODING_TOOL, INTERACTIVE[draws.whole(keys, "screen client", len(INTERACTIVE))])
