"""Whether a probability means what it says: of pairs at .3, are 3 of 10 one event?"""

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from samestory.index.decision.comparison import compare
from samestory.index.decision.features import View
from samestory.index.decision.pair_model import PairModel
from samestory.index.search.memory import Memory

LEAST: Final = 0.05  # the countless pairs below are of two events, and easily right
BINS: Final = 10


class Bin(NamedTuple):
    """Pairs of about one probability: what was said of them, and what is true."""

    pairs: int
    probability: float
    same: float


class Calibration(NamedTuple):
    """How far probabilities are off.

    Attributes:
        pairs: of LEAST or more.
        error: expected calibration error (Naeini et al., AAAI 2015), in [0, 1]: by how
            much what is said differs from what is true, mean over bins of equal count;
            None without pairs.
        bins: the least probable first; BINS of them, fewer where there are fewer pairs.
    """

    pairs: int
    error: float | None
    bins: tuple[Bin, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as `samestory eval --json` prints it."""
        return self._asdict() | {"bins": [one._asdict() for one in self.bins]}


def looked_at(
    views: Sequence[View], model: PairModel
) -> Iterator[tuple[int, int, float]]:
    """Yield the pairs that the index looks at, each with its probability.

    Args:
        views: of stories as they arrive, numbered from 0.
        model: what decides.
    """
    seen = list(views)
    if not seen:
        return
    memory = Memory(len(seen[0].whole), lambda seqs: [seen[seq] for seq in seqs])
    for at in range(len(seen)):
        seen[at], near = memory.near(seen[at])
        memory.put(seen[at])
        compared = compare(seen[at], [seen[seq] for seq in near], model)
        for seq, probability in zip(near, compared.allowed, strict=True):
            yield at, seq, probability


def calibration(pairs: Sequence[tuple[float, bool]]) -> Calibration:
    """Return how far the probabilities of labelled pairs are off.

    Args:
        pairs: what was said of each, and whether it is one event.
    """
    told = sorted(one for one in pairs if one[0] >= LEAST)
    parts = np.array_split(np.array(told, dtype=float).reshape(-1, 2), BINS)
    bins = tuple(
        Bin(len(part), *map(float, part.mean(axis=0))) for part in parts if len(part)
    )
    off = sum(one.pairs * abs(one.probability - one.same) for one in bins)
    return Calibration(len(told), off / len(told) if told else None, bins)
