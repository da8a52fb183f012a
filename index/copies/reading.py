"""A report's text as words, each with what it is: own, quoted, or furniture.

Only own words tell who copied whom. Two reports of one speech share its quotations;
reports of one house share its lines.

- Quoted is what stands in quotation marks, also over several paragraphs, what a speaker
  says in a transcript ("TRUMP: ..."), and the text of an embedded post, which has no
  marks but is signed: "- Name (@name) date".
- Furniture is what surrounds a report on a page: captions and their credits, lines of
  copyright, sign-up boxes, pieces of a page's script, rows of tables, and lines that an
  outlet repeats. A market's figures are nobody's words.
"""

import re
import unicodedata
import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from samestory.index.copies.words import are_letters, plain_word, split
from samestory.scripts import IDEOGRAPHS, SENTENCE_MARKS

SHINGLE: Final = 6  # words, by which reports find each other
PIECE: Final = 3  # words in a row that two reports share, of a passage
MAX_CAPTION: Final = (
    700  # characters; a longer paragraph is judged sentence by sentence
)
MIN_OWN: Final = (
    0.25  # of the words: fewer, and what looks like furniture is the report
)
MAX_READ: Final = 40_000  # characters of a text; p99 of real pages is 12,000
AT_ONCE: Final = 512  # characters that are normalized at once
MAX_HOUSE: Final = 0.5  # of the words: lines that an outlet repeats are no more
MIN_FIGURES: Final = 4  # of a table's row
LETTERS: Final = 2  # that say as much as an English word, see `length` of ingest
MAX_QUOTED: Final = 2_000  # characters of a paragraph's quotation
_TIMES: Final = np.uint64(0x9E37_79B9_7F4A_7C15)
_HALF: Final = np.uint64(32)  # bits
_MIX: Final = np.uint64(0xBF58_476D_1CE4_E5B9)
_MARK: Final = re.compile('["\u201c\u201d\u00ab\u00bb\u201e\u201f\u300c\u300d]')
_OPENING: Final = '"\u201c\u00ab\u201e\u201f\u300c'
_CLOSING: Final = '"\u201d\u00bb\u300d'
# British papers quote in single marks: not an apostrophe, which stands in a word.
_SINGLE: Final = re.compile(
    r"(?<!\w)[\u2018'](?=\w)[^\u2018\n]{15,600}?[\u2019'](?!\w)"
)
_SPEAKER: Final = re.compile(r"[A-Z][A-Z .'-]{2,30}(?:\([^)\n]{1,30}\))?:\s")
_FIGURE: Final = re.compile(r"(?<!\S)[+\-\u2212\u20ac\u00a3$]?\d\S*")
_DIGIT: Final = re.compile(r"\d")
_ROW_END: Final = 12  # characters of a row's end, in which a figure stands
_SIGNED: Final = re.compile(r"[\u2014\u2013-]\s*[^\n@]{1,60}\(@\w{1,20}\)")
# In a line in lower case, with a blank before and behind: found as plain words, since a
# regular expression of them takes most of a text's time.
_FURNITURE: Final = (
    *(
        "ap photo",
        "afp photo",
        "epa photo",
        "reuters photo",
        "pool photo",
        "file photo",
    ),
    *("xinhua photo", "getty image", "pa image", "ap image", "photo by", "photos by"),
    *("photo via", "photos via", "photo courtesy", "photo credit", "photograph by"),
    *("photo:", "photos:", "photograph:", " file -", " file \u2013", " file \u2014"),
    *(" via ap ", " via ap)", " via afp ", " via afp)", " via reuters", " via epa"),
    *(
        "/afp",
        "/ afp",
        "/reuters",
        "/ reuters",
        "/epa",
        "/getty",
        "/ap ",
        "/ap)",
        "/ap,",
    ),
    *("in this photo", "on this photo", "show caption", "hide caption"),
    *("toggle caption", "image caption", "image copyright", " copyright ", "\u00a9"),
    *("all rights reserved", "may not be published", "may not be reproduced"),
    *("contributed to this report", "contributed to this story"),
    *(
        "to this report from",
        " sign up ",
        "newsletter",
        " subscribe to ",
        " subscribe ",
    ),
    *(" follow us ", " click here", " read more", " advertisement ", " share this "),
    *("function(", "function (", " window.", "{", "}", " cookie"),
)
# By a part of each: most texts have none of these parts, and need not be searched more.
_KEYS: Final = (
    *("photo", "via ", "/", "image", "caption", " file ", "may not be ", "to this "),
    *(" subscribe", "function", ""),
)
_BY_KEY: Final = {
    key: [p for p in _FURNITURE if next(k for k in _KEYS if k in p) == key]
    for key in _KEYS
}
_BEGINNINGS: Final = (" more from ", " related", " see also")
_DATED_PHOTO: Final = re.compile(r"in this \w{3,9}\.? \d{1,2}, \d{4},? photo")
_BEHIND: Final = '["\u201d\u2019)\u00bb\u300d\u300f]*'  # what may close behind a mark
_SENTENCE: Final = re.compile(  # a mark within 11.42 ends none
    rf"\S(?:[^.!?\u2026{SENTENCE_MARKS}]|[.\u2026](?!{_BEHIND}(?:\s|$))"
    rf"|[!?](?!{_BEHIND}(?:\s|$|[{IDEOGRAPHS}])))*"
    rf"[.!?\u2026{SENTENCE_MARKS}]*{_BEHIND}"
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Reading:
    """A text's words with what each is: 32 bytes a word beside the text, 47 compared.

    Attributes:
        text: NFKC.
        begins: of each word, characters of the text, shape (words,).
        ends: likewise.
        checksums: of each word, the same on every machine, shape (words,).
        runs: a number for each PIECE words in a row, equal for equal words and, but for
            one in 2^64, for no others; within this process alone: nobody can look for
            other words of the same number.
        furniture: whether each word is furniture, shape (words,).
        letters: how many of its words say as much as an English one: LETTERS where most
            are single letters, else 1.
    """

    text: str
    begins: NDArray[np.uint32]
    ends: NDArray[np.uint32]
    checksums: NDArray[np.uint32]
    runs: NDArray[np.uint64]
    furniture: NDArray[np.bool_]
    letters: int

    @property
    def size(self) -> int:
        """How many words it has."""
        return len(self.begins)

    @property
    def words(self) -> tuple[str, ...]:
        """The words in lower case, in order; made anew each time."""
        return tuple(split(self.text, plain_word(self.text))[2])

    @cached_property
    def places(self) -> tuple[NDArray[np.uint64], NDArray[np.uint32]]:
        """The runs in order of their numbers, and where each begins: words."""
        order = np.argsort(self.runs, kind="stable").astype(np.uint32)
        return self.runs[order], order

    @property
    def quoted(self) -> NDArray[np.bool_]:
        """Whether each word is quoted, shape (words,)."""
        return _marked(self.begins, _quotations(self.text))

    @cached_property
    def ranks(self) -> NDArray[np.int8]:
        """Of each word, 0 if it is the report's own, 1 furniture, 2 quoted."""
        return np.where(self.quoted, np.int8(2), self.furniture.view(np.int8))

    @property
    def own(self) -> NDArray[np.bool_]:
        """Whether each word is neither quoted nor furniture."""
        is_own: NDArray[np.bool_] = self.ranks == 0
        return is_own

    def passage(self, places: range) -> str:
        """Return the text of words that follow one another, as one line."""
        whole = self.text[self.begins[places[0]] : self.ends[places[-1]]]
        return " ".join(whole.split())

    @cached_property
    def sentences(self) -> tuple[range, ...]:
        """The places of each sentence's words."""
        found = (range(*two) for two in _words_of(self.begins, _sentences(self.text)))
        return tuple(places for places in found if places)


def runs_of(numbers: NDArray[np.unsignedinteger], size: int) -> NDArray[np.uint64]:
    """Return a number for each run of so many words.

    A polynomial of the words' numbers, mixed as splitmix64 does (Steele, Lea and Flood,
    OOPSLA 2014).
    """
    whole = numbers.astype(np.uint64)
    count = max(0, len(whole) - size + 1)
    found = whole[:count]
    for at in range(1, size):
        found = found * _TIMES + whole[at : at + count]
    mixed: NDArray[np.uint64] = (found ^ (found >> _HALF)) * _MIX
    return mixed


def _normal(text: str) -> str:
    """Return a text in NFKC, piece by piece: a run of marks takes its square.

    Its length stays in the bounds of what is read.
    """
    if text.isascii():
        return text
    pieces = (text[at : at + AT_ONCE] for at in range(0, len(text), AT_ONCE))
    return "".join(unicodedata.normalize("NFKC", one) for one in pieces)[:MAX_READ]


def read(text: str, repeated: Collection[str] = ()) -> Reading:
    """Read a text.

    Args:
        text: of a report, a paragraph a line.
        repeated: lines that its outlet prints again and again.
    """
    plain = _normal(text[:MAX_READ])
    lower = plain_word(plain)
    begins, ends, words = split(plain, lower)
    rows = _marked(begins, _rows(plain))
    house = _marked(begins, _repeated(plain, repeated), rows)
    if house.sum() <= MAX_HOUSE * len(words):  # else a report that stands there thrice
        rows = house
    furniture = _marked(begins, _furniture(plain, lower), rows)
    if furniture.sum() > (1 - MIN_OWN) * len(words):
        furniture = rows
    numbers = np.fromiter(map(hash, words), np.int64, len(words))
    raw = " ".join(words).encode("utf-8", "surrogatepass").split(b" ")
    return Reading(
        text=plain,
        begins=begins,
        ends=ends,
        checksums=np.fromiter(map(zlib.crc32, raw), np.uint32, len(words)),
        runs=runs_of(numbers.view(np.uint64), PIECE),
        furniture=furniture,
        letters=LETTERS if are_letters(begins, ends) else 1,
    )


def _marked(
    begins: NDArray[np.uint32],
    places: Iterable[tuple[int, int]],
    before: NDArray[np.bool_] | None = None,
) -> NDArray[np.bool_]:
    """Mark the words of places, beside those marked before."""
    marks = np.zeros(len(begins), bool) if before is None else before.copy()
    for first, last in _words_of(begins, places):
        marks[first:last] = True
    return marks


def _words_of(
    begins: NDArray[np.uint32], places: Iterable[tuple[int, int]]
) -> list[list[int]]:
    """Return the words of places in a text: [first, behind the last] of each."""
    found = [*places]
    if not found:
        return []
    firsts: list[list[int]] = np.searchsorted(begins, found).tolist()
    return firsts


def _paragraphs(text: str) -> Iterator[tuple[int, str]]:
    """Yield (where it begins, a line)."""
    at = 0
    for line in text.split("\n"):
        if line.strip():
            yield at, line
        at += len(line) + 1


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    for at, line in _paragraphs(text):
        for match in _SENTENCE.finditer(line):
            yield at + match.start(), at + match.end()


def _quotations(text: str) -> Iterator[tuple[int, int]]:
    """Yield where something is quoted: (begin, end) in characters."""
    before = 0
    for at, line in _paragraphs(text):
        plain = line.lstrip()
        signed = _SIGNED.search(line) if "(@" in line else None
        if signed:  # the post stands before it, in its line or the one above
            is_alone = signed.start() < len(line) - len(plain) + 3
            yield (before if is_alone else at), at + signed.end()
        if _SPEAKER.match(plain):
            yield at, at + len(line)
        yield from ((at + b, at + e) for b, e in _in_marks(line))
        if "'" in line or "\u2018" in line:
            yield from ((at + m.start(), at + m.end()) for m in _SINGLE.finditer(line))
        before = at


def _in_marks(line: str) -> Iterator[tuple[int, int]]:
    """Yield where a paragraph quotes: to its end, or from its beginning, too."""
    begin = -1
    for mark in _MARK.finditer(line):
        if begin < 0 and mark[0] in _OPENING:
            begin = mark.start()
        elif begin < 0:
            yield max(0, mark.start() - MAX_QUOTED), mark.start()
        elif mark[0] in _CLOSING or line[begin] == "\u201e":
            yield begin, mark.start()
            begin = -1
    if begin >= 0:
        yield begin, min(len(line), begin + MAX_QUOTED)


def _rows(text: str) -> Iterator[tuple[int, int]]:
    """Yield where rows of tables stand."""
    for at, line in _paragraphs(text):
        if _DIGIT.search(line, len(line) - _ROW_END) and _is_row(line):
            yield at, at + len(line)


def _repeated(text: str, repeated: Collection[str]) -> Iterator[tuple[int, int]]:
    """Yield where lines stand that an outlet repeats."""
    normal = {_normal(line) for line in repeated}
    for at, line in _paragraphs(text) if normal else ():
        if line.strip() in normal:
            yield at, at + len(line)


def _furniture(text: str, lower: str) -> Iterator[tuple[int, int]]:
    """Yield where a page's furniture stands, as far as its words tell."""
    whole = " " + lower.replace("\n", " \n ") + " "
    phrases = [
        phrase
        for key, group in _BY_KEY.items()
        if key in whole
        for phrase in group
        if phrase in whole
    ]
    if not (phrases or " photo" in whole or any(one in whole for one in _BEGINNINGS)):
        return
    for at, line in _paragraphs(text):
        if _is_furniture(line, phrases):
            if len(line) <= MAX_CAPTION:
                yield at, at + len(line)
                continue
            for match in _SENTENCE.finditer(line):
                if _is_furniture(match[0], phrases):
                    yield at + match.start(), at + match.end()


def _is_row(line: str) -> bool:
    """Tell whether a line that ends in a figure is a table's: half of it figures."""
    figures = len(_FIGURE.findall(line))
    return figures >= MIN_FIGURES and 2 * figures >= len(line.split())


def _is_furniture(line: str, phrases: Sequence[str]) -> bool:
    lower = f" {line.strip().lower()} "
    return (
        any(phrase in lower for phrase in phrases)
        or lower.startswith(_BEGINNINGS)
        or (" photo" in lower and _DATED_PHOTO.search(lower) is not None)
    )
