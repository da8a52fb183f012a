"""What a feed's document announces about when to come again."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from samestory.days import DAY_S
from samestory.ingest.fetch.headers import MAX_FRESH_S

_PERIODS_S: Final = {  # https://web.resource.org/rss/1.0/modules/syndication/
    "hourly": 3_600.0,
    "daily": DAY_S,
    "weekly": 7 * DAY_S,
    "monthly": 30 * DAY_S,
    "yearly": 365 * DAY_S,
}
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """What a feed's document says about when to come again.

    Attributes:
        least_s: seconds between polls, of `ttl` or `sy:update*`; 0 if not said.
        hours: of the day, GMT, in which the feed is not to be asked.
        days: of the week, 0 is Monday, GMT, on which it is not.
    """

    least_s: float = 0.0
    hours: tuple[int, ...] = ()
    days: tuple[int, ...] = ()

    def encode(self) -> str:
        """Return it as it stands in a feed's row: "60.0;1,2;3", or "" for nothing."""
        if self == NOTHING_SAID:
            return ""
        hours, days = (",".join(map(str, part)) for part in (self.hours, self.days))
        return f"{self.least_s};{hours};{days}"

    @classmethod
    def decode(cls, text: str) -> Self:
        """Return what `encode` wrote."""
        if not text:
            return cls()
        least, hours, days = text.split(";")
        return cls(
            least_s=float(least),
            hours=tuple(int(hour) for hour in hours.split(",") if hour),
            days=tuple(int(day) for day in days.split(",") if day),
        )


NOTHING_SAID: Final = Announced()


def announced(
    *,
    ttl: object = None,
    period: object = None,
    frequency: object = None,
    hours: Sequence[object] = (),
    days: Sequence[object] = (),
) -> Announced:
    """Read what a document announces; what can't be read counts as not said.

    Args:
        ttl: minutes.
        period: of sy:updatePeriod, e.g. "hourly".
        frequency: how often in a period.
        hours: of skipHours, 0 to 24.
        days: of skipDays, by their English names.
    """
    least = 60 * _number(ttl)
    length = _PERIODS_S.get(str(period or "").strip().lower(), 0.0)
    times = _number(frequency) or 1.0
    least = max(least, length / times)
    read_hours = {int(_number(hour)) % 24 for hour in hours if _is_number(hour)}
    names = [str(day).strip().lower()[:3] for day in days]
    read_days = {_DAYS.index(name) for name in names if name in _DAYS}
    return Announced(
        least_s=min(least, MAX_FRESH_S),
        hours=tuple(sorted(read_hours)) if len(read_hours) < 24 else (),  # noqa: PLR2004
        days=tuple(sorted(read_days)) if len(read_days) < len(_DAYS) else (),
    )


def _is_number(value: object) -> bool:
    return bool(re.fullmatch(r"[0-9]{1,9}(?:\.[0-9]{1,9})?", str(value).strip()))


def _number(value: object) -> float:
    """Return a number that is written without sign; 0 for anything else."""
    is_said = value is not None and _is_number(value)
    return float(str(value).strip()) if is_said else 0.0
