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

    def __init__(self, path, client, sandbox, *, clock=time.time, spacing_s=0.0):
        self.frontier = Frontier(path)
        self.stories, self.rejected, self.said = [], [], []
        self.poller = Poller(
            frontier=self.frontier,
            client=client,
            robots=Robots(client, sandbox, "samestory-tests"),
            sandbox=sandbox,
            publish=self.stories.extend,
            reject=self.rejected.extend,
            log=self.said.append,
            politeness=Politeness(
                limits=Limits(shortest_s=600, longest_s=21_600), spacing_s=spacing_s
            ),
            clock=clock,
            rng=random.Random(1),
        )
        if clock is not time.time:  # one that is ours needs no real pauses
            self.poller._idle.set()

    def run(self, until: Callable[[], bool], seconds: float = 60.0) -> None:
        """Poll until the condition holds."""
        end = time.monotonic() + seconds

        def stop() -> bool:
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
