"""Composes requests: chooses the spans of the corpus that make up each turn, and the key they are written under."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillwatch_lab.worlds import draws
from stillwatch_lab.worlds.draft import NONE
from stillwatch_lab.worlds.draws import Keys, Reals, Wholes
from stillwatch_lab.worlds.identity.clients import CLIENTS
from stillwatch_lab.worlds.parameters import Parameters
from stillwatch_lab.worlds.text import wording
from stillwatch_lab.worlds.text.corpus import KINDS, Corpus, CorpusBuilder
from stillwatch_lab.worlds.text.detokenise import (
    BLANK,
    LINE,
    PARAGRAPH,
    Spans,
)
from stillwatch_lab.worlds.text.languages import languages, phrases_by_language
from stillwatch_lab.worlds.text.programs import Program, TaskSet

SLOTS = 7
"""The number of spans of a turn; unused ones are empty."""

# Log standard deviations of lengths, of what one person writes and of what one person pastes. They are those of public
# conversations (ShareGPT: 82 characters at the median, 559 at the ninth decile, 5,900 at the 99th percentile), less the
# variation between people.
_WORDINESS, _PASTING = 1.0, 1.6
_LONGEST_PASTE = 1_200  # tokens
_SHORT_TOPIC = 8  # sentences
_FEWEST_TOPICS = 40  # of a language; with fewer, all its people would ask the same
_COMMON_WORDS = 120  # most frequent words; all people use them, so that nothing is substituted for them
_COMMON_IN_DATA = (
    0.03  # share of the lexicon that is never substituted in rows of data: the words of a data set's own frames
)


@dataclass(frozen=True, slots=True)
class Turns:
    """Turns to be written, one entry a turn in each array.

    `key`, `person` and `account` are keys of the conversation, its writer and the account, `subject` the key that its
    subject is drawn from; `row` is the program's row, `turn` the turn's position, `language` the writer's language (as
    in `languages.language_of`).
    """

    key: Keys
    subject: Keys
    person: Keys
    account: Keys
    row: Wholes
    turn: Wholes
    language: Wholes

    def where(self, chosen: NDArray[np.bool_]) -> Turns:
        """The chosen turns."""
        return Turns(*(getattr(self, name)[chosen] for name in self.__slots__))


class SpanGrid:
    """Spans of some turns, `SLOTS` a turn, filled slot by slot."""

    def __init__(self, turns: int, glue: int = PARAGRAPH) -> None:
        shape = (turns, SLOTS)
        self.start, self.end = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
        self.key = np.zeros(shape, dtype=np.uint64)
        self.share = np.zeros(shape, dtype=np.uint16)
        self.floor = np.zeros(shape, dtype=np.int32)
        self.digits = np.zeros(shape, dtype=np.bool_)
        self.glue = np.full(shape, BLANK, dtype=np.uint8)
        self.glue[:, 0] = glue

    def put(
        self, slot: int, spans: tuple[Wholes, Wholes], glue: int = BLANK, where: NDArray[np.bool_] | None = None
    ) -> None:
        """Fills a slot of every turn, or of the turns `where`, with spans of (start, end)."""
        start, end = spans
        keep = np.ones(len(self.start), dtype=np.bool_) if where is None else where
        self.start[:, slot], self.end[:, slot] = np.where(keep, start, 0), np.where(keep, end, 0)
        if slot:
            self.glue[:, slot] = glue

    def vary(self, slot: int, key: Keys, share: Reals | float, floor: int, digits: bool) -> None:
        """Has a slot written in the vocabulary of a key (see `detokenise.Spans`)."""
        self.key[:, slot] = key
        self.share[:, slot] = (np.asarray(share) * 65535).astype(np.uint16)
        self.floor[:, slot] = floor
        self.digits[:, slot] = digits

    def into(self, other: SpanGrid, where: NDArray[np.bool_]) -> None:
        """Copies these turns to the places `where` of a larger grid."""
        for name in ("start", "end", "key", "share", "floor", "digits", "glue"):
            getattr(other, name)[where] = getattr(self, name)

    def spans(self) -> Spans:
        """All spans, turn after turn."""
        return Spans(
            self.start.reshape(-1),
            self.end.reshape(-1),
            self.key.reshape(-1),
            self.share.reshape(-1),
            self.floor.reshape(-1),
            self.digits.reshape(-1),
            self.glue.reshape(-1),
        )


@dataclass(frozen=True, slots=True)
class ByLanguage:
    """Items (topics or phrases) by language: those of language `i` are `items[starts[i] : starts[i] + sizes[i]]`."""

    items: NDArray[np.int64]
    starts: Wholes
    sizes: Wholes

    @classmethod
    def of(cls, each: list[NDArray[np.int64]], fewest: int = 1) -> ByLanguage:
        """Joins one array per language, English first; a language with fewer items than `fewest` uses the English."""
        sizes = np.array([len(one) for one in each])
        starts = np.cumsum(sizes) - sizes
        few = sizes < fewest
        return cls(np.concatenate(each), np.where(few, 0, starts), np.where(few, sizes[0], sizes))

    def at(self, language: Wholes, share: Reals) -> NDArray[np.int64]:
        """The items that lie at these shares (0 to 1) of the list of their language."""
        size = self.sizes[language]
        return self.items[self.starts[language] + np.minimum((share * size).astype(np.int64), size - 1)]


@dataclass(frozen=True, slots=True)
class WritingMaterial:
    """The corpus, and the phrases and habits that people's texts are made from."""

    corpus: Corpus
    topics: ByLanguage  # organic units, in the world's own order of popularity
    popular: Wholes  # prompts that many people send unchanged, most popular first
    openers: ByLanguage  # token spans
    followups: ByLanguage
    answers: NDArray[np.int64]
    crowding: float  # above 1, some topics have many more people than others
    popular_share: float
    substitution: tuple[float, float]  # least and most share of word types in which a person's words differ
    weak_share: float  # of people without topics of their own
    straying: float  # most of a person's conversations that may leave his or her topics
    interests: float = 1.0  # times the usual number of topics of a person


def writing_material(builder: CorpusBuilder, key: int, parameters: Parameters) -> WritingMaterial:
    """Freezes the corpus and draws how people use it."""
    openers, followups = (
        ByLanguage.of(
            [
                wording.phrases(builder, texts)
                for texts in (english, *(phrases_by_language()[one][part] for one in languages()))
            ]
        )
        for part, english in (("openers", wording.PERSON_OPENERS), ("followups", wording.PERSON_FOLLOWUPS))
    )
    answers = wording.phrases(builder, wording.ANSWER_OPENERS)
    for client in CLIENTS:
        builder.phrase(client.instructions)
    popular = np.concatenate([builder.prompt_numbers("bench")[::7], builder.prompt_numbers("organic")[::11]])
    corpus = builder.frozen()
    topics = np.flatnonzero(corpus.unit_kind == KINDS.index("organic")).astype(np.int64)
    # Long conversations are the more popular topics, since people come back to them.
    size = (
        corpus.sentences[corpus.prompts[corpus.units[topics + 1]]]
        - corpus.sentences[corpus.prompts[corpus.units[topics]]]
    )
    noise = draws.lognormal(topics.astype(np.uint64) + np.uint64(key % (1 << 62)), "popularity", 1.0, 2.0)
    low = parameters.real("exchange_low", 0.25, 0.45)
    return WritingMaterial(
        corpus,
        _by_language(corpus, topics[np.argsort(-size * noise, kind="stable")]),
        popular[np.argsort(draws.mix(popular.astype(np.uint64) + np.uint64(key % (1 << 62))), kind="stable")],
        openers,
        followups,
        answers,
        parameters.real("topic_crowding", 1.0, 1.8),
        parameters.real("popular_share", 0.01, 0.05),
        (low, low + parameters.real("exchange_spread", 0.2, 0.35)),
        parameters.real("weak_memory_share", 0.02, 0.1),
        parameters.real("straying", 0.2, 0.6),
        parameters.optional("interests", 1.0),
    )


def _by_language(corpus: Corpus, units: Wholes) -> ByLanguage:
    language = corpus.unit_language[units]
    return ByLanguage.of([units[language == one] for one in range(len(languages()) + 1)], _FEWEST_TOPICS)


def persons_turns(material: WritingMaterial, turns: Turns) -> SpanGrid:
    """Turns in people's own words: each person asks about the same topics in the same vocabulary in varying ways."""
    grid = SpanGrid(len(turns.key))
    key = draws.child(turns.key, "turn", turns.turn)
    opening = turns.turn == 0
    unit, topic = _topics(material, turns)
    low, high = _sentences(material.corpus, unit)
    size = np.maximum(high - low, 1)
    person = draws.child(turns.person, "topic", topic)
    core = draws.whole(person, "core", np.maximum(size - 4, 1)) + draws.whole(key, "jitter", 3)
    loyal = opening & (draws.uniform(key, "loyal") < _fidelity(turns.person))
    near = low + np.minimum(np.where(loyal, core, draws.whole(key, "start", size)), size - 1)
    far = low + draws.whole(key, "second start", size)
    wordy = draws.lognormal(turns.person, "wordy", 14.0, 0.5)
    habit = draws.uniform(turns.person, "habit") < 0.4
    greets = opening & habit & (draws.uniform(key, "greets") < 0.5)
    phrase = material.openers.at(turns.language, draws.uniform(turns.person, "opener"))
    stock = ~opening & (draws.uniform(key, "stock") < 0.55)
    followup = material.followups.at(turns.language, draws.uniform(key, "followup"))
    grid.put(
        0,
        (np.where(greets, phrase[:, 0], followup[:, 0]), np.where(greets, phrase[:, 1], followup[:, 1])),
        where=greets | stock,
    )
    silent = stock & (draws.uniform(key, "only stock") < 0.5)
    grid.put(1, _window(material.corpus, near, high, draws.lognormal(key, "length", wordy, _WORDINESS)), LINE, ~silent)
    more = draws.uniform(key, "more") < 0.45
    grid.put(
        2,
        _window(material.corpus, far, high, draws.lognormal(key, "more length", wordy, _PASTING)),
        LINE,
        more & ~silent,
    )
    least, most = material.substitution
    share = least + (most - least) * draws.uniform(turns.person, "exchange")
    for slot in (1, 2):
        grid.vary(slot, turns.person, share, _COMMON_WORDS, True)
    _popular(material, turns, grid)
    grid.glue[:, 1] = np.where(greets | stock, LINE, PARAGRAPH)
    return grid


def _fidelity(person: Keys) -> Reals:
    """The chance, per person, that a conversation starts with the core of a topic instead of a random part of it."""
    return np.asarray(draws.uniform(person, "fidelity") ** 0.6)


def _topics(material: WritingMaterial, turns: Turns) -> tuple[Wholes, Wholes]:
    """The unit of the corpus that each turn is about, and the number of that topic among the writer's topics."""
    several = np.maximum(1, (1 + draws.pick(turns.person, "topics", [0.25, 0.3, 0.25, 0.2])) * material.interests)
    topic = np.floor(several * draws.uniform(turns.subject, "which topic") ** 1.7).astype(np.int64)
    # Every person sometimes asks about other topics; a few people never ask about one topic twice.
    restless = draws.uniform(turns.person, "weak memory") < material.weak_share
    stray = np.where(restless, 1.0, material.straying * draws.uniform(turns.person, "stray") ** 1.5)
    strays = draws.uniform(turns.subject, "strays") < stray
    source = np.where(strays, turns.subject, draws.child(turns.person, "topic", topic))
    unit = _unit(material, source, turns.language)
    # A short conversation is too little for a topic, so that several of them make one.
    low, high = _sentences(material.corpus, unit)
    aspect = draws.whole(draws.child(turns.key, "turn", turns.turn), "aspect", 4)
    other = _unit(material, draws.child(source, "aspect", aspect), turns.language)
    return np.where((high - low < _SHORT_TOPIC) & (aspect > 0), other, unit), topic


def _unit(material: WritingMaterial, source: Keys, language: Wholes) -> Wholes:
    return material.topics.at(language, draws.uniform(source, "unit") ** material.crowding)


def _sentences(corpus: Corpus, unit: Wholes) -> tuple[Wholes, Wholes]:
    return corpus.prompts[corpus.units[unit]], corpus.prompts[corpus.units[unit + 1]]


def _window(corpus: Corpus, sentence: Wholes, last: Wholes, tokens: Reals) -> tuple[Wholes, Wholes]:
    """Token spans of about `tokens` tokens that begin with a sentence, and end with one unless that doubles them."""
    start = corpus.sentences[sentence]
    wish = start + np.minimum(np.maximum(tokens, 3), _LONGEST_PASTE).astype(np.int64)
    stop = corpus.sentences[np.minimum(np.searchsorted(corpus.sentences, wish), len(corpus.sentences) - 1)]
    end = np.minimum(np.minimum(stop, start + (wish - start) * 2), corpus.sentences[last])
    return start, end


def _popular(material: WritingMaterial, turns: Turns, grid: SpanGrid) -> None:
    """Makes some conversations start with a prompt that many people copy unchanged."""
    found = (turns.turn == 0) & (draws.uniform(turns.key, "popular") < material.popular_share)
    weights = draws.zipf_weights(len(material.popular), 1.0)
    prompt = material.popular[draws.pick(turns.key, "which popular", weights)]
    corpus = material.corpus
    start = corpus.sentences[corpus.prompts[prompt]]
    end = np.minimum(corpus.sentences[corpus.prompts[prompt + 1]], start + 300)
    grid.start[found, :3], grid.end[found, :3] = 0, 0
    grid.start[found, 1], grid.end[found, 1] = start[found], end[found]
    grid.share[found, 1], grid.digits[found, 1] = 0, False


def program_turns(material: WritingMaterial, program: Program, turns: Turns) -> SpanGrid:
    """Turns that a program writes: first its frame around a row of its data set, then its own follow-ups."""
    grid = SpanGrid(len(turns.key))
    row = program.data_row(turns.row)
    base = np.full(len(row), program.key, dtype=np.uint64)
    row_key = turns.account if program.by_account else draws.child(base, "row", row)
    task_set = draws.pick(draws.child(base, "deck", row), "deck", [some.share for some in program.task_sets])
    for index, some in enumerate(program.task_sets):
        chosen = task_set == index
        if chosen.any():
            _task_set_turns(material.corpus, program, some, turns.where(chosen), row[chosen], row_key[chosen]).into(
                grid, chosen
            )
    return grid


def _task_set_turns(
    corpus: Corpus, program: Program, task_set: TaskSet, turns: Turns, row: Wholes, row_key: Keys
) -> SpanGrid:
    grid = SpanGrid(len(row))
    opening = turns.turn == 0
    before, after, _ = frame_spans(task_set)
    frame = frame_numbers(program, task_set, turns.key, turns.account)
    for slot in range(3):
        grid.put(slot, (before[frame, slot, 0], before[frame, slot, 1]), BLANK if slot < 2 else LINE, opening)
    example = task_set.rows[draws.whole(row_key, "example row", len(task_set.rows))]
    shown = opening & (draws.uniform(row_key, "example") < program.examples)
    grid.put(3, _prompt(corpus, example, program.longest_payload // 3), LINE, shown)
    common = max(_COMMON_WORDS, int(_COMMON_IN_DATA * len(corpus.lexicon.cls)))
    payload = task_set.rows[(row + turns.turn) % len(task_set.rows)]
    again = opening | (draws.uniform(draws.child(row_key, "again", turns.turn), "again") < 0.3)
    grid.put(4, _prompt(corpus, payload, program.longest_payload), LINE, again)
    for slot in (3, 4):
        grid.vary(slot, draws.child(row_key, "turn", turns.turn), program.substitution, common, program.digits)
    for slot in (5, 6):
        grid.put(slot, (after[frame, slot - 5, 0], after[frame, slot - 5, 1]), LINE, opening)
    if program.paraphrase:
        for slot in (0, 1, 2, 5, 6):
            grid.vary(slot, turns.account, program.paraphrase, _COMMON_WORDS // 4, False)
    if program.followups:
        phrase = np.array(program.followups)[
            draws.whole(draws.child(turns.key, "follow", turns.turn), "f", len(program.followups))
        ]
        grid.start[~opening, 0], grid.end[~opening, 0] = phrase[~opening, 0], phrase[~opening, 1]
    return grid


def frame_spans(task_set: TaskSet) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Spans before and after the payload, and in the system instructions.

    Shapes (frames, 3, 2), (frames, 2, 2) and (frames, 4, 2); the last axis holds start and end.
    """

    def stacked(parts: list[tuple[tuple[int, int], ...]], width: int) -> NDArray[np.int64]:
        return np.array([[*part, *[(0, 0)] * (width - len(part))] for part in parts], dtype=np.int64)

    frames = task_set.frames
    return (
        stacked([f.before for f in frames], 3),
        stacked([f.after for f in frames], 2),
        stacked([f.system for f in frames], 4),
    )


def frame_numbers(program: Program, task_set: TaskSet, conversation: Keys, account: Keys) -> Wholes:
    """The index of the task set's frame that each conversation uses."""
    holder = account if program.frame_of == "account" else conversation
    return draws.whole(holder, "frame", len(task_set.frames))


def _prompt(corpus: Corpus, prompt: Wholes, longest: int) -> tuple[Wholes, Wholes]:
    """Token spans of prompts; of a long prompt only the end, where the question follows its worked examples."""
    start, end = corpus.sentences[corpus.prompts[prompt]], corpus.sentences[corpus.prompts[prompt + 1]]
    return np.maximum(start, end - longest), end


def is_person(program: Wholes) -> NDArray[np.bool_]:
    """True for conversations in a person's own words."""
    return np.asarray(program == NONE)
