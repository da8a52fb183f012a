"""A report's text as words, each with what it is: own, quoted, or furniture.

Only own words tell who copied whom. Two reports of one speech share its quotations;
reports of one house share its lines.

- Quoted is what stands in quotation marks, also over several paragraphs, what a speaker
  says in a transcript ("TRUMP: ..."), and the text of an embedded post, which has no
  marks but is signed: "- Name (@name) date".
- Furniture is what surrounds a report on a page: captions and their credits, lines of
  copyright, sign-up boxes, pieces of a page's script, and lines that an outlet repeats.
"""

import bisect
import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from samestory.story import MAX_TEXT

SHINGLE: Final = 6  # words
MAX_CAPTION: Final = (
    700  # characters; a longer paragraph is judged sentence by sentence
)
MIN_OWN: Final = (
    0.25  # of the words: fewer, and what looks like furniture is the report
)
MAX_QUOTED: Final = 2_000  # characters of a paragraph's quotation
_WORD: Final = re.compile(r"\w+(?:['\u2019]\w+)?")
_MARK: Final = re.compile('["\u201c\u201d\u00ab\u00bb\u201e\u201f]')
_OPENING: Final = '"\u201c\u00ab\u201e\u201f'
_CLOSING: Final = '"\u201d\u00bb'
# British papers quote in single marks: not an apostrophe, which stands in a word.
_SINGLE: Final = re.compile(
    r"(?<!\w)[\u2018'](?=\w)[^\u2018\n]{15,600}?[\u2019'](?!\w)"
)
_SPEAKER: Final = re.compile(r"[A-Z][A-Z .'-]{2,30}(?:\([^)\n]{1,30}\))?:\s")
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
_BEGINNINGS: Final = (" more from ", " related", " see also")
_DATED_PHOTO: Final = re.compile(r"in this \w{3,9}\.? \d{1,2}, \d{4},? photo")
_SENTENCE: Final = re.compile(
    r"[^.!?\u2026\u3002]+[.!?\u2026\u3002]*[\"\u201d\u2019)]*\s*"
)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A text's words with what each is.

    Attributes:
        text: NFKC.
        words: lower case, in order.
        begins, ends: of each word, characters of the text.
        quoted: whether each is quoted.
        furniture: whether each is furniture.
    """

    text: str
    words: tuple[str, ...]
    begins: tuple[int, ...]
    ends: tuple[int, ...]
    quoted: tuple[bool, ...]
    furniture: tuple[bool, ...]

    @cached_property
    def own(self) -> tuple[int, ...]:
        """The places of the words that are neither."""
        marks = zip(self.quoted, self.furniture, strict=True)
        return tuple(
            at for at, (quoted, aside) in enumerate(marks) if not quoted | aside
        )

    def passage(self, places: range) -> str:
        """Return the text of words that follow one another, as one line."""
        whole = self.text[self.begins[places[0]] : self.ends[places[-1]]]
        return " ".join(whole.split())

    @cached_property
    def shingles(self) -> dict[tuple[str, ...], list[int]]:
        """The places of each run of SHINGLE words."""
        places: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for at in range(len(self.words) - SHINGLE + 1):
            places[self.words[at : at + SHINGLE]].append(at)
        return dict(places)

    @cached_property
    def sentences(self) -> tuple[range, ...]:
        """The places of each sentence's words."""
        found = []
        for begin, end in _sentences(self.text):
            places = range(
                *(bisect.bisect_left(self.begins, at) for at in (begin, end))
            )
            if places:
                found.append(places)
        return tuple(found)


def read(text: str, repeated: Collection[str] = ()) -> Reading:
    """Read a text.

    Args:
        text: of a report, a paragraph a line.
        repeated: lines that its outlet prints again and again.
    """
    plain = unicodedata.normalize("NFKC", text[:MAX_TEXT])
    found = list(_WORD.finditer(plain))
    begins = tuple(word.start() for word in found)
    quoted = _marked(begins, _quotations(plain))
    furniture = _marked(begins, _furniture(plain, repeated))
    if sum(furniture) > (1 - MIN_OWN) * len(found):
        furniture = (False,) * len(found)
    return Reading(
        text=plain,
        words=tuple(word[0].lower().replace("\u2019", "'") for word in found),
        begins=begins,
        ends=tuple(word.end() for word in found),
        quoted=quoted,
        furniture=furniture,
    )


def _marked(
    begins: tuple[int, ...], places: Iterator[tuple[int, int]]
) -> tuple[bool, ...]:
    marks = [False] * len(begins)
    for begin, end in places:
        for at in range(
            bisect.bisect_left(begins, begin), bisect.bisect_left(begins, end)
        ):
            marks[at] = True
    return tuple(marks)


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
        signed = _SIGNED.search(line)
        if signed:  # the post stands before it, in its line or the one above
            is_alone = signed.start() < len(line) - len(plain) + 3
            yield (before if is_alone else at), at + signed.end()
        if _SPEAKER.match(plain):
            yield at, at + len(line)
        yield from ((at + b, at + e) for b, e in _in_marks(line))
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


def _furniture(text: str, repeated: Collection[str]) -> Iterator[tuple[int, int]]:
    """Yield where a page's furniture stands."""
    for at, line in _paragraphs(text):
        if line.strip() in repeated:
            yield at, at + len(line)
        elif _is_furniture(line):
            if len(line) <= MAX_CAPTION:
                yield at, at + len(line)
                continue
            for match in _SENTENCE.finditer(line):
                if _is_furniture(match[0]):
                    yield at + match.start(), at + match.end()


def _is_furniture(line: str) -> bool:
    lower = f" {line.strip().lower()} "
    return (
        any(phrase in lower for phrase in _FURNITURE)
        or lower.startswith(_BEGINNINGS)
        or (" photo" in lower and _DATED_PHOTO.search(lower) is not None)
    )
