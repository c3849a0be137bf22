"""Programs that wrap rows of a data set in frames, as campaigns and batch jobs do."""

from __future__ import annotations

from dataclasses import dataclass

from stillwatch_lab.worlds.draws import Wholes
from stillwatch_lab.worlds.text.corpus import Span

NONE = -1


@dataclass(frozen=True, slots=True)
class Frame:
    """One wording: spans before and after the payload, in the request or in the system instructions."""

    before: tuple[Span, ...] = ()
    after: tuple[Span, ...] = ()
    system: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Deck:
    """Rows of one capability, in the order they are handed out, and the frames that go with them."""

    rows: Wholes  # prompt numbers of the corpus
    frames: tuple[Frame, ...]
    share: float = 1.0  # of the program's conversations


@dataclass(frozen=True, slots=True)
class Program:
    """How the rows of one data set become requests.

    `repeats`: how often a row is asked before the next; `exchange` (0…1): of rare word types that are redrawn for each
    row handed out, so that rows differ when the deck is dealt again; `digits`: numbers are redrawn too; `examples`:
    chance that another row stands before the payload; `frame_of`: whether a conversation or an account keeps a frame;
    `by_account`: text varies with the account instead of the row, as one assignment does over many students;
    `samples`: above 0, each account has a slice of the rows to itself, or shares it with so many accounts in all;
    `paraphrase`: share of word types in which each account words the frames in its own way; `sets_parameters`: whether
    it sends its own parameters and tools instead of its client's; `campaign`: index into World.campaigns, whose
    programs work through one data set.
    """

    key: int
    decks: tuple[Deck, ...]
    frame_of: str = "conversation"
    repeats: int = 1
    exchange: float = 0.0
    digits: bool = False
    examples: float = 0.0
    by_account: bool = False
    samples: int = 0
    paraphrase: float = 0.0
    longest_payload: int = 4000  # tokens
    followups: tuple[Span, ...] = ()
    tools: tuple[str, ...] = ()
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    output_median: float | None = None  # tokens; None: as people's answers
    sets_parameters: bool = True
    campaign: int = NONE
