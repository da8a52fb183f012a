"""Writes where stories stand: the one place where one is placed, moved or removed.

All of it within the caller's transaction: the story's row, its join record, who copied
whom, the events' revisions and aliases, which report confirms an event. Components, the
search in memory among them, are called after each change and hang nowhere else.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from samestory.days import day_of
from samestory.index.decision.features import View
from samestory.index.decision.join_record import JoinRecord
from samestory.index.decision.join_record import Moved as MovedRecord
from samestory.index.decision.material import is_material
from samestory.index.decision.stance import WITHDRAWN, stance_of
from samestory.index.grouping.copy_tracker import CopyTracker
from samestory.index.grouping.grouper import Plan
from samestory.index.grouping.reassessment import Move
from samestory.index.search.changes import Change, Component, Moved, Placed, Removed
from samestory.index.search.rare_terms import rarest
from samestory.index.store.rows import Member
from samestory.index.store.state import State
from samestory.index.store.versions import Version
from samestory.story import Story
from samestory.story_vector import StoryVector

CORRECTED: Final = "corrected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A story's version that is to be written.

    Attributes:
        vector: the version, with its vectors.
        plan: what was decided about it.
        seen: from when on its age counts, in seconds since 1970.
    """

    vector: StoryVector
    plan: Plan
    seen: float


class Placements:
    """Where the stories of a state stand; every change within a transaction."""

    def __init__(self, state: State, components: Iterable[Component] = ()) -> None:
        self._state = state
        self._tracker = CopyTracker(state)
        self._components = list(components)

    def catch_up(self) -> Iterator[int]:
        """Tell who copied whom in a state of before; yields how many stories, often."""
        yield from self._tracker.catch_up()

    def place(self, one: Arrival) -> None:
        """Write a story that is new, and what moves by it."""
        plan, story = one.plan, one.vector.story
        event_id, revisions = plan.event_id, self._state.revisions
        news = self._put(one, former=None)
        reason = "created" if plan.is_first else "grown"
        told = revisions.confirmed_by(event_id)
        if not told and (second := self._state.copies.second_source(event_id)):
            reason = "confirmed"
            revisions.confirm(event_id, second)
        revisions.revise(event_id, reason, story=story.story_id)
        if told and stance_of(story) == WITHDRAWN:
            self._confirm(event_id)
        self._move_all(plan)
        self._retell(news, {event_id}, story=story.story_id)

    def replace(self, one: Arrival, former: Member, seen: View) -> None:
        """Write a story's new version, and what moves by it; keep the former one.

        Args:
            one: the new version.
            former: the story as it was.
            seen: that, as the features see it.
        """
        plan, story = one.plan, one.vector.story
        record = self._state.joins.of(story.story_id) or JoinRecord()
        self._state.history.keep(
            Version(story=former.story, event_id=plan.event_id, record=record)
        )
        news = self._put(one, former=former.story)
        is_other = is_material((former.story, seen), (story, plan.view))
        reason = "materially-updated" if is_other else "updated"
        self._state.revisions.revise(plan.event_id, reason, story=story.story_id)
        self._confirm(plan.event_id)
        self._move_all(plan)
        self._retell(news, {plan.event_id}, story=story.story_id)

    def _put(self, one: Arrival, former: Story | None) -> set[int]:
        """Write a story; return the others of whose voices more is known by it."""
        plan = one.plan
        self._state.put(
            one.vector,
            plan.view.seq,
            plan.event_id,
            plan.record,
            plan.view.crowd,
            rarest(plan.view.terms),
            seen=one.seen,
        )
        news = self._tracker.place(plan.view.seq, one.vector.story)
        self._tell(
            Placed(
                view=plan.view,
                event_id=plan.event_id,
                story=one.vector.story,
                former=former,
            )
        )
        return news

    def _retell(
        self, seqs: Collection[int], but: Collection[str], **cause: str
    ) -> None:
        """Tell the events whose voices are others now, and whether they are confirmed.

        Args:
            seqs: of the stories of which more is known.
            but: events that have told it.
            cause: `story`: the id of what caused it.
        """
        for event_id in sorted(set(self._state.membership.events_of(seqs).values())):
            if event_id not in but:
                self._state.revisions.revise(event_id, "voices", **cause)
            self._confirm(event_id)

    def _move_all(self, plan: Plan) -> None:
        for move in plan.moves:
            self._explain(move, plan.view)
            self.move(
                [Moved(seqs=move.seqs, source=move.source, target=move.target)],
                reason="moved" if move.reason == "left" else move.reason,
                story=plan.view.story_id,
            )

    def _explain(self, move: Move, arrived: View) -> None:
        """Write into the join records why stories move."""
        state = self._state
        moved = MovedRecord(
            reason=move.reason,
            source=move.source,
            target=move.target,
            after=move.after,
        )
        for story_id in state.membership.ids_of(move.seqs):
            record = (
                move.decision.record()
                if move.decision is not None
                else state.joins.of(story_id) or JoinRecord()
            )
            state.joins.replace(story_id, replace(record, moved=moved))
        if move.link is not None:
            record = state.joins.of(arrived.story_id) or JoinRecord()
            pairs = move.link.pairs(move.link.probability)
            state.joins.replace(
                arrived.story_id, replace(record, merged=(*record.merged, *pairs))
            )

    def move(self, moves: Sequence[Moved], reason: str, **cause: str) -> None:
        """Move stories to other events, and tell it in the events' revisions.

        An event whose stories all go to one other from now on stands for that one.

        Args:
            moves: what goes where; all for one cause.
            reason: one of REASONS, see `revisions`.
            cause: `story` or `correction`: the id of what caused it.
        """
        for one in moves:
            for seq in one.seqs:
                self._state.membership.move(seq, one.target)
            self._tell(one)
        emptied = self._let_stand_for_others(moves)
        revise = self._state.revisions.revise
        if reason == CORRECTED:
            for event in sorted({e for one in moves for e in (one.source, one.target)}):
                revise(event, reason, **cause)
        else:
            for one in moves:
                why = "merged" if one.source in emptied else reason
                revise(one.source, why, **cause, into=one.target)
                revise(one.target, why, **cause, **{"from": one.source})
        for event in sorted({e for one in moves for e in (one.source, one.target)}):
            self._confirm(event)

    def _let_stand_for_others(self, moves: Sequence[Moved]) -> set[str]:
        """Return the events that are left empty; each stands for where it went."""
        ways: dict[str, set[str]] = {}
        for one in moves:
            ways.setdefault(one.source, set()).add(one.target)
        members = self._state.membership.members
        emptied = {source for source in ways if not members(source)}
        for source in sorted(emptied):
            if len(ways[source]) == 1:
                self._state.revisions.merge(source, *ways[source])
        return emptied

    def remove(self, story_ids: Sequence[str], reason: str) -> set[int]:
        """Remove stories with all that is kept of them, and tell it in their events.

        Args:
            story_ids: of stories; those that are not there are passed over.
            reason: expired or forgotten.

        Returns:
            The days that they were of, in days since 1970.
        """
        removed = self._state.remove(story_ids)
        seqs = tuple(one.seq for one in removed)
        news = self._tracker.remove(seqs)
        if removed:
            self._tell(Removed(seqs=seqs))
        left = sorted({one.event_id for one in removed})
        for event_id in left:
            is_left = bool(self._state.membership.members(event_id))
            self._state.revisions.revise(event_id, reason if is_left else "closed")
            self._confirm(event_id)
        self._retell(news, left)
        return {day_of(one.event_time) for one in removed}

    def _confirm(self, event_id: str) -> None:
        """Tell that an event is confirmed, or no more, if that is other than told.

        One without reports stands for another, or is closed: nothing more is told.
        """
        if not self._state.membership.members(event_id):
            return
        revisions = self._state.revisions
        told = revisions.confirmed_by(event_id)
        second = self._state.copies.second_source(event_id)
        if second and not told:
            revisions.revise(event_id, "confirmed", story=second)
        elif told and not second:
            revisions.revise(event_id, "unconfirmed")  # that story may be forgotten
        if bool(told) != bool(second):
            revisions.confirm(event_id, second)

    def _tell(self, change: Change) -> None:
        for component in self._components:
            component.after(change)
