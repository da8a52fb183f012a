"""The words of a report and how rare they are: the sparse half of the features.

TF-IDF (Salton and Buckley 1988) with logarithmic term counts, over the title and the
first WORDS words. Document counts are frozen in a file, so that a story weighs the same
today and after a replay. Everything is fixed point: sums don't depend on their order.
"""

import gzip
import math
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from ingest.errors import Misconfigured

WORDS: Final = 300  # what comes later is background (quality.md 5)
CHARACTERS: Final = 20 * WORDS  # of the text that are looked at
RAREST: Final = 3  # shared words that count for their rarity
PACKAGED_COUNTS: Final = Path(__file__).with_name("word_counts.txt.gz")
_TOKEN: Final = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_UNIT: Final = 1 << 14  # fixed point of the weights, whose vector has length 1
_MILLI: Final = 1_000  # fixed point of the rarities


class Rarity:
    """How rare a word is: ln((n + 1) / (df + 1)), the greatest for an unknown word."""

    def __init__(self, documents: int, counts: Mapping[str, int]) -> None:
        self._unknown = math.log(documents + 1)
        self._rarities = {
            word: math.log((documents + 1) / (count + 1))
            for word, count in counts.items()
        }

    @classmethod
    def load(cls, path: Path = PACKAGED_COUNTS) -> Self:
        """Read the counts: a line `documents N`, then `word count` a line, gzip.

        Raises:
            Misconfigured: not readable.
        """
        try:
            with gzip.open(path, "rt", encoding="utf-8") as file:
                total = int(file.readline().split()[1])
                pairs = (line.rsplit(" ", 1) for line in file)
                return cls(total, {word: int(count) for word, count in pairs})
        except (OSError, EOFError, ValueError, IndexError) as error:
            raise Misconfigured(f"word counts {path}: {error!r}") from error

    def of(self, word: str) -> float:
        """Return the rarity of a word in small letters, 0 if every document has it."""
        return self._rarities.get(word, self._unknown)


@cache
def packaged_rarity() -> Rarity:
    """Return the rarities that the packaged pair model was fitted with."""
    return Rarity.load()


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The distinct words of a story.

    Attributes:
        ids: hashes of the words, ascending, shape (n,).
        weights: TF-IDF of unit length, fixed point, shape (n,).
        rarities: in thousandths, shape (n,).
        words: how many words were read, repeated ones too.
    """

    ids: NDArray[np.uint32]
    weights: NDArray[np.int32]
    rarities: NDArray[np.int32]
    words: int


def words_of(title: str, text: str) -> list[str]:
    """Return the first WORDS words of title and text, in small letters."""
    return _TOKEN.findall(f"{title}\n{text[:CHARACTERS]}".lower())[:WORDS]


def terms_of(title: str, text: str, rarity: Rarity) -> Terms:
    """Return the terms of a story."""
    words = words_of(title, text)
    counts = Counter(words)
    ids = np.array([zlib.crc32(word.encode()) for word in counts], np.uint32)
    ids, first = np.unique(ids, return_index=True)
    rarities = np.array([rarity.of(word) for word in counts], np.float64)[first]
    times = np.array(list(counts.values()), np.float64)[first]
    weights = rarities * (1 + np.log(times))
    weights /= math.sqrt(math.fsum(weights**2)) or 1.0
    return Terms(
        ids=ids,
        weights=np.rint(weights * _UNIT).astype(np.int32),
        rarities=np.rint(rarities * _MILLI).astype(np.int32),
        words=len(words),
    )


def shared(
    one: Terms, others: Sequence[Terms]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Compare a story's words with those of others.

    Returns:
        The TF-IDF cosine with each, in [0, 1], and the summed rarity of the RAREST
        rarest words shared with each; both of shape (len(others),).
    """
    overlap, rare = np.zeros(len(others)), np.zeros(len(others))
    sizes = [len(other.ids) for other in others]
    if not len(one.ids) or not sum(sizes):
        return overlap, rare
    ids = np.concatenate([other.ids for other in others])
    at = np.minimum(np.searchsorted(one.ids, ids), len(one.ids) - 1)
    hits = np.flatnonzero(one.ids[at] == ids)
    at, owner = at[hits], np.repeat(np.arange(len(others)), sizes)[hits]
    weights = np.concatenate([other.weights for other in others])[hits]
    # Whole numbers far under 2**53, so that the order of the sums is nothing.
    product = one.weights[at].astype(np.float64) * weights
    overlap += np.bincount(owner, product, len(others)) / (_UNIT * _UNIT)
    rarities = one.rarities[at]
    order = np.lexsort((-rarities, owner))
    owner, rarities = owner[order], rarities[order]
    rank = np.arange(len(owner)) - np.searchsorted(owner, owner)
    first = rank < RAREST
    rare += np.bincount(owner[first], rarities[first], len(others)) / _MILLI
    return overlap, rare


def count_words(texts: Iterable[tuple[str, str]]) -> tuple[int, Counter[str]]:
    """Return how many (title, text) there are, and in how many each word occurs."""
    total, counts = 0, Counter[str]()
    for title, text in texts:
        total += 1
        counts.update(set(words_of(title, text)))
    return total, counts
