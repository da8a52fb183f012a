"""What is to be forgotten: stories that must leave, and never come back.

A request travels on the journal, so that a replay obeys it, too. A story's id is a hash
of its address: it is all that is kept.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

from samestory.cleaning import clean_line
from samestory.errors import Quarantine
from samestory.message import check_strings, iso, parse_moment

TYPE: Final = "forget"
VERSION: Final = "1.0"
MOST_STORIES: Final = 1_000  # in one message


@dataclass(frozen=True, slots=True, kw_only=True)
class Forget:
    """A request to forget stories.

    Attributes:
        forget_id: `f-` and 16 hex digits.
        story_ids: at most MOST_STORIES.
        who: who asks for it.
        at: when, aware.
    """

    forget_id: str
    story_ids: tuple[str, ...]
    who: str
    at: datetime

    def encode(self) -> bytes:
        """Return the message's value: one UTF-8 JSON object."""
        return json.dumps(
            {
                "type": TYPE,
                "version": VERSION,
                "id": self.forget_id,
                "stories": list(self.story_ids),
                "who": self.who,
                "at": iso(self.at),
            },
            ensure_ascii=False,
        ).encode()

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Self:
        """Build from parsed JSON.

        Raises:
            Quarantine: a field is missing or out of range.
        """
        stories = fields.get("stories")
        if not isinstance(stories, list) or not 0 < len(stories) <= MOST_STORIES:
            raise Quarantine("forget: stories is no list of 1 to 1,000")
        if not all(isinstance(one, str) and one.startswith("s-") for one in stories):
            raise Quarantine("forget: stories are not all ids")
        check_strings(fields, TYPE, "f-", ["who", "at"])
        return cls(
            forget_id=clean_line(fields["id"], 40),
            story_ids=tuple(stories),  # as they are: they have to match
            who=clean_line(fields["who"]),
            at=parse_moment(fields["at"], "forget: at"),
        )
