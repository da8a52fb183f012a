"""The quarantine: what can never work is set aside with the reason.

Topic `quarantine` holds what happened to each case, in order: held, retried, dropped,
mended (a feed that is read again); the last record of an id counts. A retry that fails
again is held under its old id.
"""

import hashlib
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from samestory.deploy.loop import patiently
from samestory.deploy.stream.log import QUARANTINE, Log, Message, Record
from samestory.errors import Misconfigured, Rejected

MAX_VALUE: Final = 3_000_000  # bytes of the offending input that are kept
MAX_TEXT: Final = 2_000  # characters of its key, and of the reason
MAX_ATTEMPTS: Final = 5  # a case that failed so often is not retried unless forced
PAGE: Final = 1_000  # records read at once
CASE_ID: Final = re.compile(r"q-[0-9a-f]{16}")
CASE: Final = "quarantine"  # header of a retried message: the id of its case
ATTEMPT: Final = "attempt"
FEED: Final = "feed"  # header of a case that is a whole feed
HELD: Final = "held"
RETRIED: Final = "retried"
MENDED: Final = "mended"

_log = logging.getLogger("samestory")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is in quarantine, as the last record of its id tells.

    Attributes:
        case_id: `q-` and 16 hex digits.
        status: held, retried, dropped or mended.
        stage: the worker that set it aside: ingest, embed, index or import.
        reason: why.
        where: topic:partition:offset, the feed's or page's URL, or file:line.
        topic: where its message came from; "" if it never was one.
        key: of that message.
        attempt: how often it was tried, from 1.
        at: when, seconds since the epoch.
        value: the message or input, at most MAX_VALUE bytes.
        is_whole: nothing of the value was cut off.
        offset: of the record that set it aside last.
        is_feed: it is a whole feed.
    """

    case_id: str
    status: str
    stage: str
    reason: str
    where: str
    topic: str
    key: str
    attempt: int
    at: float
    value: bytes
    is_whole: bool
    offset: int
    is_feed: bool = False


def quarantine_record(log: Log, stage: str, record: Record, reason: str) -> None:
    """Set aside a message, with where it came from and why."""
    where = f"{record.topic}:{record.partition}:{record.offset}"
    before = _number(record.headers.get(ATTEMPT, "0"))
    headers = {
        "stage": stage,
        "reason": reason,
        "error": "Quarantine",
        "topic": record.topic,
        "key": record.key[:MAX_TEXT],
        "partition": str(record.partition),
        "offset": str(record.offset),
        ATTEMPT: str(before + 1),
    }
    known = record.headers.get(CASE, "")
    case_id = known if CASE_ID.fullmatch(known) else _id(stage, where)
    if len(record.key) > MAX_TEXT:
        headers |= {"cut": str(len(record.value))}
    log.publish(QUARANTINE, [_message(case_id, record.value, headers)])


def history(record: Record) -> dict[str, str]:
    """Return the headers that carry a retried case on to the next topic."""
    return {n: record.headers[n] for n in (CASE, ATTEMPT) if n in record.headers}


def quarantine_rejected(log: Log, stage: str, rejected: Sequence[Rejected]) -> None:
    """Set aside what never became a message: a feed, an entry, an import line."""
    log.publish(
        QUARANTINE,
        [
            _message(
                _id(stage, f"{r.source} {r.detail[:200]} {r.reason}"),
                r.detail.encode("utf-8", "replace"),
                {
                    "stage": stage,
                    "reason": r.reason,
                    "error": "Quarantine",
                    "url": r.source.encode("utf-8", "replace").decode(),
                    ATTEMPT: "1",
                }
                | ({FEED: "1"} if r.is_feed else {}),
            )
            for r in rejected
        ],
    )


def _message(case_id: str, value: bytes, headers: dict[str, str]) -> Message:
    cut = {} if len(value) <= MAX_VALUE else {"cut": str(len(value))}
    headers = headers | {"reason": headers["reason"][:MAX_TEXT]} | cut
    return Message(key=case_id, value=value[:MAX_VALUE], headers=headers)


def cases(log: Log) -> dict[str, Case]:
    """Return every case by id, as its last record tells, the oldest first."""
    open_cases: dict[str, Case] = {}
    for record in _records(log):
        case = _case(record, open_cases.get(record.key))
        open_cases.pop(record.key, None)
        open_cases[record.key] = case
    return open_cases


def _records(log: Log) -> Iterator[Record]:
    position = 0
    while page := log.read(QUARANTINE, 0, position, PAGE):
        yield from page
        position = page[-1].offset + 1


def _case(record: Record, before: Case | None) -> Case:
    headers = record.headers
    status = headers.get("status", HELD)
    place = ":".join(headers.get(n, "?") for n in ("topic", "partition", "offset"))
    attempt = headers.get(ATTEMPT, "1")
    is_late = before and headers.get("of", str(before.offset)) != str(before.offset)
    if before and is_late and status != HELD:
        return before  # it failed again before this was written down: it is held
    # A record of what happened to a case leaves out what the case is.
    earlier = before if status != HELD and before else None
    tries = max(1, _number(attempt))
    if before and not earlier:  # held again: what never was a message carries no count
        tries = max(tries, before.attempt + (before.status == RETRIED))
    return Case(
        case_id=record.key,
        status=status,
        stage=earlier.stage if earlier else headers.get("stage", "?"),
        reason=earlier.reason if earlier else headers.get("reason", "?"),
        where=earlier.where if earlier else headers.get("url") or place,
        topic=earlier.topic if earlier else headers.get("topic", ""),
        key=earlier.key if earlier else headers.get("key", ""),
        attempt=earlier.attempt if earlier else tries,
        at=record.appended_at,
        value=earlier.value if earlier else record.value,
        is_whole=earlier.is_whole if earlier else "cut" not in headers,
        offset=earlier.offset if earlier else record.offset,
        is_feed=earlier.is_feed if earlier else FEED in headers,
    )


class HeldFeeds:
    """The feeds that are held, until they are read again."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._urls: set[str] | None = None  # not read yet
        self._is_refused = False

    def held(self, rejected: Sequence[Rejected]) -> None:
        """Hear what is set aside."""
        if self._urls is not None:
            self._urls |= {one.source for one in rejected if one.is_feed}

    def mended(self, url: str) -> None:
        """Give up the cases of a feed, with their end told: it is read again.

        Where the log does not let us read them that is said once: the feed is read.
        """
        try:
            self._mend(url)
        except Misconfigured as error:
            if not self._is_refused:
                _log.warning("feeds that are read again stay in quarantine: %s", error)
            self._is_refused = True

    def _mend(self, url: str) -> None:
        if self._urls is None:
            self._urls = {case.where for case in self._cases()}
        if url not in self._urls:
            return
        for case in self._cases():
            if case.where == url:
                settle(self._log, case, MENDED)
        self._urls.discard(url)

    def _cases(self) -> list[Case]:
        held = (case for case in cases(self._log).values() if case.status == HELD)
        return [case for case in held if case.is_feed]


def settle(log: Log, case: Case, status: str) -> None:
    """Write down that a case was retried, dropped or mended."""
    headers = {"status": status, "of": str(case.offset)}
    log.publish(QUARANTINE, [Message(key=case.case_id, value=b"", headers=headers)])


def retry_message(log: Log, case: Case) -> None:
    """Publish a case's message to the topic it came from, with its history."""
    headers = {CASE: case.case_id, ATTEMPT: str(case.attempt)}
    log.publish(case.topic, [Message(key=case.key, value=case.value, headers=headers)])
    settle(log, case, RETRIED)


def _number(text: str) -> int:
    """Return a header's count; 0 for what is none, since anybody may publish."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0  # noqa: PLR2004


def _id(stage: str, where: str) -> str:
    identity = f"{stage} {where}".encode("utf-8", "replace")
    return "q-" + hashlib.sha256(identity).hexdigest()[:16]


def set_aside(
    log: Log, stage: str, stop: Callable[[], bool], record: Record, reason: str
) -> None:
    """Quarantine a record of a worker, however long the log is away; say so."""
    where = f"{record.topic}:{record.partition}:{record.offset}"
    _log.warning("quarantined %s: %s", where, reason)
    patiently(partial(quarantine_record, log, stage, record, reason), stop)
