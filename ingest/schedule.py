"""When things are due: pure functions of what is known and the time."""

from typing import Final

PAGE_TRIES: Final = 3
PAGE_DELAYS_S: Final = (5.0, 30.0)  # after the first and the second failure
CONNECT_DELAYS_S: Final = (5.0, 30.0)  # a blip of DNS or network is over by then
HOST_AWAY_S: Final = 600.0  # a host without connection is not asked again so long
MAX_WAIT_S: Final = 60.0  # a Retry-After beyond it counts as a no for a page
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
    if tries >= PAGE_TRIES or (retry_after_s or 0.0) > MAX_WAIT_S:
        return None
    return max(PAGE_DELAYS_S[tries - 1], retry_after_s or 0.0)


class HostGate:
    """One request at a time to a host, a pause after each, longer ones after trouble.

    Feeds and pages of a host share its gate. A host without connection is asked again
    after CONNECT_DELAYS_S; then, as one that asks for more than MAX_WAIT_S, it is away:
    what is due from it need not be waited for.
    """

    def __init__(self, spacing_s: float) -> None:
        self._spacing_s = spacing_s
        self._free_at: dict[str, float] = {}
        self._lost: dict[str, int] = {}
        self._away: dict[str, tuple[float, str]] = {}

    def is_free(self, host: str, now: float) -> bool:
        """Tell whether a request to the host may start."""
        return self._free_at.get(host, 0.0) <= now

    def start(self, host: str) -> None:
        """Close the host until it has answered or failed."""
        self._free_at[host] = float("inf")

    def answered(self, host: str, now: float) -> None:
        """Open the host again after the spacing."""
        self._free_at[host] = now + self._spacing_s
        self._lost.pop(host, None)

    def asked_to_wait(self, host: str, now: float, wait_s: float, reason: str) -> None:
        """Close the host for as long as it asked."""
        self._free_at[host] = now + max(self._spacing_s, wait_s)
        if wait_s > MAX_WAIT_S:
            self._away[host] = (now + wait_s, reason)

    def lost(self, host: str, now: float, reason: str) -> None:
        """Count a request that found no connection."""
        count = self._lost[host] = self._lost.get(host, 0) + 1
        if count <= len(CONNECT_DELAYS_S):
            self._free_at[host] = now + CONNECT_DELAYS_S[count - 1]
        else:
            self._free_at[host] = now + HOST_AWAY_S
            self._away[host] = (now + HOST_AWAY_S, reason)

    def away(self, host: str, now: float) -> tuple[float, str] | None:
        """Return (seconds left, reason) if the host need not be waited for."""
        until, reason = self._away.get(host, (0.0, ""))
        return (until - now, reason) if until > now else None
