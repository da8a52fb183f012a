"""The stories that are nearest to a text or to another story."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from samestory.index.decision.comparison import compare
from samestory.index.decision.features import FEATURES, View, similarities
from samestory.index.decision.pair_model import PairModel
from samestory.index.search.neighbours import Neighbours
from samestory.index.store.held import Held
from samestory.index.store.results import headline
from samestory.index.store.rows import Member
from samestory.message import iso
from samestory.story import Story

DEPTH: Final = 60  # nearest by vector, and latest by name, that are compared
# Probability. Of 360 headlines whose event another report tells 99 % show a story of
# more, the right one first in 324; of 3,000 of other weeks 18 % do (docs/quality.md).
CLOSE: Final = 0.2


class Likeness(NamedTuple):
    """How like a query a story is.

    Attributes:
        seq: the story's number.
        similarity: cosine of the vectors, in [-1, 1].
        word_overlap: TF-IDF cosine of the words, in [0, 1]; 0 in a language that the
            embedding model does not know.
        probability: that both tell one event if they were told at one time, in [0, 1];
            by the sum alone.
        veto: why they can't be one event, whatever the sum says; None if they can.
    """

    seq: int
    similarity: float
    word_overlap: float
    probability: float
    veto: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """A story found, how like the query it is, and whether it names what that names."""

    member: Member
    likeness: Likeness
    is_named: bool

    @property
    def is_close(self) -> bool:
        """Whether it may be what is looked for: see CLOSE, or by its names."""
        return self.is_named or self.likeness.probability >= CLOSE

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
            "is_named": self.is_named,
            "title": headline(story.title, story.text),
            "outlet": story.outlet,
            "hearsay_of": story.hearsay_of or None,
            "url": story.url,
            "published": iso(story.published),
        }


def query_of(
    model: PairModel,
    title: str,
    text: str,
    vectors: NDArray[np.float16],
    lang: str | None = None,
) -> View:
    """Return a text as the features see it.

    Args:
        model: of the decision.
        title: may be empty, if there is a text.
        text: may be empty.
        vectors: of it, shape (2, dim).
        lang: ISO 639-1; None counts as known to the model.
    """
    now = datetime.fromtimestamp(0, UTC)
    story = Story(
        story_id="s-query",
        url=None,
        outlet="",
        title=title,
        text=text or title,
        lang=lang,
        published=None,
        published_raw=None,
        date_quality="first-seen",
        first_seen=now,
        observed=now,
        text_from="import",
    )
    return told_now(model, story, vectors)


def told_now(
    model: PairModel, story: Story, vectors: NDArray[np.float16], seq: int = 0
) -> View:
    """Return a story as the features see it if it was told as the question is asked.

    A question has no date: what it is nearest to may be of any. As two stories of which
    nobody knows when they were told they would hardly ever be one event.
    """
    view = model.view(replace(story, published=None), vectors, seq=seq)
    return replace(view, dated=True, is_day=False, time=0.0)


def likest(
    model: PairModel,
    index: Neighbours,
    query: View,
    views: Callable[[list[int]], list[View]],
    k: int,
    *,
    among: Collection[int] | None = None,
    named: Collection[int] = (),
) -> list[Likeness]:
    """Return the k stories likest to the query, best first.

    Of the nearest by vector, those come first that the decision itself would soonest
    take for the same event if all were told at one time. A veto puts a story behind
    all that would be taken for it, and is told. Then those that name what it names.

    Args:
        model: of the decision.
        index: where to look.
        query: what is looked for.
        views: stories by their numbers, see `told_now`.
        k: how many at most.
        among: numbers of the only stories that count; None for all.
        named: numbers of stories that name what the query names.
    """
    hits = index.search(query.whole, max(k, DEPTH), among=among)
    found = views([*dict.fromkeys([*(hit.seq for hit in hits), *named])])
    compared = compare(query, found, model)
    ranked = [
        Likeness(one.seq, similarity, overlap, probability, against)
        for one, similarity, overlap, probability, against in zip(
            found,
            similarities(query, found).tolist(),
            compared.features[:, FEATURES.index("word_overlap")].tolist(),
            compared.probabilities,
            compared.vetoes,
            strict=True,
        )
    ]

    def rank(one: Likeness) -> tuple[bool, bool, float, int]:
        is_same = one.veto is None and one.probability >= model.threshold
        return not is_same, one.seq not in named, -one.probability, one.seq

    return sorted(ranked, key=rank)[:k]


class Lookup:
    """The stories of a state as they are when it is opened, to be searched."""

    def __init__(self, state: Held, model: PairModel) -> None:
        """Load their vectors.

        Args:
            state: where they are; may be written meanwhile.
            model: of the decision.
        """
        self._state, self._model = state, model
        space = state.meta.space()
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
        names: Collection[str] = (),
    ) -> list[Near]:
        """Return the k stories nearest to the query, best first.

        Args:
            query: what is looked for; the story of its id is left out.
            k: how many at most.
            since: stories of then or later, seconds since the epoch; None for all.
            lang: stories in this language; None for all.
            outlet: stories of this outlet, written large or small; None for all.
            names: what the query names, see `names_in`: the latest DEPTH stories that
                name all of it are compared, too.
        """
        if self._index is None:
            return []
        among = self._state.matching(since=since, lang=lang, outlet=outlet)
        itself = self._state.member(query.story_id)
        members: dict[int, Member] = {}

        def views(seqs: list[int]) -> list[View]:
            loaded = self._state.members_by_seq(seqs)
            members.update((m.seq, m) for m in loaded)
            return [told_now(self._model, m.story, m.vectors, m.seq) for m in loaded]

        counted = {seq for seq in among if itself is None or seq != itself.seq}
        naming = (seq for seq in self._state.names.naming(names) if seq in counted)
        named = set(islice(naming, DEPTH))
        found = likest(
            self._model,
            self._index,
            query,
            views,
            k,
            among=sorted(counted),
            named=named,
        )
        return [
            Near(member=members[one.seq], likeness=one, is_named=one.seq in named)
            for one in found
        ]
