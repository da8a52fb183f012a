"""The nearest stories within a span of time, exactly. The only file that imports faiss.

One flat inner-product index a day: a search reads the days of its window alone, and
expiry drops a day. Exact and fast enough up to 300,000 stories in the window.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import faiss
import numpy as np
from numpy.typing import NDArray

from ingest.errors import Quarantine

DAY_S: Final = 86_400.0
# faiss 1.15 avoids BLAS below 128,000 = queries * dim, 6 times slower for batches of 32
# on one thread; the crossover measured is 4 queries (perf.md, point 7).
BLAS_THRESHOLD: Final = 1_500
_SCALE: Final = 1 << 11

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A story found: a cosine in [-1, 1], its event time in seconds since the epoch."""

    seq: int
    similarity: float
    time: float


class Neighbours:
    """Unit vectors by story number and event time. One thread at a time."""

    def __init__(self, dim: int) -> None:
        faiss.cvar.distance_compute_blas_threshold = BLAS_THRESHOLD
        faiss.omp_set_num_threads(1)
        self._dim = dim
        self._days: dict[int, faiss.IndexIDMap2] = {}
        self._time_of: dict[int, float] = {}

    def __len__(self) -> int:
        return len(self._time_of)

    def add(
        self, seqs: Iterable[int], vectors: Vectors, times: Iterable[float]
    ) -> None:
        """Add stories, replacing those whose number is known.

        Args:
            seqs: story numbers, not negative.
            vectors: unit vectors, shape (n, dim).
            times: event times, seconds since the epoch.

        Raises:
            Quarantine: vectors of another dim, not finite, or not of unit length.
        """
        rows = np.ascontiguousarray(vectors, dtype=np.float32)
        if rows.ndim != 2 or rows.shape[1] != self._dim:  # noqa: PLR2004
            raise Quarantine(
                f"vectors of shape {rows.shape}, expected (n, {self._dim})"
            )
        norms = np.linalg.norm(rows, axis=1)
        if not np.isfinite(norms).all() or (np.abs(norms - 1) > 0.01).any():  # noqa: PLR2004
            raise Quarantine("vectors are not finite or not of unit length")
        by_day: dict[int, list[int]] = {}
        numbers = list(seqs)
        for at, (seq, moment) in enumerate(zip(numbers, times, strict=True)):
            self.remove(seq)
            self._time_of[seq] = moment
            by_day.setdefault(int(moment // DAY_S), []).append(at)
        for day, places in by_day.items():
            if day not in self._days:
                flat = faiss.IndexFlatIP(self._dim)
                self._days[day] = faiss.IndexIDMap2(flat)
            ids = np.array([numbers[at] for at in places], dtype=np.int64)
            self._days[day].add_with_ids(rows[places], ids)

    def remove(self, seq: int) -> None:
        """Remove a story; nothing happens if it is not there."""
        moment = self._time_of.pop(seq, None)
        if moment is not None:
            ids = faiss.IDSelectorBatch(np.array([seq], dtype=np.int64))
            self._days[int(moment // DAY_S)].remove_ids(ids)

    def search(
        self, query: Vectors, k: int, since: float = -np.inf, until: float = np.inf
    ) -> list[Hit]:
        """Return the k most similar stories of [since, until].

        Args:
            query: one unit vector, shape (dim,).
            k: how many at most; fewer when there are fewer.
            since: seconds since the epoch.
            until: the same.

        Returns:
            Hits, best first, ties by story number.

        Raises:
            Quarantine: the query is not finite or has another dim.
        """
        row = np.ascontiguousarray(query, dtype=np.float32).reshape(1, -1)
        if row.shape[1] != self._dim or not np.isfinite(row).all():
            raise Quarantine(f"query of dim {row.shape[1]}, or not finite")
        found: list[tuple[float, int]] = []
        for day, index in self._days.items():
            if (day + 1) * DAY_S > since and day * DAY_S <= until:
                whole = since <= day * DAY_S and (day + 1) * DAY_S <= until
                span = None if whole else (since, until)
                found += self._best_of_day(index, row, k, span)
        return [
            Hit(seq=seq, similarity=-distance, time=self._time_of[seq])
            for distance, seq in sorted(found)[:k]
        ]

    def _best_of_day(
        self,
        index: faiss.IndexIDMap2,
        row: Vectors,
        k: int,
        span: tuple[float, float] | None,
    ) -> list[tuple[float, int]]:
        """Return (-similarity, number) of a day's k best and what ties with the last.

        faiss orders ties by its own places, which change when a story is replaced.

        Args:
            index: of the day.
            row: the query.
            k: how many at least, if there are so many.
            span: first and last time that count; None if the whole day does.
        """
        ask = min(k + 8, index.ntotal)
        while ask:
            similarities, seqs = (part[0].tolist() for part in index.search(row, ask))
            found = [(-s, seq) for s, seq in zip(similarities, seqs, strict=True)]
            if span is not None:
                first, last = span
                found = [one for one in found if first <= self._time_of[one[1]] <= last]
            if ask == index.ntotal or (
                len(found) >= k and -similarities[-1] > found[k - 1][0]
            ):
                return found
            ask = min(4 * ask, index.ntotal)
        return []


def combine(vectors: NDArray[np.float16]) -> Vectors:
    """Return the unit vector that is searched: title plus lead, shape (dim,).

    Its components are whole multiples of 2**-11, so that the products of two are whole
    multiples of 2**-22 and float32 holds every partial sum exactly: similarities don't
    depend on BLAS, faiss, batch size or the order of sums. They are 0.001 off at most.
    """
    total = vectors.astype(np.float64).sum(axis=0)
    total /= np.linalg.norm(total)
    rounded: Vectors = (np.rint(total * _SCALE) / _SCALE).astype(np.float32)
    return rounded
