"""What people say of stories: the same event, different events, or never mind.

A correction travels on the journal, so that every replay meets it where it was made.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

from samestory.cleaning import clean_line
from samestory.errors import Quarantine
from samestory.message import check_strings, clamped, iso, parse_moment

TYPE: Final = "correction"
VERSION: Final = "1.1"  # 1.1 brought apart, which a reader of 1.0 refuses
SAME: Final = "same"
DIFFERENT: Final = "different"
APART: Final = "apart"  # of a story and an event
UNDO: Final = "undo"
STAR: Final = "star"  # of one story; it moves nothing
NOTE: Final = "note"  # likewise: `why` is its text
MARKS: Final = (STAR, NOTE)
MARKED: Final = "1.2"  # version of these: a reader of 1.1 refuses them
MOST_MEMBERS: Final = 1_000  # in one message
MAX_TEXT: Final = 500  # characters of who and why


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One correction.

    Attributes:
        correction_id: `c-` and 16 hex digits.
        kind: same, different, apart or undo; star or note.
        a: id of a story; "" for undo.
        b: id of another story; for apart that of an event; for undo the id of the
            correction that is undone; "" for star and note.
        who: a person's name, or what they call themselves.
        why: in their words; may be empty.
        at: when it was made, aware.
        members: for apart, the event's other stories when it was made; they are what
            counts, since an event may become another. At most MOST_MEMBERS.
    """

    correction_id: str
    kind: str
    a: str
    b: str
    who: str
    why: str
    at: datetime
    members: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Return the ids of what it speaks of: stories, an event, a correction."""
        return tuple(one for one in (self.a, self.b, *self.members) if one)

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Return the stories that must be together, or apart, two by two."""
        if self.kind in (UNDO, *MARKS):
            return ()
        others = self.members if self.kind == APART else (self.b,)
        return tuple((self.a, other) for other in others)

    def encode(self) -> bytes:
        """Return the message's value: one UTF-8 JSON object."""
        return json.dumps(
            {
                "type": TYPE,
                "version": MARKED if self.kind in MARKS else VERSION,
                "id": self.correction_id,
                "kind": self.kind,
                "a": self.a,
                "b": self.b,
                "who": self.who,
                "why": self.why,
                "at": iso(self.at),
                **({"members": self.members} if self.members else {}),
            },
            ensure_ascii=False,
        ).encode()

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Self:
        """Build from parsed JSON.

        Raises:
            Quarantine: a field is missing or out of range.
        """
        check_strings(fields, TYPE, "c-", ["kind", "a", "b", "who", "why", "at"])
        at = parse_moment(fields["at"], "correction: at")
        if fields["kind"] not in (SAME, DIFFERENT, APART, UNDO, *MARKS):
            raise Quarantine(f"correction: kind {fields['kind'][:40]!r}")
        return cls(
            correction_id=clean_line(fields["id"], 40),
            kind=fields["kind"],
            a=clean_line(fields["a"], 40),
            b=clean_line(fields["b"], 40),
            who=clean_line(fields["who"], MAX_TEXT),
            why=clean_line(fields["why"], MAX_TEXT),
            at=at,
            members=_members(fields) if fields["kind"] == APART else (),
        )

    @classmethod
    def stored(cls, fields: dict[str, Any]) -> Self:
        """Build from what an index holds, see `Story.stored`."""
        return cls.from_json(fields | {"at": clamped(fields["at"])})


def _members(fields: dict[str, Any]) -> tuple[str, ...]:
    members = fields.get("members")
    if not isinstance(members, list) or not 0 < len(members) <= MOST_MEMBERS:
        raise Quarantine("correction: members is no list of 1 to 1,000")
    if not all(isinstance(one, str) and one.startswith("s-") for one in members):
        raise Quarantine("correction: members are not all ids")
    return tuple(clean_line(one, 40) for one in members)
