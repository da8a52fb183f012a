"""What is held in memory of the stories, to find those around a new one.

Their vectors and rare words are searched; what a story says is prepared once (a View)
and loaded again when it is needed and was let go of.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from samestory.index.decision.decision import WINDOW_S
from samestory.index.decision.features import View, crowdedness
from samestory.index.decision.whole_vector import Vectors
from samestory.index.search.batch_search import BatchSearch
from samestory.index.search.changes import Change, Placed, Removed
from samestory.index.search.neighbours import Neighbours
from samestory.index.search.rare_terms import RareTerms, rarest

CROWD: Final = 20  # nearest stories that tell how crowded a topic is
CANDIDATES: Final = 10  # nearest of them whose events are considered; 20 score the same
SHARERS: Final = 4  # stories with most rare words in common whose events are, too
VIEWS_KEPT: Final = 16_384  # prepared stories in memory, about 6 kB each


class Memory:
    """The stories that are there. One thread; deterministic.

    Attributes:
        neighbours: their vectors.
    """

    def __init__(self, dim: int, load: Callable[[Sequence[int]], list[View]]) -> None:
        """Begin without stories.

        Args:
            dim: of the vectors.
            load: prepares stories by their numbers, in the order given.
        """
        self._load = load
        self.neighbours = Neighbours(dim)
        self._sharers = RareTerms(self.neighbours.times)
        self._views: dict[int, View] = {}
        self._batch_search: BatchSearch | None = None

    @property
    def times(self) -> Mapping[int, float]:
        """Each story's own time by its number, in seconds since 1970."""
        return self.neighbours.times

    def foresee(self, coming: Mapping[str, tuple[Vectors, float]]) -> None:
        """Search for stories that come next, at once: several times as fast.

        Args:
            coming: by story id the vector that is searched, shape (dim,), and the
                story's own time; empty to foresee nothing.
        """
        queries = {
            story_id: (whole, time - WINDOW_S, time + WINDOW_S)
            for story_id, (whole, time) in coming.items()
        }
        self._batch_search = None
        if queries:
            self._batch_search = BatchSearch(self.neighbours, queries, CROWD + 1)

    def restore(self, seqs: NDArray[np.int64], terms: NDArray[np.uint32]) -> None:
        """Put in the rare words of stories that are in `neighbours` already.

        Args:
            seqs: their numbers, ascending, shape (n,).
            terms: their rare words, see `RareTerms.fill`.
        """
        self._sharers.fill(seqs, terms)

    def after(self, change: Change) -> None:
        """Follow what became of a story; where it moves counts for nothing here."""
        if isinstance(change, Placed):
            self.put(change.view)
        elif isinstance(change, Removed):
            self._remove(change.seqs)

    def put(self, view: View) -> None:
        """Put in a story, in place of its former version."""
        seq = view.seq
        if seq in self.times:
            self._sharers.remove([seq])
        self.neighbours.add([seq], view.whole[None, :], [view.time])
        if self._batch_search:
            self._batch_search.put(seq, view.whole, view.time)
        self._sharers.add(seq, rarest(view.terms))
        self._views.pop(seq, None)
        self._views[seq] = view
        self._forget_oldest()

    def _remove(self, seqs: Collection[int]) -> None:
        self._sharers.remove(set(seqs))
        for seq in seqs:
            self.neighbours.remove(seq)
            if self._batch_search:
                self._batch_search.remove(seq)
            self._views.pop(seq, None)

    def near(self, arriving: View) -> tuple[View, list[int]]:
        """Return a story with the crowd that it meets, and the stories around it.

        Those nearest by vector, the best first, then those that share rare words.
        """
        since, until = arriving.time - WINDOW_S, arriving.time + WINDOW_S
        near = None
        if self._batch_search:
            near = self._batch_search.search(
                arriving.story_id, arriving.whole, since, until
            )
        if near is None:
            near = self.neighbours.search(arriving.whole, CROWD + 1, since, until)
        near = [hit for hit in near if hit.seq != arriving.seq][:CROWD]
        arriving = replace(
            arriving, crowd=crowdedness([hit.similarity for hit in near])
        )
        words = rarest(arriving.terms)
        sharers = self._sharers.search(words, SHARERS + 1, since, until)
        sharers = [seq for seq in sharers if seq != arriving.seq][:SHARERS]
        nearest = [hit.seq for hit in near[:CANDIDATES]]
        return arriving, list(dict.fromkeys([*nearest, *sharers]))

    def views(self, seqs: Collection[int]) -> list[View]:
        """Return stories as the features see them, in the order given."""
        missing = [seq for seq in seqs if seq not in self._views]
        if missing:
            self._views.update(zip(missing, self._load(missing), strict=True))
        views = [self._views[seq] for seq in seqs]
        self._forget_oldest()
        return views

    def _forget_oldest(self) -> None:
        while len(self._views) > VIEWS_KEPT:
            del self._views[next(iter(self._views))]
