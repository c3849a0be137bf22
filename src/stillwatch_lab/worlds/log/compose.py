"""Composes requests: which spans of the corpus each turn is made of, and under whose key they are written."""

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
from stillwatch_lab.worlds.text.programs import Deck, Program

SLOTS = 7
"""Spans a turn may have; unused ones are empty."""

# Log deviations of lengths: those of public conversations (ShareGPT: 82 characters at the median, 559 at the ninth
# decile, 5,900 at the 99th percentile), less what lies between people; the second is of what they paste.
_WORDINESS, _PASTING = 1.0, 1.6
_LONGEST_PASTE = 1_200  # tokens
_SHORT_TOPIC = 8  # sentences
_FEWEST_TOPICS = 40  # of a language; with fewer its people would all ask the same
_COMMON_WORDS = 120  # most frequent words; people share them, so no one exchanges them
_COMMON_IN_DATA = 0.03  # share of the lexicon, most frequent first: the words of data sets' own frames stay


@dataclass(frozen=True, slots=True)
class Turns:
    """Turns to be written: keys of conversation, writer and account, the program's row, the turn's position, and the
    writer's language (see languages)."""

    key: Keys
    person: Keys
    account: Keys
    row: Wholes
    turn: Wholes
    language: Wholes

    def where(self, chosen: NDArray[np.bool_]) -> Turns:
        """The chosen turns."""
        return Turns(*(getattr(self, name)[chosen] for name in self.__slots__))


class Sheet:
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
        """Fill a slot of every turn, or of the turns `where`."""
        start, end = spans
        keep = np.ones(len(self.start), dtype=np.bool_) if where is None else where
        self.start[:, slot], self.end[:, slot] = np.where(keep, start, 0), np.where(keep, end, 0)
        if slot:
            self.glue[:, slot] = glue

    def vary(self, slot: int, key: Keys, share: Reals | float, floor: int, digits: bool) -> None:
        """Write a slot in the vocabulary of a key."""
        self.key[:, slot] = key
        self.share[:, slot] = (np.asarray(share) * 65535).astype(np.uint16)
        self.floor[:, slot] = floor
        self.digits[:, slot] = digits

    def into(self, other: Sheet, where: NDArray[np.bool_]) -> None:
        """Copy these turns to the places `where` of a larger sheet."""
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
class Shelf:
    """Things by language: those of language `i` are `items[starts[i] : starts[i] + sizes[i]]`."""

    items: NDArray[np.int64]
    starts: Wholes
    sizes: Wholes

    @classmethod
    def of(cls, each: list[NDArray[np.int64]], fewest: int = 1) -> Shelf:
        """One array a language, English first; a language with too few takes the English ones."""
        sizes = np.array([len(one) for one in each])
        starts = np.cumsum(sizes) - sizes
        few = sizes < fewest
        return cls(np.concatenate(each), np.where(few, 0, starts), np.where(few, sizes[0], sizes))

    def at(self, language: Wholes, share: Reals) -> NDArray[np.int64]:
        """The things at these shares (0 to 1) of the way along their language's part."""
        size = self.sizes[language]
        return self.items[self.starts[language] + np.minimum((share * size).astype(np.int64), size - 1)]


@dataclass(frozen=True, slots=True)
class Library:
    """The corpus and the phrases and habits people draw on."""

    corpus: Corpus
    topics: Shelf  # organic units, in the world's own order of popularity
    popular: Wholes  # prompts that many people send unchanged, most popular first
    openers: Shelf  # token spans
    followups: Shelf
    answers: NDArray[np.int64]
    crowding: float  # above 1: some topics have many more people than others
    popular_share: float
    exchange: tuple[float, float]  # least and most share of word types in which a person's words differ
    weak_share: float  # of people without topics of their own
    straying: float  # most of a person's conversations that may leave his or her topics


def library(builder: CorpusBuilder, key: int, parameters: Parameters) -> Library:
    """Freeze the corpus; draw how people use it."""
    openers, followups = (
        Shelf.of(
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
    # Popularity order: long conversations are what people come back to.
    size = (
        corpus.sentences[corpus.prompts[corpus.units[topics + 1]]]
        - corpus.sentences[corpus.prompts[corpus.units[topics]]]
    )
    noise = draws.lognormal(topics.astype(np.uint64) + np.uint64(key % (1 << 62)), "popularity", 1.0, 2.0)
    low = parameters.real("exchange_low", 0.25, 0.45)
    return Library(
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
    )


def _by_language(corpus: Corpus, units: Wholes) -> Shelf:
    language = corpus.unit_language[units]
    return Shelf.of([units[language == one] for one in range(len(languages()) + 1)], _FEWEST_TOPICS)


def persons_turns(books: Library, turns: Turns) -> Sheet:
    """Turns in people's own words: the same topics again, in the same vocabulary, from another angle each time."""
    sheet = Sheet(len(turns.key))
    key = draws.child(turns.key, "turn", turns.turn)
    opening = turns.turn == 0
    unit, topic = _topics(books, turns)
    low, high = _sentences(books.corpus, unit)
    size = np.maximum(high - low, 1)
    person = draws.child(turns.person, "topic", topic)
    core = draws.whole(person, "core", np.maximum(size - 4, 1)) + draws.whole(key, "jitter", 3)
    loyal = opening & (draws.uniform(key, "loyal") < _fidelity(turns.person))
    near = low + np.minimum(np.where(loyal, core, draws.whole(key, "start", size)), size - 1)
    far = low + draws.whole(key, "second start", size)
    wordy = draws.lognormal(turns.person, "wordy", 14.0, 0.5)
    habit = draws.uniform(turns.person, "habit") < 0.4
    greets = opening & habit & (draws.uniform(key, "greets") < 0.5)
    phrase = books.openers.at(turns.language, draws.uniform(turns.person, "opener"))
    stock = ~opening & (draws.uniform(key, "stock") < 0.55)
    followup = books.followups.at(turns.language, draws.uniform(key, "followup"))
    sheet.put(
        0,
        (np.where(greets, phrase[:, 0], followup[:, 0]), np.where(greets, phrase[:, 1], followup[:, 1])),
        where=greets | stock,
    )
    silent = stock & (draws.uniform(key, "only stock") < 0.5)
    sheet.put(1, _window(books.corpus, near, high, draws.lognormal(key, "length", wordy, _WORDINESS)), LINE, ~silent)
    more = draws.uniform(key, "more") < 0.45
    sheet.put(
        2, _window(books.corpus, far, high, draws.lognormal(key, "more length", wordy, _PASTING)), LINE, more & ~silent
    )
    least, most = books.exchange
    share = least + (most - least) * draws.uniform(turns.person, "exchange")
    for slot in (1, 2):
        sheet.vary(slot, turns.person, share, _COMMON_WORDS, True)
    _popular(books, turns, sheet)
    sheet.glue[:, 1] = np.where(greets | stock, LINE, PARAGRAPH)
    return sheet


def _fidelity(person: Keys) -> Reals:
    """How often a person opens with the heart of a topic rather than somewhere in it."""
    return np.asarray(draws.uniform(person, "fidelity") ** 0.6)


def _topics(books: Library, turns: Turns) -> tuple[Wholes, Wholes]:
    """The unit each turn is about, and the number of that topic among its writer's."""
    several = 1 + draws.pick(turns.person, "topics", [0.25, 0.3, 0.25, 0.2])
    topic = np.floor(several * draws.uniform(turns.key, "which topic") ** 1.7).astype(np.int64)
    # Every person leaves his or her topics now and then; a few never ask about the same thing twice.
    restless = draws.uniform(turns.person, "weak memory") < books.weak_share
    stray = np.where(restless, 1.0, books.straying * draws.uniform(turns.person, "stray") ** 1.5)
    strays = draws.uniform(turns.key, "strays") < stray
    source = np.where(strays, turns.key, draws.child(turns.person, "topic", topic))
    unit = _unit(books, source, turns.language)
    # Short conversations are not a topic by themselves: several of them make one.
    low, high = _sentences(books.corpus, unit)
    aspect = draws.whole(draws.child(turns.key, "turn", turns.turn), "aspect", 4)
    other = _unit(books, draws.child(source, "aspect", aspect), turns.language)
    return np.where((high - low < _SHORT_TOPIC) & (aspect > 0), other, unit), topic


def _unit(books: Library, source: Keys, language: Wholes) -> Wholes:
    return books.topics.at(language, draws.uniform(source, "unit") ** books.crowding)


def _sentences(corpus: Corpus, unit: Wholes) -> tuple[Wholes, Wholes]:
    return corpus.prompts[corpus.units[unit]], corpus.prompts[corpus.units[unit + 1]]


def _window(corpus: Corpus, sentence: Wholes, last: Wholes, tokens: Reals) -> tuple[Wholes, Wholes]:
    """Token spans of about `tokens` tokens from a sentence on, ending with a sentence where one ends soon."""
    start = corpus.sentences[sentence]
    wish = start + np.minimum(np.maximum(tokens, 3), _LONGEST_PASTE).astype(np.int64)
    stop = corpus.sentences[np.minimum(np.searchsorted(corpus.sentences, wish), len(corpus.sentences) - 1)]
    end = np.minimum(np.minimum(stop, start + (wish - start) * 2), corpus.sentences[last])
    return start, end


def _popular(books: Library, turns: Turns, sheet: Sheet) -> None:
    """Some conversations open with a prompt that many people send as they found it."""
    found = (turns.turn == 0) & (draws.uniform(turns.key, "popular") < books.popular_share)
    weights = draws.zipf_weights(len(books.popular), 1.0)
    prompt = books.popular[draws.pick(turns.key, "which popular", weights)]
    corpus = books.corpus
    start = corpus.sentences[corpus.prompts[prompt]]
    end = np.minimum(corpus.sentences[corpus.prompts[prompt + 1]], start + 300)
    sheet.start[found, :3], sheet.end[found, :3] = 0, 0
    sheet.start[found, 1], sheet.end[found, 1] = start[found], end[found]
    sheet.share[found, 1], sheet.digits[found, 1] = 0, False


def program_turns(books: Library, program: Program, turns: Turns) -> Sheet:
    """Turns that a program writes: its frame around a row of its data set, then its own follow-ups."""
    sheet = Sheet(len(turns.key))
    row = turns.row // program.repeats
    base = np.full(len(row), program.key, dtype=np.uint64)
    row_key = turns.account if program.by_account else draws.child(base, "row", row)
    deck = draws.pick(draws.child(base, "deck", row), "deck", [some.share for some in program.decks])
    for index, some in enumerate(program.decks):
        chosen = deck == index
        if chosen.any():
            _deal(books.corpus, program, some, turns.where(chosen), row[chosen], row_key[chosen]).into(sheet, chosen)
    return sheet


def _deal(corpus: Corpus, program: Program, deck: Deck, turns: Turns, row: Wholes, row_key: Keys) -> Sheet:
    sheet = Sheet(len(row))
    opening = turns.turn == 0
    before, after, _ = frame_spans(deck)
    frame = frame_numbers(program, deck, turns.key, turns.account)
    for slot in range(3):
        sheet.put(slot, (before[frame, slot, 0], before[frame, slot, 1]), BLANK if slot < 2 else LINE, opening)
    example = deck.rows[draws.whole(row_key, "example row", len(deck.rows))]
    shown = opening & (draws.uniform(row_key, "example") < program.examples)
    sheet.put(3, _prompt(corpus, example, program.longest_payload // 3), LINE, shown)
    common = max(_COMMON_WORDS, int(_COMMON_IN_DATA * len(corpus.lexicon.cls)))
    payload = deck.rows[(row + turns.turn) % len(deck.rows)]
    again = opening | (draws.uniform(draws.child(row_key, "again", turns.turn), "again") < 0.3)
    sheet.put(4, _prompt(corpus, payload, program.longest_payload), LINE, again)
    for slot in (3, 4):
        sheet.vary(slot, draws.child(row_key, "turn", turns.turn), program.exchange, common, program.digits)
    for slot in (5, 6):
        sheet.put(slot, (after[frame, slot - 5, 0], after[frame, slot - 5, 1]), LINE, opening)
    if program.paraphrase:
        for slot in (0, 1, 2, 5, 6):
            sheet.vary(slot, turns.account, program.paraphrase, _COMMON_WORDS // 4, False)
    if program.followups:
        phrase = np.array(program.followups)[
            draws.whole(draws.child(turns.key, "follow", turns.turn), "f", len(program.followups))
        ]
        sheet.start[~opening, 0], sheet.end[~opening, 0] = phrase[~opening, 0], phrase[~opening, 1]
    return sheet


def frame_spans(deck: Deck) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Spans before, after and in the system instructions: arrays (frames, 3 or 2 or 4, start and end)."""

    def stacked(parts: list[tuple[tuple[int, int], ...]], width: int) -> NDArray[np.int64]:
        return np.array([[*part, *[(0, 0)] * (width - len(part))] for part in parts], dtype=np.int64)

    frames = deck.frames
    return (
        stacked([f.before for f in frames], 3),
        stacked([f.after for f in frames], 2),
        stacked([f.system for f in frames], 4),
    )


def frame_numbers(program: Program, deck: Deck, conversation: Keys, account: Keys) -> Wholes:
    """Which frame of the deck each conversation uses."""
    holder = account if program.frame_of == "account" else conversation
    return draws.whole(holder, "frame", len(deck.frames))


def _prompt(corpus: Corpus, prompt: Wholes, longest: int) -> tuple[Wholes, Wholes]:
    """Token spans of prompts; of a long one the end, where the question stands after its worked examples."""
    start, end = corpus.sentences[corpus.prompts[prompt]], corpus.sentences[corpus.prompts[prompt + 1]]
    return np.maximum(start, end - longest), end


def is_person(program: Wholes) -> NDArray[np.bool_]:
    """Which conversations are a person's own words."""
    return np.asarray(program == NONE)
