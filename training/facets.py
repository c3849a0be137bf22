"""What hypotheses consist of: facets that a group has or has not, and the measures that show each.

A measure shows one facet, whatever else a group is: the hours that accounts keep tell whether one hand runs them, for
a campaign as for a batch job. So what each measure is like, with its facet and without, is learnt from many kinds of
group at once, and extraction differs from every innocent explanation in at least one facet.
"""

from __future__ import annotations

from dataclasses import dataclass

POOL = "pool"  # what the accounts ask comes from one distribution: no account is one person's
HAND = "hand"  # one hand or one scheduler runs the accounts
HIDDEN = "hidden"  # the accounts claim to be different customers in different places
DATA = "data"  # what is asked is a data set of few sorts, no customers' questions
PUBLIC = "public"  # the same public questions are asked from every account
BURST = "burst"  # it is over in a day or two

MEASURES_OF: dict[str, tuple[str, ...]] = {
    POOL: ("draws_from_one_pool", "asks_one_mix", "same_sizes", "covers_the_pool"),
    HAND: (
        "hands_over_refused_requests",
        "keeps_the_same_hours",
        "equalised_volumes",
        "moves_to_new_models_at_once",
        "replaces_closed_accounts",
        "deals_out_repeats",
        "spreads_volumes",
        "spreads_lifetimes",
        "falls_silent_together",
        "has_light_users",
        "first_used_on_one_day",
        "last_used_on_one_day",
        "begins_together",
        "rewords_within_the_hour",
        "returns_within_the_hour",
        "passes_requests_on",
    ),
    HIDDEN: (
        "claims_many_identities",
        "names_organisation",
        "pays_with_one_card",
        "is_education",
        "is_under_contract",
        "spreads_over_networks",
        "sits_in_one_network",
        "born_together",
    ),
    DATA: (
        "narrow_purpose",
        "narrow_vocabulary",
        "asks_once",
        "returns_on_the_same_day",
        "never_repeats_a_slot",
        "uses_many_words",
        "stands_apart_from_people",
        "answers_of_one_length",
        "turns_beyond_client",
        "changes_settings",
        "changes_instructions",
        "changes_tools",
        "repeats_in_order",
        "repeats_evenly",
    ),
    PUBLIC: ("repeats_questions", "repeats_conversation_starts"),
    BURST: ("lasts_one_day",),
}

# Measures whose direction is known: the higher (rising) or lower, the more they speak for their facet
RISING = (
    "covers_the_pool",
    "hands_over_refused_requests",
    "moves_to_new_models_at_once",
    "replaces_closed_accounts",
    "deals_out_repeats",
    "falls_silent_together",
    "begins_together",
    "first_used_on_one_day",
    "last_used_on_one_day",
    "passes_requests_on",
    "claims_many_identities",
    "spreads_over_networks",
    "narrow_purpose",
    "narrow_vocabulary",
    "asks_once",
    "stands_apart_from_people",
    "repeats_in_order",
    "repeats_evenly",
)
FALLING = (
    "draws_from_one_pool",
    "asks_one_mix",
    "same_sizes",
    "keeps_the_same_hours",
    "equalised_volumes",
    "spreads_volumes",
    "spreads_lifetimes",
    "names_organisation",
    "pays_with_one_card",
    "is_under_contract",
    "is_education",
    "sits_in_one_network",
    "returns_on_the_same_day",
    "never_repeats_a_slot",
    "uses_many_words",
    "answers_of_one_length",
    "changes_settings",
    "changes_instructions",
    "changes_tools",
)

EXTRACTION = "extraction"
RELAY = "is_reseller_or_relay_customers"
STRANGERS = "is_popular_tool"
ONE_PROGRAM = "is_users_of_one_program"
FACETS_OF: dict[str, frozenset[str]] = {
    EXTRACTION: frozenset({POOL, HAND, HIDDEN, DATA}),
    RELAY: frozenset({POOL, HAND, HIDDEN}),
    "is_one_customer": frozenset({POOL, HAND, HIDDEN}),
    "is_batch_job": frozenset({POOL, HAND, DATA}),
    "is_evaluation_harness": frozenset({POOL, HAND, DATA, PUBLIC}),
    "is_class_or_hackathon": frozenset({DATA, BURST}),
    "is_enterprise": frozenset(),
    "is_household_or_office": frozenset(),
    STRANGERS: frozenset({HIDDEN}),
    ONE_PROGRAM: frozenset({POOL, HIDDEN, DATA}),
}
"""The facets that each hypothesis has, of all others it has none."""


@dataclass(frozen=True, slots=True)
class Taught:
    """What a kind of group teaches: the facets that it has, and those it is no example of, with or without."""

    hypothesis: str
    unlike: frozenset[str] = frozenset()


def _as(hypothesis: str, *unlike: str) -> Taught:
    return Taught(hypothesis, frozenset(unlike))


# Strangers are who they say they are: their registration teaches nothing of hiding.
_STRANGERS = _as(STRANGERS, HIDDEN)
KINDS: dict[str, Taught] = {
    "enterprise": _as("is_enterprise"),
    "shared_login": _as("is_household_or_office"),
    "family": _as("is_household_or_office"),
    "reseller": _as(RELAY),
    "reseller_no_permit": _as(RELAY),
    "reseller_permit": _as(RELAY),
    "harvest": _as(RELAY),
    "relay_redirect": _as(RELAY),
    "campaign": _as(RELAY),  # what is not the campaign's on its accounts is their customers'
    "campaign_idle": _as(RELAY),
    "mixed": _as(RELAY),
    "own_router": _STRANGERS,
    "batch_job": _as("is_batch_job"),
    "startup_batch": _as("is_batch_job"),
    "ci_fleet": _as("is_batch_job", DATA),  # a fleet of checks asks what its developers ask
    "data_maker": _as("is_batch_job"),
    "synthetic_data": _as("is_batch_job"),
    "licensed": _as("is_batch_job"),
    "licensed_beyond": _as("is_batch_job"),
    "licensed_distillation": _as("is_batch_job"),
    "enterprise_gateway": _as("is_batch_job", POOL, HAND, DATA),  # its product's users ask
    "red_team": _as("is_batch_job"),
    "many_agents": _as("is_batch_job", POOL, DATA),
    "evaluation_harness": _as("is_evaluation_harness"),
    "eval_harness": _as("is_evaluation_harness"),
    "class": _as("is_class_or_hackathon", POOL, DATA),
    "hackathon": _as("is_class_or_hackathon", DATA),
    "program_users": _as(ONE_PROGRAM, HIDDEN),
    "enthusiasts": _as(ONE_PROGRAM, HIDDEN, POOL),
    "enthusiast": _as(ONE_PROGRAM, HIDDEN, POOL),
}


EFFORTS: dict[str, Taught] = {
    "loud": _as(EXTRACTION, HIDDEN),  # one card, one place
    "probing": _as(EXTRACTION, DATA),
}
"""Campaign profiles that do not show all facets of extraction."""


def taught(kind: str, extraction: bool) -> Taught:
    """What a group of this kind teaches; innocent kinds not listed are strangers who share one thing."""
    if extraction:
        return EFFORTS.get(kind, Taught(EXTRACTION))
    return KINDS.get(kind, _STRANGERS)
