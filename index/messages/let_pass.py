"""That a person lets a jump of the day pass, see `samestory.index.decision.expiry`.

It travels on the journal, so that a replay lets it pass at the same place.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Self

from samestory.cleaning import clean_line
from samestory.days import date_of, day_of
from samestory.errors import Quarantine
from samestory.message import check_strings, iso, parse_moment

TYPE: Final = "let-pass"
VERSION: Final = "1.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class LetPass:
    """A request to let a jump pass.

    Attributes:
        pass_id: `p-` and 16 hex digits.
        to: the day up to which it may pass, in days since 1970: what the person saw.
        who: who asks for it.
        at: when, aware.
    """

    pass_id: str
    to: int
    who: str
    at: datetime

    def encode(self) -> bytes:
        """Return the message's value: one UTF-8 JSON object."""
        return json.dumps(
            {
                "type": TYPE,
                "version": VERSION,
                "id": self.pass_id,
                "to": date_of(self.to),
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
        check_strings(fields, TYPE, "p-", ["to", "who", "at"])
        return cls(
            pass_id=clean_line(fields["id"], 40),
            to=_day(fields["to"]),
            who=clean_line(fields["who"]),
            at=parse_moment(fields["at"], "let-pass: at"),
        )


def _day(text: str) -> int:
    """Return the day that `date_of` wrote."""
    try:
        moment = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise Quarantine(f"let-pass: to is no day: {error}") from error
    return day_of(moment.timestamp())
