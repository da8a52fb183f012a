"""What forbids that two reports are one event, however alike they are.

A cosine hardly sees which number stands before "package", or who expels whom. Each rule
reads the title and the first sentence or two, and speaks only where both reports say
something of the kind. What each costs and gains is in docs/quality.md.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

LEAD: Final = 200  # characters of the text that are read
_KEY: Final = 5  # letters by which a word is known: Ilmara and Ilmaran, shells, shelled
_SHORTEST: Final = 4  # letters of a name or verb that counts
_REACH: Final = 3  # words after an ordinal that may be what is counted
_TOKEN: Final = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_DIGITS: Final = re.compile(r"(\d{1,3})(?:st|nd|rd|th)")
_WORDS: Final = (
    "third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth"
    " fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
)


def _split(words: str) -> frozenset[str]:
    return frozenset(words.split())


ORDINALS: Final = {word: n for n, word in enumerate(_WORDS.split(), 3)}
# Counted, but not the acts of a series: two reports of one event may differ in them.
_NO_SERIES: Final = _split(
    "amendment anniversary avenue birthday century circuit consecutive day district"
    " floor grade month quarter row straight street time week year"
    " january february march april may june july august september october november"
    " december"
)
# Beginnings of words that may follow a name and yet are no act of one against another:
# either side may be named first, or it is a noun.
_NO_ACT: Final = _split(
    "agree clash debat discu face faces fight fough joins meet meets meeti talks trade"
    " versu with army bombe fire force korea leade leads minis offic presi soldi troop"
)
_BEGINS: Final = _split(
    "begin begins began open opened opens start started starts resume resumed resumes"
)
_ENDS: Final = _split(
    "close closed closes collapse collapsed collapses conclude concluded concludes"
    " end ended ends breaks broke break"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a report says that a veto may rest on.

    Attributes:
        ordinals: numbers by what they count: {"package": {13}}.
        phase: the word of the title by which something begins or ends; None if there
            is none, or one of each.
        title: words of the title, each with whether it begins with a capital letter.
    """

    ordinals: Mapping[str, frozenset[int]]
    title: tuple[tuple[str, bool], ...]
    phase: str | None


def claims_of(title: str, text: str) -> Claims:
    """Read a report's claims."""
    words = [word.lower() for word in _TOKEN.findall(f"{title}. {text[:LEAD]}")]
    ordinals: dict[str, set[int]] = {}
    for at, word in enumerate(words):
        digits = _DIGITS.fullmatch(word)
        number = int(digits[1]) if digits else ORDINALS.get(word)
        if number is None:
            continue
        counted = words[at + 1 : at + 1 + _REACH]
        if counted and counted[0] not in _NO_SERIES:
            for one in counted:
                if len(one) >= _SHORTEST and one.isalpha() and one not in _NO_SERIES:
                    ordinals.setdefault(one, set()).add(number)
    in_title = [word.lower() for word in _TOKEN.findall(title)]
    phases = [word for word in in_title if word in _BEGINS | _ENDS]
    return Claims(
        ordinals={word: frozenset(numbers) for word, numbers in ordinals.items()},
        title=tuple((w[:_KEY].lower(), w[0].isupper()) for w in _TOKEN.findall(title)),
        phase=phases[0] if len({word in _ENDS for word in phases}) == 1 else None,
    )


def veto(a: Claims, b: Claims) -> str | None:
    """Return why two reports can't be one event; None if nothing forbids it."""
    return _other_number(a, b) or _roles_reversed(a, b) or _other_phase(a, b)


def _other_number(a: Claims, b: Claims) -> str | None:
    """Another number of a series: the 13th package against the 14th package."""
    shared = sorted(a.ordinals.keys() & b.ordinals.keys())
    if any(a.ordinals[word] & b.ordinals[word] for word in shared):
        return None
    for word in shared:
        one, other = (min(c.ordinals[word]) for c in (a, b))
        return f"number {one} against number {other} of {word!r}"
    return None


def _roles_reversed(a: Claims, b: Claims) -> str | None:
    """X does to Y what Y does to X: an expulsion, and the one that answers it."""
    acts = {verb: (at, actor) for at, actor, verb in _acts(b)}
    for at, actor, verb in _acts(a):
        if verb not in acts:
            continue
        there, other = acts[verb]
        if (
            actor != other
            and any(word == other for word, _ in a.title[at + 1 :])
            and any(word == actor for word, _ in b.title[there + 1 :])
        ):
            return f"roles reversed: {actor}- {verb}- {other}-, and the other way round"
    return None


def _other_phase(a: Claims, b: Claims) -> str | None:
    """One tells how something begins, the other how it ends."""
    if a.phase and b.phase and (a.phase in _ENDS) != (b.phase in _ENDS):
        return f"one {a.phase!r}, the other {b.phase!r}"
    return None


def _acts(claims: Claims) -> list[tuple[int, str, str]]:
    """Return (place, actor, verb) where a name stands right before a word."""
    return [
        (at + 1, actor, verb)
        for at, ((actor, named), (verb, _)) in enumerate(
            zip(claims.title, claims.title[1:], strict=False)
        )
        if named and min(len(actor), len(verb)) >= _SHORTEST and verb not in _NO_ACT
    ]
