"""Claims that are plainly measured: what a group shows beside what people show, with the sentence that says so.

Their sentences state both numbers and leave what they speak for to the assessment, because each fits some innocent
groups and some efforts.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from stillwatch.records.group_claim import EvidenceSort, GroupClaim, Sentence
from stillwatch.records.sentences import PEOPLE, part, percent, times

Unit = Callable[[float], str]

_PEOPLE = "the same of the reference population"
_CHANCE = "what chance gives"


def _share(value: float) -> str:
    return percent(min(max(value, 0.0), 1.0))


def _ratio(log: float) -> str:
    """A natural logarithm as a factor; a factor below 1 as percent."""
    return times(math.exp(min(log, 20.0)))


def _points(difference: float) -> str:
    often = "more" if difference >= 0.0 else "less"
    return f"{100.0 * min(abs(difference), 1.0):.0f} percentage points {often} often"


def _number(value: float) -> str:
    return f"{max(value, 0.0) + 0.0:,.1f}"


def _octaves(log: float) -> str:
    return f"{math.exp(min(log, 20.0)):,.2f}"


def _factor(spread: float) -> str:
    """A standard deviation of natural logarithms as a factor."""
    return f"{math.exp(min(max(spread, 0.0), 20.0)):,.1f}"


def _whole(log: float) -> str:
    return f"{math.exp(min(log, 20.0)):,.0f}"


def _one_more(value: float) -> str:
    """A number of different values, of which the statistic leaves out the first."""
    return _number(value + 1.0)


def _hours(log: float) -> str:
    hours = math.exp(min(log, 20.0))
    return f"{hours:,.1f} hours" if hours >= 1.0 else f"{60.0 * hours:,.1f} minutes"


def _says(finding: str, unit: Unit, ordinary: str = PEOPLE, nothing: str = "") -> Sentence:
    """A sentence: the finding with the group's number in place of its {}, then what is ordinary.

    Of a share that is 0 or less it says `nothing`, where that stands in the finding's place.
    """

    def sentence(own: float, people: float | None, _: float) -> str:
        beside = "" if people is None else f" ({ordinary}: {unit(people)})"
        return f"{nothing if nothing and own <= 0.0 else finding.format(unit(own))}{beside}."

    return sentence


def _claim(name: str, evidence: EvidenceSort, statistic: str, reference: str, sentence: Sentence) -> GroupClaim:
    return GroupClaim(name, evidence, statistic, reference, sentence, is_ratio=name in _RATIOS)


_RATIOS = ("covers_the_pool", "varies_from_day_to_day", "spreads_volumes", "spreads_lifetimes")
_NO_PAIR = "No two requests of two accounts {}"
_BY_CHANCE = f"by chance, as for {PEOPLE}"

RETURNS_WITHIN_THE_HOUR = _claim(
    "returns_within_the_hour",
    "self_similarity",
    "natural logarithm of the similarity of conversation starts on different accounts within an hour over that of "
    "starts more than a day and a half apart",
    f"0, {_CHANCE}",
    _says("Questions of two accounts within an hour are {} as alike as questions days apart", _ratio, _BY_CHANCE),
)
RETURNS_ON_THE_SAME_DAY = _claim(
    "returns_on_the_same_day",
    "self_similarity",
    "the same of conversation starts three to twelve hours apart: subjects that come back in the pool",
    f"0, {_CHANCE}",
    _says("Questions of two accounts hours apart are {} as alike as questions days apart", _ratio, _BY_CHANCE),
)
REWORDS_WITHIN_THE_HOUR = _claim(
    "rewords_within_the_hour",
    "content",
    "share of pairs of conversation starts on different accounts within an hour that are nearly the same text, beyond "
    "that share of pairs days apart",
    f"0, {_CHANCE}",
    _says(
        "Of pairs of questions of two accounts within an hour, {} are nearly the same text",
        _share,
        _BY_CHANCE,
        "Pairs of questions of two accounts within an hour are no oftener nearly the same text than pairs days apart",
    ),
)
REPEATS_CONVERSATION_STARTS = _claim(
    "repeats_conversation_starts",
    "content",
    "share of conversations that begin with a text that the group has begun one with before",
    _PEOPLE,
    _says("Of their conversations, {} begin with a text that one of them began with before", part),
)
DEALS_OUT_REPEATS = _claim(
    "deals_out_repeats",
    "scheduling",
    "repetitions that came from another account than the asking before, over those expected if accounts were drawn by "
    "their volumes",
    _PEOPLE,
    _says("Of the repetitions that a random draw of accounts would move to another account, {} moved", part),
)
REPEATS_EVENLY = _claim(
    "repeats_evenly",
    "content",
    "how evenly often repeated texts are asked: 1 where equally often, near 0 where a few make up all repetitions",
    _PEOPLE,
    _says("The texts that they repeat are repeated about equally often, with an evenness of {}", _share),
)
PAUSES_BEFORE_REPEATING = _claim(
    "pauses_before_repeating",
    "scheduling",
    "natural logarithm of the median hours until another account begins with a text again",
    _PEOPLE,
    _says("Another account begins with a text again after a median of {}", _hours),
)
REPEATS_IN_ORDER = _claim(
    "repeats_in_order",
    "content",
    "rank correlation (Kendall) of the order in which texts come back with that in which they first came",
    f"0, {_CHANCE}",
    _says("Texts come back in the order in which they first came, with a rank correlation of {}", _share, _BY_CHANCE),
)
ANSWERS_OF_ONE_LENGTH = _claim(
    "answers_of_one_length",
    "content",
    "natural logarithm of the spread of answer lengths to questions of one length, in octaves",
    _PEOPLE,
    _says("Answers to questions of one length differ by {} octaves either way", _octaves),
)
SPREADS_VOLUMES = _claim(
    "spreads_volumes",
    "scheduling",
    "robust standard deviation of the natural logarithm of exchanges an account",
    _PEOPLE,
    _says("Their numbers of requests differ by a typical factor of {}", _factor),
)
SPREADS_LIFETIMES = _claim(
    "spreads_lifetimes",
    "scheduling",
    "robust standard deviation of the natural logarithm of the time from an account's first exchange to its last",
    _PEOPLE,
    _says("The times over which they were used differ by a typical factor of {}", _factor),
)
HAS_LIGHT_USERS = _claim(
    "has_light_users",
    "scheduling",
    "share of accounts with less than a quarter of the median account's exchanges",
    _PEOPLE,
    _says("Of the accounts, {} made less than a quarter of the requests of the middle one", part),
)
VARIES_FROM_DAY_TO_DAY = _claim(
    "varies_from_day_to_day",
    "scheduling",
    "dispersion of an account's exchanges a day beyond chance, (variance - mean) / mean², mean over accounts",
    "the same of people with as many exchanges",
    _says("From day to day, the numbers of requests of an account vary with a dispersion of {}", _number),
)
FALLS_SILENT_TOGETHER = _claim(
    "falls_silent_together",
    "scheduling",
    "share of the times in which accounts of the group ordinarily ask that hardly any did, beyond chance",
    f"0, {_CHANCE}",
    _says(
        "Hardly any of them asked in {} of the times in which several ordinarily do",
        _share,
        _BY_CHANCE,
        "They fell silent together no more often than chance has it when several ordinarily ask",
    ),
)
FIRST_USED_ON_ONE_DAY = _claim(
    "first_used_on_one_day",
    "scheduling",
    "natural logarithm of how much likelier two accounts begin on one day than if first uses were even over the log",
    _PEOPLE,
    _says("Two accounts began on one day {} as often as by an even spread over the log", _ratio),
)
LAST_USED_ON_ONE_DAY = _claim(
    "last_used_on_one_day",
    "scheduling",
    "the same of the days of two accounts' last exchanges",
    _PEOPLE,
    _says("Two accounts stopped on one day {} as often as by an even spread over the log", _ratio),
)
COVERS_THE_POOL = _claim(
    "covers_the_pool",
    "self_similarity",
    "natural logarithm of the different words of an account over those of as many conversation starts of the group",
    _PEOPLE,
    _says("An account uses {} as many different words as a random draw of the group's questions", _ratio),
)
USES_MANY_WORDS = _claim(
    "uses_many_words",
    "purpose",
    "natural logarithm of the effective number of words over accounts",
    _PEOPLE,
    _says("Together they use words as varied as {} equally common ones", _whole),
)
CHANGES_NETWORKS = _claim(
    "changes_networks",
    "shared_infrastructure",
    "mean number of different address networks in eight exchanges of an account, less 1",
    _PEOPLE,
    _says("Eight requests of an account come from {} address networks on average", _one_more),
)
CHANGES_CLIENTS = _claim(
    "changes_clients",
    "shared_infrastructure",
    "mean number of different user agents in eight exchanges of an account, less 1",
    _PEOPLE,
    _says("Eight requests of an account name {} client programs and versions on average", _one_more),
)
CHANGES_FINGERPRINTS = _claim(
    "changes_fingerprints",
    "shared_infrastructure",
    "mean number of different client fingerprints in eight exchanges of an account, less 1",
    _PEOPLE,
    _says("Eight requests of an account show {} client fingerprints on average", _one_more),
)
CHANGES_SETTINGS = _claim(
    "changes_settings",
    "shared_infrastructure",
    "mean number of different request parameters in eight exchanges of an account, less 1",
    _PEOPLE,
    _says("Eight requests of an account have {} settings on average", _one_more),
)
CHANGES_INSTRUCTIONS = _claim(
    "changes_instructions",
    "shared_infrastructure",
    "mean number of different system prompts in eight exchanges of an account, less 1",
    _PEOPLE,
    _says("Eight requests of an account have {} system prompts on average", _one_more),
)
CHANGES_TOOLS = _claim(
    "changes_tools",
    "shared_infrastructure",
    "mean number of different sets of tools in eight exchanges of an account, less 1",
    _PEOPLE,
    _says("Eight requests of an account define {} sets of tools on average", _one_more),
)
USES_ONE_CLIENT = _claim(
    "uses_one_client",
    "shared_infrastructure",
    "chance that an exchange of one account and one of another name the same user agent",
    _PEOPLE,
    _says(
        "Requests of two accounts name the same client program and version in {} of pairs",
        _share,
        nothing=_NO_PAIR.format("name the same client program and version"),
    ),
)
USES_ONE_SETTING = _claim(
    "uses_one_setting",
    "shared_infrastructure",
    "chance that an exchange of one account and one of another have the same request parameters",
    _PEOPLE,
    _says(
        "Requests of two accounts have the same settings in {} of pairs",
        _share,
        nothing=_NO_PAIR.format("have the same settings"),
    ),
)
HAS_OWN_PLACES = _claim(
    "has_own_places",
    "shared_infrastructure",
    "share of accounts with at least half of their exchanges from address ranges that no other of them uses",
    _PEOPLE,
    _says("Of the accounts, {} ask mostly from address ranges of their own", part),
)
RENEWS_CLIENTS = _claim(
    "renews_clients",
    "shared_infrastructure",
    "share of accounts of two weeks or more whose last third of time shows a user agent that its first third did not",
    _PEOPLE,
    _says("Of the accounts, {} came to use another client program or version", part),
)
TOOLS_BEYOND_CLIENT = _claim(
    "tools_beyond_client",
    "shared_infrastructure",
    "share of exchanges that define tools, beyond that of people with the same user agent",
    "none: people are in the statistic",
    _says("Requests define tools {} than those of ordinary accounts with the same client programs", _points),
)
TURNS_BEYOND_CLIENT = _claim(
    "turns_beyond_client",
    "purpose",
    "share of exchanges that continue a conversation, beyond that of people with the same user agent",
    "none: people are in the statistic",
    _says("Requests continue a conversation {} than those of ordinary accounts with the same client programs", _points),
)
ALL_TRAFFIC_RETURNS_ON_THE_SAME_DAY = _claim(
    "all_traffic_returns_on_the_same_day",
    "self_similarity",
    "`returns_on_the_same_day` of all that the network asks, whatever its purpose",
    f"0, {_CHANCE}",
    _says("Of all that the accounts ask, questions hours apart are {} as alike as days apart", _ratio, _BY_CHANCE),
)
ALL_TRAFFIC_CHANGES_SETTINGS = _claim(
    "all_traffic_changes_settings",
    "shared_infrastructure",
    "`changes_settings` of all that the network asks, whatever its purpose",
    _PEOPLE,
    _says("Of all that an account asks, eight requests have {} settings on average", _one_more),
)
ALL_TRAFFIC_CHANGES_INSTRUCTIONS = _claim(
    "all_traffic_changes_instructions",
    "shared_infrastructure",
    "`changes_instructions` of all that the network asks, whatever its purpose",
    _PEOPLE,
    _says("Of all that an account asks, eight requests have {} system prompts on average", _one_more),
)
ALL_TRAFFIC_CHANGES_TOOLS = _claim(
    "all_traffic_changes_tools",
    "shared_infrastructure",
    "`changes_tools` of all that the network asks, whatever its purpose",
    _PEOPLE,
    _says("Of all that an account asks, eight requests define {} sets of tools on average", _one_more),
)

MEASURED_CLAIMS: tuple[GroupClaim, ...] = tuple(
    claim for claim in list(globals().values()) if isinstance(claim, GroupClaim)
)
"""Every one above, in that order."""
