"""Every claim that a run may state, once: its name, its sort of evidence, what is measured and the analyst's sentence.

Linking claims that accounts hold a value in common (`SHARED_VALUES`). Grouping tests claims about what a network's
members do (`GROUP_CLAIMS`). Assessment states claims about how openly they do it (`STATED_CLAIMS`), and tries innocent
explanations (`EXPLANATIONS`). No other module spells these names.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from stillwatch.records import sentences
from stillwatch.records.group_claim import EVIDENCE_SORTS as EVIDENCE_SORTS
from stillwatch.records.group_claim import EvidenceSort as EvidenceSort
from stillwatch.records.group_claim import GroupClaim as GroupClaim
from stillwatch.records.measured import MEASURED_CLAIMS


@dataclass(frozen=True, slots=True)
class Explanation:
    """An innocent explanation of a group: the name that `alternatives` states, and what it is in words."""

    name: str
    words: str


IS_ENTERPRISE = Explanation("is_enterprise", "the staff of one enterprise")
IS_RESELLER = Explanation("is_reseller_or_relay_customers", "a reseller or relay that serves many customers")
IS_ONE_CUSTOMER = Explanation("is_one_customer", "one busy customer of a relay")
IS_BATCH_JOB = Explanation("is_batch_job", "a firm's own batch job")
IS_EVALUATION_HARNESS = Explanation("is_evaluation_harness", "an evaluation harness")
IS_CLASS = Explanation("is_class_or_hackathon", "a class or hackathon")
IS_PERMITTED = Explanation("is_permitted", "permitted work")
IS_POPULAR_TOOL = Explanation("is_popular_tool", "a tool that many strangers use")
IS_SHARED_ADDRESS = Explanation("is_carrier_nat_or_vpn", "an address that strangers share")
IS_VIRAL_PROMPT = Explanation("is_viral_prompt", "a prompt that went viral")
IS_SHARED_SOFTWARE = Explanation("is_shared_relay_software", "relay software that strangers run")
IS_HOUSEHOLD = Explanation("is_household_or_office", "one household or office")
IS_ONE_PROGRAM = Explanation("is_users_of_one_program", "independent users of one program")
IS_UNMET = Explanation("is_innocent_in_a_way_not_met", "innocent in a way that was not met before")

EXPLANATIONS = (
    IS_ENTERPRISE,
    IS_RESELLER,
    IS_ONE_CUSTOMER,
    IS_BATCH_JOB,
    IS_EVALUATION_HARNESS,
    IS_CLASS,
    IS_PERMITTED,
    IS_POPULAR_TOOL,
    IS_SHARED_ADDRESS,
    IS_VIRAL_PROMPT,
    IS_SHARED_SOFTWARE,
    IS_HOUSEHOLD,
    IS_ONE_PROGRAM,
    IS_UNMET,
)

INDEPENDENCE_GROUPS: dict[str, EvidenceSort] = {
    "software": "shared_infrastructure",
    "wording": "content",
    "place": "shared_infrastructure",
    "registration": "shared_infrastructure",
    "payment": "shared_infrastructure",
    "time": "shared_infrastructure",
    "lifecycle": "scheduling",
    "handover": "scheduling",
    "contents": "self_similarity",
}
"""Ways in which strangers are alike innocently, each all at once: users of one tool share all of `software`, people
behind one address translation all of `place`. Two values of one group are not independent. With each its sort."""


@dataclass(frozen=True, slots=True)
class Family:
    """A family of shared values: its name in `network_values`, and what its members share, in words."""

    name: str
    words: str

    @property
    def claim(self) -> str:
        """The claim of `evidence` that members share values of this family."""
        return f"shared_{self.name}"


FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        Family("infrastructure", "addresses or client software"),
        Family("registration", "registration details"),
        Family("payment", "means of payment"),
        Family("content", "the wording and settings around their questions"),
        Family("payload", "whole questions"),
        Family("time", "the time of sign-up"),
        Family("lifecycle", "requests and conversations that pass from one account to another"),
        Family("contents", "one pool of questions"),
    )
}


@dataclass(frozen=True, slots=True)
class SharedValue:
    """A claim of linking: accounts hold one value in common, which `words` names.

    `explanation` is the innocent explanation under which strangers share such values and nothing else.
    """

    name: str
    family: str
    independence_group: str
    words: str
    explanation: Explanation | None = None

    @property
    def evidence(self) -> EvidenceSort:
        """The sort of evidence that the value belongs to."""
        return INDEPENDENCE_GROUPS[self.independence_group]


SAME_ADDRESS = SharedValue("same_address", "infrastructure", "place", "IP address", IS_SHARED_ADDRESS)
SAME_SUBNET = SharedValue("same_subnet", "infrastructure", "place", "address range", IS_SHARED_ADDRESS)
SAME_ADDRESS_NETWORK = SharedValue(
    "same_address_network", "infrastructure", "place", "address network", IS_SHARED_ADDRESS
)
SAME_CLIENT_FINGERPRINT = SharedValue(
    "same_client_fingerprint", "infrastructure", "software", "client fingerprint", IS_POPULAR_TOOL
)
SAME_USER_AGENT = SharedValue("same_user_agent", "infrastructure", "software", "user agent", IS_POPULAR_TOOL)
SAME_DEVICE = SharedValue("same_device", "infrastructure", "software", "device id", IS_SHARED_SOFTWARE)
SAME_SESSION = SharedValue("same_session", "infrastructure", "software", "session id", IS_SHARED_SOFTWARE)
SAME_INSTRUCTIONS = SharedValue("same_instructions", "content", "software", "system prompt", IS_POPULAR_TOOL)
SAME_OPENING_WORDS = SharedValue("same_opening_words", "content", "wording", "opening words", IS_VIRAL_PROMPT)
SAME_CLOSING_WORDS = SharedValue("same_closing_words", "content", "wording", "closing words", IS_VIRAL_PROMPT)
SAME_TOOLS = SharedValue("same_tools", "content", "software", "tool definitions", IS_POPULAR_TOOL)
SAME_PARAMETERS = SharedValue("same_parameters", "content", "software", "request parameters", IS_POPULAR_TOOL)
SAME_PARAMETERS_OF_CLIENT = SharedValue(
    "same_parameters_of_client", "content", "software", "settings of one client program"
)
SAME_PAYLOAD = SharedValue("same_payload", "payload", "wording", "whole question", IS_VIRAL_PROMPT)
CONTINUES_CONVERSATION = SharedValue("continues_conversation_of", "lifecycle", "lifecycle", "conversation")
TAKES_OVER_REQUESTS = SharedValue("takes_over_requests_of", "lifecycle", "handover", "handed-over requests")
ASKS_FROM_ONE_POOL = SharedValue("asks_from_one_pool", "contents", "contents", "pool of questions", IS_POPULAR_TOOL)
SAME_PAYMENT_FINGERPRINT = SharedValue("same_payment_fingerprint", "payment", "payment", "payment card")
SAME_PAYMENT_ISSUER = SharedValue("same_payment_issuer", "payment", "payment", "card issuer")
SAME_ORGANISATION = SharedValue("same_organisation", "registration", "registration", "organisation")
SAME_EMAIL_DOMAIN = SharedValue("same_email_domain", "registration", "registration", "email domain")
SAME_EMAIL_SHAPE = SharedValue("same_email_shape", "registration", "registration", "shape of email address")
SAME_PHONE_PREFIX = SharedValue("same_phone_prefix", "registration", "registration", "phone prefix")
SAME_SIGNUP_ADDRESS = SharedValue("same_signup_address", "registration", "place", "sign-up address", IS_SHARED_ADDRESS)
SAME_SIGNUP_SUBNET = SharedValue(
    "same_signup_subnet", "registration", "place", "sign-up address range", IS_SHARED_ADDRESS
)
SAME_SIGNUP_FINGERPRINT = SharedValue("same_signup_fingerprint", "registration", "software", "sign-up client")
SAME_REFERRER = SharedValue("same_referrer", "registration", "registration", "referrer")
SAME_SIGNUP_MINUTE = SharedValue("same_signup_minute", "time", "time", "minute of sign-up")
SAME_SIGNUP_HOUR = SharedValue("same_signup_hour", "time", "time", "hour of sign-up")
SAME_SIGNUP_DAY = SharedValue("same_signup_day", "time", "time", "day of sign-up")

SHARED_VALUES = tuple(value for value in list(globals().values()) if isinstance(value, SharedValue))
"""Every one above, in that order."""

DRAWS_FROM_ONE_POOL = GroupClaim(
    "draws_from_one_pool",
    "self_similarity",
    "natural logarithm of the similarity of an account's conversation starts to its own over that to the others'",
    "median of the same over matched groups of the reference population",
    sentences.one_pool,
    is_ratio=True,
)
ASKS_ONE_MIX = GroupClaim(
    "asks_one_mix",
    "purpose",
    "dispersion of subjects and forms over accounts beyond that of one mix, for each further exchange an account",
    "median of the same over matched groups of the reference population",
    sentences.one_mix,
    is_ratio=True,
)
SAME_SIZES = GroupClaim(
    "same_sizes",
    "content",
    "dispersion of input and output sizes over accounts beyond that of one mix, for each further exchange an account",
    "median of the same over matched groups of the reference population",
    sentences.same_sizes,
    is_ratio=True,
)
KEEPS_THE_SAME_HOURS = GroupClaim(
    "keeps_the_same_hours",
    "scheduling",
    "dispersion of four-hour spans of the UTC day over accounts beyond that of one mix, for each further exchange",
    "median of the same over matched groups of the reference population",
    sentences.same_hours,
    is_ratio=True,
)
EQUALISED_VOLUMES = GroupClaim(
    "equalised_volumes",
    "scheduling",
    "variance over mean of an account's exchanges on its active days, beyond 1, for each further exchange an account",
    "median of the same over matched groups of the reference population",
    sentences.equalised_volumes,
    is_ratio=True,
)
NARROW_PURPOSE = GroupClaim(
    "narrow_purpose",
    "purpose",
    "divergence of the mix of subjects and forms from the reference population's, in bits an exchange with text",
    "the same of a random group of the reference population",
    sentences.narrow_purpose,
)
NARROW_VOCABULARY = GroupClaim(
    "narrow_vocabulary",
    "purpose",
    "divergence of the group's words from the reference population's, in bits an exchange with text",
    "the same of a random group of the reference population",
    sentences.narrow_vocabulary,
)
NEVER_REPEATS_A_SLOT = GroupClaim(
    "never_repeats_a_slot",
    "content",
    "of pairs of texts of different accounts that open alike, the share that are the same text",
    "the same share in the reference population",
    sentences.never_repeats,
)
REPEATS_QUESTIONS = GroupClaim(
    "repeats_questions",
    "content",
    "share of distinct texts that more than one account asked",
    "the same share in the reference population",
    sentences.repeats_questions,
)
ASKS_ONCE = GroupClaim(
    "asks_once",
    "purpose",
    "share of conversations with one exchange only",
    "the same share in the reference population",
    sentences.asks_once,
)
STANDS_APART = GroupClaim(
    "stands_apart_from_people",
    "purpose",
    "share of the purpose's exchanges that are plainly its own by wording and sorts",
    "mean share of a reference account's exchanges that would be taken for the purpose as plainly",
    sentences.stands_apart,
)
REACHES_ALL_ACCOUNTS = GroupClaim(
    "reaches_all_accounts",
    "purpose",
    "accounts that the purpose's conversations reach, over those expected if each went to any account at random",
    "none: 1 is what one queue reaches",
    sentences.reaches_all,
)
HANDS_OVER_REFUSED = GroupClaim(
    "hands_over_refused_requests",
    "scheduling",
    "share of refused requests that another account of the group made word for word within ten minutes",
    "the same share in the reference population",
    sentences.hands_over,
)
MOVES_TO_NEW_MODELS = GroupClaim(
    "moves_to_new_models_at_once",
    "scheduling",
    "share of the group's exchanges in the day after a model's release that used it",
    "mean share over accounts of the reference population that were active on that day",
    sentences.moves_to_new_models,
)
REPLACES_CLOSED_ACCOUNTS = GroupClaim(
    "replaces_closed_accounts",
    "scheduling",
    "closures of members that another member's first exchange followed within six hours",
    "how many chance would give, with closures moved by whole days",
    sentences.replaces_closed,
)
BORN_TOGETHER = GroupClaim(
    "born_together",
    "shared_infrastructure",
    "divergence of the times at which the group's accounts signed up from those of the log's others, bits an account",
    "none: 0 is what accounts that signed up independently show",
    sentences.born_together,
)
BEGINS_TOGETHER = GroupClaim(
    "begins_together",
    "scheduling",
    "divergence of first uses, of accounts first used a week or more after sign-up, from the log's, bits an account",
    "none: 0 is what accounts that were first used independently show",
    sentences.begins_together,
)

GROUP_CLAIMS = (
    DRAWS_FROM_ONE_POOL,
    ASKS_ONE_MIX,
    SAME_SIZES,
    KEEPS_THE_SAME_HOURS,
    EQUALISED_VOLUMES,
    NARROW_PURPOSE,
    NARROW_VOCABULARY,
    NEVER_REPEATS_A_SLOT,
    MOVES_TO_NEW_MODELS,
    HANDS_OVER_REFUSED,
    REPLACES_CLOSED_ACCOUNTS,
    BORN_TOGETHER,
    BEGINS_TOGETHER,
    REPEATS_QUESTIONS,
    ASKS_ONCE,
    STANDS_APART,
    REACHES_ALL_ACCOUNTS,
    *MEASURED_CLAIMS,
)
"""In the order in which evidence states them."""


@dataclass(frozen=True, slots=True)
class StatedClaim:
    """A claim that assessment states of a candidate.

    `evidence` is None where the claim rests on what a person decided, which no setting switches off.
    """

    name: str
    evidence: EvidenceSort | None


CLAIMS_MANY_IDENTITIES = StatedClaim("claims_many_identities", "shared_infrastructure")
NAMES_ORGANISATION = StatedClaim("names_organisation", "shared_infrastructure")
PAYS_WITH_ONE_CARD = StatedClaim("pays_with_one_card", "shared_infrastructure")
IS_EDUCATION = StatedClaim("is_education", "shared_infrastructure")
IS_UNDER_CONTRACT = StatedClaim("is_under_contract", "shared_infrastructure")
SPREADS_OVER_NETWORKS = StatedClaim("spreads_over_networks", "shared_infrastructure")
SITS_IN_ONE_NETWORK = StatedClaim("sits_in_one_network", "shared_infrastructure")
LASTS_ONE_DAY = StatedClaim("lasts_one_day", "scheduling")
PASSES_REQUESTS_ON = StatedClaim("passes_requests_on", "scheduling")
OUTGREW_PERMIT = StatedClaim("outgrew_permit", None)
INSIDE_PERMIT = StatedClaim("inside_permit", None)
DID_NOTHING_ALONE = StatedClaim("did_nothing_alone", None)
NOT_SUSTAINED = StatedClaim("not_sustained", None)
WEIGHED_TOGETHER = StatedClaim("weighed_together", None)
JUDGED_CONFIRMED = StatedClaim("judged_confirmed", None)
JUDGED_INNOCENT = StatedClaim("judged_innocent", None)
JUDGED_UNSURE = StatedClaim("judged_unsure", None)

JUDGEMENTS: dict[str, StatedClaim] = {
    "confirmed": JUDGED_CONFIRMED,
    "innocent": JUDGED_INNOCENT,
    "unsure": JUDGED_UNSURE,
}
"""The claim that states each judgement of a network or campaign."""

REPORTED_BY_PARTNERS = StatedClaim("reported_by_partners", None)
ASKS_ALIKE = StatedClaim("asks_alike", "content")
"""Words by which what a network asks for is recognised, in its profile; `keyed` is a content feature."""
ACTIVE_IN_HOUR = StatedClaim("active_in_hour", "scheduling")
SET_UP_IN_HOUR = StatedClaim("set_up_in_hour", "scheduling")
ASKS_OF_KIND = StatedClaim("asks_of_kind", "purpose")
WRITTEN_AT_DENSITY = StatedClaim("written_at_density", "content")
ANSWERED_AT_DENSITY = StatedClaim("answered_at_density", "content")
SENT_IN_SHAPE = StatedClaim("sent_in_shape", "content")
"""Habits of a network, in its profile: shares of its requests by hour of the week (`keyed` is 0 for Monday's first),
of its sign-ups and first uses by hour of the day, of its requests by subject and form, by characters for a token of
request and answer (`keyed` counts the DENSITIES that are reached), and by what came with them (the sum of SHAPES)."""
HABITS = (ACTIVE_IN_HOUR, SET_UP_IN_HOUR, ASKS_OF_KIND, WRITTEN_AT_DENSITY, ANSWERED_AT_DENSITY, SENT_IN_SHAPE)
DENSITIES = (1, 2, 3, 4, 5)  # characters for a token
SHAPES = {"instructions_value": 1, "tools_value": 2, "parameters_value": 4}  # columns of sketches that are there

STATED_CLAIMS = (
    CLAIMS_MANY_IDENTITIES,
    NAMES_ORGANISATION,
    PAYS_WITH_ONE_CARD,
    IS_EDUCATION,
    IS_UNDER_CONTRACT,
    SPREADS_OVER_NETWORKS,
    SITS_IN_ONE_NETWORK,
    LASTS_ONE_DAY,
    PASSES_REQUESTS_ON,
    OUTGREW_PERMIT,
    INSIDE_PERMIT,
    DID_NOTHING_ALONE,
    NOT_SUSTAINED,
    WEIGHED_TOGETHER,
    *JUDGEMENTS.values(),
    REPORTED_BY_PARTNERS,
    ASKS_ALIKE,
    *HABITS,
)

RESEMBLES_NO_SINGLE_PERSON = "resembles_no_single_person"
"""What linking knows of every account by itself: whether it comes back to its own earlier contents."""


def switched_off(off: Collection[EvidenceSort]) -> frozenset[str]:
    """Names of the claims that a run without these sorts of evidence makes no use of.

    The only place where `Settings.evidence.off` is read: linking, grouping and assessment leave out what is named.
    """
    known: list[tuple[str, EvidenceSort | None]] = [
        (RESEMBLES_NO_SINGLE_PERSON, "self_similarity"),
        *((claim.name, claim.evidence) for claim in SHARED_VALUES),
        *((claim.name, claim.evidence) for claim in GROUP_CLAIMS),
        *((claim.name, claim.evidence) for claim in STATED_CLAIMS),
    ]
    return frozenset(name for name, evidence in known if evidence in off)
