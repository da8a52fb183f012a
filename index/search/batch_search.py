"""Searches of a batch made at once, with the answers of searches made one by one."""

from collections.abc import Mapping

import numpy as np

from samestory.index.decision.whole_vector import Vectors
from samestory.index.search.neighbours import Hit, Neighbours


class BatchSearch:
    """What searches made at once will find when their turn comes.

    Stories of a batch are decided one after the other, and each sees those before it.
    So what came since the searches is compared one by one: with a batch few, where the
    index holds many. Similarities are exact (see `combine`): the answers are the same.
    """

    def __init__(
        self,
        index: Neighbours,
        queries: Mapping[str, tuple[Vectors, float, float]],
        k: int,
    ) -> None:
        """Search.

        Args:
            index: where.
            queries: by name a unit vector, shape (dim,), since and until.
            k: how many at most.
        """
        rows = np.stack([row for row, _, _ in queries.values()])
        spans = np.array([span for _, *span in queries.values()])
        hits = index.search_many(rows, k, spans[:, 0], spans[:, 1])
        self._hits = dict(zip(queries, hits, strict=True))
        self._queries, self._k = queries, k
        self._since: dict[int, tuple[Vectors, float]] = {}
        self._gone: set[int] = set()

    def put(self, seq: int, row: Vectors, time: float) -> None:
        """Take notice of a story that came, or came again, since."""
        self._gone.add(seq)
        self._since[seq] = row, time

    def remove(self, seq: int) -> None:
        """Take notice of a story that was removed since."""
        self._gone.add(seq)
        self._since.pop(seq, None)

    def search(
        self, name: str, query: Vectors, since: float, until: float
    ) -> list[Hit] | None:
        """Return what a search would find now; None if it must be made."""
        hits = self._hits.pop(name, None)
        if hits is None or any(hit.seq in self._gone for hit in hits):
            return None
        row, *span = self._queries[name]
        if span != [since, until] or not np.array_equal(row, query):
            return None  # another version of the story
        seqs = [s for s, (_, time) in self._since.items() if since <= time <= until]
        if seqs:
            cosines = np.stack([self._since[seq][0] for seq in seqs]) @ row
            hits += [
                Hit(seq=seq, similarity=one, time=self._since[seq][1])
                for seq, one in zip(seqs, cosines.tolist(), strict=True)
            ]
            hits.sort(key=lambda hit: (-hit.similarity, hit.seq))
        return hits[: self._k]
