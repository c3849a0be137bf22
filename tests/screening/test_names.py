"""Names in many spellings become the same tokens, sounds, consonants or syllables; others do not."""

from __future__ import annotations

import pytest

from stillwatch.screening.index import Index
from stillwatch.screening.kernels import MOST_FOUND
from stillwatch.screening.spelling import LONGEST, MOST_TOKENS, folded, other, skeleton, tokens
from stillwatch.screening.syllables import syllables
from stillwatch.screening.vocabulary import SAME_SOUND, Vocabulary
from stillwatch.screening.words import asked_forms, listed_forms, weight

LEAST = 0.66


def agreement(one: str, listed: str, *others: str) -> float:
    """How far a name agrees with the first of some listed ones."""
    found = Index([listed, *others]).find([one], 0.01)
    return next((each.score for each in found if each.listed == 0), 0.0)


class TestTokens:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("O'Neil, John-Paul", ("oneil", "john", "paul")),
            ("I.R.I.S.L.", ("irisl",)),
            ("I R I S L Europe", ("irisl", "europe")),
            ("Владимир Хрущёв", ("vladimir", "khrushchev")),
            ("王小明", ("wang", "xiao", "ming")),
            ("김정은", ("gim", "jeong", "eun")),
            ("Ю. Петров", ("y", "petrov")),
            ("alMasri McDonald", ("al", "masri", "mcdonald")),
            ("", ()),
            ("…—!?", ()),
        ],
    )
    def test_are_latin_letters(self, text: str, expected: tuple[str, ...]) -> None:
        assert tokens(text) == expected

    @pytest.mark.parametrize(
        "text",
        ["P\u0435tr\u043ev", "\u0420etrov", "\u03a1etrov", "Pe\u200btr\u00adov", "Petr\U000e0061ov", "\uff30etrov"],
    )
    def test_are_of_the_letters_that_are_seen(self, text: str) -> None:
        assert tokens(f"Ivan {text}") == ("ivan", "petrov")

    @pytest.mark.parametrize("room", [" ", "\u200b", "\n\t", "\x01", "\u2060 \u00ad", "\U000e0020"])
    def test_have_all_the_room_whatever_stands_between_them(self, room: str) -> None:
        assert tokens(f"{400 * room}Ivan{' ' + 400 * room}Petrov") == ("ivan", "petrov")

    def test_of_a_word_in_its_own_script_are_as_it_sounds(self) -> None:
        assert tokens("Сара Petrov") == ("sara", "petrov")

    def test_are_bounded(self) -> None:
        assert len(tokens("a bc " * 10_000)) <= MOST_TOKENS
        assert sum(map(len, tokens("ж" * 1_000_000))) <= 3 * LONGEST

    @pytest.mark.parametrize("text", ["\ud800", "\0\0a", "́́", "‮abc", "𝕳𝖊𝖑𝖑𝖔", "ﷺ" * 100])
    def test_take_any_text(self, text: str) -> None:
        assert all(one.isascii() and one.isalnum() for one in tokens(text))


class TestSounds:
    @pytest.mark.parametrize(
        ("one", "two"), [("mohammed", "muhammad"), ("yusuf", "youssef"), ("zhukov", "joukov"), ("müller", "mueller")]
    )
    def test_of_one_name_have_the_same_consonants(self, one: str, two: str) -> None:
        (first,), (second,) = tokens(one), tokens(two)
        assert skeleton(folded(first)) == skeleton(folded(second))

    def test_have_a_german_reading_too(self) -> None:
        assert other("iwanischwili") == folded("ivanishvili")
        assert other("sacharow") == folded("zakharov").replace("z", "s")


class TestSyllables:
    def test_of_two_romanisations_are_one(self) -> None:
        assert syllables(("mao", "zedong")) == syllables(("mao", "tse", "tung"))
        assert syllables(("kim", "jong", "un")) == syllables(("gim", "jeong", "eun"))

    def test_are_those_of_names_with_such_a_family_name(self) -> None:
        assert syllables(("maria", "sanchez")) == []
        assert syllables(("wang", "robertson")) == []

    def test_may_stand_in_either_order(self) -> None:
        assert set(syllables(("li", "na"))) & set(syllables(("na", "li")))


class TestWords:
    def test_that_say_little_weigh_little(self) -> None:
        assert weight("ltd", 10.0) < weight("x", 10.0) < weight("zawahiri", 10.0)

    def test_of_a_name_that_says_too_little_make_no_form(self) -> None:
        for text in ("", "x", "Ltd", "Mr. de la", "A. B."):
            assert asked_forms(tokens(text), lambda _: False) == []
            assert listed_forms(tokens(text)) == []

    def test_make_the_abbreviation_of_a_listed_name(self) -> None:
        assert ("iris",) not in listed_forms(tokens("Iran Red Ice"))
        assert ("risl",) in listed_forms(tokens("Republic of Iran Shipping Lines"))

    def test_of_arabic_are_joined(self) -> None:
        (first, *_), (second, *_) = (
            asked_forms(tokens(text), lambda _: False) for text in ("Abd al-Rahman Nour Eddine", "Abdrahman Noureddine")
        )
        assert first == second


class TestVocabulary:
    known = Vocabulary(["john", "maria", "mohammed", "wei"])

    def similar(self, token: str) -> dict[str, float]:
        found = self.known.similar([token])
        return {
            self.known.tokens[place]: value
            for place, value in zip(found.ids.tolist(), found.similarities.tolist(), strict=True)
        }

    def test_knows_its_tokens(self) -> None:
        assert self.similar("john") == {"john": 1.0}
        assert self.known.known("john")
        assert not self.known.known("jon")

    def test_finds_sounds_and_misspellings(self) -> None:
        assert self.similar("muhamed")["mohammed"] > 0.8
        assert self.similar("joohn")["john"] == pytest.approx(max(0.8, SAME_SOUND), abs=0.2)
        assert self.similar("mhmd")["mohammed"] > 0.9

    def test_takes_no_short_token_for_another(self) -> None:
        assert self.similar("lei") == {}

    def test_of_nothing_finds_nothing(self) -> None:
        assert len(Vocabulary([]).similar(["john"]).ids) == 0
        assert len(self.known.similar([]).ids) == 0


class TestIndex:
    @pytest.mark.parametrize(
        ("one", "listed"),
        [
            ("أيمن محمد الظواهري", "Ayman Mohammed al-Zawahiri"),
            ("Zawahri, Aiman M.", "Ayman Mohammed al-Zawahiri"),
            ("Wladimir Chruschtschow", "Vladimir Khrushchev"),
            ("Hsi Chin-ping", "Xi Jinping"),
            ("습니다 김정은"[4:], "KIM, Jong Un"),
            ("IRISL", "Islamic Republic of Iran Shipping Lines"),
            ("Baltika Shpg Intl Ltd", "Baltika Shipping International Company"),
            ("J. Smith", "John Smith"),
        ],
    )
    def test_finds_a_name_however_it_is_written(self, one: str, listed: str) -> None:
        assert agreement(one, listed, "Anna Jones", "Peter Petersen") >= LEAST

    @pytest.mark.parametrize(
        ("one", "listed"),
        [
            ("John Bates", "John Smith"),
            ("Wang Lei", "Wang Wei"),
            ("Mohammed", "Mohammed Hassan al-Masri"),
            ("Smith", "John Smith"),
            ("Limited Company", "Baltika Limited Company"),
        ],
    )
    def test_does_not_find_another(self, one: str, listed: str) -> None:
        assert agreement(one, listed, "Anna Jones", "Peter Petersen", "Lei Zhang", "Bates Miller") < LEAST

    def test_gives_the_best_first_and_bounds_them(self) -> None:
        index = Index(["John Smith", *[f"John Smith {letters}" for letters in ("Ab", "Cd", "Ef")] * 100])
        found = index.find(["John Smith"], 0.5)
        assert found[0].listed == 0
        assert found[0].score == 1.0
        assert len(found) <= MOST_FOUND

    def test_explains_token_by_token(self) -> None:
        (pairs, left), *others = Index(["Ayman Mohammed al-Zawahiri"]).explained("Aiman Zawahiri", [0])
        assert others == []
        assert [(one.token, one.listed) for one in pairs] == [("aiman", "ayman"), ("zawahiri", "zawahiri")]
        assert left == ("mohammed",)

    def test_without_names_finds_nothing(self) -> None:
        assert Index([]).find(["John Smith"], 0.5) == []
        assert Index(["", "x"]).find(["John Smith", ""], 0.5) == []

    def test_gives_one_name_the_same_score_whatever_is_asked_beside_it(self) -> None:
        index = Index(["John Smith", "Jon Smythe", "Maria Lopez"])
        alone = index.find(["Jon Smith"], 0.3)
        beside = [one for one in index.find(["Maria Lopes", "Jon Smith", "x"], 0.3) if one.asked == 1]
        assert [(one.listed, one.score) for one in alone] == [(one.listed, one.score) for one in beside]
