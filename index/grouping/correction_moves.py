"""Where stories go when a person says that two are one event, or are not.

Pure: from where the stories stand and what other corrections ask for follows a new
event for each story that moves. No accepted correction is ever broken: those that must
be together move together, and none comes to those that it must not be with.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Final, Protocol

from samestory.index.grouping.event_ids import new_event_id
from samestory.index.messages.constraints import Constraints
from samestory.index.messages.correction import APART, DIFFERENT, SAME, Correction
from samestory.index.store.membership import Place


class Events(Protocol):
    """What has to be known of the events."""

    def standing(self, story_id: str) -> Place:
        """Return where a story stands that is there."""
        ...

    def arrived(self, event_id: str) -> Sequence[Place]:
        """Return an event's stories in their order of arrival; empty without any."""
        ...

    def is_taken(self, event_id: str) -> bool:
        """Tell whether a new event may not have this id.

        An event of it has stories, or had some before a correction moved them: whoever
        undoes that must know which of the two stories came from.
        """
        ...

    def similarity(self, a: Place, b: Place) -> float:
        """Return the cosine of two stories."""
        ...


def moves_of(one: Correction, in_force: Constraints, events: Events) -> dict[str, str]:
    """Return the new event of each story that moves, by story id.

    Args:
        one: the correction, whose stories are there and which breaks no other.
        in_force: what the others ask for.
        events: as they are.
    """
    return _MOVES[one.kind](one, in_force, events)


def _merge(one: Correction, in_force: Constraints, events: Events) -> dict[str, str]:
    """Let both be in one event."""
    a, b = events.standing(one.a), events.standing(one.b)
    if a.event_id == b.event_id:
        return {}
    first, second = events.arrived(a.event_id), events.arrived(b.event_id)
    if second[0].seq < first[0].seq:
        first, second = second, first
    if in_force.may_share(_ids([*first, *second])):
        return dict.fromkeys(_ids(second), first[0].event_id)
    # Some of their company must stay apart: only those move that belong together.
    bound = in_force.together(one.a) | in_force.together(one.b)
    for home in (first, second):
        if in_force.may_share(_ids(home) | bound):
            return dict.fromkeys(bound - _ids(home), home[0].event_id)
    moving = [m for m in (*first, *second) if m.story_id in bound]
    return dict.fromkeys(bound, _new_event(events, moving, one))


def _split(one: Correction, in_force: Constraints, events: Events) -> dict[str, str]:
    """Let the two be apart.

    Each other story goes with the one that it is more like, and takes along those
    that must be with it; where corrections forbid both sides, into an event of its own.
    """
    a, b = events.standing(one.a), events.standing(one.b)
    if a.event_id != b.event_id:
        return {}
    everyone = events.arrived(a.event_id)
    sides = [in_force.together(one.a), in_force.together(one.b)]
    moves: dict[str, str] = {}
    placed = sides[0] | sides[1]
    for member in everyone:
        if member.story_id in placed:
            continue
        bound = in_force.together(member.story_id)
        placed |= bound
        like = [events.similarity(member, side) for side in (a, b)]
        order = (0, 1) if like[0] >= like[1] else (1, 0)
        side = next((s for s in order if in_force.may_share(sides[s] | bound)), None)
        if side is None:
            alone = [m for m in everyone if m.story_id in bound]
            moves |= dict.fromkeys(bound, _new_event(events, alone, one))
        else:
            sides[side] |= bound
    # The side of the event's first story keeps its name.
    leaving = sides[1] if everyone[0].story_id in sides[0] else sides[0]
    going = [m for m in everyone if m.story_id in leaving]
    return moves | dict.fromkeys(_ids(going), _new_event(events, going, one))


def _leave(one: Correction, in_force: Constraints, events: Events) -> dict[str, str]:
    """Let the story leave an event, and those that must be with it.

    The others stay, and the event keeps its name, though the story was its first.
    Nothing moves if it is in no event of theirs.
    """
    everyone = events.arrived(events.standing(one.a).event_id)
    bound = in_force.together(one.a)
    if _ids(everyone).isdisjoint(one.members):
        return {}
    going = [member for member in everyone if member.story_id in bound]
    return dict.fromkeys(_ids(going), _new_event(events, going, one))


def _new_event(events: Events, moving: Sequence[Place], one: Correction) -> str:
    first = min(moving, key=lambda member: member.seq).story_id
    return new_event_id(first, one.correction_id, events.is_taken)


def _ids(members: Collection[Place]) -> set[str]:
    return {member.story_id for member in members}


_Rule = Callable[[Correction, Constraints, Events], dict[str, str]]
_MOVES: Final[dict[str, _Rule]] = {SAME: _merge, DIFFERENT: _split, APART: _leave}
