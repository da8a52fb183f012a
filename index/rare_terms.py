"""Stories that share rare words: the candidates that a vector may miss.

An inverted index over the rarest words of each story. It finds reports in languages,
and of names, that the embedding model does not know.
"""

from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Final

from index.terms import Terms

TERMS: Final = 12  # rarest words of a story that are indexed and looked up
POSTINGS: Final = 48  # latest stories of a word that are read: bounds the cost


class RareTerms:
    """Story numbers by rare word. One thread at a time."""

    def __init__(self) -> None:
        self._postings: dict[int, list[int]] = defaultdict(list)  # ascending
        self._terms: dict[int, Sequence[int]] = {}
        self._times: dict[int, float] = {}

    def add(self, seq: int, time: float, terms: Sequence[int]) -> None:
        """Add a story, replacing the one of that number.

        Args:
            seq: its number.
            time: its own time, seconds since the epoch.
            terms: see `rarest`.
        """
        self.remove(seq)
        self._terms[seq], self._times[seq] = terms, time
        for term in terms:
            insort(self._postings[term], seq)

    def remove(self, seq: int) -> None:
        """Remove a story; nothing happens if it is not there."""
        self._times.pop(seq, None)
        for term in self._terms.pop(seq, ()):
            postings = self._postings[term]
            del postings[bisect_left(postings, seq)]
            if not postings:
                del self._postings[term]

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
        for term in terms:
            latest = self._postings.get(term, [])[-POSTINGS:]
            shared.update(s for s in latest if since <= self._times[s] <= until)
        return sorted(shared, key=lambda seq: (-shared[seq], -seq))[:k]


def rarest(terms: Terms) -> list[int]:
    """Return the TERMS rarest words of a story, as numbers, the rarest first."""
    return [int(one) for one in terms.ids[:TERMS]]
