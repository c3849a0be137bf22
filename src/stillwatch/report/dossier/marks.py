"""Marks of language, format and working hours beside everybody else's, with what is innocent about each.

They are read from the habits of a campaign's networks. Sketches keep no text, script, language, locale or time zone;
characters for a token stand in for the density of a script. No mark names anybody, and none becomes an entry of the
worksheet by itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from stillwatch.engine import Engine, Query, literal
from stillwatch.records.claims import (
    ACTIVE_IN_HOUR,
    ANSWERED_AT_DENSITY,
    ASKS_OF_KIND,
    DENSITIES,
    HABITS,
    SENT_IN_SHAPE,
    SET_UP_IN_HOUR,
    SHAPES,
    WRITTEN_AT_DENSITY,
)
from stillwatch.records.naming import FORMS, SUBJECTS
from stillwatch.report.fetch import rows
from stillwatch.report.wording import in_words, percent

Shares = Mapping[int, tuple[float, float]]
"""By place the share of the campaign's networks, and that of everybody outside networks."""

LEAST = 0.05  # share, on either side, under which a form or shape is not told
NOT_KEPT = (
    "language: sketches keep no text, script, language, locale or time zone; characters for a token stand in for the "
    "density of a script: with common tokenizers English has about 4, Chinese and Japanese 1 to 2, code 2 to 3"
)
_WORDS = {
    ACTIVE_IN_HOUR.name: "hours of requests",
    SET_UP_IN_HOUR.name: "hours of sign-ups and first uses",
    ASKS_OF_KIND.name: "subjects and forms",
    WRITTEN_AT_DENSITY.name: "characters for a token of requests",
    ANSWERED_AT_DENSITY.name: "characters for a token of answers",
    SENT_IN_SHAPE.name: "what came with requests",
}
_SHAPES = {"instructions_value": "a system prompt", "tools_value": "tools", "parameters_value": "parameters"}
_DENSITY_IS = (
    "code, formulas and numbers, another tokenizer, a system prompt, tools, pictures or reasoning that count as tokens "
    "and not as characters"
)
_FORM_IS = "a common tool, a class, one harness of evaluation; forms are named from wording, and wrongly at times"
_SHAPE_IS = "a popular client or library sets them for everybody who uses it"


def marks(engine: Engine, campaign: str) -> Iterator[str]:
    """Lines about one campaign's networks; of what their profiles do not have, that they have it not."""
    found: dict[str, dict[int, tuple[float, float]]] = defaultdict(dict)
    for row in rows(engine, habits_sql(campaign)):
        found[row["claim"]][row["keyed"]] = row["usage"], row["rate"]
    yield NOT_KEPT
    yield from _density("requests", found[WRITTEN_AT_DENSITY.name])
    yield from _density("answers", found[ANSWERED_AT_DENSITY.name])
    yield from _forms(found[ASKS_OF_KIND.name])
    yield from _shapes(found[SENT_IN_SHAPE.name])
    missing = [words for claim, words in _WORDS.items() if not found[claim]]
    if missing:
        yield f"not known of this campaign's networks: {', '.join(missing)}"


def hours_of_others(engine: Engine, campaign: str) -> tuple[list[float], list[float], list[float]]:
    """By hour of the day, UTC: everybody else's shares of requests; shares of sign-ups and first uses of the campaign's
    networks, and everybody else's. Empty where profiles do not have them."""
    requests, own, others = [0.0] * 24, [0.0] * 24, [0.0] * 24
    for row in rows(engine, habits_sql(campaign)):
        if row["claim"] == ACTIVE_IN_HOUR.name:
            requests[row["keyed"] % 24] += row["rate"]
        elif row["claim"] == SET_UP_IN_HOUR.name:
            own[row["keyed"]], others[row["keyed"]] = row["usage"], row["rate"]
    return (requests if any(requests) else []), (own if any(own) else []), (others if any(others) else [])


def habits_sql(campaign: str) -> Query:
    """The habits of a campaign's networks together, each network by its share of their accounts."""
    names = ", ".join(literal(one.name) for one in HABITS)
    return Query(
        "marks of a campaign",
        f"""WITH own AS (
  SELECT n.network_id, n.accounts FROM networks AS n
  WHERE n.network_id IN (SELECT unnest(networks) FROM campaigns WHERE campaign_id = {literal(campaign)})
), profiled AS (
  SELECT p.claim, p.keyed, p.usage, p.rate, own.network_id, own.accounts
  FROM network_profiles AS p JOIN own ON own.network_id = p.network_id
  WHERE NOT p.remembered AND p.claim IN ({names})
), sizes AS (
  SELECT claim, sum(accounts) AS accounts FROM (SELECT DISTINCT claim, network_id, accounts FROM profiled) AS each
  GROUP BY claim
)
SELECT p.claim, p.keyed, sum(p.usage * p.accounts / s.accounts) AS usage, max(p.rate) AS rate
FROM profiled AS p JOIN sizes AS s ON s.claim = p.claim
GROUP BY p.claim, p.keyed
ORDER BY p.claim, p.keyed""",
    )


def _beside(shares: tuple[float, float]) -> str:
    return f"{percent(shares[0])} (everybody else {percent(shares[1])})"


def _density(of: str, found: Shares) -> Iterator[str]:
    if not found:
        return
    names = [f"under {DENSITIES[0]}", *(f"{low} to {low + 1}" for low in DENSITIES[:-1]), f"{DENSITIES[-1]} or more"]
    told = ", ".join(f"{names[place]}: {_beside(shares)}" for place, shares in sorted(found.items()))
    yield f"characters for a token of {of}: {told}; innocent reasons: {_DENSITY_IS}"


def _forms(found: Shares) -> Iterator[str]:
    for what, axis in (("subjects", SUBJECTS), ("forms", FORMS)):
        sums = dict.fromkeys(axis, (0.0, 0.0))
        for place, (usage, rate) in found.items():
            name = SUBJECTS[place // len(FORMS)] if what == "subjects" else FORMS[place % len(FORMS)]
            sums[name] = sums[name][0] + usage, sums[name][1] + rate
        told = [f"{in_words(name)} {_beside(own)}" for name, own in sums.items() if max(own) >= LEAST]
        if found:
            yield f"{what}: {', '.join(told)}; innocent reasons: {_FORM_IS}"


def _shapes(found: Shares) -> Iterator[str]:
    if not found:
        return
    told = []
    for place, shares in sorted(found.items()):
        there = [_SHAPES[name] for name, bit in SHAPES.items() if place & bit]
        if max(shares) >= LEAST:
            told.append(f"{' and '.join(there) or 'neither system prompt, tools nor parameters'} {_beside(shares)}")
    yield f"requests with {', '.join(told)}; innocent reasons: {_SHAPE_IS}"
