"""From where accounts signed up, by the provider's own address data: whether it serves there, and through what.

A range's country is where it is registered, and a machine's place is not its user's: nothing here accuses anybody.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from stillwatch.assess.doors import ENTRIES
from stillwatch.assess.thresholds import ADDRESSES_AT_ONCE
from stillwatch.engine import Engine, Query
from stillwatch.records.address_columns import address_words
from stillwatch.records.address_ranges import read_countries, read_lists
from stillwatch.records.outputs import REGIONS
from stillwatch.settings import RegionSettings


def write(engine: Engine, settings: RegionSettings, trusted_hops: int) -> None:
    """Writes `regions`, which stays empty without address data; raises InputError where this cannot be read."""
    if settings.countries is None:
        engine.store(REGIONS, REGIONS.schema.empty_table())
        return
    countries, hosting = read_countries(settings.countries), read_lists(settings.hosting)
    counted = []
    for batch in engine.batches(origins_sql(), ADDRESSES_AT_ONCE):
        distinct = batch.column("signup_address").dictionary_encode()
        words = address_words(distinct.dictionary, trusted_hops)
        place = distinct.indices
        located = pa.table(
            {
                "country": pa.array(countries.names_of(words), pa.string()).take(place),
                "hosting": pc.fill_null(pa.array(_any(hosting.names_of(words))).take(place), False),
                **{name: batch.column(name) for name in ("card_country", "through", "accused", "accounts")},
            }
        )
        counted.append(_counted(located, settings.not_served))
    engine.store(REGIONS, _summed(pa.concat_tables(counted)) if counted else REGIONS.schema.empty_table())


def origins_sql() -> Query:
    """Accounts that are registered, by sign-up address, country of the card, kind of network and campaign."""
    return Query(
        "origins",
        f"""
SELECT
  stated.signup_address,
  coalesce(stated.payment_country, stated.organisation_country) AS card_country,
  found.kind AS through,
  found.campaign_id IS NOT NULL AS accused,
  count(*) AS accounts
FROM {ENTRIES} AS found JOIN accounts AS stated ON stated.account_id = found.account_id
GROUP BY 1, 2, 3, 4
""",
    )


def _any(names: NDArray[np.object_]) -> NDArray[np.bool_]:
    return np.array([one is not None for one in names], np.bool_)


def _counted(located: pa.Table, not_served: tuple[str, ...]) -> pa.Table:
    country, accounts = located["country"], located["accounts"]
    differs = pc.fill_null(pc.not_equal(country, located["card_country"]), False)
    away = pc.fill_null(pc.is_in(country, pa.array(not_served, pa.string())), False)
    nothing = pa.scalar(0, pa.int64())
    columns = {
        "country": country,
        "served": pc.invert(away),
        "hosting": located["hosting"],
        "through": located["through"],
        "accounts": accounts,
        "conflicting": pc.if_else(differs, accounts, nothing),
        "campaign_accounts": pc.if_else(located["accused"], accounts, nothing),
    }
    return _summed(pa.table(columns))


def _summed(rows: pa.Table) -> pa.Table:
    sums = ("accounts", "conflicting", "campaign_accounts")
    found = rows.group_by(["country", "served", "hosting", "through"]).aggregate([(name, "sum") for name in sums])
    return found.rename_columns([name.removesuffix("_sum") for name in found.column_names]).select(REGIONS.names)
