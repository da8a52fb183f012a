"""Feeds that know days alone, and write each as its midnight."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from samestory.ingest.feeds.entry import Entry
from samestory.ingest.text.dates import is_midnight

LEAST: Final = 3  # dated entries; of fewer nobody can tell


def with_days(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Return entries, those marked that state a day alone as its midnight.

    They do where most of the feed's dates are midnights; elsewhere midnight is an hour,
    at which much is published on purpose.
    """
    dated = [one for one in entries if one.published_raw]
    days = [is_midnight(one.published_raw or "") for one in dated]
    if len(dated) < LEAST or 2 * sum(days) <= len(dated):
        return tuple(entries)
    return tuple(
        replace(one, is_day=is_midnight(one.published_raw or "")) for one in entries
    )
