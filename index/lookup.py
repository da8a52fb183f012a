"""Questions that people ask: the nearest stories, the events, one event."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from index.neighbours import Hit, Neighbours, combine
from index.state import Member, State
from index.terms import Terms, packaged_rarity, shared, terms_of
from ingest.story import iso

DEPTH: Final = 60  # nearest by vector whose words are compared too


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is looked for: its unit vector, shape (dim,), and its words."""

    vector: NDArray[np.float32]
    terms: Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """A story found.

    Attributes:
        member: the story.
        similarity: cosine of the vectors, in [-1, 1].
        word_overlap: TF-IDF cosine of the words, in [0, 1].
    """

    member: Member
    similarity: float
    word_overlap: float

    def to_json(self) -> dict[str, Any]:
        """Return the line that `near --json` prints."""
        story = self.member.story
        return {
            "story_id": story.story_id,
            "event_id": self.member.event_id,
            "similarity": round(self.similarity, 4),
            "word_overlap": round(self.word_overlap, 4),
            "title": story.title,
            "outlet": story.outlet,
            "url": story.url,
            "published": iso(story.published),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event with its reports, the earliest first."""

    event_id: str
    reports: tuple[Member, ...]

    @property
    def outlets(self) -> list[str]:
        """The outlets that report it, in order of their first report."""
        return list(dict.fromkeys(m.story.outlet for m in self.reports))

    @property
    def title(self) -> str:
        """Headline of the report that is nearest to all others."""
        if len(self.reports) <= 2:  # noqa: PLR2004
            return headline(self.reports[0])
        rows = np.stack([combine(m.vectors) for m in self.reports])
        return headline(self.reports[int((rows @ rows.sum(axis=0)).argmax())])

    def to_json(self) -> dict[str, Any]:
        """Return the line that `events --json` prints."""
        times = [m.story.event_time for m in self.reports]
        return {
            "event_id": self.event_id,
            "title": self.title,
            "first_report": self.reports[0].story.story_id,
            "started": iso(min(times)),
            "updated": iso(max(times)),
            "outlets": self.outlets,
            "reports": [
                {
                    "story_id": m.story.story_id,
                    "url": m.story.url,
                    "outlet": m.story.outlet,
                    "title": m.story.title,
                    "published": iso(m.story.published),
                }
                for m in self.reports
            ],
        }


def headline(member: Member) -> str:
    """Return a story's title, or the beginning of its text if it has none."""
    story = member.story
    return story.title or story.text[:80].split("\n")[0]


def query_of(title: str, text: str, vectors: NDArray[np.float16]) -> Query:
    """Return the query for a story; vectors of shape (2, dim)."""
    terms = terms_of(title, text, packaged_rarity())
    return Query(vector=combine(vectors), terms=terms)


def likest(
    index: Neighbours, query: Query, terms: Callable[[int], Terms], k: int
) -> list[tuple[Hit, float]]:
    """Return the k stories likest to the query with their word overlap, best first.

    Of the nearest by vector, those come first whose similarity and word overlap add up
    to most: the words know names that the model does not (docs/quality.md).

    Args:
        index: where to look.
        query: what is looked for.
        terms: words by story number.
        k: how many at most.
    """
    hits = index.search(query.vector, max(k, DEPTH))
    overlaps, _ = shared(query.terms, [terms(hit.seq) for hit in hits])
    found = sorted(
        zip(hits, overlaps.tolist(), strict=True),
        key=lambda one: (-(one[0].similarity + one[1]), one[0].seq),
    )
    return found[:k]


def nearest(members: Sequence[Member], query: Query, k: int) -> list[Near]:
    """Return the k stories nearest to the query, best first.

    Args:
        members: where to look.
        query: what is looked for.
        k: how many at most.
    """
    if not members:
        return []
    index = Neighbours(len(query.vector))
    index.add(
        [m.seq for m in members],
        np.stack([combine(m.vectors) for m in members]),
        [m.story.event_time.timestamp() for m in members],
    )
    by_seq = {m.seq: m for m in members}

    def terms(seq: int) -> Terms:
        story = by_seq[seq].story
        return terms_of(story.title, story.text, packaged_rarity())

    return [
        Near(member=by_seq[hit.seq], similarity=hit.similarity, word_overlap=overlap)
        for hit, overlap in likest(index, query, terms, k)
    ]


def events(
    state: State, *, since: float | None = None, min_outlets: int = 1
) -> list[Event]:
    """Return events with a report since then, the newest first.

    Args:
        state: where they are.
        since: seconds since the epoch; None for all.
        min_outlets: leave out events that fewer outlets report.
    """
    groups: dict[str, list[Member]] = {}
    for member in state.stories():
        groups.setdefault(member.event_id, []).append(member)
    found = [Event(event_id=e, reports=tuple(ms)) for e, ms in groups.items()]
    kept = [
        event
        for event in found
        if len(event.outlets) >= min_outlets
        and (since is None or _newest(event) >= since)
    ]
    return sorted(kept, key=lambda event: (-_newest(event), event.event_id))


def event(state: State, event_id: str) -> Event:
    """Return one event by its whole id, with all its reports."""
    return Event(event_id=event_id, reports=tuple(state.members_of(event_id)))


def _newest(event: Event) -> float:
    return max(m.story.event_time.timestamp() for m in event.reports)
