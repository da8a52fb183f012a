"""Applies a correction: accepted and obeyed at once, or refused with the reason.

Whatever comes later, no accepted correction is ever broken: a conflict is refused, a
story that arrives joins one event and moves no other, and undoing one puts stories back
only where the others allow it.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from samestory.index.grouping.correction_moves import moves_of
from samestory.index.grouping.placements import CORRECTED, Placements
from samestory.index.grouping.undoing import moves_without
from samestory.index.messages.constraints import Constraints
from samestory.index.messages.correction import (
    APART,
    MARKS,
    SAME,
    UNDO,
    Correction,
)
from samestory.index.search.changes import Moved
from samestory.index.store.corrections import (
    ACCEPTED,
    REFUSED,
    UNDONE,
    Corrected,
    in_words,
    labelled,
)
from samestory.index.store.membership import Place
from samestory.index.store.state import State

Similarity = Callable[[int, int], float]

_GONE: Final = "there is no story {}, or it is not kept any more"
KEPT: Final = 50  # of an event's stories: labels, and one judgement is not all of them


def apply_correction(
    state: State, placements: Placements, one: Correction, similarity: Similarity
) -> None:
    """Apply it within the caller's transaction; one that came already does nothing.

    Args:
        state: where stories and corrections are.
        placements: what moves the stories.
        one: the correction.
        similarity: cosine of two stories by their numbers, for those that a split
            leaves in between.
    """
    if state.corrections.get(one.correction_id) is not None:
        return
    if _is_of_forgotten(state, one):
        one = replace(one, why="")
    in_force = state.corrections.in_force()
    if one.kind == UNDO:
        _undo(state, placements, one, similarity)
        return
    if one.kind in MARKS:
        why_not = "" if state.member(one.a) else _GONE.format(one.a)
        _keep(state, one, REFUSED if why_not else ACCEPTED, why_not)
        return
    why_not = _refusal(state, one, in_force)
    if why_not:
        _keep(state, one, REFUSED, why_not)
        return
    moves = moves_of(one, in_force, _Stored(state, similarity))
    moved = _move(state, placements, moves, one.correction_id)
    _keep(state, one, ACCEPTED, "", moved, _as_judged(state, one))


def _is_of_forgotten(state: State, one: Correction) -> bool:
    """Tell whether it names what was forgotten: then its words may do so, too."""
    undone = state.corrections.get(one.b)
    names = (*one.names, *(undone.correction.names if undone else ()))
    return any(map(state.forgotten.has, names))


def _keep(
    state: State,
    one: Correction,
    status: str,
    reason: str,
    moved: Mapping[str, tuple[str, str]] | None = None,
    stories: Mapping[str, Any] | None = None,
) -> None:
    state.corrections.put(
        Corrected(
            correction=one,
            status=status,
            reason=reason,
            moved=moved or {},
            stories=stories or {},
        )
    )


def _as_judged(state: State, one: Correction) -> dict[str, Any]:
    """Return its stories as they are now, by id; of an event the first KEPT."""
    ids = dict.fromkeys(story for pair in one.pairs[:KEPT] for story in pair)
    members = [member for story_id in ids if (member := state.member(story_id))]
    return {member.story.story_id: labelled(member.story) for member in members}


def _refusal(state: State, one: Correction, in_force: Constraints) -> str:
    # An event is left also if none of its stories is kept any more.
    for story_id in (one.a,) if one.kind == APART else (one.a, one.b):
        if state.member(story_id) is None:
            return _GONE.format(story_id)
    if any(a == b for a, b in one.pairs):
        return "it names one story twice"
    find = in_force.why_apart if one.kind == SAME else in_force.why_together
    chain = next((path for a, b in one.pairs if (path := find(a, b))), None)
    return f"it contradicts {in_words(chain)}" if chain else ""


def _undo(
    state: State, placements: Placements, one: Correction, similarity: Similarity
) -> None:
    held = state.corrections.get(one.b)
    if held is None or held.status != ACCEPTED or held.correction.kind == UNDO:
        what = "is not known" if held is None else f"is {held.status}"
        if held and held.correction.kind == UNDO:
            what = "is an undo: make the correction anew"
        _keep(state, one, REFUSED, f"correction {one.b} {what}")
        return
    state.corrections.put(replace(held, status=UNDONE))
    left = state.corrections.in_force()
    now = state.events_of(left.stories | held.moved.keys())
    moves = moves_without(held, state, _Stored(state, similarity))
    stays = left.broken(now | moves)
    if stays is None and not moves:
        back = {story: way[0] for story, way in held.moved.items() if story in now}
        stays = left.broken(now | back)
    reason = f"the stories stay: {in_words([stays])} needs them there" if stays else ""
    moved = _move(state, placements, {} if stays else moves, one.correction_id)
    _keep(state, one, ACCEPTED, reason, moved)


def _move(
    state: State, placements: Placements, moves: Mapping[str, str], correction_id: str
) -> dict[str, tuple[str, str]]:
    """Move stories to the events named; return (from, to) of those that moved."""
    before = state.events_of(moves)  # some may have expired
    moved = {
        story: (before[story], event)
        for story, event in sorted(moves.items())
        if before.get(story, event) != event
    }
    together: dict[tuple[str, str], list[str]] = defaultdict(list)
    for story, way in moved.items():
        together[way].append(story)
    placements.move(
        [
            Moved(seqs=state.membership.seqs_of(stories), source=source, target=target)
            for (source, target), stories in together.items()
        ],
        CORRECTED,
        correction=correction_id,
    )
    return moved


@dataclass(frozen=True, slots=True)
class _Stored:
    """The events of a state, see `correction_moves.Events`."""

    state: State
    cosine: Similarity

    def standing(self, story_id: str) -> Place:
        """See `Events.standing`."""
        return self.state.membership.standing(story_id)

    def arrived(self, event_id: str) -> Sequence[Place]:
        """See `Events.arrived`."""
        return self.state.membership.arrived(event_id)

    def is_taken(self, event_id: str) -> bool:
        """See `Events.is_taken`."""
        moved = self.state.corrections.have_moved
        return bool(self.arrived(event_id)) or moved(event_id)

    def similarity(self, a: Place, b: Place) -> float:
        """See `Events.similarity`."""
        return self.cosine(a.seq, b.seq)
