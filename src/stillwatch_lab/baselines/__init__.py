"""Baselines: published methods, re-implemented from their descriptions and given every channel of the logs."""

from stillwatch_lab.baselines.content_windows import OWN_WINDOWS, POOLED_WINDOWS
from stillwatch_lab.baselines.dense_blocks import DENSE_BLOCKS
from stillwatch_lab.baselines.entity_resolution import ENTITY_RESOLUTION
from stillwatch_lab.baselines.first_use import LOCKSTEP_FIRST_USE
from stillwatch_lab.baselines.interface import Baseline, Logs, UnavailableError
from stillwatch_lab.baselines.key_pairs import CLOSER_KEY_PAIRS, KEY_PAIRS
from stillwatch_lab.baselines.lockstep_hours import ADDRESSES, EVERY_OBJECT
from stillwatch_lab.baselines.regularity import EVEN_GAPS, PREDICTABLE_GAPS, ROUND_THE_CLOCK
from stillwatch_lab.baselines.shared_attributes import ANY_VALUE, DENSE_IDENTIFIERS, IDENTIFIERS
from stillwatch_lab.baselines.volume import BUSIEST_HOUR, EXCHANGES, TOKENS

BASELINES: tuple[Baseline, ...] = (
    EXCHANGES,
    BUSIEST_HOUR,
    TOKENS,
    EVEN_GAPS,
    PREDICTABLE_GAPS,
    ROUND_THE_CLOCK,
    ANY_VALUE,
    IDENTIFIERS,
    DENSE_IDENTIFIERS,
    KEY_PAIRS,
    CLOSER_KEY_PAIRS,
    OWN_WINDOWS,
    POOLED_WINDOWS,
    EVERY_OBJECT,
    ADDRESSES,
    LOCKSTEP_FIRST_USE,
    ENTITY_RESOLUTION,
    DENSE_BLOCKS,
)

__all__ = ["BASELINES", "Baseline", "Logs", "UnavailableError"]
