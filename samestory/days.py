"""Days, as numbers since 1970 and as people write them."""

import re
from datetime import UTC, datetime
from typing import Final

DAY_S: Final = 86_400.0
_HOUR: Final = re.compile(
    r"(?<![+-]\d\d):|\d[Tt]\d|\d{9}"
)  # of a date; the last of an epoch, too


def utc_now() -> datetime:
    """Return the time, aware."""
    return datetime.now(UTC)


def day_of(moment: float) -> int:
    """Return the number of days since 1970 of seconds since then."""
    return int(moment // DAY_S)


def is_day_alone(written: str | None, at: datetime | None) -> bool:
    """Tell whether a date is a day without an hour.

    Midnight is an hour: much is published then on purpose.

    Args:
        written: as its publisher writes it.
        at: as it was read, aware; None if it could not be.
    """
    if not written or at is None or at.astimezone(UTC).time() != datetime.min.time():
        return False
    return not _HOUR.search(written)


def date_of(day: int) -> str:
    """Return a day, in days since 1970, as YYYY-MM-DD."""
    return datetime.fromtimestamp(day * DAY_S, UTC).date().isoformat()


def moment_of(seconds: float) -> str:
    """Return a moment, in seconds since 1970, as it is written to the minute."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(" ", "minutes")
