"""What the index keeps of who copied whom: what pairs share, and which are copies.

Who only asks reads it from here, and loads nothing of what made it.
"""

import json
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

A, B, UNKNOWN, COMMON = "a", "b", "unknown", "common:"  # whose text it is
CREDIT, AGENCY, EARLIER = "credit", "agency", "earlier"  # why one is the source
ROUND_UP: Final = 3  # reports that one takes from, none of them most of what it has
_TURNED: Final = {A: B, B: A}


class Run(NamedTuple):
    """Words that two reports share: where in each, how many, of which of KINDS."""

    begin_a: int
    begin_b: int
    size: int
    kind: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What two reports, a and b, share.

    Attributes:
        runs: of words, each of one kind, by their places in a.
        whose: A, B, common:AGENCY or UNKNOWN.
        ground: why: CREDIT or AGENCY; "" where it is UNKNOWN.
        earlier: A or B: which was published before the other, as both state; else
            UNKNOWN.
    """

    runs: tuple[Run, ...]
    whose: str
    ground: str
    earlier: str

    def encode(self) -> str:
        """Return it as JSON."""
        numbers = [number for run in self.runs for number in run]
        return json.dumps(
            [self.whose, self.ground, self.earlier, numbers], separators=(",", ":")
        )

    @classmethod
    def decode(cls, text: str) -> Self:
        """Return what `encode` made."""
        whose, ground, earlier, numbers = json.loads(text)
        four = (numbers[at::4] for at in range(4))
        runs = tuple(map(Run._make, zip(*four, strict=True)))
        return cls(runs=runs, whose=whose, ground=ground, earlier=earlier)

    def turned(self) -> "Pair":
        """Return it with a and b in each other's place."""
        return Pair(
            runs=tuple(
                sorted(Run(r.begin_b, r.begin_a, r.size, r.kind) for r in self.runs)
            ),
            whose=turned_side(self.whose),
            ground=self.ground,
            earlier=turned_side(self.earlier),
        )

    def masks(self, words: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return which of so many words of a are in b: copied, and set aside.

        Quoted and boilerplate are set aside. A word that several runs have is copied
        if it is in one of them.
        """
        copied, aside = np.zeros(words, bool), np.zeros(words, bool)
        for run in self.runs:
            (aside if run.kind else copied)[run.begin_a : run.begin_a + run.size] = True
        return copied, aside & ~copied


def turned_side(side: str) -> str:
    """Return a side where a and b are in each other's place; what is none stays."""
    return _TURNED.get(side, side)


def whose_in(encoded: str) -> str:
    """Return `whose` of a pair that `encode` made, without reading all of it."""
    return encoded[2 : encoded.index('"', 2)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """That a report is a copy.

    Attributes:
        of: the number of the report that it credits, or that has most of it.
        covered: how many of its own words others have.
        own: how many own words it has.
        source: whose text it is: a name; "" if nobody says.
        ground: why `of` is the source: it is credited, it is an agency's own, it is
            earlier; "" where it is one text, and which was first is not known.
        sources: how many reports it takes from.
    """

    of: int
    covered: int
    own: int
    source: str
    ground: str
    sources: int

    @property
    def share(self) -> float:
        """The share of its own words that others have, 0 to 1."""
        return self.covered / self.own

    @property
    def is_round_up(self) -> bool:
        """Whether it is put together from several."""
        return self.sources >= ROUND_UP


def agency_of(whose: str) -> str:
    """Return the agency that both reports credit; "" where it is none."""
    return whose.removeprefix(COMMON) if whose.startswith(COMMON) else ""
