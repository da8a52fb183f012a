"""The clock that retention obeys, since a machine's own may jump by years."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from samestory.days import DAY_S

JUMP_S: Final = 2 * DAY_S  # a machine that was off may be off for a week-end
PATIENCE_S: Final = 3_600.0  # with a machine's clock that is behind


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What the log's clock said last.

    Attributes:
        at: seconds since 1970.
        boot: of the machine, its id.
        since_boot: seconds that the machine had run.
    """

    at: float
    boot: str
    since_boot: float


def advanced(
    last: Moment,
    *,
    wall: float,
    boot: str,
    since_boot: float,
    oldest: float,
    behind_s: float = 0.0,
) -> Moment:
    """Return what the log's clock says now.

    It follows the machine's clock, but gains on it at most as much again as has passed,
    or two days where the machine was started anew. It goes back with it only after an
    hour: a machine may not know the time as it starts, and one that was ahead for a
    day must leave no room for the next jump.

    Args:
        last: what it said last.
        wall: what the machine's clock says, seconds since 1970.
        boot: of the machine, its id.
        since_boot: seconds that the machine has run.
        oldest: when the oldest record was appended: nothing is older, so from an
            earlier time the clock may come that far at once.
        behind_s: for how long the machine's clock has been behind the log's.
    """
    is_same = boot == last.boot and since_boot >= last.since_boot
    gain_s = 2 * (since_boot - last.since_boot) if is_same else JUMP_S
    at = min(wall, max(last.at + gain_s, oldest))
    at = at if behind_s >= PATIENCE_S else max(last.at, at)
    return Moment(at=at, boot=boot, since_boot=since_boot)


def utc_text(at: float) -> str:
    """Return a time for people."""
    return f"{datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=at):%Y-%m-%d %H:%M}"
