"""The index: applies the journal in its order, one transaction a batch."""

import heapq
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from embed.vector import StoryVector
from index.correcting import apply_correction
from index.correction import Correction
from index.decision import NEAREST_MEMBERS, Decision, Pair, PairModel, decide
from index.features import View, crowdedness, pair_features, similarities, view
from index.journal import decode_journal
from index.neighbours import Hit, Neighbours, combine
from index.state import Member, State
from index.vetoes import veto
from ingest.errors import Quarantine
from ingest.story import Story

WINDOW_S: Final = 7 * 86_400.0  # candidates lie within 7 days of the story's own time
CANDIDATES: Final = 20  # nearest stories whose events are considered
MEMBERS_READ: Final = (
    40  # nearest in time of an event that are compared: bounds the cost
)
VIEWS_KEPT: Final = 16_384  # prepared stories in memory, about 6 kB each


class EventIndex:
    """Groups stories into events. One writer; deterministic in the journal's order."""

    def __init__(self, state: State, model: PairModel | None = None) -> None:
        """Take over a state and load its vectors.

        Args:
            state: opened for writing; ours alone.
            model: None for the packaged one.
        """
        self.state = state
        self._model = model or PairModel.load()
        self._views: dict[int, View] = {}
        self._neighbours: Neighbours | None = None
        self._load()

    def _load(self) -> None:
        """Fill the neighbours from the stored vectors, as after a restart."""
        self._views.clear()
        space = self.state.space()
        self._neighbours = None
        if space is None:
            return
        self._neighbours = Neighbours(space[1])
        rows = list(self.state.vectors())
        if rows:
            self._neighbours.add(
                [seq for seq, _, _ in rows],
                np.stack([combine(vectors) for _, _, vectors in rows]),
                [event_time for _, event_time, _ in rows],
            )

    def apply(self, records: Sequence[tuple[int, bytes]]) -> None:
        """Apply journal records and commit them with the position after the last.

        Args:
            records: (offset, value), in order. Those before the state's position are
                passed over, so that a batch may come twice.

        What can never be applied (junk, vectors of another space) goes to the outbox
        with its reason, in the same transaction.
        """
        try:
            with self.state.transaction():
                for offset, value in records:
                    if offset < self.state.position():
                        continue
                    try:
                        self._apply_one(decode_journal(value))
                    except Quarantine as error:
                        self.state.refuse(offset, value, str(error))
                    self.state.set_position(offset + 1)
        except BaseException:
            self._load()  # memory goes back to what the state holds
            raise

    def _apply_one(self, found: StoryVector | Correction) -> None:
        if isinstance(found, Correction):
            apply_correction(self.state, found, self._similarity)
            return
        story = found.story
        self._bind_space(found)
        known = self.state.known(story.story_id)
        if known is not None:
            digest, observed = known
            if digest == story.digest or story.observed.timestamp() <= observed:
                return  # the same version again, or an older one that comes late
            # A new version keeps its event; deciding it again comes with issue 7's
            # histories, without which a moved story would be unexplained.
            before = self.state.member(story.story_id)
            if before is None:
                raise AssertionError(story.story_id)
            record = self.state.join_record(story.story_id) or {}
            first_seen = min(before.story.first_seen, story.first_seen)
            found = replace(found, story=replace(story, first_seen=first_seen))
            self._put(found, before.event_id, record, "updated")
            return
        arriving = self._prepare(found.story, found.vectors)
        decision = self._decide(arriving, story.event_time.timestamp())
        event_id = decision.event_id or "e-" + story.story_id[2:]
        reason = "grown" if decision.event_id else "created"
        seq = self._put(found, event_id, decision.record(), reason)
        self._views[seq] = arriving
        self._forget_oldest()

    def _similarity(self, a: Member, b: Member) -> float:
        return float(similarities(self._view(a), [self._view(b)])[0])

    def _bind_space(self, found: StoryVector) -> None:
        dim = found.vectors.shape[1]
        space = self.state.space()
        if space is None:
            self.state.set_space(found.space_id, dim)
            self._neighbours = Neighbours(dim)
        elif space != (found.space_id, dim):
            raise Quarantine(
                f"the state holds vectors of space {space[0]}, story"
                f" {found.story.story_id} has {found.space_id}: made by another model;"
                " use the former one, or start another --state"
            )

    def _decide(self, arriving: View, at: float) -> Decision:
        near = self._near(arriving, at)
        crowd = crowdedness([hit.similarity for hit in near])
        seqs = [hit.seq for hit in near]
        events = self.state.company(seqs, at, WINDOW_S, MEMBERS_READ)
        groups = self._speakers(arriving, list(events.values()))
        members = [member for group in groups for member in group]
        named = [
            event for event, group in zip(events, groups, strict=True) for _ in group
        ]
        features = pair_features(arriving, members, crowd)
        pairs = [
            Pair(
                story_id=member.story_id,
                event_id=event_id,
                features=values,
                veto=veto(arriving.claims, member.claims),
            )
            for event_id, member, values in zip(named, members, features, strict=True)
        ]
        return decide(pairs, self._model)

    def _near(self, arriving: View, at: float) -> list[Hit]:
        """Return the nearest stories of the window, the best first."""
        if self._neighbours is None:
            raise AssertionError("no space is bound")
        since, until = at - WINDOW_S, at + WINDOW_S
        hits = self._neighbours.search(arriving.whole, 2 * CANDIDATES, since, until)
        return [hit for hit in hits if since <= hit.time <= until][:CANDIDATES]

    def _speakers(
        self, arriving: View, events: Sequence[Sequence[int]]
    ) -> list[list[View]]:
        """Return the members of each event that speak for it, the most similar."""
        views = self._prepared([seq for seqs in events for seq in seqs])
        similarity = iter(similarities(arriving, views).tolist())
        found, at = [], 0
        for seqs in events:
            group = [
                (-next(similarity), v.story_id, v) for v in views[at : at + len(seqs)]
            ]
            at += len(seqs)
            found.append([v for _, _, v in heapq.nsmallest(NEAREST_MEMBERS, group)])
        return found

    def _view(self, member: Member) -> View:
        return self._prepared([member.seq])[0]

    def _prepared(self, seqs: Sequence[int]) -> list[View]:
        missing = [seq for seq in seqs if seq not in self._views]
        for member in self.state.members_by_seq(missing) if missing else ():
            self._views[member.seq] = self._prepare(member.story, member.vectors)
        found = [self._views[seq] for seq in seqs]
        self._forget_oldest()
        return found

    def _prepare(self, story: Story, vectors: NDArray[np.float16]) -> View:
        return view(story, vectors, known=self._model.knows(story.lang))

    def _forget_oldest(self) -> None:
        while len(self._views) > VIEWS_KEPT:
            del self._views[next(iter(self._views))]

    def _put(
        self, found: StoryVector, event_id: str, record: dict[str, Any], reason: str
    ) -> int:
        seq = self.state.put(found, event_id, record)
        self._views.pop(seq, None)
        self.state.revise(event_id, reason)
        if self._neighbours is not None:
            self._neighbours.add(
                [seq],
                combine(found.vectors)[None, :],
                [found.story.event_time.timestamp()],
            )
        return seq
