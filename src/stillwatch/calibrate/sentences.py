"""A calibration in sentences: which streams hold, which do not, and what no such test can show."""

from __future__ import annotations

from stillwatch.calibrate.findings import Calibration, Stream
from stillwatch.records.outputs import LEVELS

CANNOT_SHOW = """
Innocent groups that really act together (a class, a team, a batch job) still do so in a replay and are torn apart in \
a null stream: a replay may rightly link them, and a null stream does not show how they are treated.
A replay leaves out the accounts that the scan accused, but a campaign that the scan missed is still in it: an account \
that is accused in a replay may be guilty.
Questions move as whole histories, so accounts that share nothing but their questions still share them.
Streams drawn from one log share its accounts: more streams show more of the method's chance, not more of the world.
""".strip().splitlines()

_FAILED = {
    "no network": "Every tie between accounts was cut, and the scan still found {found}. Its background rates are "
    "wrong for these logs: do not act on this run, and report the stream to the maintainers.",
    "no campaign": "The accounts of each network were given the questions of strangers, and the scan still found "
    "{found}: shared addresses, clients and payment alone lead to an accusation here. Do not act on accounts whose "
    "evidence is mainly of that sort.",
    "no campaign at act": "Among accounts that the scan of the whole log did not accuse, it found {found}. Review "
    "them: they are innocent, or they are a campaign that the scan of the whole log missed. Until you know, treat "
    "level `act` as `review`.",
}


def sentences(found: Calibration) -> list[str]:
    """The verdict first, then each failure, then what the accusations depend on, then the bounds."""
    failures = [_failure(stream) for stream in found.streams if not stream.holds]
    return [_verdict(found), *failures, *_weaker(found), *_dependence(found), *_bounds(found)]


def _verdict(found: Calibration) -> str:
    tested = found.tested()
    held = sum(stream.holds for stream in tested)
    if held == len(tested):
        return f"All {held} streams with a requirement passed: no false accusation of the forbidden sort was made."
    return f"{len(tested) - held} of {len(tested)} streams with a requirement failed."


def _failure(stream: Stream) -> str:
    return f"`{stream.name}` {stream.number} failed. " + _FAILED[stream.expected].format(found=_counted(stream))


def _counted(stream: Stream) -> str:
    found = stream.found
    campaigns = [
        f"{count:,} {'campaign' if count == 1 else 'campaigns'} at {level}"
        for level, count in found.campaigns.items()
        if count
    ]
    if stream.expected == "no network" and found.networks:
        networks = "network" if found.networks == 1 else "networks"
        campaigns.append(f"{found.networks:,} {networks} of {found.linked:,} accounts")
    return " and ".join(campaigns)


def _dependence(found: Calibration) -> list[str]:
    """How many of the real accusations remain when one sort of tie is cut."""
    if not sum(found.real.campaigns.values()):
        return ["The scan of the whole log accused nobody, so there are no accusations to explain."]
    real = sum(found.real.accused.values())
    return [
        f"The scan of the whole log accuses {real:,} accounts. It accuses {_accused(stream):,} when "
        f"{stream.description} (`{stream.name}`)."
        for stream in found.streams
        if stream.expected == "reported only"
    ]


def _accused(stream: Stream) -> int:
    return sum(stream.found.accused.values())


def _weaker(found: Calibration) -> list[str]:
    """Accusations below `act` in replays, which are permitted and yet deserve a look."""
    weaker = [stream for stream in found.tested() if stream.holds and any(stream.found.campaigns.values())]
    return [f"`{one.name}` {one.number} passed with {_counted(one)}: permitted, and worth a review." for one in weaker]


def _bounds(found: Calibration) -> list[str]:
    act, review = (found.bound_per_100k(level) for level in LEVELS[:2])
    chance = f"{100 * found.stream_bound():.0f} %"
    text = f"""
If accounts were accused independently of one another, fewer than {act:,.1f} of 100,000 accounts would be accused
falsely at level `act`, and fewer than {review:,.1f} at `review` or above (upper bounds at 95 % confidence). Accounts
are accused in groups, however, so read a second number beside it: the chance that such a stream of these logs accuses
anybody at `act` is at most {chance}, as far as {len(found.tested())} streams can show."""
    return [" ".join(text.split())]
