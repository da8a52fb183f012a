"""What a person sees while the workers work, and when all has been read."""

import sys
import time
from dataclasses import dataclass

from rich.console import Console

from samestory.deploy.stream.log import JOURNAL, STORIES, Log, behind
from samestory.ingest.frontier.frontier import Frontier


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
            f" · pages waiting {self.pages_due} · stories {self.published}"
            f" · to embed {self.to_embed} · to cluster {self.to_index}"
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

    def end(self, text: str = "") -> None:
        """Leave the line, with a last word."""
        if self._console.is_terminal:
            sys.stderr.write("\r\x1b[2K")
        if text:
            sys.stderr.write(text + "\n")
        sys.stderr.flush()
