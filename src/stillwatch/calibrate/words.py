"""A calibration in plain language: what held, what did not, and what no such test can show."""

from __future__ import annotations

from stillwatch.calibrate.findings import Calibration, Stream
from stillwatch.records.outputs import LEVELS

CANNOT_SHOW = """
Innocent groups that truly act together (a class, a team, a batch job) keep doing so in a replay and vanish in a \
permutation: a replay may rightly link them, and a permutation says nothing of how they are treated.
A replay leaves out what was accused, so a campaign that was missed is still in it: whom it accuses may be guilty.
Contents move as whole histories, so accounts that share nothing but what they ask still share it.
Streams of one log share its accounts: more of them show more of the method's chance, and no more of the world.
""".strip().splitlines()

_FAILED = {
    "nobody": "With every tie between accounts cut it found {found}. Its background rates are wrong for these logs: "
    "do not act on this run, and report the stream.",
    "no campaign": "With strangers' questions in the hands of each network it still found {found}: shared hands alone "
    "carry an accusation here. Do not act on accounts whose evidence is mainly hands.",
    "nobody at act": "Among accounts that the whole scan did not accuse it found {found}. Look at them: they are "
    "innocent, or a campaign that the whole scan missed; until you know, treat `act` as `review`.",
}


def sentences(found: Calibration) -> list[str]:
    """The verdict, most important first."""
    failures = [_failure(stream) for stream in found.streams if not stream.holds]
    return [_verdict(found), *failures, *_weaker(found), *_ties(found), *_bounds(found)]


def _verdict(found: Calibration) -> str:
    tested = found.tested()
    held = sum(stream.holds for stream in tested)
    if held == len(tested):
        return f"All {held} streams in which something must not be found held: nothing of it was."
    return f"{len(tested) - held} of {len(tested)} streams in which something must not be found did not hold."


def _failure(stream: Stream) -> str:
    return f"`{stream.name}` {stream.number}: " + _FAILED[stream.expected].format(found=_counted(stream))


def _counted(stream: Stream) -> str:
    found = stream.found
    campaigns = [f"{count:,} at {level}" for level, count in found.campaigns.items() if count]
    parts = [f"campaigns {', '.join(campaigns)}"] if campaigns else []
    if stream.expected == "nobody" and found.networks:
        parts.append(f"{found.networks:,} networks of {found.linked:,} accounts")
    return " and ".join(parts)


def _ties(found: Calibration) -> list[str]:
    """What the real findings rest on, read from the streams that cut one sort of tie."""
    if not sum(found.real.campaigns.values()):
        return ["The whole scan accused nobody, so nothing can be said of what its accusations rest on."]
    real = sum(found.real.accused.values())
    return [
        f"Of these logs {real:,} accounts are accused; {_still(stream)} where {stream.says} (`{stream.name}`)."
        for stream in found.streams
        if stream.expected == "told"
    ]


def _still(stream: Stream) -> str:
    return f"{sum(stream.found.accused.values()):,}"


def _weaker(found: Calibration) -> list[str]:
    """Accusations below `act` in replays, which are allowed and yet worth a look."""
    weaker = [stream for stream in found.tested() if stream.holds and any(stream.found.campaigns.values())]
    return [f"`{one.name}` {one.number} found {_counted(one)}: allowed, and worth a look." for one in weaker]


def _bounds(found: Calibration) -> list[str]:
    act, review = (found.bound_per_100k(level) for level in LEVELS[:2])
    chance = f"{100 * found.stream_bound():.0f} %"
    text = f"""
If accounts were accused independently of one another, fewer than {act:,.1f} of 100,000 would be falsely accused at
`act`, and {review:,.1f} at `review` or above (95 % upper bounds). But accounts are accused in groups, so read beside
it: the chance that such a stream of these logs accuses anybody at `act` is at most {chance}, as far as
{len(found.tested())} streams can show."""
    return [" ".join(text.split())]
