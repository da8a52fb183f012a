"""When things are due: pure functions of what is known and the time."""

from dataclasses import dataclass
from typing import Final

PAGE_TRIES: Final = 3
PAGE_DELAYS_S: Final = (5.0, 30.0)  # after the first and the second failure
HOST_AWAY_S: Final = 600.0  # a host without connection is not asked again so long
MAX_BACKOFF_S: Final = 86_400.0  # a feed is never dead: asked at least once a day


def next_poll_s(
    *, interval_s: float, failures: int, retry_after_s: float | None, jitter: float
) -> float:
    """Return the seconds until a feed is polled again.

    Args:
        interval_s: the configured poll interval.
        failures: how many polls failed in a row, 0 after a success.
        retry_after_s: what the server asked for; None if nothing.
        jitter: uniform in [-1, 1]; spreads the polls by 10 %.
    """
    backed_off = min(interval_s * (1 + failures), MAX_BACKOFF_S)
    return max(backed_off * (1 + 0.1 * jitter), retry_after_s or 0.0)


def page_retry_s(tries: int, retry_after_s: float | None) -> float | None:
    """Return the seconds until a failed page is tried again; None: give up.

    Args:
        tries: how many were made, at least 1.
        retry_after_s: what the server asked for; over a minute counts as a no.
    """
    if tries >= PAGE_TRIES or (retry_after_s or 0.0) > 60:  # noqa: PLR2004
        return None
    return max(PAGE_DELAYS_S[tries - 1], retry_after_s or 0.0)


@dataclass(slots=True)
class HostGate:
    """One request at a time to a host, and a pause after each.

    Feeds and pages of a host share its gate.
    """

    spacing_s: float
    _free_at: dict[str, float]
    _away: dict[str, tuple[float, str]]

    def __init__(self, spacing_s: float) -> None:
        self.spacing_s = spacing_s
        self._free_at = {}
        self._away = {}

    def is_free(self, host: str, now: float) -> bool:
        """Tell whether a request to the host may start."""
        return self._free_at.get(host, 0.0) <= now

    def start(self, host: str) -> None:
        """Close the host until `finish`."""
        self._free_at[host] = float("inf")

    def finish(self, host: str, now: float, pause_s: float = 0.0) -> None:
        """Open the host again after the spacing, or a longer pause it asked for."""
        self._free_at[host] = now + max(self.spacing_s, pause_s)

    def mark_away(self, host: str, now: float, reason: str) -> None:
        """Remember that there is no connection to the host."""
        self._away[host] = (now + HOST_AWAY_S, reason)

    def away(self, host: str, now: float) -> str | None:
        """Return why the host can't be reached now; None if it may be asked."""
        until, reason = self._away.get(host, (0.0, ""))
        return reason if until > now else None
