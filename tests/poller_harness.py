"""A poller with its frontier on a real file, and what it published and rejected."""

import random
import time
from collections.abc import Callable

from samestory.ingest.fetch.robots import Robots
from samestory.ingest.frontier.frontier import Frontier
from samestory.ingest.polling.intervals import Limits
from samestory.ingest.polling.politeness import Politeness
from samestory.ingest.polling.poller import Poller


class Harness:
    """Runs a poller until something holds; its clock is the test's."""

    def __init__(
        self,
        path,
        client,
        sandbox,
        *,
        clock=time.time,
        spacing_s=0.0,
        shortest_s=600,
        hastens=False,
    ):
        """Begin.

        Args:
            path: of the frontier.
            client: that fetches.
            sandbox: that parses.
            clock: seconds since the epoch.
            spacing_s: between two requests to a host.
            shortest_s: between two polls of a feed.
            hastens: whether each look takes a second, so that what failed is due soon.
        """
        self.frontier = Frontier(path)
        self.stories, self.rejected, self.said, self.mended = [], [], [], []
        self.ahead_s, self._hastens = 0.0, hastens
        self.poller = Poller(
            frontier=self.frontier,
            client=client,
            robots=Robots(client, sandbox, "samestory-tests"),
            sandbox=sandbox,
            publish=self.stories.extend,
            reject=self.rejected.extend,
            log=self.said.append,
            mended=self.mended.append,
            politeness=Politeness(
                limits=Limits(shortest_s=shortest_s, longest_s=21_600),
                spacing_s=spacing_s,
            ),
            clock=lambda: clock() + self.ahead_s,
            rng=random.Random(1),
        )
        if hastens or clock is not time.time:  # one that is ours needs no real pauses
            self.poller._idle.set()

    def run(self, until: Callable[[], bool], seconds: float = 60.0) -> None:
        """Poll until the condition holds."""
        end = time.monotonic() + seconds

        def stop() -> bool:
            self.ahead_s += self._hastens
            assert time.monotonic() < end, (
                self.said[-9:],
                self.frontier.stories.counts(),
            )
            return until()

        self.poller.run(stop)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way."""
        return not self.poller._jobs

    def next_due(self) -> float:
        """Return when the next feed or story is due; infinity if none is."""
        dues = (self.frontier.feeds.next_due(), self.frontier.stories.next_due())
        return min((due for due in dues if due is not None), default=float("inf"))
