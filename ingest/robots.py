"""robots.txt (RFC 9309): asked once a day for each origin, obeyed for pages."""

import threading
import time
from typing import Final

from protego import Protego

from ingest.client import MAX_ROBOTS_BYTES, Client, FetchFailed, FetchRefused
from ingest.urls import origin_of

CACHE_S: Final = 86_400.0  # RFC 9309 section 2.4: not longer than 24 hours
MAX_ORIGINS: Final = 10_000  # memory bound; the oldest are asked again


class Robots:
    """Answers whether a page may be fetched. Safe to use from several threads."""

    def __init__(self, client: Client, user_agent: str) -> None:
        self._client = client
        self._agent = user_agent
        self._lock = threading.Lock()
        self._rules: dict[str, tuple[float, Protego]] = {}

    def allows(self, url: str) -> bool:
        """Tell whether robots.txt of the URL's origin lets us fetch it.

        4xx counts as allowed and an unreachable server as disallowed, as the RFC says.

        Raises:
            FetchFailed: robots.txt itself can't be had now; try the page later.
        """
        origin = origin_of(url)
        with self._lock:
            known = self._rules.get(origin)
        if known is None or known[0] < time.monotonic():
            known = (time.monotonic() + CACHE_S, self._fetch(origin))
            with self._lock:
                while len(self._rules) >= MAX_ORIGINS:
                    del self._rules[next(iter(self._rules))]
                self._rules[origin] = known
        return bool(known[1].can_fetch(url, self._agent))

    def _fetch(self, origin: str) -> Protego:
        try:
            found = self._client.get(f"{origin}/robots.txt", max_bytes=MAX_ROBOTS_BYTES)
        except FetchFailed:
            raise
        except FetchRefused:
            return Protego.parse("")
        return Protego.parse(found.body.decode("utf-8", "replace"))
