"""The clock that retention obeys, since a machine's own may jump by years."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

JUMP_S: Final = 2 * 86_400.0  # a machine that was off may be off for a week-end


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
    last: Moment, *, wall: float, boot: str, since_boot: float, oldest: float
) -> Moment:
    """Return what the log's clock says now.

    It follows the machine's clock, but gains on it at most as much again as has passed,
    or two days where the machine was started anew; and it never goes back.

    Args:
        last: what it said last.
        wall: what the machine's clock says, seconds since 1970.
        boot: of the machine, its id.
        since_boot: seconds that the machine has run.
        oldest: when the oldest record was appended: nothing is older, so from an
            earlier time the clock may come that far at once.
    """
    is_same = boot == last.boot and since_boot >= last.since_boot
    gain_s = 2 * (since_boot - last.since_boot) if is_same else JUMP_S
    at = max(last.at, min(wall, max(last.at + gain_s, oldest)))
    return Moment(at=at, boot=boot, since_boot=since_boot)


def told(at: float) -> str:
    """Return a time for people."""
    return f"{datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=at):%Y-%m-%d %H:%M}"
