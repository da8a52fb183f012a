"""What becomes of stories in the index: frozen values that whoever follows it is given.

`Placements` writes them and calls each component after it: the search in memory today;
whatever else has to follow the stories (copies, alerts, a word index) hangs there too.
"""

from dataclasses import dataclass
from typing import Protocol

from samestory.index.decision.features import View
from samestory.story import Story


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A story is there, or there in another version.

    Attributes:
        view: the story as the features see it, with its number.
        event_id: the event that it is in.
        story: what it says.
        former: what it said before; None if it is new.
    """

    view: View
    event_id: str
    story: Story
    former: Story | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Stories, by their numbers, went from one event to another."""

    seqs: tuple[int, ...]
    source: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """Stories, by their numbers, are gone: they expired, or were forgotten."""

    seqs: tuple[int, ...]


Change = Placed | Moved | Removed


class Component(Protocol):
    """Follows what becomes of the stories, within the transaction that says so.

    If that is rolled back, so must be what the component holds: it is in the same
    database, or made anew from the state.
    """

    def after(self, change: Change) -> None:
        """Take in a change that has just been written."""
        ...
