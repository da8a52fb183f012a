"""Online clustering in memory: which event a story joins.

Holds the vectors and the rare words of the stories; what a story says is prepared once
(a View) and loaded again when it is needed and was forgotten.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from samestory.index.decision import (
    NEAREST_MEMBERS,
    Candidate,
    Decision,
    PairModel,
    believed,
    decide,
)
from samestory.index.features import View, crowdedness, pair_features, similarities
from samestory.index.foreseen import Foreseen
from samestory.index.membership import Membership
from samestory.index.neighbours import Neighbours, Vectors
from samestory.index.rare_terms import RareTerms, rarest
from samestory.index.vetoes import veto

WINDOW_S: Final = 7 * 86_400.0  # candidates lie within 7 days of the story's own time
CROWD: Final = 20  # nearest stories that tell how crowded a topic is
CANDIDATES: Final = 10  # nearest of them whose events are considered; 20 score the same
SHARERS: Final = 4  # stories with most rare words in common whose events are, too
MEMBERS_READ: Final = 40  # of an event that are compared, see `around`: a bound
VIEWS_KEPT: Final = 16_384  # prepared stories in memory, about 6 kB each


class Clusterer:
    """Stories and the events that they are in. One thread; deterministic."""

    def __init__(
        self,
        model: PairModel,
        dim: int,
        membership: Membership,
        load: Callable[[Sequence[int]], list[View]],
    ) -> None:
        """Begin without stories.

        Args:
            model: weights and threshold.
            dim: of the vectors.
            membership: which stories are in which event.
            load: prepares stories by their numbers, in the order given.
        """
        self.model = model
        self._membership = membership
        self._load = load
        self.neighbours = Neighbours(dim)
        self._times = self.neighbours.times
        self._sharers = RareTerms(self._times)
        self._views: dict[int, View] = {}
        self._foreseen: Foreseen | None = None

    def foresee(self, coming: Mapping[str, tuple[Vectors, float]]) -> None:
        """Search for stories that come next, at once: several times as fast.

        Args:
            coming: by story id the vector that is searched, shape (dim,), and the
                story's own time; empty to foresee nothing.
        """
        queries = {
            story_id: (whole, time - WINDOW_S, time + WINDOW_S)
            for story_id, (whole, time) in coming.items()
        }
        self._foreseen = None
        if queries:
            self._foreseen = Foreseen(self.neighbours, queries, CROWD + 1)

    def restore(self, seqs: NDArray[np.int64], terms: NDArray[np.uint32]) -> None:
        """Put in stories that are in their events, and in `neighbours`, already.

        Args:
            seqs: their numbers, ascending, shape (n,).
            terms: their rare words, see `RareTerms.fill`.
        """
        self._sharers.fill(seqs, terms)

    def place(self, view: View, event_id: str) -> None:
        """Put a story into an event, in place of its former version."""
        seq = view.seq
        if seq in self._times:
            self._sharers.remove([seq])
        self.neighbours.add([seq], view.whole[None, :], [view.time])
        if self._foreseen:
            self._foreseen.put(seq, view.whole, view.time)
        self._sharers.add(seq, rarest(view.terms))
        self._views.pop(seq, None)
        self._views[seq] = view
        self._membership.put(seq, event_id, view.outlet)
        self._forget_oldest()

    def move(self, seq: int, event_id: str) -> None:
        """Put a story that is there into another event."""
        self._membership.move(seq, event_id)

    def remove(self, seqs: Collection[int]) -> None:
        """Remove stories that are there."""
        self._sharers.remove(set(seqs))
        self._membership.remove(seqs)
        for seq in seqs:
            self.neighbours.remove(seq)
            if self._foreseen:
                self._foreseen.remove(seq)
            self._views.pop(seq, None)

    def event_of(self, seq: int) -> str:
        """Return the event that a story is in."""
        return self._membership.events_of([seq])[seq]

    def members(self, event_id: str) -> list[int]:
        """Return the stories of an event, in no order; empty if there is none."""
        return self._membership.members(event_id)

    def look(
        self, arriving: View, apart: Collection[str] | None = None, *homes: str
    ) -> tuple[View, Decision]:
        """Decide where a story goes, or goes now that it has a new version.

        Args:
            arriving: the story.
            apart: ids of stories with which it must not be; None if it may with all.
            homes: events that are compared in any case.

        Returns:
            The story with the crowd that it met, and the decision.
        """
        arriving, seqs = self.near(arriving)
        event_of = self._membership.events_of(seqs)
        events = dict.fromkeys([*homes, *(event_of[seq] for seq in seqs)])
        if apart:
            events = {
                event: None
                for event in events
                if not any(v.story_id in apart for v in self.views(self.members(event)))
            }
        return arriving, self.compare(arriving, events)

    def near(self, arriving: View) -> tuple[View, list[int]]:
        """Return a story with the crowd that it meets, and the stories around it.

        Those nearest by vector, the best first, then those that share rare words.
        """
        since, until = arriving.time - WINDOW_S, arriving.time + WINDOW_S
        near = None
        if self._foreseen:
            near = self._foreseen.search(
                arriving.story_id, arriving.whole, since, until
            )
        if near is None:
            near = self.neighbours.search(arriving.whole, CROWD + 1, since, until)
        near = [hit for hit in near if hit.seq != arriving.seq][:CROWD]
        arriving = replace(
            arriving, crowd=crowdedness([hit.similarity for hit in near])
        )
        words = rarest(arriving.terms)
        sharers = self._sharers.search(words, SHARERS + 1, since, until)
        sharers = [seq for seq in sharers if seq != arriving.seq][:SHARERS]
        nearest = [hit.seq for hit in near[:CANDIDATES]]
        return arriving, list(dict.fromkeys([*nearest, *sharers]))

    def compare(
        self, one: View, events: Iterable[str], without: str | None = None
    ) -> Decision:
        """Decide which of these events a story belongs to, itself left out.

        Args:
            one: the story.
            events: those compared.
            without: an outlet whose reports do not count; None if all do.
        """
        candidates = self._candidates(one, events, without)
        return decide(candidates, self.model, partial(_veto, one), one.crowd)

    def _candidates(
        self, one: View, events: Iterable[str], without: str | None
    ) -> list[Candidate]:
        """Return each event with the members that speak for it.

        The most similar of each outlet, then the second of each, and so on.
        """
        inside = [(e, self.around(e, one, without=without)) for e in events]
        inside = [(event, seqs) for event, seqs in inside if seqs]
        seqs = [seq for _, group in inside for seq in group]
        if not seqs:
            return []
        views = self.views(seqs)
        owner = np.repeat(np.arange(len(inside)), [len(group) for _, group in inside])
        order = np.lexsort((np.array(seqs), -similarities(one, views), owner))
        turn = _turns([(owner[at], views[at].outlet) for at in order])
        order = order[np.lexsort((np.array(turn), owner[order]))]
        rank = np.arange(len(seqs)) - np.searchsorted(owner, owner)
        speakers = [views[at] for at in order[rank < NEAREST_MEMBERS]]
        features = pair_features(one, speakers)
        probabilities = self.model.probabilities(features)
        votes = [(v.outlet, p) for v, p in zip(speakers, probabilities, strict=True)]
        found, at = [], 0
        for event_id, group in inside:
            end = at + min(len(group), NEAREST_MEMBERS)
            found.append(
                Candidate(
                    event_id=event_id,
                    members=tuple(speakers[at:end]),
                    features=features[at:end],
                    probability=believed(votes[at:end]),
                )
            )
            at = end
        return found

    def around(
        self,
        event_id: str,
        one: View,
        within_s: float = WINDOW_S,
        without: str | None = None,
    ) -> list[int]:
        """Return an event's members around a story's time, itself left out.

        Of each outlet the nearest in time, then the second of each, and so on;
        MEMBERS_READ at most. So none is unheard for what another floods with.
        """
        found = sorted(
            (apart, seq)
            for seq in self.members(event_id)
            if (apart := abs(self._times[seq] - one.time)) <= within_s
            and seq != one.seq
        )
        outlets = self._outlets_of([seq for _, seq in found])
        kept = [seq for _, seq in found if outlets[seq] != without]
        turn = _turns([outlets[seq] for seq in kept])
        return [kept[at] for at in np.argsort(turn, kind="stable")[:MEMBERS_READ]]

    def outlets(self, event_id: str) -> set[str]:
        """Return the publishers whose reports are in an event."""
        return set(self._outlets_of(self.members(event_id)).values())

    def _outlets_of(self, seqs: Collection[int]) -> Mapping[int, str]:
        if len(seqs) > MEMBERS_READ:  # only the outlets of many, not their texts
            return self._membership.outlets_of(seqs)
        return {view.seq: view.outlet for view in self.views(seqs)}

    def views(self, seqs: Collection[int]) -> list[View]:
        """Return stories as the features see them."""
        missing = [seq for seq in seqs if seq not in self._views]
        if missing:
            self._views.update(zip(missing, self._load(missing), strict=True))
        found = [self._views[seq] for seq in seqs]
        self._forget_oldest()
        return found

    def _forget_oldest(self) -> None:
        while len(self._views) > VIEWS_KEPT:
            del self._views[next(iter(self._views))]


def _turns(voices: Iterable[object]) -> list[int]:
    """Return for each of those who speak how often it has spoken before."""
    spoken: Counter[object] = Counter()
    found = []
    for voice in voices:
        found.append(spoken[voice])
        spoken[voice] += 1
    return found


def _veto(one: View, other: View) -> str | None:
    return veto(one.claims, other.claims)
