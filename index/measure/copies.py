"""How well copies are told, on pairs that people judged; beside two simpler rules."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from samestory.index.copies.comparison import (
    INDEPENDENT,
    PARTIAL,
    QUOTE,
    Shared,
    compare_texts,
)
from samestory.index.copies.house_lines import REPEATED
from samestory.index.copies.kept import UNKNOWN
from samestory.index.copies.reading import Reading, read
from samestory.index.copies.sources import credited, source_of
from samestory.index.copies.spans import BOILERPLATE, COPY

KINDS: Final = (COPY, PARTIAL, QUOTE, BOILERPLATE, INDEPENDENT)
SHINGLE: Final = 5  # words (Broder 1997), of the simpler rules
HALF: Final = 0.5
_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledCopy:
    """A pair that a person judged: its kind, and whose text it is."""

    pair_id: str
    a: str
    b: str
    kind: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a pair was taken for; `jaccard` and `plain` are the simpler rules'."""

    label: LabelledCopy
    shared: Shared
    source: str
    jaccard: float
    plain: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Precision, recall and F1, each 0 to 1."""

    precision: float
    recall: float
    f1: float


def find_copies(
    labels: Sequence[LabelledCopy], texts: Mapping[str, tuple[str, str]]
) -> list[Found]:
    """Compare each pair.

    Args:
        labels: the pairs.
        texts: by id of a report, (its outlet, its text).
    """
    house = _house_lines(texts)
    readings = {
        name: read(text, house[outlet]) for name, (outlet, text) in texts.items()
    }
    named = {name: credited(text, outlet) for name, (outlet, text) in texts.items()}
    found = []
    for label in labels:
        a, b = readings[label.a], readings[label.b]
        shared = compare_texts(a, b)
        is_one_text = shared.kind in {COPY, PARTIAL}
        source = source_of(named[label.a], named[label.b])
        found.append(
            Found(
                label=label,
                shared=shared,
                source=source if is_one_text else UNKNOWN,
                jaccard=_jaccard(a, b),
                plain=_containment(a, b),
            )
        )
    return found


def _house_lines(texts: Mapping[str, tuple[str, str]]) -> dict[str, set[str]]:
    """Return by outlet the lines that it prints in several reports."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for outlet, text in texts.values():
        counts[outlet].update({line.strip() for line in text.split("\n")} - {""})
    return {
        outlet: {line for line, n in lines.items() if n >= REPEATED}
        for outlet, lines in counts.items()
    }


def _shingles(one: Reading) -> set[tuple[str, ...]]:
    words = one.words
    return {tuple(words[at : at + SHINGLE]) for at in range(len(words) - SHINGLE + 1)}


def _jaccard(a: Reading, b: Reading) -> float:
    mine, its = _shingles(a), _shingles(b)
    return len(mine & its) / len(mine | its) if mine | its else 0.0


def _containment(a: Reading, b: Reading) -> float:
    """Return the share of the shorter text's shingles that the other has."""
    mine, its = _shingles(a), _shingles(b)
    least = min(len(mine), len(its))
    return len(mine & its) / least if least else 0.0


def measured(said: Sequence[bool], gold: Sequence[bool]) -> Measured:
    """Return how well something is told."""
    right = sum(one and true for one, true in zip(said, gold, strict=True))
    precision = right / sum(said) if any(said) else 0.0
    recall = right / sum(gold) if any(gold) else 0.0
    both = precision + recall
    f1 = 2 * precision * recall / both if both else 0.0
    return Measured(precision=precision, recall=recall, f1=f1)


def of_copies(found: Sequence[Found]) -> dict[str, Measured]:
    """Return how well copies are told from the rest, by us and by two simpler rules."""
    gold = [one.label.kind == COPY for one in found]
    ways = {
        "samestory": [one.shared.kind == COPY for one in found],
        "containment of 5-shingles, 0.5": [one.plain >= HALF for one in found],
        "Jaccard of 5-shingles, 0.5": [one.jaccard >= HALF for one in found],
    }
    return {name: measured(said, gold) for name, said in ways.items()}


def of_kinds(found: Sequence[Found]) -> dict[str, Measured]:
    """Return how well each kind is told from the others; those that there are."""
    kinds = {one.label.kind for one in found}
    return {
        kind: measured(
            [one.shared.kind == kind for one in found],
            [one.label.kind == kind for one in found],
        )
        for kind in KINDS
        if kind in kinds
    }


def of_sources(found: Sequence[Found]) -> tuple[int, int, int]:
    """Return (right, claimed, asked) of the sources of what labels call one text."""
    asked = [one for one in found if one.label.kind in {COPY, PARTIAL}]
    claimed = [one for one in asked if one.source != UNKNOWN]
    right = sum(one.source == one.label.source for one in claimed)
    return right, len(claimed), len(asked)
