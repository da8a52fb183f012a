"""The vectors that are searched, in files of one day each that never change.

A file is written whole, reaches the disk, and only then a commit names it, with its
checksum. Until then a story's vector is in table `unfiled`. All of it can be made anew
from the stories: a file that is missing or damaged costs time, no answer.
"""

import logging
import os
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from samestory.database import transaction
from samestory.database_copy import sync_folder
from samestory.days import day_of
from samestory.index.decision.whole_vector import combine
from samestory.private import private_file, private_folder
from samestory.story_vector import PASSAGES

if TYPE_CHECKING:
    from samestory.index.search.neighbours import Neighbours

DAY_UNFILED: Final = 4_096  # stories of a day before its file is written anew
ALL_UNFILED: Final = 32_768  # of all days: bounds what is read when a worker starts
REMOVED_SHARE: Final = 0.25  # of a file's stories that are gone: then it is, too
_CHUNK: Final = 1 << 20

_log = logging.getLogger("samestory")


class Segments:
    """What is filed and what is not; one writer, any number of readers."""

    def __init__(self, db: sqlite3.Connection, folder: Path) -> None:
        self._db = db
        self._folder = folder

    def put(self, seq: int, event_time: float, vectors: NDArray[np.float16]) -> None:
        """Keep a story's vector until it is filed; part of the transaction."""
        # Whole multiples of 2**-11 up to 1: fp16 holds them exactly.
        vector = combine(vectors).astype("<f2").tobytes()
        self._db.execute(
            "INSERT OR REPLACE INTO unfiled VALUES (?,?,?)", (seq, event_time, vector)
        )

    def remove(self, seqs: Iterable[int]) -> None:
        """Let go of stories that are not filed; part of the transaction."""
        self._db.executemany("DELETE FROM unfiled WHERE seq = ?", [(s,) for s in seqs])

    def drop(self, days: Iterable[int]) -> None:
        """Name these days' files no more; part of the transaction."""
        self._db.executemany("DELETE FROM files WHERE day = ?", [(d,) for d in days])

    def load(
        self,
        neighbours: "Neighbours",
        seqs: NDArray[np.int64],
        times: NDArray[np.float64],
    ) -> set[int]:
        """Fill an empty index with the vectors of these stories.

        Args:
            neighbours: to be filled.
            seqs: numbers of all stories of the state, ascending, shape (n,).
            times: their event times, seconds since the epoch, shape (n,).

        Returns:
            The days whose vectors had to be made anew from the stories.
        """
        rows = self._db.execute(
            "SELECT seq, event_time, vector FROM unfiled ORDER BY seq"
        ).fetchall()
        is_filed = ~np.isin(seqs, [row[0] for row in rows])
        filed = seqs[is_filed], times[is_filed]
        unsound = self.damage()
        for file in self._db.execute("SELECT * FROM files ORDER BY day").fetchall():
            path = self._folder / file["name"]
            if path not in unsound:
                try:
                    neighbours.map_day(file["day"], path, *filed)
                except OSError as error:  # replaced since a reader's commit
                    unsound[path] = str(error)
        if unsound:
            _log.warning(
                "%s: %s; %d such files, made anew from the stories",
                *next(iter(unsound.items())),
                len(unsound),
            )
        if rows:
            vectors = np.frombuffer(b"".join(row[2] for row in rows), "<f2")
            neighbours.add(
                [row[0] for row in rows],
                vectors.reshape(len(rows), -1).astype(np.float32),
                [row[1] for row in rows],
            )
        if len(neighbours) == len(seqs):
            return set()
        held = zip(seqs.tolist(), times.tolist(), strict=True)
        missing = [(seq, time) for seq, time in held if seq not in neighbours.times]
        for seq, time in missing:
            stored = self._db.execute(
                "SELECT vectors FROM stories WHERE seq = ?", (seq,)
            ).fetchone()[0]
            vectors = np.frombuffer(stored, "<f2").reshape(PASSAGES, -1)
            neighbours.add([seq], combine(vectors)[None, :], [time])
        return {day_of(time) for _, time in missing}

    def due(self, neighbours: "Neighbours") -> list[int]:
        """Return the days whose files are to be written."""
        days = neighbours.days()
        in_all = sum(recent for _, _, recent in days.values())
        return [
            day
            for day, (filed, removed, recent) in days.items()
            if recent >= DAY_UNFILED
            or (recent and in_all > ALL_UNFILED)
            or (removed and removed >= REMOVED_SHARE * filed)
        ]

    def write(self, neighbours: "Neighbours", days: Collection[int]) -> None:
        """Write the files of these days, and commit what names them.

        Raises:
            OSError: the disk is full; then nothing has changed.
        """
        written: dict[int, Path | None] = {}
        try:
            self._write(neighbours, days, written)
        except BaseException:
            self.clean()  # files that no commit names take room
            raise
        for day, made in written.items():
            seqs = neighbours.of_day(day)[0]
            times = np.array([neighbours.times[seq] for seq in seqs.tolist()])
            neighbours.map_day(day, made, seqs, times)
        self.clean()

    def _write(
        self,
        neighbours: "Neighbours",
        days: Collection[int],
        written: dict[int, Path | None],
    ) -> None:
        with transaction(self._db):
            for day in days:
                seqs, rows = neighbours.of_day(day)
                self._db.execute("DELETE FROM files WHERE day = ?", (day,))
                written[day] = None
                if len(seqs):
                    path, crc = self._written(day, seqs, rows)
                    written[day] = path
                    self._db.execute(
                        "INSERT INTO files VALUES (?,?,?,?)",
                        (day, path.name, crc, len(seqs)),
                    )
                self.remove(seqs.tolist())

    def _written(
        self, day: int, seqs: NDArray[np.int64], rows: NDArray[np.float32]
    ) -> tuple[Path, int]:
        """Return a day's file, which is on the disk, and its checksum."""
        from samestory.index.search.neighbours import write_vectors  # noqa: PLC0415  (faiss)

        partial = self._folder / f"{day}.partial"
        try:
            self._make(partial)
            write_vectors(partial, seqs, rows)
            with partial.open("rb") as file:
                os.fsync(file.fileno())
            crc = checksum_of(partial)
            path = self._folder / f"{day}-{crc:08x}.faiss"
            partial.rename(path)
        except OSError:
            partial.unlink(missing_ok=True)
            raise
        sync_folder(self._folder)
        return path, crc

    def _make(self, path: Path) -> None:
        """Make an empty file that is as readable as the state's, its folder too."""
        if not self._folder.exists():
            private_folder(self._folder)
            self._folder.chmod(self._folder.parent.stat().st_mode & 0o777)
        private_file(path)
        path.chmod(self._folder.with_suffix(".db").stat().st_mode & 0o777)

    def clean(self) -> None:
        """Remove files that no commit names: replaced ones, and what a crash left."""
        named = {row[0] for row in self._db.execute("SELECT name FROM files")}
        for path in self._folder.glob("*") if self._folder.exists() else ():
            if path.name not in named:
                with suppress(OSError):  # it goes the next time
                    path.unlink()

    def damage(self) -> dict[Path, str]:
        """Return the files that are not what was written, and what is wrong."""
        while True:
            files = self._db.execute("SELECT * FROM files ORDER BY day").fetchall()
            damage = dict(self._unsound(files))
            again = self._db.execute("SELECT * FROM files ORDER BY day").fetchall()
            if not damage or again == files:  # else the index replaced one meanwhile
                return damage

    def _unsound(self, files: Iterable[sqlite3.Row]) -> Iterator[tuple[Path, str]]:
        for file in files:
            path = self._folder / file["name"]
            try:
                if checksum_of(path) != file["crc"]:
                    yield path, "its checksum is wrong"
            except OSError as error:
                yield path, error.strerror or str(error)


def files_of(path: Path) -> Path:
    """Return the folder of a state's vectors, beside its file."""
    return path.with_suffix(".vectors")


def checksum_of(path: Path) -> int:
    """Return the CRC-32C of a file.

    Raises:
        OSError: it can't be read.
    """
    from crc32c import crc32c  # noqa: PLC0415  (0.02 s, that no question needs)

    total = 0
    with path.open("rb") as file:
        while part := file.read(_CHUNK):
            total = crc32c(part, total)
    return total
