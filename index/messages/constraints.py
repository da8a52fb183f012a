"""The corrections in force: who must be with whom, and who must not.

- `same` is transitive: what must be with a and with b joins a and b. A group stays
  bound when a story in the middle of it expires.
- `different` and `apart` part two whole groups: whoever must be with one of the two
  must not be with the other.
- Where two corrections contradict each other the later one is refused, and the chain
  that forbids it is its reason: what people said earlier is never dropped silently.
"""

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Mapping

from samestory.index.messages.correction import SAME, Correction


class Constraints:
    """What accepted corrections, none of them undone, ask for."""

    def __init__(self, accepted: Iterable[Correction] = ()) -> None:
        self._accepted: list[Correction] = []
        self._same: dict[str, list[tuple[str, Correction]]] = defaultdict(list)
        self._apart: dict[str, list[str]] = defaultdict(list)
        self._leads: dict[str, str] = {}  # by story, the one that its group goes by
        self._members: dict[str, list[str]] = {}  # by that one
        self._groups: dict[str, frozenset[str]] = {}  # the same, once asked for
        for one in accepted:
            self.add(one)

    def add(self, one: Correction) -> None:
        """Ask for what one more correction does."""
        self._accepted.append(one)
        for a, b in one.pairs:
            if one.kind == SAME:
                self._same[a].append((b, one))
                self._same[b].append((a, one))
                self._bind(a, b)
            else:
                self._apart[a].append(b)
                self._apart[b].append(a)

    def _bind(self, a: str, b: str) -> None:
        """Make the groups of two stories one: the smaller goes with the larger."""
        leads = {self._leads.setdefault(story, story) for story in (a, b)}
        large, *small = sorted(
            leads, key=lambda lead: -len(self._members.setdefault(lead, [lead]))
        )
        for lead in small:
            going = self._members.pop(lead)
            self._members[large] += going
            self._leads.update(dict.fromkeys(going, large))
        for lead in leads:
            self._groups.pop(lead, None)

    @property
    def stories(self) -> set[str]:
        """Return the stories that they name."""
        return {s for one in self._accepted for pair in one.pairs for s in pair}

    def together(self, story_id: str) -> frozenset[str]:
        """Return the stories that must share a story's event, itself among them.

        Some of them may have expired: they bind the others all the same.
        """
        lead = self._leads.get(story_id)
        if lead is None:
            return frozenset([story_id])
        if lead not in self._groups:
            self._groups[lead] = frozenset(self._members[lead])
        return self._groups[lead]

    def apart_from(self, story_id: str) -> set[str]:
        """Return the stories that must not share a story's event."""
        return {
            story
            for mine in self.together(story_id)
            for other in self._apart.get(mine, ())
            for story in self.together(other)
        }

    def why_together(self, a: str, b: str) -> list[Correction] | None:
        """Return the shortest chain of `same` from a to b; None if there is none."""
        return self._paths(a).get(b)

    def why_apart(self, a: str, b: str) -> list[Correction] | None:
        """Return the chain that forbids a and b in one event; None if none does.

        Some `same` from a, one that parts, some `same` to b.
        """
        mine, theirs = self._paths(a), self._paths(b)
        for one in self._accepted:
            for pair in one.pairs if one.kind != SAME else ():
                for x, y in (pair, pair[::-1]):
                    if x in mine and y in theirs:
                        return [*mine[x], one, *reversed(theirs[y])]
        return None

    def may_share(self, stories: Collection[str]) -> bool:
        """Tell whether all these stories may be in one event."""
        inside = set[str]().union(*map(self.together, stories))
        return all(inside.isdisjoint(self._apart.get(one, ())) for one in inside)

    def broken(self, events: Mapping[str, str]) -> Correction | None:
        """Return a correction that this grouping does not obey; None if it does all.

        Args:
            events: event id by story id; stories that are not in it don't count, but
                bind those that must be with them.
        """
        for one in self._accepted:
            for pair in one.pairs:
                a, b = (
                    {events[s] for s in self.together(story) if s in events}
                    for story in pair
                )
                if len(a) > 1 if one.kind == SAME else a & b:
                    return one
        return None

    def _paths(self, start: str) -> dict[str, list[Correction]]:
        """Return the chain of `same` to each story that must be with this one."""
        paths: dict[str, list[Correction]] = {start: []}
        queue = deque([start])
        while queue:
            at = queue.popleft()
            for there, one in self._same.get(at, ()):
                if there not in paths:
                    paths[there] = [*paths[at], one]
                    queue.append(there)
        return paths
