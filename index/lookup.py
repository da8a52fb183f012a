"""Questions that people ask: the nearest stories, the events, one event."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from samestory.index.comparison import compare
from samestory.index.features import FEATURES, View
from samestory.index.neighbours import Neighbours, combine
from samestory.index.pair_model import PairModel
from samestory.index.state import Member, State
from samestory.ingest.errors import Misconfigured
from samestory.ingest.story import Story, iso

DEPTH: Final = 60  # nearest by vector whose words are compared too


class Likeness(NamedTuple):
    """How like a query a story is.

    Attributes:
        seq: the story's number.
        similarity: cosine of the vectors, in [-1, 1].
        word_overlap: TF-IDF cosine of the words, in [0, 1]; 0 in a language that the
            embedding model does not know.
        probability: that both tell one event, whenever they were told, in [0, 1]; by
            the sum alone.
        veto: why they can't be one event, whatever the sum says; None if they can.
    """

    seq: int
    similarity: float
    word_overlap: float
    probability: float
    veto: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """A story found, and how like the query it is."""

    member: Member
    likeness: Likeness

    def to_json(self) -> dict[str, Any]:
        """Return the line that `near --json` prints."""
        story = self.member.story
        return {
            "story_id": story.story_id,
            "event_id": self.member.event_id,
            "probability": round(self.likeness.probability, 4),
            "similarity": round(self.likeness.similarity, 4),
            "word_overlap": round(self.likeness.word_overlap, 4),
            "veto": self.likeness.veto,
            "title": story.title,
            "outlet": story.outlet,
            "hearsay_of": story.hearsay_of or None,
            "url": story.url,
            "published": iso(story.published),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event with its reports, the earliest first."""

    event_id: str
    reports: tuple[Member, ...]

    @property
    def own_reports(self) -> tuple[Member, ...]:
        """Those that are their outlet's own; all where there is hearsay alone."""
        return tuple(m for m in self.reports if not m.story.hearsay_of) or self.reports

    @property
    def first(self) -> Member:
        """The first report, of those that are their outlet's own."""
        return self.own_reports[0]

    @property
    def outlets(self) -> list[str]:
        """The outlets that report it, in order of their first report; no hearsay."""
        own = (m.story for m in self.reports if not m.story.hearsay_of)
        return list(dict.fromkeys(story.outlet for story in own))

    @property
    def title(self) -> str:
        """Headline of the report that is nearest to all others."""
        reports = self.own_reports
        if len(reports) <= 2:  # noqa: PLR2004
            return headline(reports[0])
        rows = np.stack([combine(m.vectors) for m in reports])
        return headline(reports[int((rows @ rows.sum(axis=0)).argmax())])

    def to_json(self) -> dict[str, Any]:
        """Return the line that `events --json` prints."""
        times = [m.story.event_time for m in self.own_reports]
        return {
            "event_id": self.event_id,
            "title": self.title,
            "first_report": self.first.story.story_id,
            "started": iso(min(times)),
            "updated": iso(max(times)),
            "outlets": self.outlets,
            "reports": [
                {
                    "story_id": m.story.story_id,
                    "url": m.story.url,
                    "outlet": m.story.outlet,
                    "hearsay_of": m.story.hearsay_of or None,
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


def query_of(
    model: PairModel, title: str, text: str, vectors: NDArray[np.float16]
) -> View:
    """Return a text as the features see it; vectors of shape (2, dim)."""
    now = datetime.fromtimestamp(0, UTC)
    story = Story(
        story_id="s-query",
        url=None,
        outlet="",
        title=title,
        text=text or title,
        lang=None,
        published=None,
        published_raw=None,
        date_quality="first-seen",
        first_seen=now,
        observed=now,
        text_from="import",
    )
    return model.view(story, vectors)


def undated(model: PairModel, story: Story, vectors: NDArray[np.float16]) -> View:
    """Return a story as the features see it if nobody knows when it was told."""
    return model.view(replace(story, published=None), vectors)


def likest(
    model: PairModel,
    index: Neighbours,
    query: View,
    views: Callable[[list[int]], list[View]],
    k: int,
    among: Collection[int] | None = None,
) -> list[Likeness]:
    """Return the k stories likest to the query, best first.

    Of the nearest by vector, those come first that the decision itself would soonest
    take for the same event if none of them stated a date. A veto puts a story behind
    all that would be taken for it, and is told.

    Args:
        model: of the decision.
        index: where to look.
        query: what is looked for.
        views: stories by their numbers, see `undated`.
        k: how many at most.
        among: numbers of the only stories that count; None for all.
    """
    hits = index.search(query.whole, max(k, DEPTH), among=among)
    compared = compare(query, views([hit.seq for hit in hits]), model)
    found = [
        Likeness(hit.seq, hit.similarity, overlap, probability, against)
        for hit, overlap, probability, against in zip(
            hits,
            compared.features[:, FEATURES.index("word_overlap")].tolist(),
            compared.probabilities,
            compared.vetoes,
            strict=True,
        )
    ]

    def rank(one: Likeness) -> tuple[bool, float, int]:
        is_same = one.veto is None and one.probability >= model.threshold
        return not is_same, -one.probability, one.seq

    return sorted(found, key=rank)[:k]


class Lookup:
    """The stories of a state as they are when it is opened, to be searched."""

    def __init__(self, state: State, model: PairModel) -> None:
        """Load their vectors.

        Args:
            state: where they are; may be written meanwhile.
            model: of the decision.
        """
        self._state, self._model = state, model
        space = state.space()
        self._index = Neighbours(space[1]) if space else None
        if self._index is not None:
            with state.reading():
                placed = state.placed()
                state.vectors.load(self._index, placed.seqs, placed.times)

    def nearest(
        self,
        query: View,
        k: int,
        *,
        since: float | None = None,
        lang: str | None = None,
        outlet: str | None = None,
    ) -> list[Near]:
        """Return the k stories nearest to the query, best first.

        Args:
            query: what is looked for; the story of its id is left out.
            k: how many at most.
            since: stories of then or later, seconds since the epoch; None for all.
            lang: stories in this language; None for all.
            outlet: stories of this outlet, written large or small; None for all.
        """
        if self._index is None:
            return []
        among = self._state.matching(since=since, lang=lang, outlet=outlet)
        itself = self._state.member(query.story_id)
        members: dict[int, Member] = {}

        def views(seqs: list[int]) -> list[View]:
            found = self._state.members_by_seq(seqs)
            members.update((m.seq, m) for m in found)
            return [undated(self._model, m.story, m.vectors) for m in found]

        found = likest(
            self._model,
            self._index,
            query,
            views,
            k,
            [seq for seq in among if itself is None or seq != itself.seq],
        )
        return [Near(member=members[one.seq], likeness=one) for one in found]


def events(
    state: State, *, since: float | None = None, min_outlets: int = 0
) -> list[Event]:
    """Return events with a report since then, the newest first.

    Args:
        state: where they are.
        since: seconds since the epoch; None for all.
        min_outlets: leave out events that fewer outlets report; hearsay does not count.
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
    """Return one event by its whole id, with all its reports.

    Raises:
        Misconfigured: none of them is kept any more.
    """
    reports = tuple(state.members_of(event_id))
    if not reports:
        raise Misconfigured(
            f"event {event_id} has no stories any more: they have expired, were"
            " forgotten, or are in other events"
        )
    return Event(event_id=event_id, reports=reports)


def _newest(event: Event) -> float:
    return max(m.story.event_time.timestamp() for m in event.own_reports)
