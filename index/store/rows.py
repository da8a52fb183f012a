"""What the rows of the state's stories are turned into, in one place."""

import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from samestory.days import is_day_alone
from samestory.index.copies.relays import relays_in, stance_in
from samestory.index.store.query import Cursor
from samestory.index.store.results import Listed, Report, headline
from samestory.message import clamped, parse_moment
from samestory.story import Story, event_time_of
from samestory.story_vector import PASSAGES

MEMBER: Final = "seq, story, event_id, vectors, crowd"
IS_COPY: Final = "EXISTS (SELECT 1 FROM copies c WHERE c.seq = stories.seq) AS is_copy"
LISTED: Final = f"event_time, story_id, story, event_id, voice, {IS_COPY}"
# Read by SQLite out of the story's JSON, of whose text no more than a headline leaves.
REPORT: Final = f"""seq, story_id, event_id, outlet, lang, voice, relays, {IS_COPY},
json_extract(story, '$.hearsay_of') AS hearsay_of, url,
json_extract(story, '$.title') AS title,
CASE WHEN json_extract(story, '$.title') = ''
THEN substr(json_extract(story, '$.text'), 1, 80) END AS opening,
json_extract(story, '$.published') AS published,
json_extract(story, '$.published_raw') AS published_raw,
json_extract(story, '$.first_seen') AS first_seen,
json_extract(story, '$.text_from') AS text_from"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A story in its event.

    `vectors` has shape (2, dim): title, title and lead; `crowd` is how crowded the
    topic was when it came.
    """

    seq: int
    story: Story
    event_id: str
    vectors: NDArray[np.float16]
    crowd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Where the n stories stand: what the index holds in memory of them.

    Attributes:
        seqs: their numbers, ascending, shape (n,).
        times: their event times, seconds since the epoch, shape (n,).
        rare: their rarest words as numbers, 0 for none, shape (n, TERMS).
    """

    seqs: NDArray[np.int64]
    times: NDArray[np.float64]
    rare: NDArray[np.uint32]


def member_of(row: sqlite3.Row) -> Member:
    """Return a story with its vectors, of a row of MEMBER."""
    return Member(
        seq=row["seq"],
        story=Story.stored(json.loads(row["story"])),
        event_id=row["event_id"],
        vectors=vectors_of(row),
        crowd=row["crowd"],
    )


def vectors_of(row: sqlite3.Row) -> NDArray[np.float16]:
    """Return a row's vectors: title, title and lead, shape (2, dim)."""
    return np.frombuffer(row["vectors"], "<f2").reshape(PASSAGES, -1)


def listed_of(row: sqlite3.Row) -> Listed:
    """Return a whole story, of a row of LISTED."""
    return Listed(
        story=Story.stored(json.loads(row["story"])),
        event_id=row["event_id"],
        voice=row["voice"] or "",
        is_copy=bool(row["is_copy"]),
        cursor=Cursor(row["event_time"], row["story_id"]),
    )


def report_of(row: sqlite3.Row) -> Report:
    """Return a story without its text, of a row of REPORT."""
    stated = row["published"]
    published = None if stated is None else _moment(stated)
    return Report(
        seq=row["seq"],
        story_id=row["story_id"],
        event_id=row["event_id"],
        outlet=row["outlet"],
        lang=row["lang"],
        hearsay_of=row["hearsay_of"] or "",
        voice=row["voice"] or "",
        relays=relays_in(row["relays"]),
        stance=stance_in(row["relays"]),
        is_copy=bool(row["is_copy"]),
        url=row["url"],
        title=row["title"],
        headline=headline(row["title"], row["opening"] or ""),
        published=published,
        event_time=event_time_of(published, _moment(row["first_seen"])),
        is_day=is_day_alone(row["published_raw"], published),
        text_from=row["text_from"],
    )


def _moment(text: str) -> datetime:
    return parse_moment(clamped(text), "a story's time")
