"""The level of each member of a campaign, under the false discovery rate and under looking again and again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.assess.alternatives import Alternative
from stillwatch.assess.evidence import EvidenceItem
from stillwatch.assess.looks import Looks
from stillwatch.assess.profile import CandidateProfile
from stillwatch.assess.score import Judged, act_cutoff, membership
from stillwatch.assess.thresholds import ACT_PROBABILITY, CERTAIN, LOOSELY_LINKED, REVIEW_MEMBER, SAME_ODDS

Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A candidate with everything stated for and against it, and a person's judgement where there is one."""

    profile: CandidateProfile
    items: tuple[EvidenceItem, ...]
    alternatives: tuple[Alternative, ...]
    score: Judged
    judgement: str | None  # `confirmed`, `innocent`, `unsure` or None
    part_confirmed: bool = False  # some accounts were confirmed with a network or campaign that came into this one
    judge: str = ""  # who made the judgement

    @property
    def standing(self) -> str | None:
        """The highest level that members have as such; a person's judgement outranks the score."""
        if self.judgement == "innocent" or self.profile.accounts == 0:
            return None
        return "act" if self.judgement == "confirmed" else self.score.level

    @property
    def level(self) -> str | None:
        """The highest level of any member: where the candidate as a whole has none, that of its confirmed accounts."""
        return self.standing or ("act" if self.part_confirmed and self.profile.accounts else None)

    @property
    def probability(self) -> float:
        """The group's probability, 1 where a person has confirmed all that is listed of it."""
        confirmed = self.judgement == "confirmed" or self.standing is None
        return 1.0 if confirmed else self.score.probability


@dataclass(frozen=True, slots=True)
class Levels:
    """What follows for each member (members,), and the odds of each account by this search alone."""

    level: NDArray[np.object_]
    probability: Float
    confirmed: NDArray[np.bool_]  # by a person
    held: NDArray[np.bool_]  # at `review`, since the searches of the last day do not bear `act` out
    odds: Mapping[str, float]


def levels(rows: pa.Table, campaigns: Mapping[str, Verdict], total: int, rate: float, looks: Looks) -> Levels:
    """Levels of the members in `rows` (as of `members_sql`), of `total` accounts seen.

    Of all at `act` no larger share than `rate` is expected to be innocent, the likeliest come first.
    """
    probability, possible = _possible(rows, campaigns, total)
    odds = probability / np.maximum(1.0 - probability, 1.0 - CERTAIN)
    confirmed = rows["judgement"].to_numpy() == "confirmed"
    probability[confirmed], possible[confirmed] = 1.0, "act"
    accounts = rows["account_id"].to_pylist()
    alone = _acted_on(probability, possible, rate) & ~confirmed
    average = looks.average(accounts, rows["candidate_id"].to_numpy(zero_copy_only=False), odds)
    # the odds of a weaker member need last no longer than those of the whole group
    lasting = average >= np.minimum(odds, ACT_PROBABILITY / (1.0 - ACT_PROBABILITY)) * SAME_ODDS
    possible[alone & ~lasting] = "review"
    less = alone & (average < odds * SAME_ODDS)
    sure = np.where(less, average / (1.0 + average), probability)
    act = _acted_on(sure, possible, rate)
    level = np.where((possible == "act") & ~act, "review", possible)
    level = np.where(probability < REVIEW_MEMBER, "watch", level)
    said: dict[str, float] = {}
    for account, own in zip(accounts, odds.tolist(), strict=True):
        said[account] = max(said.get(account, 0.0), own)
    return Levels(level, np.where(level == "act", sure, probability), confirmed, alone & (level != "act"), said)


def _possible(rows: pa.Table, campaigns: Mapping[str, Verdict], total: int) -> tuple[Float, NDArray[np.object_]]:
    """Of each member the probability that it takes part, and the highest level that it may have."""
    candidate, count = rows["candidate_id"].to_numpy(), len(rows)
    probability, usual, possible = np.zeros(count), np.zeros(count), np.full(count, "watch", object)
    link, purpose = rows["link_bits"].to_numpy(), rows["purpose_bits"].to_numpy()
    for name, verdict in campaigns.items():
        mine = candidate == name
        probability[mine] = verdict.probability * membership(link[mine], purpose[mine], total, verdict.profile.accounts)
        # whom a person has confirmed with the campaign stays with it, however loosely linked
        usual[mine] = 0.0 if verdict.judgement == "confirmed" else np.median(link[mine])
        possible[mine] = verdict.level
    # an account that holds a permit and outgrew it, or hangs on loosely, is for a person to ask, not to act on
    holder = rows["holds_permit"].to_numpy(zero_copy_only=False)
    possible[(holder | (link < LOOSELY_LINKED * usual)) & (possible == "act")] = "review"
    possible[~rows["acted"].to_numpy(zero_copy_only=False)] = "watch"
    return probability, possible


def _acted_on(probability: Float, possible: NDArray[np.object_], rate: float) -> NDArray[np.bool_]:
    act = np.asarray(possible == "act")
    likely = act & (probability >= REVIEW_MEMBER)
    return likely & (probability >= act_cutoff(probability[act], rate))
