"""The corrections that came, and what became of each."""

import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from samestory.index.messages.constraints import Constraints
from samestory.index.messages.correction import (
    APART,
    DIFFERENT,
    MARKS,
    SAME,
    UNDO,
    Correction,
)
from samestory.message import iso
from samestory.story import Story

ACCEPTED: Final = "accepted"
REFUSED: Final = "refused"
UNDONE: Final = "undone"
FORGOTTEN: Final = "forgotten"  # one of its stories must be
_SAYS: Final = {SAME: "is", DIFFERENT: "is not", APART: "is not in"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """A correction and what became of it.

    Attributes:
        correction: as it came.
        status: accepted, refused, undone or forgotten.
        reason: why it was refused, or what else there is to say.
        moved: (event before, event after) by story that it moved.
        stories: its stories as they were then, by id: they outlive the stories.
    """

    correction: Correction
    status: str
    reason: str
    moved: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    stories: Mapping[str, Any] = field(default_factory=dict)


class Corrections:
    """Corrections in their order; every change within a transaction."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def put(self, one: Corrected) -> None:
        """Keep a correction, or what is said of it now."""
        self._db.execute(
            "INSERT INTO corrections"
            " (correction_id, value, status, reason, moved, stories)"
            " VALUES (?,?,?,?,?,?) ON CONFLICT (correction_id) DO UPDATE SET"
            " value=excluded.value, status=excluded.status, reason=excluded.reason,"
            " moved=excluded.moved, stories=excluded.stories",
            (
                one.correction.correction_id,
                one.correction.encode(),
                one.status,
                one.reason,
                json.dumps(dict(one.moved)),
                json.dumps(dict(one.stories), ensure_ascii=False),
            ),
        )

    def get(self, correction_id: str) -> Corrected | None:
        """Return a correction by its id; None if it has not come."""
        return next(iter(self._select("correction_id = ?", (correction_id,))), None)

    def all(self) -> list[Corrected]:
        """Return all corrections."""
        return self._select("1", ())

    def with_status(self, status: str) -> list[Corrected]:
        """Return those of which this has become."""
        return self._select("status = ?", (status,))

    def marks(self, story_ids: Collection[str]) -> list[Correction]:
        """Return the stars and notes of these stories, none of them undone."""
        return [
            held.correction
            for held in self.with_status(ACCEPTED)
            if held.correction.kind in MARKS and held.correction.a in story_ids
        ]

    def naming(self, ids: Collection[str]) -> list[Corrected]:
        """Return those that name one of these stories, and those that undo them."""
        known, naming = set(ids), []
        for one in self.all():
            if not known.isdisjoint(one.correction.names):
                known.add(one.correction.correction_id)
                naming.append(one)
        return naming

    def forget(self, story_ids: Collection[str]) -> list[str]:
        """Let go of corrections that name these stories, and of what they say of them.

        What keeps a story out of an event goes on to do so while one of the event's
        stories is forgotten. Ids and who said it stay: a replay makes the same of them.

        Returns:
            The ids of these corrections.
        """
        gone, naming = set(story_ids), self.naming(story_ids)
        for one in naming:
            said = replace(one.correction, why="")
            kept = {s: story for s, story in one.stories.items() if s not in gone}
            now = replace(one, correction=said, stories=kept)
            if not gone.isdisjoint((said.a, said.b)):
                gone.add(said.correction_id)  # what undoes it comes later
                now = replace(now, status=FORGOTTEN, stories={})
            self.put(now)
        return [one.correction.correction_id for one in naming]

    def have_moved(self, event_id: str) -> bool:
        """Tell whether a correction moved stories into an event, or out of it."""
        (has,) = self._db.execute(
            "SELECT EXISTS (SELECT 1 FROM corrections, json_each(moved) AS way"
            " WHERE ? IN (json_extract(way.value, '$[0]'),"
            " json_extract(way.value, '$[1]')))",
            (event_id,),
        ).fetchone()
        return bool(has)

    def in_force(self) -> Constraints:
        """Return what those ask for that are accepted and not undone."""
        return Constraints(one.correction for one in self.with_status(ACCEPTED))

    def _select(self, clause: str, values: tuple[Any, ...]) -> list[Corrected]:
        rows = self._db.execute(
            "SELECT value, status, reason, moved, stories FROM corrections"
            f" WHERE {clause} ORDER BY number",
            values,
        )
        return [
            Corrected(
                correction=Correction.stored(json.loads(row["value"])),
                status=row["status"],
                reason=row["reason"],
                moved={s: (a, b) for s, (a, b) in json.loads(row["moved"]).items()},
                stories=json.loads(row["stories"]),
            )
            for row in rows
        ]


def labelled(story: Story) -> dict[str, Any]:
    """Return a story as a row of labelled data, without its event."""
    return {
        "id": story.story_id,
        "published": iso(story.published),
        "title": story.title,
        "text": story.text,
        "lang": story.lang,
        "outlet": story.outlet,
        "url": story.url,
    }


def in_words(chain: Sequence[Correction]) -> str:
    """Return a chain of corrections for people."""
    return "; ".join(f"{c.correction_id} ({_said(c)}, {c.who})" for c in chain)


def _said(one: Correction) -> str:
    if one.kind == UNDO:
        return f"undoes {one.b}"
    return f"{one.a} {_SAYS[one.kind]} {one.b}"
