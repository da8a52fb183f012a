"""Where stories go when a correction is taken back: as if nobody had ever said it.

The stories around it are put where they stood before any correction, and those that
still hold are obeyed again, in their order. So who takes back all that was said has
what was before, in whatever order; what came elsewhere by a second look stays there.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from samestory.index.grouping.correction_moves import Events, moves_of
from samestory.index.messages.constraints import Constraints
from samestory.index.messages.correction import MARKS, SAME, UNDO
from samestory.index.store.corrections import ACCEPTED, FORGOTTEN, Corrected
from samestory.index.store.membership import Place
from samestory.index.store.state import State


def moves_without(held: Corrected, state: State, stored: Events) -> dict[str, str]:
    """Return the new event of each story that moves, by story id.

    Args:
        held: the correction, undone by now.
        state: the corrections, and why stories joined.
        stored: the events as they are.
    """
    homes = _Homes(state)
    imagined = _Imagined(_around(held, homes, state, stored), homes, stored)
    obeyed = Constraints()
    for one in homes.said:
        if one.status == ACCEPTED and one.correction.kind != UNDO:
            imagined.move(_obeyed(one, obeyed, imagined))
            obeyed.add(one.correction)
    moves = imagined.moves()
    return moves | _drawn(moves, imagined, state) if moves else {}


def _around(
    held: Corrected, homes: "_Homes", state: State, stored: Events
) -> dict[str, Place]:
    """Return the stories that it may touch, by id: all that corrections tie to it."""
    places: dict[str, Place] = {}
    partners: dict[str, set[str]] = {}
    for one in homes.said:
        for a, b in one.correction.pairs:
            partners.setdefault(a, set()).add(b)
            partners.setdefault(b, set()).add(a)
    named = {story for pair in held.correction.pairs for story in pair}
    events, seen = set(state.events_of(named | held.moved.keys()).values()), set[str]()
    while events:
        seen |= events
        new = [place for event in sorted(events) for place in stored.arrived(event)]
        places |= {place.story_id: place for place in new}
        others = {name for place in new for name in partners.get(place.story_id, ())}
        events = {*state.events_of(others).values(), *map(homes.of, new)} - seen
    return places


class _Homes:
    """The events in which stories would stand without corrections."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.said = [
            one for one in state.corrections.all() if one.correction.kind not in MARKS
        ]
        self._ways: dict[str, list[tuple[Corrected, str, str]]] = {}
        for one in self.said:
            for story, (source, target) in one.moved.items():
                self._ways.setdefault(story, []).append((one, source, target))

    def of(self, place: Place) -> str:
        """Return a story's: from where the first correction took it.

        Unless what undid that brought it back, or the index itself moved it since. What
        a forgotten correction did stays: nobody can obey it again.
        """
        home, stands = "", ""  # "" where no correction holds it
        for one, source, target in self._ways.get(place.story_id, ()):
            if one.status == FORGOTTEN:
                home = ""
            elif not home and one.correction.kind == UNDO:
                home = "" if self._is_led(place.story_id, target) else source
            elif not home or source != stands:
                home = source
            home = "" if target == home else home
            stands = target
        return home if home and stands == place.event_id else place.event_id

    def _is_led(self, story_id: str, target: str) -> bool:
        """Tell whether a story followed another one home, by which it had joined."""
        seen = {story_id}
        nearest = nearest_of(story_id, self._state)
        while nearest not in seen and (ways := self._ways.get(nearest)):
            first, source, _ = ways[0]
            if first.correction.kind != UNDO:
                return source == target
            seen.add(nearest)
            nearest = nearest_of(nearest, self._state)
        return False


def nearest_of(story_id: str, state: State) -> str:
    """Return the story by which another one joined its event; "" if it joined none."""
    record = state.joins.of(story_id)
    if record is None or not (record.joined and record.pairs):
        return ""
    return max(record.pairs, key=lambda pair: pair.logit).story_id


class _Imagined:
    """Events as they would be, see `correction_moves.Events`."""

    def __init__(
        self, places: Mapping[str, Place], homes: _Homes, stored: Events
    ) -> None:
        self._stored, self._now = stored, places
        self.homes = {story: homes.of(place) for story, place in places.items()}
        self._events: dict[str, dict[str, Place]] = {}
        self._standing: dict[str, Place] = {}
        for story, event in self.homes.items():
            self._put(places[story]._replace(event_id=event))

    def has(self, story_id: str) -> bool:
        """Return whether a story is here."""
        return story_id in self._now

    def move(self, moves: Mapping[str, str]) -> None:
        """Move stories to the events named."""
        for story, event in moves.items():
            if place := self._standing.get(story):
                del self._events[place.event_id][story]
                self._put(place._replace(event_id=event))

    def moves(self) -> dict[str, str]:
        """Return the new event of each story that stands elsewhere now.

        An event of the same stories keeps its name, and one that nobody knows has that
        of the event which most of its stories are in, if it is free.
        """
        now: dict[str, set[str]] = {}
        for place in self._now.values():
            now.setdefault(place.event_id, set()).add(place.story_id)
        here = {event: places for event, places in self._events.items() if places}
        taken = set(here)
        found: dict[str, str] = {}
        for event, places in here.items():
            name = event
            if event not in now:
                most = Counter(self._now[story].event_id for story in sorted(places))
                name = next((e for e, _ in most.most_common() if e not in taken), event)
                taken.add(name)
            found |= {
                story: name
                for story in places
                if self._now[story].event_id != name
                and now[self._now[story].event_id] != places.keys()
            }
        return found

    def in_turn(self) -> Iterable[Place]:
        """Return the stories as they stand now, in their order of arrival."""
        return sorted(self._now.values())

    def standing(self, story_id: str) -> Place:
        """See `Events.standing`."""
        return self._standing[story_id]

    def arrived(self, event_id: str) -> Sequence[Place]:
        """See `Events.arrived`."""
        here = self._events.get(event_id)
        if here is None:  # far from here, and its name must not be taken
            return self._stored.arrived(event_id)
        return sorted(here.values())

    def is_taken(self, event_id: str) -> bool:
        """See `Events.is_taken`; a correction that is obeyed again may take its own."""
        return bool(self.arrived(event_id))

    def similarity(self, a: Place, b: Place) -> float:
        """See `Events.similarity`."""
        return self._stored.similarity(a, b)

    def _put(self, place: Place) -> None:
        self._standing[place.story_id] = place
        self._events.setdefault(place.event_id, {})[place.story_id] = place


def _obeyed(
    one: Corrected, constraints: Constraints, imagined: _Imagined
) -> Mapping[str, str]:
    """Return where stories go by a correction that holds."""
    said = one.correction
    as_before = {
        story: target
        for story, (source, target) in one.moved.items()
        if imagined.has(story) and imagined.standing(story).event_id == source
    }
    if said.kind == SAME:
        if imagined.has(said.a) and imagined.has(said.b):
            return moves_of(said, constraints, imagined)
        return _joined_by_one(one, as_before, imagined)
    here = [pair for pair in said.pairs if all(map(imagined.has, pair))]
    if not here:
        return as_before
    stands = {s: imagined.standing(s).event_id for pair in here for s in pair}
    if all(stands[a] != stands[b] for a, b in here):
        return {}
    stands |= as_before
    if all(stands[a] != stands[b] for a, b in here):
        return as_before  # much faster than to part an event anew
    return moves_of(said, constraints, imagined)


def _joined_by_one(
    one: Corrected, as_before: Mapping[str, str], imagined: _Imagined
) -> Mapping[str, str]:
    """Return where stories go by a `same` of which a story is not kept any more.

    The other goes where it went then, with its company, or that company comes to it.
    """
    left = next(
        (s for s in (one.correction.a, one.correction.b) if imagined.has(s)), ""
    )
    if not left:
        return as_before
    event = imagined.standing(left).event_id
    if left in one.moved:
        target = one.moved[left][1]
        return {place.story_id: target for place in imagined.arrived(event)}
    return dict.fromkeys(as_before, event)


def _drawn(
    moves: Mapping[str, str], imagined: _Imagined, state: State
) -> dict[str, str]:
    """Return where those go that joined by a story that was there by a correction."""
    event = {place.story_id: place.event_id for place in imagined.in_turn()}
    led: dict[str, str] = {}
    for place in imagined.in_turn():
        story = place.story_id
        nearest = "" if story in moves else nearest_of(story, state)
        goes = moves.get(nearest) or led.get(nearest)
        if not goes or event[nearest] != place.event_id:
            continue
        if not _was_at(nearest, imagined.homes[story], imagined, state):
            led[story] = goes
    return led


def _was_at(story: str, event: str, imagined: _Imagined, state: State) -> bool:
    """Tell whether an event was a story's own, before corrections or a second look."""
    record = state.joins.of(story)
    looked = {record.moved.source} if record and record.moved else set()
    return event in looked | {imagined.homes[story]}
