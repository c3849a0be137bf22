"""Chinese, Korean and Vietnamese names: few letters tell one from another, so that no letter may differ.

A wrong letter in a long name leaves the name; a letter of Wang Wei makes Wang Lei, who is somebody else. The syllables
of such names get keys that Pinyin, Wade-Giles and the romanisations of Korean share; those of a given name are one.
"""

from __future__ import annotations

import re
from functools import lru_cache

MARK = "~"
"""Opens the key of syllables, so that it is never taken for the spelling of a longer token."""
SPELT = "="
"""Opens a token of such a name that is compared letter by letter, and not by its sound."""
_MOST = 4
_PINYIN = (
    r"(?:(?:zh|ch|sh|hs|ts|tz|ss|[bpmfdtnlgkhjqxrzcsyw])?[yw]?"
    r"(?:iang|iong|uang|ang|eng|ing|ong|ung|iao|ian|ien|uai|uan|uei|ai|an|ao|ei|en|er|ia|ie|in|iu|ou|ua|ue|ui|un|uo|ih|"
    # of Korean
    r"yeong|young|yeon|yung|yeok|yeol|yeo|yuk|yun|eong|eon|eok|eol|eum|eun|eul|eung|eo|eu|aeng|aek|ae|oon|ook|oo|ee|wang|won|woo|"
    r"[aiou][klm]|a|e|i|o|u))"
)
_WHOLE = re.compile(
    r"(?:[bcdfghjklmnpqrstvxz]{0,2}|ngh?)[yw]?"
    r"(?:a|e|i|o|u|y|ai|ao|au|ae|ei|eo|eu|ia|ie|iu|io(?=ng)|oa|oe|oi|oo|ou|ua|ue|ui|uo|uy|iao|uai|uei|ieu|uye|ee)"
    r"(?:ng|nh|hn|ch|rk|[nkmptlrhgbd])?"
)
_DOUBLED = re.compile(r"(.)\1+")
_STEPS = re.compile(_PINYIN)
_KEYS = tuple(
    (re.compile(pattern), to)
    for pattern, to in (
        (r"^ssu$|^szu$", "si"),
        (r"^tzu$|^tsu$", "zi"),
        (r"^(?:zh|ch|q|j|ts|tz|z|c)h?", "c"),
        (r"^(?:x|hs|sh|ss)", "s"),
        (r"^b", "p"),
        (r"^d", "t"),
        (r"^g", "k"),
        (r"eo|eu|oo", "u"),
        (r"oung", "ung"),
        (r"oe$", "oi"),
        (r"hui$", "hi"),
        (r"rk$", "k"),
        (r"(?<!n)g$", "k"),
        (r"h(?=n$)", ""),
        (r"ee", "i"),
        (r"ien$", "ian"),
        (r"yen$", "yan"),
        (r"uei", "ui"),
        (r"[hr]$", ""),
        (r"^y(?=i)|^w(?=u)", ""),
        (r"o", "u"),
        (r"(.)\1+", r"\1"),
    )
)
_SAME_FAMILY = {
    "yi": "li", "i": "li", "rhee": "li", "ri": "li", "lee": "li", "rim": "lim", "im": "lim", "ryu": "yu", "ryoo": "yu",
    "lyu": "yu", "yoo": "yu", "roh": "no", "noh": "no", "bag": "bak",
}  # fmt: skip
"""Korean family names that are written in ways of their own."""
_FAMILY_NAMES = """
    wang li zhang chang liu chen yang zhao chao huang zhou chou wu xu hsu sun hu zhu chu gao kao lin he ho guo kuo
    ma luo lo liang song sung zheng cheng xie hsieh han tang feng yu dong tung xiao hsiao cao tsao yuan deng teng fu
    shen zeng ceng tseng peng lu su jiang chiang cai tsai jia chia ding ting wei xue hsueh ye yeh yan yen pan du tu
    dai tai xia hsia zhong chung tian tien ren jen fan fang shi shih yao tan liao zou tsou xiong hsiung jin chin hao
    kong kung bai pai cui tsui kang mao qiu chiu qin gu ku hou shao meng long lung wan duan lei qian chien gang che
    yin yi lai gong wen xi hsi pu ou wong chan cheung lau lam ng leung chow yip kwok tam tse ong goh koh kim gim lee
    rhee i park bak pak choi choe jung jeong cho jo yoon yun jang lim im rim oh o seo suh shin sin kwon gwon hwang
    ahn an ryu lyu ryoo ri roh bag yoo hong moon mun bae baek noh nam ha joo nguyen tran le pham huynh phan vu vo
    dang bui do ngo duong ly
"""
_SURNAMES = frozenset(_FAMILY_NAMES.split())
"""Of Chinese (by Pinyin, Wade-Giles, and as Cantonese and Hokkien speak them), Korean and Vietnamese names."""


def syllables(found: tuple[str, ...]) -> list[tuple[str, str]]:
    """Family and given name by the keys of their syllables, in each way in which they can be told apart.

    None where a name does not look Chinese, Korean or Vietnamese.
    """
    if not found or not (found[0] in _SURNAMES or found[-1] in _SURNAMES):
        return []
    pieces = [piece for token in found for piece in _divided(token) or ("",)]
    if "" in pieces or not 2 <= len(pieces) <= _MOST:
        return []
    ways = []
    if pieces[0] in _SURNAMES:
        ways.append((_family(pieces[0]), _given(pieces[1:])))
    if pieces[-1] in _SURNAMES:
        ways.append((_family(pieces[-1]), _given(pieces[:-1])))
    return ways


def _family(syllable: str) -> str:
    return MARK + _key(_SAME_FAMILY.get(syllable, syllable))


def _given(pieces: list[str]) -> str:
    return MARK + "".join(map(_key, pieces))


@lru_cache(maxsize=100_000)
def _divided(token: str) -> tuple[str, ...]:
    """The syllables that a token is written of; none where it is no such token."""
    if _WHOLE.fullmatch(token):
        return (token,)
    return _steps(token, "aeiou") or _steps(_DOUBLED.sub(r"\1", token), "aeiou") or _steps(token, "")


def _steps(token: str, not_first: str) -> tuple[str, ...]:
    """The token as syllables of Pinyin, the longest first; a second syllable does not begin with `not_first`."""
    for end in range(min(6, len(token)), 0, -1):
        head, rest = token[:end], token[end:]
        if not _STEPS.fullmatch(head):
            continue
        if not rest:
            return (head,)
        tail = _steps(rest, not_first) if rest[0] not in not_first else ()
        if tail:
            return head, *tail
    return ()


@lru_cache(maxsize=20_000)
def _key(syllable: str) -> str:
    for pattern, to in _KEYS:
        syllable = pattern.sub(to, syllable)
    return syllable
