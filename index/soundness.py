"""Whether a state is whole: each row, each checksum."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from embed.vector import PASSAGES, check_vectors
from index.constraints import Constraints
from index.correcting import ACCEPTED
from index.correction import Correction
from ingest.database import damage_of
from ingest.errors import Quarantine
from ingest.story import Story


def damage_of_state(path: Path) -> Iterator[str]:
    """Yield what is damaged in a state, a line each; nothing if it is whole.

    Its pages and indexes (SQLite's own check), then row by row: a story is readable and
    is what its digest names, its vectors are unit vectors, its event and the record of
    its decision are there. Last the corrections: each is readable, each is obeyed.
    """
    broken = False
    for line in damage_of(path):
        broken = True
        yield line
    if broken:
        return  # its rows can't be trusted, not even to be read
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30.0)
    db.row_factory = sqlite3.Row
    try:
        for row in db.execute(
            "SELECT s.story_id, s.digest, s.story, s.vectors, j.record, e.revision"
            " FROM stories s LEFT JOIN joins j ON j.story_id = s.story_id"
            " LEFT JOIN events e ON e.event_id = s.event_id ORDER BY s.seq"
        ):
            for what in _damage_of_row(row):
                yield f"story {row['story_id']}: {what}"
        yield from _disobeyed(db)
    finally:
        db.close()


def _disobeyed(db: sqlite3.Connection) -> Iterator[str]:
    """Yield the corrections that can't be read, or that the events do not obey."""
    held = []
    for row in db.execute(
        "SELECT correction_id, value FROM corrections WHERE status = ?", (ACCEPTED,)
    ):
        try:
            held.append(Correction.from_json(json.loads(row["value"])))
        except (Quarantine, ValueError) as error:
            yield f"correction {row['correction_id']}: {error}"
    events = dict(db.execute("SELECT story_id, event_id FROM stories").fetchall())
    broken = Constraints(held).broken(events)
    if broken:
        yield f"correction {broken.correction_id}: the events do not obey it"


def _damage_of_row(row: sqlite3.Row) -> Iterator[str]:
    try:
        story = Story.from_json(json.loads(row["story"]))
    except (Quarantine, ValueError) as error:
        yield f"can't be read: {error}"
    else:
        if story.story_id != row["story_id"] or story.digest != row["digest"]:
            yield "is not what its digest names"
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
