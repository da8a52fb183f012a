"""What `samestory run` shows on a terminal while its workers work: one live screen.

What workers say goes above it, line by line.
"""

import sqlite3
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final, Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from samestory.deploy import wiring
from samestory.deploy.cli.output import isolated, moment_of, plain
from samestory.deploy.config import Settings
from samestory.deploy.process import running, since_last_turn
from samestory.deploy.progress import Pace, ProgressLine, Standing, duration
from samestory.deploy.supervisor import Supervisor, to_stderr
from samestory.deploy.worker import NAMES
from samestory.disk import is_there
from samestory.errors import Misconfigured, Retry
from samestory.index.store.query import Query
from samestory.index.store.reader import Reader
from samestory.ingest.frontier.feed_table import Feed
from samestory.ingest.frontier.frontier import Frontier

EVERY_S: Final = 1.0  # between two screens
INDEX_S: Final = 5.0  # between two questions of the index, where something has changed
EVENTS: Final = 6  # the newest, a line each
NAMED: Final = 3  # feeds that fail, hosts that ask to wait
BUSY_S: Final = 5.0  # that a worker's loop does not turn, before it is said
TOLD: Final = 2  # voices of an event that is counted


class Board:
    """The screen; within `with` it is there, at its end it is gone."""

    def __init__(self, settings: Settings, frontier: Frontier) -> None:
        """Show nothing yet."""
        self._settings, self._frontier = settings, frontier
        self._console = Console(stderr=True, highlight=False)
        self._live = Live(console=self._console, auto_refresh=False, transient=True)
        self._begin, self._at = time.monotonic(), -EVERY_S
        self._pace: Pace | None = None
        self._state: Reader | None = None
        self._index: list[str] = []
        self._index_at = -INDEX_S

    def __enter__(self) -> Self:
        self._live.start()
        self._console.show_cursor()  # who is killed could not do it
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()
        if self._state is not None:
            self._state.close()

    def tell(self, line: bytes) -> None:
        """Print a worker's line above the screen."""
        self._console.print(Text(plain(line.decode("utf-8", "replace").rstrip("\n"))))

    def show(self, now: Standing, supervisor: Supervisor) -> None:
        """Show where things stand, once in a second."""
        if time.monotonic() - self._at < EVERY_S:
            return
        self._at = time.monotonic()
        lines = [*self._lines(now, supervisor)][: self._console.height - 1]
        texts = [Text(isolated(plain(line)), no_wrap=True) for line in lines]
        for text in texts:
            text.truncate(self._console.width, overflow="ellipsis")
        self._live.update(Text("\n").join(texts), refresh=True)

    def _lines(self, now: Standing, supervisor: Supervisor) -> Iterator[str]:
        ran = duration(time.monotonic() - self._begin)
        yield f"samestory runs on {self._settings.home}, for {ran}; Ctrl-C ends it"
        yield ""
        feeds = self._frontier.feeds.all()
        yield f"feeds    {self._feeds(feeds, now)}"
        spacing = f", a site is asked every {self._settings.host_spacing:g} s"
        yield f"pages    {now.pages_due:,} wait{spacing * bool(now.pages_due)}"
        yield (
            f"stories  {now.published:,}, {now.to_embed:,} to embed,"
            f" {now.to_index:,} to group{self._speed(now)}"
        )
        yield from (f"waiting  {one}" for one in self._waits(now, supervisor))
        yield from self._of_index()
        failing = [one for one in feeds if one.failures]
        if failing:
            yield ""
        for feed in failing[:NAMED]:
            is_named = feed.status.startswith(feed.url)
            yield f"fails    {'' if is_named else f'{feed.url}: '}{feed.status}"
        if len(failing) > NAMED:
            yield f"fails    {len(failing) - NAMED} more: samestory feeds list"

    def _feeds(self, feeds: Sequence[Feed], now: Standing) -> str:
        never = sum(one.polled_at is None for one in feeds)
        failing = sum(bool(one.failures) for one in feeds)
        said = f"{len(feeds) - never - failing} of {len(feeds)} answer"
        said += f", {failing} fail" * bool(failing)
        said += f", {never} not asked yet" * bool(never)
        due = self._frontier.feeds.next_due()
        if now.feeds_due or due is None:
            return said
        return f"{said}; the next poll is in {duration(max(0.0, due - time.time()))}"

    def _speed(self, now: Standing) -> str:
        """Return how fast stories are embedded, while some wait."""
        embedded = now.published - now.to_embed
        if not now.to_embed:
            self._pace = None
            return ""
        self._pace = self._pace or Pace("embed", embedded)
        return self._pace.said(embedded, now.published)

    def _waits(self, now: Standing, supervisor: Supervisor) -> Iterator[str]:
        """Yield what is waited for, and why."""
        restarts, home = supervisor.restarts(), self._settings.home
        for name in NAMES:
            if name in restarts:
                yield f"{name} ended, it starts again in {restarts[name]:.0f} s"
            elif running(home, name) is None:
                yield f"{name} starts"
            elif (busy := since_last_turn(home, name)) > BUSY_S:
                model = " or with the model" if name == "embed" and now.to_embed else ""
                yield f"{name} is busy with one batch{model} for {duration(busy)}"
        hosts = self._frontier.host_waits.in_force(time.time())
        for host, until, reason in hosts[:NAMED]:
            left = duration(until - time.time())
            yield f"{host} asked not to be asked for another {left}: {reason}"

    def _of_index(self) -> list[str]:
        """Return what there is of events; of before where the state is held now."""
        if time.monotonic() - self._index_at < INDEX_S:
            return self._index
        with suppress(Misconfigured, Retry, sqlite3.Error):  # its owner says so
            if self._state is None and is_there(wiring.state_path(self._settings)):
                self._state = wiring.read_state(self._settings)
                self._index = self._read(self._state)
            elif self._state is not None and self._state.has_changed():
                self._index = self._read(self._state)
                self._index_at = time.monotonic()
        return self._index

    @staticmethod
    def _read(state: Reader) -> list[str]:
        with state.reading():
            every = state.count_events(Query())
            told = state.count_events(Query(min_voices=TOLD))
            newest = state.events(Query(limit=EVENTS))
        lines = [f"events   {every:,}, {told:,} told by two voices or more"]
        lines += [""] * bool(newest)
        for one in newest:
            last = one.own_reports[-1]
            when = moment_of(last.event_time, is_day=last.is_day)
            lines.append(f"{when}  {last.attribution}: {one.title}")
        return lines


class Line:
    """What is shown where there is no terminal: a line now and then."""

    def __init__(self) -> None:
        self._line = ProgressLine()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._line.end()

    tell = staticmethod(to_stderr)

    def show(self, now: Standing, _: Supervisor) -> None:
        """Show where things stand."""
        self._line.show(str(now))


def board_of(settings: Settings, frontier: Frontier) -> Board | Line:
    """Return what shows how a run goes, on a terminal or elsewhere."""
    is_screen = sys.stderr.isatty() and not Console(stderr=True).is_dumb_terminal
    return Board(settings, frontier) if is_screen else Line()
