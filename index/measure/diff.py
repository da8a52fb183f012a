"""How the events of two states differ."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An event that is not the same in both states.

    Attributes:
        kind: merged (several events of the first are one in the second), split (one
            of the first is several in the second), moved (neither), missing (its
            stories are not in the second) or new (not in the first).
        first: ids of the events in the first state, sorted.
        second: ids of the events in the second state, sorted.
        stories: ids of all their stories, sorted.
    """

    kind: str
    first: tuple[str, ...]
    second: tuple[str, ...]
    stories: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the object that `diff --json` prints."""
        return {
            "change": self.kind,
            "first": list(self.first),
            "second": list(self.second),
            "stories": list(self.stories),
        }


def differences(first: Mapping[str, str], second: Mapping[str, str]) -> list[Change]:
    """Return what differs between two groupings, whatever their events are called.

    Events that share a story belong together; each such family of events that is not
    one event with the same stories on both sides is one change.

    Args:
        first: event id by story id.
        second: the same of the other state.
    """
    families: dict[str, set[str]] = {}
    for groups in (_members(first), _members(second)):
        for stories in groups:
            joined = set(stories)
            for story in stories:
                joined |= families.get(story, set())
            for story in joined:
                families[story] = joined
    changes = []
    for family in {id(one): one for one in families.values()}.values():
        kind = _kind(family, first, second)
        if kind:
            changes.append(
                Change(
                    kind=kind,
                    first=tuple(sorted({first[s] for s in family if s in first})),
                    second=tuple(sorted({second[s] for s in family if s in second})),
                    stories=tuple(sorted(family)),
                )
            )
    return sorted(changes, key=lambda change: change.stories)


def _members(events: Mapping[str, str]) -> list[list[str]]:
    members: dict[str, list[str]] = defaultdict(list)
    for story, event in events.items():
        members[event].append(story)
    return list(members.values())


def _kind(
    family: set[str], first: Mapping[str, str], second: Mapping[str, str]
) -> str | None:
    """Return how a family of events changed; None if it did not."""
    before = {first[s] for s in family if s in first}
    after = {second[s] for s in family if s in second}
    in_both = all(s in first and s in second for s in family)
    if in_both and len(before) == len(after) == 1:
        return None
    if not after:
        return "missing"
    if not before:
        return "new"
    if len(after) == 1 and len(before) > 1:
        return "merged"
    if len(before) == 1 and len(after) > 1:
        return "split"
    return "moved"
