"""Days, as numbers since 1970 and as people write them."""

from datetime import UTC, datetime, time
from typing import Final

DAY_S: Final = 86_400.0


def utc_now() -> datetime:
    """Return the time, aware."""
    return datetime.now(UTC)


def day_of(moment: float) -> int:
    """Return the number of days since 1970 of seconds since then."""
    return int(moment // DAY_S)


def is_day_alone(moment: datetime | None) -> bool:
    """Tell whether a stated time is a day alone: midnight, as feeds write one."""
    return moment is not None and moment.astimezone(UTC).time() == time()


def date_of(day: int) -> str:
    """Return a day, in days since 1970, as YYYY-MM-DD."""
    return datetime.fromtimestamp(day * DAY_S, UTC).date().isoformat()


def moment_of(seconds: float) -> str:
    """Return a moment, in seconds since 1970, as it is written to the minute."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(" ", "minutes")
