"""The targets of the benchmark, each with its measurement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stillwatch_lab.benchmark import wording
from stillwatch_lab.benchmark.document import Target
from stillwatch_lab.benchmark.intervals import Estimate
from stillwatch_lab.benchmark.pooled import Pool, Row
from stillwatch_lab.benchmark.sections_beside import claims
from stillwatch_lab.benchmark.sections_found import together
from stillwatch_lab.benchmark.sections_truth import expected, inside, span_error
from stillwatch_lab.scores.scorecard import percent

RECALL = {"loud": 0.97, "letter": 0.97, "sharded": 0.97, "agentic": 0.97, "grading": 0.97, "hydra": 0.90}
PRECISION_INSIDE, RECALL_INSIDE = 0.97, 0.90  # of `mixed`
ACT_PER_100K, REVIEW_PER_100K = 1.0, 10.0
LEAK = {"letter": 0.02, "hydra": 0.10}
TOTALS = 0.03
CALIBRATION = 0.02
IN_ONE_NETWORK = 0.5  # of a relay's accounts: its network was found


def targets(pools: Mapping[str, Pool], seeds: Sequence[Row]) -> tuple[Target, ...]:
    """Every target; the pooled estimate decides whether it is met, and its interval shows how certain that is."""
    complete = pools["complete"]
    return (
        *(
            _least(f"{profile}: accounts found at act", complete.recall(profile, "act"), least)
            for profile, least in RECALL.items()
            if profile in complete.profiles
        ),
        *_mixed(complete),
        *_innocents(complete),
        *(
            _most(f"{profile}: leak share", complete.leak(profile), most)
            for profile, most in LEAK.items()
            if profile in complete.profiles
        ),
        *_totals(complete),
        *_probabilities(complete),
        _harvest(complete),
        *_patient(complete, seeds),
        *_missing(pools),
    )


def _least(what: str, found: Estimate, least: float) -> Target:
    met = None if found.value is None else found.value >= least
    return Target(what, f"at least {percent(least)}", shown_share(found), met, found)


def _most(what: str, found: Estimate, most: float) -> Target:
    met = None if found.value is None else found.value <= most
    return Target(what, f"at most {percent(most)}", shown_share(found), met, found)


def _mixed(pool: Pool) -> tuple[Target, ...]:
    if "mixed" not in pool.profiles:
        return ()
    precision, recall = inside(pool, "mixed")
    return (
        _least("mixed: exchange precision inside its accounts", precision, PRECISION_INSIDE),
        _least("mixed: exchange recall inside its accounts", recall, RECALL_INSIDE),
    )


def _innocents(pool: Pool) -> tuple[Target, ...]:
    act, review = pool.innocents("act"), pool.innocents("review")
    swept = pool.swept("act")
    kinds = ", ".join(sorted({kind.replace("_", " ") for kind in swept}))
    return (
        Target(
            "innocents at act, per 100,000 accounts",
            f"at most {ACT_PER_100K:g}",
            wording.whole(act, "rate"),
            _at_most(act, ACT_PER_100K),
            act,
        ),
        Target("whole innocent groups at act", "0", f"{len(swept)}" + (f" ({kinds})" if swept else ""), not swept),
        Target(
            "innocents at review or act, per 100,000 accounts",
            f"at most {REVIEW_PER_100K:g}",
            wording.whole(review, "rate"),
            _at_most(review, REVIEW_PER_100K),
            review,
        ),
    )


def _at_most(found: Estimate, most: float) -> bool | None:
    return None if found.value is None else found.value <= most


def _totals(pool: Pool) -> tuple[Target, ...]:
    """Targets of the mean relative errors over the campaigns that must be found at act."""
    profiles = [profile for profile in (*RECALL, "mixed") if profile in pool.profiles]
    found = []
    for what in ("accounts", "exchanges", "days"):
        errors = [
            span_error(pool, one) if what == "days" else abs(one[f"{what}_error"])
            for profile in profiles
            for _, one in pool.campaigns(profile)
        ]
        if errors:
            worst = sum(error > TOTALS for error in errors)
            mean = sum(errors) / len(errors)
            shown = f"{percent(mean)} off on average, {worst} of {len(errors)} campaigns more than {percent(TOTALS)}"
            found.append(Target(f"campaign totals: {what}", f"within {percent(TOTALS)}", shown, mean <= TOTALS))
    return tuple(found)


def _probabilities(pool: Pool) -> tuple[Target, ...]:
    total, true, (low, high), _ = expected(pool)
    error = pool.calibration_error()
    shown = "no members" if error.value is None else f"{error.value:.3f}" + _interval(error)
    return (
        Target(
            "innocents expected against the truth",
            "inside its 95 % interval",
            f"{true:,} true; {total:.2f} expected, {low:,} to {high:,}",
            low <= true <= high,
        ),
        Target("expected calibration error", f"at most {CALIBRATION}", shown, _at_most(error, CALIBRATION), error),
    )


def _harvest(pool: Pool) -> Target:
    """The target is met if the networks of `harvest` are found and no campaign at any level lists its accounts."""
    demanded = "network found, no campaign claimed"
    found, claimed = together(pool, "harvest"), claims(pool, "harvest", 2)
    if found.value is None:
        return Target("harvest", demanded, "not in this world", None)
    listed = sum(run["innocents"]["watch"]["by_kind"].get("harvest", 0) for run in pool.runs)
    shown = (
        f"{shown_share(found)} of its accounts in one network; {claimed} campaigns claimed, "
        f"{listed:,} of its accounts listed in any"
    )
    return Target("harvest", demanded, shown, found.value >= IN_ONE_NETWORK and not claimed and not listed)


def _patient(pool: Pool, seeds: Sequence[Row]) -> tuple[Target, ...]:
    known = [seed["oracle-patient"]["found"] for seed in seeds if seed.get("oracle-patient", {}).get("found")]
    if not known or "patient" not in pool.profiles:
        return ()
    reached = [one["half_at"] for one in known if one["half_at"] is not None]
    oracle = (
        f"after {sum(reached) / len(reached):.1f} days in {len(reached)} of {len(known)} seeds" if reached else "never"
    )
    own = [pool.runs[at]["onset"][one["campaign_id"]]["half_at_act"] for at, one in pool.campaigns("patient")]
    got = [one for one in own if one is not None]
    measured = (
        f"after {sum(got) / len(got):.1f} days in {len(got)} of {len(own)} campaigns"
        if got
        else f"never in {len(own)} campaigns"
    )
    shown = f"half at act {measured}; knowing the true parameters {oracle}"
    return (Target("patient: time to act", "reported beside the earliest possible", shown, None),)


def _missing(pools: Mapping[str, Pool]) -> tuple[Target, ...]:
    found = []
    complete = pools["complete"]
    for name, pool in pools.items():
        if not name.startswith("without-"):
            continue
        rates = {level: (pool.innocents(level), complete.innocents(level)) for level in ("act", "review")}
        met = all((one.hits or 0) <= (before.hits or 0) for one, before in rates.values())
        shown = ", ".join(
            f"{one.hits or 0:,.0f} at {level} (complete: {before.hits or 0:,.0f})"
            for level, (one, before) in rates.items()
        )
        found.append(Target(f"{name.replace('-', ' ')}: innocents", "no more than with everything", shown, met))
    return tuple(found)


def shown_share(found: Estimate) -> str:
    """A share with its interval."""
    return "nothing to measure" if found.value is None else wording.whole(found, "share")


def _interval(found: Estimate) -> str:
    return "" if found.low is None or found.high is None else f" ({found.low:.3f}–{found.high:.3f})"
