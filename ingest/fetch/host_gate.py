"""When a host may be asked again: feeds, pages and robots.txt of it share one gate.

- One request at a time to a host, and a pause after each: the configured spacing, what
  robots.txt asks for (Crawl-delay), or as long as the host takes to answer (Scrapy's
  AutoThrottle), whichever is longest.
- A host without connection is asked again after CONNECT_DELAYS_S; then, as one that
  asks for more than MAX_WAIT_S, it is away: what is due from it is not waited for.
"""

from typing import Final

CONNECT_DELAYS_S: Final = (5.0, 30.0)  # a blip of DNS or network is over by then
HOST_AWAY_S: Final = 600.0  # a host without connection is not asked again so long
MAX_WAIT_S: Final = 60.0  # a Retry-After beyond it counts as a no for a page
MAX_DELAY_S: Final = 30.0  # of what a slow host or its robots.txt makes us wait
EASE: Final = 0.25  # weight of the newest answer's time (Media Cloud's scheduler)
MAX_HOSTS: Final = 50_000  # of which we remember something


class HostGate:
    """The gates of all hosts; see above."""

    def __init__(self, spacing_s: float) -> None:
        self._spacing_s = spacing_s
        self._free_at: dict[str, float] = {}
        self._started: dict[str, float] = {}
        self._answer_s: dict[str, float] = {}
        self._asked_s: dict[str, float] = {}
        self._lost: dict[str, int] = {}
        self._away: dict[str, tuple[float, str]] = {}

    def is_free(self, host: str, now: float) -> bool:
        """Tell whether a request to the host may start."""
        return self._free_at.get(host, 0.0) <= now

    def start(self, host: str, now: float) -> None:
        """Close the host until it has answered or failed."""
        if len(self._free_at) > MAX_HOSTS:
            self._forget(now)
        self._free_at[host] = float("inf")
        self._started[host] = now

    def answered(self, host: str, now: float) -> None:
        """Open the host again after its pause."""
        took = max(0.0, now - self._started.get(host, now))
        before = self._answer_s.get(host, took)
        self._answer_s[host] = before + EASE * (took - before)
        self._free_at[host] = now + self.pause_s(host)
        self._lost.pop(host, None)

    def pause_s(self, host: str) -> float:
        """Return the seconds between an answer and the next request."""
        slow = min(self._answer_s.get(host, 0.0), MAX_DELAY_S)
        return max(self._spacing_s, self._asked_s.get(host, 0.0), slow)

    def crawl_delay(self, host: str, seconds: float) -> None:
        """Keep the pause that robots.txt asks for; one beyond MAX_DELAY_S is cut."""
        self._asked_s[host] = min(seconds, MAX_DELAY_S)

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

    def _forget(self, now: float) -> None:
        """Drop what is known of hosts that may be asked at once, as of new ones."""
        for host in [h for h, at in self._free_at.items() if at <= now]:
            for kept in (self._free_at, self._started, self._answer_s, self._asked_s):
                kept.pop(host, None)
            self._lost.pop(host, None)
            self._away.pop(host, None)
