"""Names and numbers that two reports share, as people see them."""

import re
from collections.abc import Iterator
from itertools import combinations
from typing import Final

from samestory.story import Story

MAX_SHARED: Final = 12  # names and numbers that are shown
MAX_WORDS: Final = 12  # of names that follow one another
_WORD: Final = re.compile(r"[^\W_]+(?:['\u2019.-][^\W_]+)*")
_STOP: Final = re.compile(r"[.!?:\n\"\u201c\u2018]")  # what a capital letter follows
_YEAR: Final = re.compile(r"(?:19|20)\d\d")


def shared_terms(a: Story, b: Story) -> tuple[str, ...]:
    """Return names and numbers that are in both texts, as they are written there.

    A name is a capitalised word that neither text writes small and that does not only
    begin sentences; names that follow one another in both texts are shown together.
    Years are left out: every story names one.
    """
    mine, theirs = (_Words(f"{s.title}\n{s.text}") for s in (a, b))
    small, inside = mine.small | theirs.small, mine.inside | theirs.inside
    shared = {
        word
        for word in mine.all & theirs.all
        if (
            not _YEAR.fullmatch(word)
            if word[0].isdigit()
            else word in inside and word.lower() not in small
        )
    }
    runs: list[list[str]] = []
    for before, word in mine.steps:
        if word not in shared:
            continue
        is_next = before in shared and len(runs[-1]) < MAX_WORDS
        if is_next and " ".join([*runs[-1], word]) in theirs.text:
            runs[-1].append(word)
        else:
            runs.append([word])
    terms = dict.fromkeys(" ".join(run) for run in runs)
    parts = {part for term in terms for part in _parts_of(term.split(" "))}
    return tuple(t for t in terms if t not in parts)[:MAX_SHARED]


def _parts_of(words: list[str]) -> Iterator[str]:
    """Yield what is said within a term already."""
    for begin, end in combinations(range(len(words) + 1), 2):
        if end - begin < len(words):
            yield " ".join(words[begin:end])


class _Words:
    """The words of a text.

    Attributes:
        all: every word.
        small: those written small somewhere, in lower case.
        inside: those that are capitalised within a sentence somewhere.
        steps: (the word right before it or "", word), in order.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.all: set[str] = set()
        self.small: set[str] = set()
        self.inside: set[str] = set()
        self.steps: list[tuple[str, str]] = []
        before, end = "", 0
        for match in _WORD.finditer(text):
            word, gap = match[0], text[end : match.start()]
            self.all.add(word)
            if word[0].islower():
                self.small.add(word)
            elif end and not _STOP.search(gap):
                self.inside.add(word)
            self.steps.append((before if gap == " " else "", word))
            before, end = word, match.end()
