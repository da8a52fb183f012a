"""What the headers of an answer say about time: pure functions."""

import email.utils
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from samestory.days import DAY_S

MAX_WAIT_S: Final = DAY_S  # of a Retry-After; a server once asked for 88 h
MAX_FRESH_S: Final = (
    DAY_S  # a feed that announces more is asked once a day all the same
)
_MAX_AGE: Final = re.compile(
    r"(?:^|[,\s])(?:s-)?max-?age\s*=\s*\"?(\d{1,12})", re.IGNORECASE
)


def http_date(text: str) -> datetime | None:
    """Parse a date of HTTP (RFC 9110 section 5.6.7); None if it is none."""
    try:
        date = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Return Retry-After in seconds, capped at a day; None if absent or unreadable.

    A date is taken relative to the server's own Date: its clock may be wrong.

    Args:
        headers: of the answer, by lower-case names.
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:12]), MAX_WAIT_S)
    until, now = http_date(text), http_date(headers.get("date", ""))
    if until is None:
        return None
    seconds = (until - (now or datetime.now(UTC))).total_seconds()
    return min(seconds, MAX_WAIT_S) if seconds > 0 else None


def fresh_for_s(headers: Mapping[str, str]) -> float | None:
    """Return for how many seconds an answer says it is fresh; None if it does not.

    Cache-Control wins over Expires, which counts from the server's own Date (RFC 9111
    section 4.2.1).

    Args:
        headers: of the answer, by lower-case names.
    """
    control = headers.get("cache-control", "").lower()
    if "no-cache" in control or "no-store" in control:
        return 0.0
    if match := _MAX_AGE.search(control):
        return min(float(match[1]), MAX_FRESH_S)
    until = http_date(headers.get("expires", ""))
    now = http_date(headers.get("date", ""))
    if until is None or now is None:
        return None
    return min(max(0.0, (until - now).total_seconds()), MAX_FRESH_S)
