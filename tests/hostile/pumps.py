"""The worst texts for a regular expression, made from the expression itself."""

import itertools
import re
from collections.abc import Iterator
from re import _constants as kinds  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import NamedTuple

# Of each class that may come again, the first of these that it takes are tried, or else
# the first letter of each of its ranges.
_CHARACTERS = " \na1A.-,;:'\"(<=/@é"
_MOST = 3
_ALWAYS = (
    *(" ", "\n", "\t", "a", "A", "1", ".", "-", "(", '"', "<"),
    *("a ", "A. ", "1,", "\n\n ", "<!-- ", "<a ", "By ", "&#"),
)
_END = "\0a\0"  # fits neither what takes words nor what takes all but words
_CLASSES = {
    kinds.CATEGORY_SPACE: re.compile(r"\s"),
    kinds.CATEGORY_NOT_SPACE: re.compile(r"\S"),
    kinds.CATEGORY_WORD: re.compile(r"\w"),
    kinds.CATEGORY_NOT_WORD: re.compile(r"\W"),
    kinds.CATEGORY_DIGIT: re.compile(r"\d"),
    kinds.CATEGORY_NOT_DIGIT: re.compile(r"\D"),
}
_REPEATS = (kinds.MAX_REPEAT, kinds.MIN_REPEAT, kinds.POSSESSIVE_REPEAT)


class Pump(NamedTuple):
    """A beginning, and what comes again and again behind it."""

    first: str
    again: str

    def text(self, size: int) -> str:
        """Return about so many characters; none of the last ones fits."""
        times = size // len(self.again) + 1
        return (self.first + self.again * times)[:size] + _END


def pumps(pattern: re.Pattern) -> list[Pump]:
    """Return what to try on a pattern.

    Each of its parts that may come again does, once behind a text that leads there and
    once together with that text; so do common characters by themselves.
    """
    found = [Pump("", again) for again in _ALWAYS]
    for first, again in _repeats(parser.parse(pattern.pattern), ""):
        found += [Pump(first, again), Pump("", first + again)]
    return list(dict.fromkeys(found))


def _repeats(tree: parser.SubPattern, first: str) -> Iterator[tuple[str, str]]:
    """Yield (a text that leads to it, it) for each part that may come again."""
    for kind, value in tree:
        if kind in _REPEATS and value[1] > 1:
            for again in _examples(value[2]):
                yield first, again
        for inner in _inside(kind, value):
            yield from _repeats(inner, first)
        first += next(iter(_of_node(kind, value)), "")


def _inside(kind: object, value: tuple) -> list[parser.SubPattern]:
    if kind in _REPEATS:
        return [value[2]]
    if kind is kinds.BRANCH:
        return value[1]
    return [value[-1]] if kind is kinds.SUBPATTERN else []


def _examples(tree: parser.SubPattern) -> list[str]:
    """Return a few texts that a pattern takes."""
    each = [_of_node(kind, value) for kind, value in tree]
    return ["".join(one) for one in itertools.islice(itertools.product(*each), _MOST)]


def _of_node(kind: object, value: tuple) -> list[str]:
    """Return a few texts that a part takes; "" where it takes no character."""
    if kind is kinds.LITERAL:
        return [chr(value)]
    if kind in _REPEATS:
        return [one * max(1, min(value[0], 50)) for one in _examples(value[2])]
    if kind in {kinds.SUBPATTERN, kinds.BRANCH}:
        inside = [_examples(one) for one in _inside(kind, value)]
        by_turns = itertools.chain(*itertools.zip_longest(*inside))
        return [one for one in by_turns if one is not None][:_MOST]
    if kind in {kinds.IN, kinds.ANY, kinds.NOT_LITERAL}:
        tried = (*_CHARACTERS, *(_letters(value) if kind is kinds.IN else ()))
        return [c for c in tried if _takes(kind, value, c)][:_MOST]
    return [""]


def _letters(items: list[tuple]) -> Iterator[str]:
    """Yield the first letter of each range of a class; its first sign if it has none."""
    for kind, ends in items:
        if kind is kinds.RANGE:
            signs = map(chr, range(ends[0], ends[1] + 1))
            yield next(filter(str.isalpha, signs), chr(ends[0]))


def _takes(kind: object, value: tuple, character: str) -> bool:
    if kind is kinds.NOT_LITERAL:
        return ord(character) != value
    if kind is kinds.ANY:
        return character != "\n"
    is_negated = value[0][0] is kinds.NEGATE
    return is_negated != any(_is_of(*item, character) for item in value)


def _is_of(kind: object, value: object, character: str) -> bool:
    """Tell whether a character is of one item of a class."""
    if kind is kinds.LITERAL:
        return ord(character) == value
    if kind is kinds.RANGE:
        return value[0] <= ord(character) <= value[1]
    return kind is kinds.CATEGORY and bool(_CLASSES[value].match(character))
