"""What people say of two stories: the same event, different events, or never mind.

A correction travels on the journal, so that every replay meets it where it was made.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

from ingest.errors import Quarantine
from ingest.story import clamped, clean_line, iso, parse_moment

TYPE: Final = "correction"
VERSION: Final = "1.0"
SAME: Final = "same"
DIFFERENT: Final = "different"
UNDO: Final = "undo"
MAX_TEXT: Final = 500  # characters of who and why


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One correction.

    Attributes:
        correction_id: `c-` and 16 hex digits.
        kind: same, different or undo.
        a: id of a story; "" for undo.
        b: id of another story; for undo the id of the correction that is undone.
        who: a person's name, or what they call themselves.
        why: in their words; may be empty.
        at: when it was made, aware.
    """

    correction_id: str
    kind: str
    a: str
    b: str
    who: str
    why: str
    at: datetime

    @property
    def names(self) -> tuple[str, ...]:
        """Return the ids of what it speaks of: stories, or a correction."""
        return tuple(one for one in (self.a, self.b) if one)

    def encode(self) -> bytes:
        """Return the message's value: one UTF-8 JSON object."""
        return json.dumps(
            {
                "type": TYPE,
                "version": VERSION,
                "id": self.correction_id,
                "kind": self.kind,
                "a": self.a,
                "b": self.b,
                "who": self.who,
                "why": self.why,
                "at": iso(self.at),
            },
            ensure_ascii=False,
        ).encode()

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Self:
        """Build from parsed JSON.

        Raises:
            Quarantine: a field is missing or out of range.
        """
        names = ("id", "kind", "a", "b", "who", "why", "at")
        for name in names:
            if not isinstance(found.get(name), str):
                raise Quarantine(f"correction: {name} is not a string")
        at = parse_moment(found["at"], "correction: at")
        if not found["id"].startswith("c-"):
            raise Quarantine("correction: id is none")
        if found["kind"] not in (SAME, DIFFERENT, UNDO):
            raise Quarantine(f"correction: kind {found['kind'][:40]!r}")
        return cls(
            correction_id=clean_line(found["id"], 40),
            kind=found["kind"],
            a=clean_line(found["a"], 40),
            b=clean_line(found["b"], 40),
            who=clean_line(found["who"], MAX_TEXT),
            why=clean_line(found["why"], MAX_TEXT),
            at=at,
        )

    @classmethod
    def stored(cls, found: dict[str, Any]) -> Self:
        """Build from what an index holds, see `Story.stored`."""
        return cls.from_json(found | {"at": clamped(found["at"])})
