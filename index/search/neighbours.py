"""The nearest stories within a span of time, exactly. The only file that imports faiss.

Each day has a flat inner-product index mapped from a file that never changes, and a
growing one for what came since. A search reads the days of its window alone. It is
exact however many stories there are: `bench/index.py` has what that costs.
"""

import errno
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import faiss
import numpy as np
from numpy.typing import ArrayLike, NDArray

from samestory.days import DAY_S, day_of
from samestory.errors import Quarantine
from samestory.index.decision.whole_vector import Vectors, check_units, combine

# faiss 1.15 avoids BLAS below 128,000 = queries * dim, 6 times slower for batches of 32
# on one thread; the crossover measured is 4 queries.
BLAS_THRESHOLD: Final = 1_500
SPARE: Final = 8  # asked of a day beyond what is wanted, for ties and removed stories


__all__ = [
    "DAY_S",
    "Hit",
    "Neighbours",
    "Vectors",
    "check_units",
    "combine",
    "day_of",
    "write_vectors",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A story found: a cosine in [-1, 1], its event time in seconds since the epoch."""

    seq: int
    similarity: float
    time: float


class _Part:
    """Vectors of one day with the number and time of each; -1 is a removed story."""

    def __init__(
        self,
        index: faiss.IndexFlatIP,
        seqs: NDArray[np.int64],
        times: NDArray[np.float64],
        owner: object = None,  # of the index, kept alive
    ) -> None:
        self.index, self._owner = index, owner
        self._seqs, self._times = seqs, times
        self.removed = int((seqs < 0).sum())

    @property
    def seqs(self) -> NDArray[np.int64]:
        return self._seqs[: self.index.ntotal]

    @property
    def times(self) -> NDArray[np.float64]:
        return self._times[: self.index.ntotal]

    def append(
        self, rows: Vectors, seqs: NDArray[np.int64], times: NDArray[np.float64]
    ) -> None:
        begin = self.index.ntotal
        end = begin + len(rows)
        if end > len(self._seqs):
            room = max(end, 2 * len(self._seqs))
            self._seqs = np.resize(self._seqs, room)
            self._times = np.resize(self._times, room)
        self._seqs[begin:end], self._times[begin:end] = seqs, times
        self.index.add(rows)

    def remove(self, seq: int) -> None:
        at = np.flatnonzero(self.seqs == seq)
        self._seqs[at] = -1
        self.removed += len(at)

    def alive(self) -> tuple[NDArray[np.int64], Vectors]:
        at = np.flatnonzero(self.seqs >= 0)
        rows = self.index.reconstruct_n(0, self.index.ntotal)[at]
        return self.seqs[at], rows


class Neighbours:
    """Unit vectors by story number and event time. One thread at a time.

    `times` are the event times by story number, seconds since the epoch.
    """

    def __init__(self, dim: int) -> None:
        faiss.cvar.distance_compute_blas_threshold = BLAS_THRESHOLD
        faiss.omp_set_num_threads(1)
        self._dim = dim
        self._mapped: dict[int, _Part] = {}
        self._recent: dict[int, _Part] = {}
        self.times: dict[int, float] = {}

    def __len__(self) -> int:
        return len(self.times)

    def add(
        self, seqs: Iterable[int], vectors: Vectors, times: Iterable[float]
    ) -> None:
        """Add stories, replacing those whose number is known.

        Args:
            seqs: story numbers, not negative; of one that comes twice the last counts.
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
        check_units(rows)
        last: dict[int, tuple[int, float]] = {}
        for at, (seq, moment) in enumerate(zip(seqs, times, strict=True)):
            last[seq] = at, moment
        by_day: dict[int, list[int]] = {}
        for seq, (_, moment) in last.items():
            self.remove(seq)
            self.times[seq] = moment
            by_day.setdefault(day_of(moment), []).append(seq)
        for day, numbers in by_day.items():
            if day not in self._recent:
                self._recent[day] = _part_of(faiss.IndexFlatIP(self._dim))
            self._recent[day].append(
                rows[[last[seq][0] for seq in numbers]],
                np.array(numbers, np.int64),
                np.array([last[seq][1] for seq in numbers]),
            )

    def remove(self, seq: int) -> None:
        """Remove a story; nothing happens if it is not there."""
        moment = self.times.pop(seq, None)
        if moment is not None:
            for parts in (self._mapped, self._recent):
                if day_of(moment) in parts:
                    parts[day_of(moment)].remove(seq)

    def search(
        self,
        query: Vectors,
        k: int,
        since: float = -np.inf,
        until: float = np.inf,
        among: Collection[int] | None = None,
    ) -> list[Hit]:
        """Return the k most similar stories of [since, until].

        Args:
            query: one unit vector, shape (dim,).
            k: how many at most; fewer when there are fewer.
            since: seconds since the epoch.
            until: the same.
            among: numbers of the only stories that count; None for all.

        Returns:
            Hits, best first, ties by story number.

        Raises:
            Quarantine: the query is not finite or has another dim.
        """
        row = np.asarray(query, np.float32).reshape(1, -1)
        return self.search_many(row, k, since, until, among)[0]

    def search_many(
        self,
        queries: Vectors,
        k: int,
        since: ArrayLike = -np.inf,
        until: ArrayLike = np.inf,
        among: Collection[int] | None = None,
    ) -> list[list[Hit]]:
        """Search for several at once: from four on by matrix products, far faster.

        Args:
            queries: unit vectors, shape (n, dim).
            k: see `search`.
            since: for all of them, or shape (n,).
            until: the same.
            among: see `search`.

        Returns:
            What `search` returns, for each.

        Raises:
            Quarantine: see `search`.
        """
        rows = np.ascontiguousarray(queries, dtype=np.float32)
        if rows.ndim != 2 or rows.shape[1] != self._dim or not np.isfinite(rows).all():  # noqa: PLR2004
            raise Quarantine(f"query of shape {rows.shape}, or not finite")
        first = np.broadcast_to(np.asarray(since, np.float64), len(rows))
        last = np.broadcast_to(np.asarray(until, np.float64), len(rows))
        wanted = None if among is None else np.array(sorted(among), np.int64)
        answers: list[list[Hit]] = [[] for _ in rows]
        left, ask = np.arange(len(rows)), k + SPARE
        while k > 0 and len(left):
            span = first[left], last[left]
            whole, hits = self._best(rows[left], k, ask, span, wanted)
            for at, complete, mine in zip(left.tolist(), whole, hits, strict=True):
                if complete:
                    answers[at] = mine
            left, ask = left[~np.array(whole)], 4 * ask
        return answers

    def _best(
        self,
        rows: Vectors,
        k: int,
        ask: int,
        span: tuple[NDArray[np.float64], NDArray[np.float64]],
        among: NDArray[np.int64] | None,
    ) -> tuple[list[bool], list[list[Hit]]]:
        """Return for each query its k best of `ask` of each day, and if these are all.

        They are if no day may hold one as good as the last of them that was not asked
        for: faiss orders ties by its own places, which change when a story is replaced.
        """
        since, until = span
        similar, numbers, times, unseen = [], [], [], [np.full((len(rows), 1), -np.inf)]
        for parts in (self._mapped, self._recent):
            for day, part in parts.items():
                if day * DAY_S > until.max() or (day + 1) * DAY_S <= since.min():
                    continue
                values, at, is_all = _nearest(part, rows, ask, among)
                moment = part.times[at]
                counts = (at >= 0) & (part.seqs[at] >= 0)
                counts &= (moment >= since[:, None]) & (moment <= until[:, None])
                similar.append(np.where(counts, values, -np.inf))
                numbers.append(part.seqs[at])
                times.append(moment)
                if not is_all:
                    floor = np.where(at[:, -1] >= 0, values[:, -1], -np.inf)
                    unseen.append(floor[:, None])
        if not similar:
            return [True] * len(rows), [[] for _ in rows]
        value, seq = np.concatenate(similar, axis=1), np.concatenate(numbers, axis=1)
        order = np.lexsort((seq, -value), axis=-1)[:, :k]
        value, seq, moment = (
            np.take_along_axis(one, order, axis=1)
            for one in (value, seq, np.concatenate(times, axis=1))
        )
        worst = value[:, -1] if value.shape[1] == k else np.full(len(rows), -np.inf)
        highest = np.concatenate(unseen, axis=1).max(axis=1)
        whole = ((highest < worst) | np.isneginf(highest)).tolist()
        return whole, [
            [
                Hit(seq=number, similarity=one, time=when)
                for one, number, when in zip(*row, strict=True)
                if one > -np.inf
            ]
            for row in zip(value.tolist(), seq.tolist(), moment.tolist(), strict=True)
        ]

    # files

    def days(self) -> dict[int, tuple[int, int, int]]:
        """Return by day how many stories its file holds, of these removed, and came."""
        days = {}
        for day in sorted(self._mapped.keys() | self._recent.keys()):
            mapped, recent = self._mapped.get(day), self._recent.get(day)
            days[day] = (
                mapped.index.ntotal if mapped else 0,
                mapped.removed if mapped else 0,
                recent.index.ntotal - recent.removed if recent else 0,
            )
        return days

    def of_day(self, day: int) -> tuple[NDArray[np.int64], Vectors]:
        """Return the numbers of a day's stories, ascending, and their vectors."""
        parts = [p[day].alive() for p in (self._mapped, self._recent) if day in p]
        seqs = np.concatenate([np.zeros(0, np.int64), *(part[0] for part in parts)])
        rows = np.concatenate(
            [np.zeros((0, self._dim), np.float32), *(part[1] for part in parts)]
        )
        order = np.argsort(seqs)
        return seqs[order], rows[order]

    def map_day(
        self,
        day: int,
        path: Path | None,
        known: NDArray[np.int64],
        when: NDArray[np.float64],
    ) -> None:
        """Take a day's stories from a file that `write_vectors` made.

        What memory held of the day is let go, so that the file must hold all of it.

        Args:
            day: number of days since 1970.
            path: the file, which must be whole: faiss 1.15 dies of a torn one (SIGSEGV)
                and believes a flipped bit. None if the day holds nothing any more.
            known: numbers of stories, ascending, shape (n,); a story of the file that
                is not among them, or not of this day, does not count.
            when: their event times, shape (n,).

        Raises:
            OSError: it can't be read.
        """
        if path is None:
            self._mapped.pop(day, None)
            self._recent.pop(day, None)
            return
        try:
            held: Any = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        except RuntimeError as error:
            raise OSError(f"{path}: {error}") from error
        seqs = faiss.vector_to_array(held.id_map)
        at = np.minimum(np.searchsorted(known, seqs), max(0, len(known) - 1))
        times = when[at] if len(known) else np.full(len(seqs), np.nan)
        is_here = (known[at] == seqs if len(known) else False) & (times // DAY_S == day)
        seqs = np.where(is_here, seqs, -1)
        index: Any = faiss.downcast_index(held.index)
        self._recent.pop(day, None)
        self._mapped[day] = _Part(index, seqs, times, held)
        self.times.update(
            zip(seqs[is_here].tolist(), times[is_here].tolist(), strict=True)
        )


def _part_of(index: faiss.IndexFlatIP) -> _Part:
    return _Part(index, np.zeros(0, np.int64), np.zeros(0))


def _nearest(
    part: _Part, rows: Vectors, ask: int, among: NDArray[np.int64] | None
) -> tuple[Vectors, NDArray[np.int64], bool]:
    """Return similarities and places of the nearest, -1 for none; and if all came."""
    parameters: Any = None
    if among is not None:
        bits = np.packbits(np.isin(part.seqs, among), bitorder="little")
        select: Any = faiss.IDSelectorBitmap
        parameters = faiss.SearchParameters(sel=select(bits))  # type: ignore[call-arg]
    number = min(ask, part.index.ntotal)
    values, at = part.index.search(rows, number, params=parameters)
    return values, at, number == part.index.ntotal


def write_vectors(path: Path, seqs: NDArray[np.int64], vectors: Vectors) -> None:
    """Write the file of a day's vectors.

    Args:
        path: of the file.
        seqs: story numbers, shape (n,).
        vectors: unit vectors, shape (n, dim).

    Raises:
        OSError: it can't be written.
    """
    index = faiss.IndexIDMap2(faiss.IndexFlatIP(vectors.shape[1]))
    index.add_with_ids(vectors, seqs)
    try:
        faiss.write_index(index, str(path))
    except RuntimeError as error:
        raise OSError(errno.EIO, f"{error}", str(path)) from error
