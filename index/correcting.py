"""Applies a correction: accepted and obeyed at once, or refused with the reason.

Whatever comes later, no accepted correction is ever broken: a conflict is refused, a
story that arrives joins one event and moves no other, and undoing one puts stories back
only where the others allow it.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from samestory.index.constraints import Constraints
from samestory.index.corrected import ACCEPTED, REFUSED, UNDONE, Corrected
from samestory.index.correction import APART, DIFFERENT, SAME, UNDO, Correction
from samestory.index.state import Member, State
from samestory.ingest.story import Story, iso

Similarity = Callable[[Member, Member], float]

KEPT: Final = 50  # of an event's stories: labels, and one judgement is not all of them
_SAYS: Final = {SAME: "is", DIFFERENT: "is not", APART: "is not in"}


def apply_correction(
    state: State, one: Correction, similarity: Similarity
) -> Mapping[str, tuple[str, str]]:
    """Apply it within the caller's transaction; one that came already does nothing.

    Args:
        state: where stories and corrections are.
        one: the correction.
        similarity: cosine of two stories, for those that a split leaves in between.

    Returns:
        (event before, event after) by story that it moved.
    """
    if state.corrections.get(one.correction_id) is not None:
        return {}
    if _is_of_forgotten(state, one):
        one = replace(one, why="")
    in_force = state.corrections.in_force()
    if one.kind == UNDO:
        return _undo(state, one)
    why_not = _refusal(state, one, in_force)
    if why_not:
        _keep(state, one, REFUSED, why_not)
        return {}
    moves = _MOVES[one.kind](state, one, in_force, similarity)
    moved = _move(state, moves, one.correction_id)
    _keep(state, one, ACCEPTED, "", moved, _as_judged(state, one))
    return moved


def _is_of_forgotten(state: State, one: Correction) -> bool:
    """Tell whether it names what was forgotten: then its words may do so, too."""
    undone = state.corrections.get(one.b)
    names = (*one.names, *(undone.correction.names if undone else ()))
    return any(map(state.history.is_forgotten, names))


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
    found = [member for story_id in ids if (member := state.member(story_id))]
    return {member.story.story_id: labelled(member.story) for member in found}


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


def _refusal(state: State, one: Correction, in_force: Constraints) -> str:
    # An event is left also if none of its stories is kept any more.
    for story_id in (one.a,) if one.kind == APART else (one.a, one.b):
        if state.member(story_id) is None:
            return f"there is no story {story_id}, or it is not kept any more"
    if any(a == b for a, b in one.pairs):
        return "it names one story twice"
    find = in_force.why_apart if one.kind == SAME else in_force.why_together
    chain = next((found for a, b in one.pairs if (found := find(a, b))), None)
    return f"it contradicts {told(chain)}" if chain else ""


def told(chain: Sequence[Correction]) -> str:
    """Return a chain of corrections for people."""
    return "; ".join(
        f"{c.correction_id} ({c.a} {_SAYS.get(c.kind, 'is not')} {c.b}, {c.who})"
        for c in chain
    )


def _merge(
    state: State, one: Correction, in_force: Constraints, _: Similarity
) -> dict[str, str]:
    """Return the new event of each story that moves, for both to be in one event."""
    a, b = _members(state, one)
    if a.event_id == b.event_id:
        return {}
    first, second = (_event(state, m.event_id) for m in (a, b))
    if second[0].seq < first[0].seq:
        first, second = second, first
    if in_force.may_share(_ids([*first, *second])):
        return dict.fromkeys(_ids(second), first[0].event_id)
    # Some of their company must stay apart: only those move that belong together.
    bound = in_force.together(one.a) | in_force.together(one.b)
    for home in (first, second):
        if in_force.may_share(_ids(home) | bound):
            return dict.fromkeys(bound - _ids(home), home[0].event_id)
    moving = [m for m in (*first, *second) if m.story.story_id in bound]
    return dict.fromkeys(bound, _new_event(state, moving, one))


def _split(
    state: State, one: Correction, in_force: Constraints, similarity: Similarity
) -> dict[str, str]:
    """Return the new event of each story that moves, for the two to be apart.

    Each other story goes with the one that it is more like, and takes along those
    that must be with it; where corrections forbid both sides, into an event of its own.
    """
    a, b = _members(state, one)
    if a.event_id != b.event_id:
        return {}
    everyone = _event(state, a.event_id)
    sides = [in_force.together(m.story.story_id) for m in (a, b)]
    moves: dict[str, str] = {}
    placed = sides[0] | sides[1]
    for member in everyone:
        if member.story.story_id in placed:
            continue
        bound = in_force.together(member.story.story_id)
        placed |= bound
        order = sorted((0, 1), key=lambda side: -similarity(member, (a, b)[side]))
        side = next((s for s in order if in_force.may_share(sides[s] | bound)), None)
        if side is None:
            alone = [m for m in everyone if m.story.story_id in bound]
            moves |= dict.fromkeys(bound, _new_event(state, alone, one))
        else:
            sides[side] |= bound
    # The side of the event's first story keeps its name.
    leaving = sides[1] if everyone[0].story.story_id in sides[0] else sides[0]
    going = [m for m in everyone if m.story.story_id in leaving]
    return moves | dict.fromkeys(_ids(going), _new_event(state, going, one))


def _leave(
    state: State, one: Correction, in_force: Constraints, _: Similarity
) -> dict[str, str]:
    """Return the new event of the story, and of those that must be with it.

    The others stay, and the event keeps its name, though the story was its first.
    Nothing moves if it is in no event of theirs.
    """
    home = state.events_of([one.a])[one.a]
    everyone, bound = _event(state, home), in_force.together(one.a)
    if _ids(everyone).isdisjoint(one.members):
        return {}
    going = [member for member in everyone if member.story.story_id in bound]
    return dict.fromkeys(_ids(going), _new_event(state, going, one))


def _undo(state: State, one: Correction) -> Mapping[str, tuple[str, str]]:
    held = state.corrections.get(one.b)
    if held is None or held.status != ACCEPTED or held.correction.kind == UNDO:
        what = "is not known" if held is None else f"is {held.status}"
        if held and held.correction.kind == UNDO:
            what = "is an undo: make the correction anew"
        _keep(state, one, REFUSED, f"correction {one.b} {what}")
        return {}
    state.corrections.put(replace(held, status=UNDONE))
    left = state.corrections.in_force()
    now = state.events_of(left.stories | held.moved.keys())
    back = {
        story: came_from
        for story, (came_from, went_to) in held.moved.items()
        if now.get(story) == went_to
    }
    stays = left.broken(now | back)
    reason = f"the stories stay: {told([stays])} needs them there" if stays else ""
    moved = {} if stays else _move(state, back, one.correction_id)
    _keep(state, one, ACCEPTED, reason, moved)
    return moved


def _move(
    state: State, moves: dict[str, str], correction_id: str
) -> dict[str, tuple[str, str]]:
    """Move stories, tell it in the events' revisions; return (from, to) by story."""
    before = state.events_of(moves)  # some may have expired
    moved = {
        story: (before[story], event)
        for story, event in sorted(moves.items())
        if before.get(story, event) != event
    }
    for story, (_, event) in moved.items():
        state.move(story, event)
    for emptied in sorted({source for source, _ in moved.values()}):
        targets = {to for source, to in moved.values() if source == emptied}
        if len(targets) == 1 and not state.members_of(emptied, 1):
            state.revisions.merge(emptied, targets.pop())
    for event in sorted({event for pair in moved.values() for event in pair}):
        state.revisions.revise(event, "corrected", correction=correction_id)
    return moved


def _members(state: State, one: Correction) -> tuple[Member, Member]:
    a, b = state.member(one.a), state.member(one.b)
    if a is None or b is None:
        raise AssertionError(one.correction_id)
    return a, b


def _event(state: State, event_id: str) -> list[Member]:
    """Return an event's members in their order of arrival."""
    return sorted(state.members_of(event_id), key=lambda member: member.seq)


def _ids(members: Sequence[Member]) -> set[str]:
    return {member.story.story_id for member in members}


def _new_event(state: State, moving: Sequence[Member], one: Correction) -> str:
    """Return an id for an event of these stories: that of the first, if it is free."""
    wanted = "e-" + min(moving, key=lambda member: member.seq).story.story_id[2:]
    others = _ids(state.members_of(wanted)) - _ids(moving)
    if not others and all(member.event_id != wanted for member in moving):
        return wanted
    name = f"{one.correction_id} {moving[0].story.story_id}"
    return "e-" + hashlib.sha256(name.encode()).hexdigest()[:16]


_MOVES: Final = {SAME: _merge, DIFFERENT: _split, APART: _leave}
