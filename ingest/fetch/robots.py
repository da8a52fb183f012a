"""robots.txt (RFC 9309): asked once a day for each origin, obeyed for pages."""

import threading
import time
from dataclasses import dataclass
from typing import Final

from samestory.days import DAY_S
from samestory.errors import Quarantine
from samestory.ingest.fetch.client import MAX_ROBOTS_BYTES, Client
from samestory.ingest.fetch.errors import FetchFailed, FetchRefused
from samestory.ingest.fetch.sandbox import Sandbox
from samestory.ingest.text.charset import decode
from samestory.urls import origin_of

CACHE_S: Final = DAY_S  # RFC 9309 section 2.4: not longer than 24 hours
MAX_ORIGINS: Final = 10_000  # with MAX_KEPT, the memory bound; the oldest go first
MAX_KEPT: Final = 100_000_000  # bytes of all files; a usual one has 2,000


class Disallowed(Quarantine):
    """robots.txt does not let us fetch this page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    until: float
    body: bytes


class Robots:
    """Answers whether a page may be fetched. Safe to use from several threads."""

    def __init__(self, client: Client, sandbox: Sandbox, user_agent: str) -> None:
        self._client = client
        self._sandbox = sandbox
        self._agent = user_agent
        self._lock = threading.Lock()
        self._files: dict[str, _File] = {}
        self._kept = 0

    def knows(self, url: str) -> bool:
        """Tell whether `check` would answer without a request of its own."""
        return self._known(url) is not None

    def check(self, url: str) -> None:
        """Let a URL be fetched.

        4xx counts as allowed and an unreachable server as disallowed, as the RFC says.

        Raises:
            Disallowed: its origin's robots.txt says no.
            FetchFailed: robots.txt itself can't be had now; try the page later.
            ParserFailed: it can't be read; then nothing of the origin is fetched.
        """
        file = self._known(url) or self.ask(url)
        if file.body.strip() and not self._sandbox.run(
            is_allowed, file.body, url, self._agent
        ):
            raise Disallowed(f"{url}: robots.txt disallows it")

    def crawl_delay_s(self, url: str) -> float:
        """Return the seconds that robots.txt asks for between requests, 0 for none."""
        file = self._known(url)
        if file is None or b"crawl-delay" not in file.body.lower():
            return 0.0
        return float(self._sandbox.run(crawl_delay_s, file.body, self._agent))

    def ask(self, url: str) -> _File:
        """Fetch the robots.txt of a URL's origin and keep it for a day.

        Raises:
            FetchFailed: it can't be had now.
        """
        origin = origin_of(url)
        try:
            body = self._client.get(
                f"{origin}/robots.txt", max_bytes=MAX_ROBOTS_BYTES, cut=True
            ).body
        except FetchFailed:
            raise
        except FetchRefused:  # 4xx, redirects without end: as if there were none
            body = b""
        file = _File(until=time.monotonic() + CACHE_S, body=body)
        self._keep(origin, file)
        return file

    def _known(self, url: str) -> _File | None:
        with self._lock:
            file = self._files.get(origin_of(url))
        return file if file and file.until > time.monotonic() else None

    def _keep(self, origin: str, file: _File) -> None:
        with self._lock:
            before = self._files.pop(origin, None)
            self._kept += len(file.body) - (len(before.body) if before else 0)
            self._files[origin] = file
            while len(self._files) > MAX_ORIGINS or self._kept > MAX_KEPT:
                oldest = next(iter(self._files))
                self._kept -= len(self._files.pop(oldest).body)


def is_allowed(file: bytes, url: str, agent: str) -> bool:
    """Tell whether a robots.txt lets the agent fetch the URL.

    Runs in the sandbox: a hostile file makes Protego eat time and memory, which grow
    with agents times rules (62 kB took 11 s and 290 MB).
    """
    from protego import Protego  # noqa: PLC0415  (paid in workers only)

    rules = Protego.parse(decode(file))
    return bool(rules.can_fetch(url, agent))


def crawl_delay_s(file: bytes, agent: str) -> float:
    """Return the Crawl-delay of a robots.txt for the agent, 0 if it has none."""
    from protego import Protego  # noqa: PLC0415

    return float(Protego.parse(decode(file)).crawl_delay(agent) or 0)
