"""`samestory follow`: what becomes of events, as JSON lines, as it is published."""

import sys
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Final

from cyclopts import Parameter

from samestory.deploy import wiring
from samestory.deploy.cli.options import Kafka
from samestory.deploy.cli.output import plain, print_json
from samestory.deploy.config import Settings
from samestory.deploy.exit_codes import DONE, NOTHING_FOUND
from samestory.deploy.loop import patiently, until
from samestory.deploy.masking import shown
from samestory.deploy.process import stop_on_signals
from samestory.deploy.stream.log import EVENTS, Record
from samestory.errors import Misconfigured, Quarantine
from samestory.message import json_object

BEGINNING: Final = "beginning"
NOW: Final = "now"
PAGE: Final = 500
PAUSE_S: Final = 0.5  # between two looks at a log that has nothing new


@dataclass(frozen=True, kw_only=True)
class Follow(Kafka):
    """Print each revision of an event as it is published, a JSON object a line.

    As topic `events` has it, with its offset; no worker's position changes. Goes on
    until stopped; the next --from is one more than the offset that was printed last.

    Examples:
      samestory follow
      samestory follow --from beginning --once > events.jsonl
      samestory follow --from 1042 --brokers kafka:9092
    """

    begin: Annotated[
        str,
        Parameter(
            name="--from", metavar="beginning|now|OFFSET", help="where to begin (now)"
        ),
    ] = NOW
    once: Annotated[bool, Parameter(help="stop where the topic ends now")] = False

    def run(self, settings: Settings) -> int:
        """Read and print."""
        wiring.must_have_log(settings)
        log, stop = wiring.open_log(settings), stop_on_signals()
        patience = partial(until, wiring.wait_of(settings), stop.is_set)
        end = patiently(partial(log.count, EVENTS), patience())
        position, is_there = self._beginning(end), False
        while not stop.is_set() and not (self.once and position >= end):
            read = partial(log.read, EVENTS, 0, position, PAGE)
            records = patiently(read, patience())
            for record in records:
                is_there |= _print(record)
            sys.stdout.flush()  # whoever reads a pipe must not wait for more
            if not records and self.once:
                break
            position = records[-1].offset + 1 if records else position
            if not records:
                stop.wait(PAUSE_S)
        log.close()
        return DONE if is_there or not self.once else NOTHING_FOUND

    def _beginning(self, end: int) -> int:
        """Return the offset to begin at; `end` is behind the last record."""
        places = {BEGINNING: 0, NOW: end}
        is_offset = self.begin.isascii() and self.begin.isdigit()
        if self.begin not in places and not is_offset:
            raise Misconfigured(
                f"--from {self.begin!r}: use beginning, now, or an OFFSET, 0 or more"
            )
        return places[self.begin] if self.begin in places else int(self.begin)


def _print(record: Record) -> bool:
    """Print a record; tell whether it is one. What is none is named and passed over."""
    if not record.value:
        return False
    try:
        print_json({"offset": record.offset} | shown(json_object(record.value)))
    except Quarantine as error:
        sys.stderr.write(f"offset {record.offset}: passed over: {plain(str(error))}\n")
        return False
    return True
