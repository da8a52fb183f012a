"""Lists of feeds that an operator keeps: read from a file or URL, and followed."""

import logging
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from samestory.deploy import wiring
from samestory.deploy.config import Settings
from samestory.errors import Misconfigured, Quarantine
from samestory.ingest.feeds.opml import FeedList, checked_ref, parse_feedlist
from samestory.ingest.frontier.frontier import Frontier

LOOK_S: Final = 2.0  # seconds until a changed file is noticed

_log = logging.getLogger("samestory")


def read_feedlist(source: str, settings: Settings) -> FeedList:
    """Read a feed list from a file or a URL, as far as it goes.

    Raises:
        Misconfigured: it can't be had or read; says why.
    """
    if not _is_url(source):
        try:
            return parse_feedlist(Path(source).read_bytes(), source)
        except OSError as error:
            raise Misconfigured(f"{source}: {error.strerror}") from error
    try:
        from samestory.ingest.fetch.client import MAX_FEED_BYTES  # noqa: PLC0415

        fetched = wiring.open_client(settings).get(source, max_bytes=MAX_FEED_BYTES)
    except Quarantine as error:
        raise Misconfigured(f"--feeds {error}") from error
    return parse_feedlist(fetched.body, source)


class FeedLists:
    """The feeds of --feed and --feeds, in the frontier while a worker runs.

    A file is followed: feeds that are added to it are polled, those that are taken out
    of it are not any more. A URL is read once.
    """

    def __init__(
        self,
        frontier: Frontier,
        settings: Settings,
        *,
        urls: Iterable[str] = (),
        lists: Iterable[str] = (),
    ) -> None:
        """Read all of them.

        Raises:
            Misconfigured: one can't be had or read.
        """
        self._frontier = frontier
        self._settings = settings
        frontier.feeds.add(checked_ref(url) for url in urls)
        self._files: dict[Path, tuple[int, ...]] = {}  # as they were when read
        self._seen: dict[Path, tuple[int, ...]] = {}  # as they were at the last look
        for source in lists:
            if _is_url(source):
                frontier.feeds.add(_told(read_feedlist(source, settings)).feeds)
            else:
                path = Path(source).absolute()
                self._read(path, is_first=True)
        if self._files:  # else another process may follow them, e.g. a supervisor
            frontier.listed.forget_lists(but=[str(path) for path in self._files])
        self._looked_at = time.monotonic()

    def follow(self) -> None:
        """Read the files that have changed; one that can't be read changes nothing."""
        if not self._files or time.monotonic() < self._looked_at + LOOK_S:
            return
        self._looked_at = time.monotonic()
        for path, read in self._files.items():
            now = _stamp(path)
            seen, self._seen[path] = self._seen.get(path, read), now
            if now not in {read, ()} and now == seen:  # nobody is writing it just now
                try:
                    added, removed = self._read(path)
                    _log.info("%s: %d added, %d removed", path, added, removed)
                except Misconfigured as error:
                    _log.warning("%s; the feeds stay as they are", error)

    def _read(self, path: Path, *, is_first: bool = False) -> tuple[int, int]:
        """Read a file; one that was damaged since takes no feed away.

        Raises:
            Misconfigured: it can't be read.
        """
        while True:
            self._files[path] = _stamp(path)
            listed = read_feedlist(str(path), self._settings)
            if self._files[path] == _stamp(path):
                break  # else somebody wrote it while it was read
        if listed.is_damaged and not is_first:
            raise Misconfigured(listed.left_out[0])
        return self._frontier.feeds.follow(str(path), list(_told(listed).feeds))


def _told(listed: FeedList) -> FeedList:
    """Tell what of a list is not polled, and return it."""
    for reason in listed.left_out:
        _log.warning("left out: %s", reason)
    return listed


def _is_url(source: str) -> bool:
    return source.startswith(("http://", "https://"))


def _stamp(path: Path) -> tuple[int, ...]:
    """Return what changes with a file; () while it is away."""
    try:
        stat = path.stat()
    except OSError:
        return ()
    return stat.st_mtime_ns, stat.st_size, stat.st_ino
