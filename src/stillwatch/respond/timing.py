"""Which accounts are held out, and when effects begin: the policy's secret fixes both, so nobody can foresee it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from stillwatch.key import Key
from stillwatch.respond.policy import HoldOut, Timing

_ZERO = datetime(1970, 1, 1, tzinfo=UTC)
_PARTS = 1 << 64


class Draw:
    """Draws that depend on the secret, a purpose and a name, and on nothing else."""

    def __init__(self, key: Key) -> None:
        self._keys = {purpose: key.subkey(f"respond {purpose}").tobytes() for purpose in ("hold out", "batch", "deal")}

    def number(self, purpose: str, name: str) -> float:
        """A number from 0 to below 1."""
        raw = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8, key=self._keys[purpose]).digest()
        return int.from_bytes(raw, "big") / _PARTS

    def held_out(self, account_id: str, settings: HoldOut) -> bool:
        """Whether the account is held out; it stays so under this secret, and a larger share only adds accounts."""
        return self.number("hold out", account_id) < settings.share

    def start(self, account_id: str, subject: str, decided_at: datetime, settings: Timing) -> datetime:
        """When a decision begins: at the one moment of a batch, in whole minutes.

        The first batch is the first one whose moment is at least `wait` after the decision. Accounts are dealt over
        `spread` batches.
        """
        earliest = decided_at + settings.wait
        number = (earliest - _ZERO) // settings.batch
        while self._moment(number, settings) < earliest:
            number += 1
        dealt = int(self.number("deal", f"{subject}\n{account_id}") * settings.spread)
        return self._moment(number + dealt, settings)

    def _moment(self, number: int, settings: Timing) -> datetime:
        within = self.number("batch", f"{settings.batch.total_seconds():.0f} {number}") * settings.batch
        moment = _ZERO + number * settings.batch + within
        minute = moment.replace(second=0, microsecond=0)
        return minute if minute == moment else minute + timedelta(minutes=1)
