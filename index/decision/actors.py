"""Another actor: the same act of another state, a statement of another minister.

"Turkey's central bank raises rates" and "Egypt's central bank raises rates" are two
events; so is what two ministers of one government do in one city. What a title names
counts where the other report neither has it in its title nor begins with it: further
down it may, "Norway had promised more earlier in the day".
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from samestory.index.decision.slots import (
    LEAD,
    Words,
    is_told,
    told_at_first,
    words_of_title,
)
from samestory.index.decision.states import is_state, key_of
from samestory.index.decision.tokens import ENGLISH, POSSESSIVE

_ARTICLES: Final = frozenset(
    "the la le les el los las il lo i gli die der das de het den det o a os as".split()  # noqa: SIM905
)
_AND: Final = frozenset("and y e et und en dan ve и та i".split())  # noqa: SIM905
# What may stand before the bank that a title begins with: BREAKING: the ..., La ...
_BEGINS: Final = re.compile(
    r"(?:[\w ]{1,12}: )?(?:(?:the|us|u\.s\.|la|le|die|der|el|il|o|a) )?", re.IGNORECASE
)
_ACT: Final = 4  # letters of the word that tells an act: "to host" is host
_NEAR: Final = 4  # words behind the states in which it stands
_LEAST: Final = 3  # words behind a state: fewer are no act
_KEPT: Final = 512  # texts that are read once


def other_actor(a: Words, b: Words) -> str | None:
    """Return two states of which two titles tell one act; None if they tell none.

    What stands behind the states that begin a title is the same, or several states
    begin each: "Turkey, Egypt sign", "Turkey, Chad near deal". Each has one that the
    other report does not begin by naming.

    Args:
        a: one report.
        b: another.
    """
    if (a[2] or ENGLISH) != (b[2] or ENGLISH):
        return None
    one, other = _act_of(a[0], a[2]), _act_of(b[0], b[2])
    if one is None or other is None:
        return None
    are_several = min(len(one[0]), len(other[0])) > 1
    if one[1] != other[1] and not are_several:
        return None
    left, right = _not_told(one[0], b), _not_told(other[0], a)
    return f"other actor: {left}, {right}" if left and right else None


def other_minister(a: Words, b: Words) -> str | None:
    """Return of what ministers two titles tell; None if of none, or of the same.

    In whatever languages: "Norway's foreign minister", "норвежский министр обороны".

    Args:
        a: one report.
        b: another.
    """
    one, other = _ministers(a[0], a[2]), _ministers(b[0], b[2])
    if not (len(one) == len(other) == 1) or one == other:
        return None
    if one & _ministers_at_first(b) or other & _ministers_at_first(a):
        return None
    return f"other minister: {min(one)}, {min(other)}"


def other_bank(a: Words, b: Words) -> str | None:
    """Return two central banks with which two titles begin; None if not both do so.

    In whatever languages. Neither report tells of the other's at first.

    Args:
        a: one report.
        b: another.
    """
    one, other = _bank_of(a[0]), _bank_of(b[0])
    if not (one and other) or one == other:
        return None
    if one in _banks_at_first(b) or other in _banks_at_first(a):
        return None
    return f"other actor: {one}, {other}"


@lru_cache(maxsize=_KEPT)
def _bank_of(title: str) -> str | None:
    """Return the central bank that acts in a title: it begins with it."""
    found, names = _bank_names()
    straight = title.replace("\u2019", "'")
    begins = _BEGINS.match(straight)
    hit = found.match(straight, begins.end() if begins else 0)
    return names[hit[0]] if hit else None


@lru_cache(maxsize=_KEPT)
def _banks_at_first(report: Words) -> frozenset[str]:
    """Return the central banks that a report's title and lead name."""
    title, text, _ = report
    found, names = _bank_names()
    told = f"{title}. {text[:LEAD]}".replace("\u2019", "'")
    return frozenset(names[hit[0]] for hit in found.finditer(told))


@cache
def _bank_names() -> tuple[re.Pattern[str], Mapping[str, str]]:
    """Return what finds a central bank, and the name of each form."""
    path = Path(__file__).with_name("central_banks.toml")
    table = tomllib.loads(path.read_text("utf-8"))
    names = {form: name for name, forms in table.items() for form in (name, *forms)}
    every = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    # "Fed up", and what is fed by rain.
    never = r"(?!(?:Fed) (?:up|by|on|with|to|Cup|Square)\b)"
    return re.compile(rf"(?<![A-Za-z]){never}(?:{every})(?![A-Za-z])"), names


def _not_told(states: Sequence[str], other: Words) -> str | None:
    """Return the first state that another report does not begin by naming."""
    there = told_at_first(*other[:2])
    return next((one for one in states if not is_told(key_of(one), there)), None)


@lru_cache(maxsize=_KEPT)
def _act_of(title: str, lang: str | None) -> tuple[tuple[str, ...], str] | None:
    """Return (the states that a title begins with, the key of the act behind them).

    An article may stand before each; the act is the first word without a capital
    letter, if one is near.
    """
    words, states = list(words_of_title(title)), list[str]()
    while words:
        ahead = 1 if words[0].lower() in _ARTICLES | _AND else 0
        ahead += bool(ahead and words[1:] and words[1].lower() in _ARTICLES)
        state = words[ahead] if len(words) > ahead else ""
        state = state[2:] if state[1:2] in ("'", "\u2019") else state  # L'Egypte
        if not is_state(state, lang):
            break
        states.append(POSSESSIVE.sub("", state))
        words = words[ahead + 1 :]
    if not states or len(words) < _LEAST:
        return None
    near = (w for w in words[:_NEAR] if not w[0].isupper() and len(w) >= _ACT)
    return tuple(states), key_of(next(near, words[0]))


@lru_cache(maxsize=_KEPT)
def _ministers(text: str, lang: str | None) -> frozenset[str]:
    """Return what those are ministers of whom a text names."""
    offices = _offices().get(lang or ENGLISH, {})
    return frozenset(what for what, named in offices.items() if named.search(text))


def _ministers_at_first(report: Words) -> frozenset[str]:
    title, text, lang = report
    return _ministers(f"{title}. {text[:LEAD]}", lang)


@cache
def _offices() -> Mapping[str, Mapping[str, re.Pattern[str]]]:
    path = Path(__file__).with_name("offices.toml")
    table = tomllib.loads(path.read_text("utf-8"))
    return {
        lang: {
            what: re.compile("|".join(forms), re.IGNORECASE)
            for what, forms in offices.items()
        }
        for lang, offices in table.items()
    }
