"""robots.txt (RFC 9309): asked once a day for each origin, obeyed for pages."""

import threading
import time
from typing import Final

from ingest.client import MAX_ROBOTS_BYTES, Client, FetchFailed, FetchRefused
from ingest.sandbox import Sandbox
from ingest.urls import origin_of

CACHE_S: Final = 86_400.0  # RFC 9309 section 2.4: not longer than 24 hours
MAX_ORIGINS: Final = 10_000  # with MAX_KEPT, the memory bound; the oldest go first
MAX_KEPT: Final = 100_000_000  # bytes of all files; a usual one has 2,000


class Robots:
    """Answers whether a page may be fetched. Safe to use from several threads."""

    def __init__(self, client: Client, sandbox: Sandbox, user_agent: str) -> None:
        self._client = client
        self._sandbox = sandbox
        self._agent = user_agent
        self._lock = threading.Lock()
        self._files: dict[str, tuple[float, bytes]] = {}
        self._kept = 0

    def allows(self, url: str) -> bool:
        """Tell whether robots.txt of the URL's origin lets us fetch it.

        4xx counts as allowed and an unreachable server as disallowed, as the RFC says.

        Raises:
            FetchFailed: robots.txt itself can't be had now; try the page later.
            ParserFailed: it can't be read; then nothing of the origin is fetched.
        """
        origin = origin_of(url)
        with self._lock:
            known = self._files.get(origin)
        if known is None or known[0] < time.monotonic():
            known = (time.monotonic() + CACHE_S, self._fetch(origin))
            self._keep(origin, known)
        if not known[1].strip():
            return True
        return bool(self._sandbox.run(is_allowed, known[1], url, self._agent))

    def _keep(self, origin: str, file: tuple[float, bytes]) -> None:
        with self._lock:
            self._kept += len(file[1]) - len(self._files.pop(origin, (0, b""))[1])
            self._files[origin] = file
            while len(self._files) > MAX_ORIGINS or self._kept > MAX_KEPT:
                oldest = next(iter(self._files))
                self._kept -= len(self._files.pop(oldest)[1])

    def _fetch(self, origin: str) -> bytes:
        try:
            found = self._client.get(f"{origin}/robots.txt", max_bytes=MAX_ROBOTS_BYTES)
        except FetchFailed:
            raise
        except FetchRefused:
            return b""
        return found.body


def is_allowed(file: bytes, url: str, agent: str) -> bool:
    """Tell whether a robots.txt lets the agent fetch the URL.

    Runs in the sandbox: a hostile file makes Protego eat time and memory, which grow
    with agents times rules (62 kB took 11 s and 290 MB).
    """
    from protego import Protego  # noqa: PLC0415  (paid in workers only)

    rules = Protego.parse(file.decode("utf-8", "replace"))
    return bool(rules.can_fetch(url, agent))
