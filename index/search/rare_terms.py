"""Stories that share rare words: the candidates that a vector may miss.

An inverted index over the rarest words of each story. It finds reports in languages,
and of names, that the embedding model does not know.
"""

from bisect import insort
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from samestory.index.decision.terms import Terms

TERMS: Final = 12  # rarest words of a story that are indexed and looked up
POSTINGS: Final = 48  # latest stories of a word that are read: bounds the cost
RECENT: Final = 1 << 16  # postings in lists before they go into the array
_SEQ: Final = np.uint64(0xFFFF_FFFF)
_BITS: Final = np.uint64(32)


class RareTerms:
    """Story numbers by rare word. One thread at a time.

    Most words are rare: a list for each would be most of the index's memory. So old
    postings are one sorted array of word << 32 | number.
    """

    def __init__(self, times: Mapping[int, float]) -> None:
        """Begin empty.

        Args:
            times: of each story that is added, seconds since the epoch.
        """
        self._times = times
        self._sorted = np.zeros(0, np.uint64)
        self._recent: dict[int, list[int]] = defaultdict(list)  # ascending
        self._count = 0

    def fill(self, seqs: NDArray[np.int64], terms: NDArray[np.uint32]) -> None:
        """Add stories that are not there yet.

        Args:
            seqs: their numbers, shape (n,).
            terms: see `rarest`, shape (n, TERMS); 0 where there are fewer.
        """
        keys = (terms.astype(np.uint64) << _BITS) | seqs.astype(np.uint64)[:, None]
        self._sorted = np.sort(np.concatenate([self._sorted, keys[terms > 0]]))

    def add(self, seq: int, terms: Sequence[int]) -> None:
        """Add a story that is not there yet.

        Args:
            seq: its number.
            terms: see `rarest`.
        """
        for term in terms:
            insort(self._recent[term], seq)
        self._count += len(terms)
        if self._count > max(RECENT, len(self._sorted) // 4):
            keys = [t << 32 | seq for t, seqs in self._recent.items() for seq in seqs]
            both = np.concatenate([self._sorted, np.array(keys, np.uint64)])
            self._sorted = np.sort(both)
            self._recent.clear()
            self._count = 0

    def remove(self, seqs: Collection[int]) -> None:
        """Remove stories; reads everything, so better many at once."""
        gone = np.array(sorted(seqs), np.uint64)
        self._sorted = self._sorted[~np.isin(self._sorted & _SEQ, gone)]
        for term, postings in list(self._recent.items()):
            kept = [seq for seq in postings if seq not in seqs]
            self._count -= len(postings) - len(kept)
            self._recent[term] = kept
            if not kept:
                del self._recent[term]

    def search(
        self, terms: Sequence[int], k: int, since: float, until: float
    ) -> list[int]:
        """Return the k stories that share most of these words, ties the newest first.

        Args:
            terms: see `rarest`.
            k: how many at most.
            since: seconds since the epoch.
            until: the same.
        """
        shared: Counter[int] = Counter()
        lowest = np.array(terms, np.uint64) << _BITS
        begins = self._sorted.searchsorted(lowest).tolist()
        ends = self._sorted.searchsorted(lowest | _SEQ, side="right").tolist()
        for term, begin, end in zip(terms, begins, ends, strict=True):
            latest = self._recent.get(term, [])[-POSTINGS:]
            if begin < end:
                old = self._sorted[max(begin, end - POSTINGS) : end] & _SEQ
                latest = sorted(old.tolist() + latest)[-POSTINGS:]
            shared.update(s for s in latest if since <= self._times[s] <= until)
        return sorted(shared, key=lambda seq: (-shared[seq], -seq))[:k]


def rarest(terms: Terms) -> list[int]:
    """Return the TERMS rarest words of a story, as numbers, the rarest first."""
    return [int(one) for one in terms.ids[:TERMS]]
