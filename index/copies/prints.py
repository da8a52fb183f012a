"""Prints of a text: a few of its shingles, by which reports of one text find another.

Winnowing (Schleimer, Wilkerson and Aiken, SIGMOD 2003): of each WINDOW shingles in a
row the one with the least number. So two texts that share a passage of MIN_COPIED
words, the least that makes a copy, share a print; one of thirteen shingles is one.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from samestory.index.copies.comparison import MIN_COPIED
from samestory.index.copies.reading import SHINGLE, Reading, runs_of

WINDOW: Final = MIN_COPIED - SHINGLE + 1  # shingles


def prints_of(reading: Reading) -> list[int]:
    """Return the prints of a text, ascending: numbers of 32 bits with a sign.

    Shingles with furniture in them are none.
    """
    shingles = runs_of(reading.checksums, SHINGLE)
    if reading.furniture.any() and len(shingles):
        before = np.concatenate([[0], np.cumsum(reading.furniture)])
        shingles = shingles[before[SHINGLE:] == before[:-SHINGLE]]
    if not len(shingles):
        return []
    high = (_least(shingles) >> np.uint64(32)).astype(np.uint32)
    return sorted(set(high.view(np.int32).tolist()))


def _least(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the least of each WINDOW numbers in a row; of all, if they are fewer."""
    if len(numbers) <= WINDOW:
        return np.array([numbers.min()], np.uint64)
    size = 1
    while 2 * size <= WINDOW:
        numbers = np.minimum(numbers[:-size], numbers[size:])
        size *= 2
    rest = WINDOW - size
    least: NDArray[np.uint64] = np.minimum(
        numbers[: len(numbers) - rest], numbers[rest:]
    )
    return least
