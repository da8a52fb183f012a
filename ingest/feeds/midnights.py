"""Feeds that know days alone, and write each as its midnight."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from samestory.ingest.feeds.entry import Entry

LEAST: Final = 3  # dated entries; of fewer nobody can tell
_MIDNIGHT: Final = re.compile(
    r"(?:(?:T|(?<=\d),?\s+)(?:00?:00(?::00(?:[.,]0+)?)?|12:00(?::00)?\s*a\.?m\.?)"
    r"|T0000(?:00)?)"
    r"(?:\s*(?:Z|[A-Z]{2,5}|(?:GMT|UTC)?[+-]\d\d?:?\d\d))?(?:\s*\([^()]*\))?$",
    re.IGNORECASE,
)


def with_days(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Return entries, those marked that state a day alone as its midnight.

    They do where most of the feed's dates are midnights; elsewhere midnight is an hour,
    at which much is published on purpose.
    """
    dated = [one for one in entries if one.published_raw]
    days = {one for one in dated if _MIDNIGHT.search(one.published_raw or "")}
    if len(dated) < LEAST or 2 * len(days) <= len(dated):
        return tuple(entries)
    return tuple(replace(one, is_day=one in days) for one in entries)


def without_midnight(written: str) -> str:
    """Return a date without the midnight at its end, and the zone of that."""
    return _MIDNIGHT.sub("", written)
