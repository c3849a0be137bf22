"""Programs, which put rows of a data set into frames, as campaigns and batch jobs do."""

from __future__ import annotations

from dataclasses import dataclass

from stillwatch_lab.worlds.draws import Wholes
from stillwatch_lab.worlds.text.corpus import Span

NONE = -1


@dataclass(frozen=True, slots=True)
class Frame:
    """One wording of a request: spans before and after the payload, and in the system instructions."""

    before: tuple[Span, ...] = ()
    after: tuple[Span, ...] = ()
    system: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class TaskSet:
    """Rows of one capability, in the order in which they are asked, and the frames that they are asked in."""

    rows: Wholes  # prompt numbers of the corpus
    frames: tuple[Frame, ...]
    share: float = 1.0  # of the program's conversations


@dataclass(frozen=True, slots=True)
class Program:
    """The way in which the rows of one data set become requests.

    Each row is asked `repeats` times before the next. With `data_rows` above 0 the data set has so many rows, and
    after the last one its first is asked again, word for word. `substitution` (0 to 1) is the share of rare word
    types that are redrawn for each row asked, so that rows differ when the data set is used again; `digits` says
    that numbers are redrawn too. `examples` is the chance that another row comes before the payload. `frame_of` says
    whether a conversation or an account keeps one frame. With `by_account` the text varies with the account instead
    of the row, as one assignment does among students. If `samples` is above 0, each slice of the rows is used by so
    many accounts only. `paraphrase` is the share of word types in which each account words the frames its own way.
    `order` says which row a conversation carries: the `shared` queue's next; the next of its account, which begins at
    the first row (`own`) or anywhere (`anywhere`); or one that is `chosen`, popular rows by many. `part` is what the
    program does for its campaign: `extraction` or `probe`. `sets_parameters` says that the program sends its own
    parameters and tools instead of its client's. `campaign` is an index into World.campaigns; the programs of one
    campaign work through one data set.
    """

    key: int
    task_sets: tuple[TaskSet, ...]
    frame_of: str = "conversation"
    repeats: int = 1
    data_rows: int = 0
    order: str = "shared"
    part: str = "extraction"
    substitution: float = 0.0
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
    output_median: float | None = None  # tokens; None: as long as answers to people
    sets_parameters: bool = True
    campaign: int = NONE

    def data_row(self, asked: Wholes) -> Wholes:
        """The row of the data set that each request carries, given how many the program had sent before it."""
        row = asked // self.repeats
        return row % self.data_rows if self.data_rows else row
