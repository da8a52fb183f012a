"""What a person sees while the workers work, and when all has been read."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from rich.console import Console

from samestory.deploy.stream.log import JOURNAL, STORIES, Log, behind
from samestory.ingest.frontier.frontier import Frontier

PACE_S: Final = 1.0  # of work, before its pace says anything: seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where the work stands; numbers of feeds, stories and records."""

    feeds: int
    feeds_due: int
    pages_due: int
    published: int
    to_embed: int
    to_index: int

    @property
    def is_idle(self) -> bool:
        """Everything that the feeds offer has been read and clustered."""
        waiting = self.feeds_due + self.pages_due + self.to_embed + self.to_index
        return waiting == 0

    def __str__(self) -> str:
        return (
            f"feeds {self.feeds - self.feeds_due}/{self.feeds} read"
            f", pages waiting {self.pages_due}, stories {self.published}"
            f", to embed {self.to_embed}, to cluster {self.to_index}"
        )


def standing(frontier: Frontier, log: Log, since: float) -> Standing:
    """Look from the source to the sink, so that nothing can slip past in between.

    Args:
        frontier: read only.
        log: read only.
        since: feeds polled after this (seconds since the epoch) count as read.
    """
    due, total = frontier.feeds.unpolled_since(since)
    return Standing(
        feeds=total,
        feeds_due=due,
        pages_due=frontier.stories.due_count(),
        published=log.count(STORIES),
        to_embed=behind(log, "embed", STORIES),
        to_index=behind(log, "index", JOURNAL),
    )


class ProgressLine:
    """One line on stderr: in place on a terminal, now and then elsewhere."""

    def __init__(self, every_s: float = 3.0) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._every_s = every_s
        self._last, self._at = "", 0.0
        self._pace = Pace("", 0)

    def show(self, text: str) -> None:
        """Show the line, if it says something new."""
        now = time.monotonic()
        live = self._console.is_terminal
        if text == self._last or now - self._at < (0.2 if live else self._every_s):
            return
        self._last, self._at = text, now
        if live:
            sys.stderr.write(f"\r\x1b[2K{text[: self._console.width - 1]}")
        else:
            sys.stderr.write(text + "\n")
        sys.stderr.flush()

    def count(
        self, doing: str, done: int, total: int | None = None, more: str = ""
    ) -> None:
        """Show how far a work is, how fast it goes, and how long it will take.

        Args:
            doing: what; another begins anew.
            done: so many of it.
            total: None where nobody knows.
            more: what else to say.
        """
        if doing != self._pace.doing:
            self._pace = Pace(doing, done)
        of = "" if total is None else f" of {total:,}"
        said = f", {more}" * bool(more)
        self.show(f"{doing} {done:,}{of}{said}{self._pace.said(done, total)}")

    @contextmanager
    def ticking(self, text: str) -> Iterator[None]:
        """Show how long a work has taken that does not tell how far it is."""
        begin, ended = time.monotonic(), threading.Event()

        def tick() -> None:
            while not ended.wait(1.0):
                self.show(f"{text}, {duration(time.monotonic() - begin)}")

        ticker = threading.Thread(target=tick, daemon=True)
        ticker.start()
        try:
            yield
        finally:
            ended.set()
            ticker.join()
            self.end()

    def end(self, text: str = "") -> None:
        """Leave the line, with a last word."""
        if self._console.is_terminal:
            sys.stderr.write("\r\x1b[2K")
        if text:
            sys.stderr.write(text + "\n")
        sys.stderr.flush()


class Pace:
    """How fast a work goes, from its first count on."""

    def __init__(self, doing: str, done: int, begin: float | None = None) -> None:
        """Begin now, or at `begin` of time.monotonic(), with so much done."""
        self.doing = doing
        self._done, self._at = done, time.monotonic() if begin is None else begin

    def said(self, done: int, total: int | None) -> str:
        """Return the pace and the time left, "" before anybody can know."""
        took = time.monotonic() - self._at
        if done <= self._done or took < PACE_S:
            return ""
        rate = (done - self._done) / took
        pace = f", {rate:,.0f} a second" if rate >= 1 else f", {60 * rate:.0f} a minute"
        left = "" if total is None else f", {duration((total - done) / rate)} left"
        return pace + left * (total is not None and done < total)


def duration(seconds: float) -> str:
    """Return a length of time for people: `40 s`, `3 min`, `2 h 05 min`."""
    if seconds < 99.5:  # noqa: PLR2004
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:  # noqa: PLR2004
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60:02d} min"
