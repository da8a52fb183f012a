"""Whose text two copies are: what they say themselves, and nothing else.

A report names its source in a byline ("JANE ROE, Associated Press"), a dateline
("KESMARK (AP) -"), a line of its own ("CBS News", "by CNN NewSource") or a line of
copyright. Of two copies the one whose outlet the other credits is the source; where
both credit the same agency, the text is that one's; where one does and the other says
nothing, too. Never by our clock or the order of arrival.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from samestory.credits import AGENCIES, agencies_of
from samestory.index.copies.kept import COMMON, UNKNOWN, A, B
from samestory.publishers import names_of, outlet_named

HEAD: Final = 40  # paragraphs in which a byline or dateline stands, behind captions
TAIL: Final = 10  # paragraphs in which a credit stands
MAX_CREDIT: Final = 160  # characters of a line that credits
MAX_DATELINE: Final = 80
SENTENCE_END: Final = 12  # characters in which a sentence's end stands
MIN_NAME: Final = 5  # letters of a domain by which a name is known
HOUSE_STYLE: Final = 300  # characters in which the line below stands
_REUTERS: Final = re.compile(  # its house style, also where its name was cut off
    r"\breporting by\b.{0,200}\bediting by\b", re.IGNORECASE | re.DOTALL
)
_WIRES: Final = AGENCIES | {"cnn newsource": "CNN", "cnn": "CNN"}
_NAMES: Final = "|".join(sorted(map(re.escape, _WIRES), key=len, reverse=True))
_NAME: Final = re.compile(rf"(?<![\w@/.])(?P<name>(?i:{_NAMES}))(?![\w.]*\w)")
_DATELINE: Final = re.compile(
    rf"[A-Z\u00c0-\u017e][^\n]{{0,60}}?\((?P<name>(?i:{_NAMES}))\)|\((?P<alone>CNN)\)"
)
_SENTENCE: Final = re.compile(r"\w{3}[.!?\u2026][\"\u201d\u2019)]*$")
_BETWEEN: Final = re.compile(r"[,;|()\[\]\u2022\u00b7\u2013\u2014]|\s[/-]\s|\u00a9")
_BEHIND: Final = re.compile(r"\s(?:published|posted|updated)\b.*$", re.IGNORECASE)
_COPYRIGHT: Final = re.compile(r"(?:copyright|\u00a9)[^.]{1,80}\.", re.IGNORECASE)
_BEFORE: Final = re.compile(
    r"^(?:(?:by|from|via|source|sources|the|copyright|story|\d{4})\b:?\s*)+",
    re.IGNORECASE,
)
_OF_PICTURE: Final = re.compile(
    r"\b(?:photos?|images?|pool|getty|file|video)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credited:
    """Whom a report credits, and who it is.

    Attributes:
        outlet: by its family's name.
        agencies: by name, the first that it credits first.
        named: parts of lines that may be a name, without blanks and marks.
    """

    outlet: str
    agencies: tuple[str, ...]
    named: frozenset[str]

    def credits(self, other: "Credited") -> bool:
        """Tell whether it credits another report's outlet."""
        names = {_squashed(name) for name in names_of(other.outlet)}
        label = _squashed(other.outlet.split(".")[0])
        names |= {label} if len(label) >= MIN_NAME else set()
        is_named = other.outlet in self.agencies or not names.isdisjoint(self.named)
        return self.outlet != other.outlet and is_named


def credited(text: str, outlet: str) -> Credited:
    """Read whom a report credits.

    Args:
        text: of it.
        outlet: its name or domain.
    """
    parts = [part for line in _credit_lines(text) for part in _parts(line)]
    style = ("Reuters",) if _REUTERS.search(text[-HOUSE_STYLE:]) else ()
    found = [*agencies_of(text), *style, *(n for part in parts for n in _wires(part))]
    return Credited(
        outlet=outlet_named(outlet),
        agencies=tuple(dict.fromkeys(found)),
        named=frozenset(map(_squashed, parts)),
    )


def source_of(a: Credited, b: Credited) -> str:
    """Return whose text two copies are: a, b, common:AGENCY or unknown."""
    a_names_b, b_names_a = a.credits(b), b.credits(a)
    if a_names_b != b_names_a:
        return B if a_names_b else A
    own = {a.outlet, b.outlet}
    ranks: dict[str, list[int]] = {}
    for side in (a.agencies, b.agencies):
        for rank, name in enumerate(one for one in side if one not in own):
            ranks.setdefault(name, []).append(rank)
    if not ranks:
        return UNKNOWN
    # Named by both, then named first, then by name: the same whichever is asked first.
    name = min(ranks, key=lambda one: (-len(ranks[one]), sum(ranks[one]), one))
    return f"{COMMON}{name}"


def _credit_lines(text: str) -> Iterator[str]:
    """Yield what may credit in a text's head and tail: short lines, and datelines.

    A sentence credits nobody: that a name stands in it is what it tells; nor does what
    stands below a picture.
    """
    lines = [line for line in map(str.strip, text.split("\n")) if line]
    for line in dict.fromkeys([*lines[:HEAD], *lines[-TAIL:]]):
        opening = line[:MAX_DATELINE]
        if len(line) <= MAX_CREDIT:
            is_sentence = _SENTENCE.search(line, max(0, len(line) - SENTENCE_END))
            if not (is_sentence and not _COPYRIGHT.match(line)) and not (
                _OF_PICTURE.search(line)
            ):
                yield line
        elif "(" in opening and (match := _DATELINE.match(opening)):
            yield opening[: match.end()]


def _parts(line: str) -> Iterator[str]:
    """Yield the parts of a line between its marks, without "by", "via" and the like."""
    owned = _COPYRIGHT.match(line)
    for part in _BETWEEN.split(owned[0][:-1] if owned else line):
        if plain := _BEHIND.sub("", _BEFORE.sub("", part.strip())).strip():
            yield plain


def _wires(part: str) -> Iterator[str]:
    """Yield the agency that a part begins or ends with; short names in capitals."""
    for match in _NAME.finditer(part):
        name = match["name"]
        is_outermost = match.start() == 0 or match.end() == len(part)
        if is_outermost and (len(name) > MIN_NAME or name.isupper()):
            yield _WIRES[name.lower()]


def _squashed(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()
