"""Lines that fit a terminal, whatever its width and the width of their letters."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

JOINERS: Final = "\u200c\u200d"  # shape words of Persian and of India, without width
# What stands before a line's own text: blanks, a bullet, a name and two blanks.
_LABEL: Final = re.compile(r" *(?:- |\* |\+ |\d+\. |\S.*?  +)?(?=\S)")


def folded(line: str, width: int) -> Iterator[tuple[str, str]]:
    """Yield a line in parts that fit so many columns: (what stands before it, text).

    The first part stands behind the line's label, the others below its beginning.
    """
    begin = _LABEL.match(line)
    blanks = len(line) - len(line.lstrip(" "))
    indents = (begin.end() if begin else 0, blanks, 0)
    indent = next(one for one in indents if one <= width // 2)
    lead, room = line[:indent], width - indent
    part, taken = "", 0
    for word in _words(line[indent:], room):
        size = cells(word)
        if part and taken + 1 + size > room:
            yield lead, part.rstrip(" ")
            lead, part, taken = " " * indent, "", 0
        part, taken = (f"{part} {word}", taken + 1 + size) if part else (word, size)
    yield lead, part.rstrip(" ")


def _words(text: str, room: int) -> Iterator[str]:
    """Yield the words of a text; one that has no room, in pieces."""
    for word in text.split(" "):
        piece, taken = "", 0
        for one in word if cells(word) > room else ():
            size = cells(one)
            if piece and taken + size > room:
                yield piece
                piece, taken = "", 0
            piece, taken = piece + one, taken + size
        yield piece or word


def cells(text: str) -> int:
    """Return how many columns a text takes; the letters of Asia take two."""
    if text.isascii():
        return len(text)
    return sum(
        0
        if unicodedata.combining(c) or c in JOINERS
        else 1 + (unicodedata.east_asian_width(c) in "FW")
        for c in text
    )
