"""The quarantine: what can never work is set aside with the reason."""

import hashlib
from collections.abc import Sequence
from typing import Final

from deploy.stream.log import QUARANTINE, Log, Message, Record
from ingest.poller import Rejected

MAX_VALUE: Final = 1_000_000  # bytes of the offending input that are kept


def quarantine_record(log: Log, stage: str, record: Record, reason: str) -> None:
    """Set aside a message, with where it came from and why."""
    where = f"{record.topic}:{record.partition}:{record.offset}"
    log.publish(
        QUARANTINE,
        [
            Message(
                key=_id(stage, where),
                value=record.value[:MAX_VALUE],
                headers={
                    "stage": stage,
                    "reason": reason,
                    "error": "Quarantine",
                    "topic": record.topic,
                    "partition": str(record.partition),
                    "offset": str(record.offset),
                    "attempt": "1",
                },
            )
        ],
    )


def quarantine_rejected(log: Log, stage: str, rejected: Sequence[Rejected]) -> None:
    """Set aside what never became a message: a feed, an entry, an import line."""
    log.publish(
        QUARANTINE,
        [
            Message(
                key=_id(stage, f"{r.source} {r.detail[:200]} {r.reason}"),
                value=r.detail.encode("utf-8", "replace")[:MAX_VALUE],
                headers={
                    "stage": stage,
                    "reason": r.reason,
                    "error": "Quarantine",
                    "url": r.source.encode("utf-8", "replace").decode(),
                    "attempt": "1",
                },
            )
            for r in rejected
        ],
    )


def _id(stage: str, where: str) -> str:
    return (
        "q-"
        + hashlib.sha256(f"{stage} {where}".encode("utf-8", "replace")).hexdigest()[:16]
    )
