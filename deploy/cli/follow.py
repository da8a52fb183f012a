"""`samestory follow`: what becomes of events, as JSON lines, as it is published."""

import json
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Final

from cyclopts import Parameter

from samestory.deploy import wiring
from samestory.deploy.cli.journal import patience_of
from samestory.deploy.cli.options import Kafka
from samestory.deploy.cli.output import print_json
from samestory.deploy.config import Settings
from samestory.deploy.loop import patiently
from samestory.deploy.masking import shown
from samestory.deploy.process import stop_on_signals
from samestory.deploy.stream.log import EVENTS, Log
from samestory.errors import Misconfigured

BEGINNING: Final = "beginning"
NOW: Final = "now"
PAGE: Final = 500
PAUSE_S: Final = 0.5  # between two looks at a log that has nothing new


@dataclass(frozen=True, kw_only=True)
class Follow(Kafka):
    """Print each revision of an event as it is published, a JSON object a line.

    As topic `events` has it, with its partition and offset; no worker's position
    changes. Goes on until stopped; the next --from is one more than the offset that
    was printed last.

    Examples:
      samestory follow
      samestory follow --from beginning --once > events.jsonl
      samestory follow --from 1042 --brokers kafka:9092
    """

    begin: Annotated[
        str,
        Parameter(
            name="--from",
            metavar="beginning|now|OFFSET",
            help="where to begin (now); of several partitions 0:OFFSET,1:OFFSET",
        ),
    ] = NOW
    once: Annotated[bool, Parameter(help="stop where the topic ends now")] = False

    def run(self, settings: Settings) -> int:
        """Read and print."""
        log, stop = wiring.open_log(settings), stop_on_signals()
        number = patiently(partial(log.partitions, EVENTS), patience_of(settings))
        positions = self._positions(log, number)
        is_there = False
        while not stop.is_set():
            new = [
                (partition, record)
                for partition, position in positions.items()
                for record in patiently(
                    partial(log.read, EVENTS, partition, position, PAGE),
                    patience_of(settings),
                )
            ]
            for partition, record in new:
                positions[partition] = record.offset + 1
                if record.value:
                    where = {"partition": partition, "offset": record.offset}
                    print_json(where | shown(json.loads(record.value)))
                    is_there = True
            if not new and self.once:
                break
            if not new:
                stop.wait(PAUSE_S)
        return 0 if is_there or not self.once else 1

    def _positions(self, log: Log, number: int) -> dict[int, int]:
        """Return where each partition is read from."""
        if self.begin == BEGINNING:
            return dict.fromkeys(range(number), 0)
        if self.begin == NOW:
            return {one: _end(log, one) for one in range(number)}
        try:
            pairs = [part.rpartition(":") for part in self.begin.split(",")]
            given = {int(one or 0): int(offset) for one, _, offset in pairs}
        except ValueError as error:
            raise Misconfigured(
                f"--from {self.begin!r}: use beginning, now, an OFFSET, or"
                " PARTITION:OFFSET,PARTITION:OFFSET"
            ) from error
        if not set(given) <= set(range(number)) or min(given.values()) < 0:
            raise Misconfigured(
                f"--from {self.begin!r}: topic events has partitions 0 to {number - 1}"
            )
        return {one: given.get(one, 0) for one in range(number)}


def _end(log: Log, partition: int) -> int:
    """Return the offset behind the last record of a partition."""
    position = 0
    while records := log.read(EVENTS, partition, position, PAGE):
        position = records[-1].offset + 1
    return position
