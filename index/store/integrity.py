"""Whether a state is whole: each row, each checksum."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import numpy as np

from samestory.database import damage_of, finds, open_to_read, reading
from samestory.disk import judging
from samestory.errors import Quarantine
from samestory.index.messages.constraints import Constraints
from samestory.index.messages.correction import Correction
from samestory.index.search.segments import Segments, files_of
from samestory.index.store.corrections import ACCEPTED
from samestory.index.store.schema import SCHEMA
from samestory.story import Story
from samestory.story_vector import PASSAGES, check_vectors


def damage_of_state(
    path: Path, *, with_files: bool = True
) -> Iterator[tuple[Path, str]]:
    """Yield what is damaged in a state: a file, and what is wrong; nothing if whole.

    Its pages, indexes and checksums; then row by row: a story is readable and is what
    its digest names, its vectors are unit vectors, its event and the record of its
    decision are there. The corrections: each is readable, each is obeyed. Last the
    files of vectors.

    Args:
        path: of the state.
        with_files: False for a snapshot, which has none beside it.

    Raises:
        Retry, Misconfigured: it can't be judged, see
            `samestory.database.judging`.
    """
    broken = damage_of(path)
    yield from ((path, line) for line in broken)
    if broken:
        return  # its rows can't be trusted, not even to be read
    try:
        with judging(path), closing(open_to_read(path)) as db:
            if db.execute("PRAGMA user_version").fetchone()[0] < SCHEMA:
                return  # of before; whoever opens it brings it up to date
            with reading(db):
                yield from ((path, line) for line in _damage_of_rows(db))
                yield from ((path, line) for line in _disobeyed(db))
            if with_files:  # as they are now: the index may have replaced some
                yield from _damage_of_files(Segments(db, files_of(path)))
    except sqlite3.Error as error:
        yield path, str(error)


def has_fed_stories(path: Path) -> bool:
    """Tell whether a state is there with stories that feeds brought, not an import."""
    return finds(
        path,
        "SELECT 1 FROM stories WHERE json_extract(story, '$.text_from') <> 'import'",
    )


def _damage_of_files(files: Segments) -> Iterator[tuple[Path, str]]:
    for path, what in files.damage().items():
        with judging(path), suppress(FileNotFoundError):
            path.open("rb").close()
        yield path, what


def _damage_of_rows(db: sqlite3.Connection) -> Iterator[str]:
    for row in db.execute(
        "SELECT s.story_id, s.digest, s.story, s.vectors, s.heard, j.record, e.revision"
        " FROM stories s LEFT JOIN joins j ON j.story_id = s.story_id"
        " LEFT JOIN events e ON e.event_id = s.event_id ORDER BY s.seq"
    ):
        for what in _damage_of_row(row):
            yield f"story {row['story_id']}: {what}"


def _disobeyed(db: sqlite3.Connection) -> Iterator[str]:
    """Yield the corrections that can't be read, or that the events do not obey."""
    held = []
    for row in db.execute(
        "SELECT correction_id, value FROM corrections WHERE status = ?", (ACCEPTED,)
    ):
        try:
            held.append(Correction.stored(json.loads(row["value"])))
        except (Quarantine, ValueError) as error:
            yield f"correction {row['correction_id']}: {error}"
    events = dict(db.execute("SELECT story_id, event_id FROM stories").fetchall())
    broken = Constraints(held).broken(events)
    if broken:
        yield f"correction {broken.correction_id}: the events do not obey it"


def _damage_of_row(row: sqlite3.Row) -> Iterator[str]:
    try:
        story = Story.stored(json.loads(row["story"]))
    except (Quarantine, ValueError) as error:
        yield f"can't be read: {error}"
    else:
        if story.story_id != row["story_id"] or story.digest != row["digest"]:
            yield "is not what its digest names"
        if bool(story.hearsay_of) != bool(row["heard"]):
            yield "is hearsay or not, its mark says otherwise"
    try:
        vectors = np.frombuffer(row["vectors"], "<f2").reshape(PASSAGES, -1)
        check_vectors(vectors, "its vectors")
    except (Quarantine, ValueError) as error:
        yield f"vectors: {error}"
    if row["revision"] is None:
        yield "its event is not there"
    try:
        json.loads(row["record"] or "")
    except ValueError as error:
        yield f"the record of its decision: {error}"
