"""Dates as publishers write them, repaired where that is safe.

The only file that imports dateparser, for months in other languages.

feedparser's own dates are not used: it reads CET, MSK and IST as UTC and turns an epoch
into a wrong year (seen in real feeds and peers).
"""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple

EARLIEST: Final = datetime(1990, 1, 1, tzinfo=UTC)  # before it, no web page had a feed
_YEAR, _MONTHS = 4, 12  # digits of a year, months of one
AHEAD: Final = timedelta(days=1)  # further in the future it is a mistake, not a clock
MAX_DATE: Final = 100  # characters; of a longer one the rest is not read

# Named zones that email.utils does not know; hours east of UTC.
ZONES: Final = {
    "CET": 1, "CEST": 2, "MET": 1, "MEST": 2, "EET": 2, "EEST": 3, "WET": 0, "WEST": 1,
    "BST": 1, "MSK": 3, "TRT": 3, "AST": 3, "GST": 4, "PKT": 5, "IST": 5.5, "NPT": 5.75,
    "ICT": 7, "WIB": 7, "HKT": 8, "SGT": 8, "PHT": 8, "KST": 9, "JST": 9, "AEST": 10,
    "AEDT": 11, "NZST": 12, "NZDT": 13, "SAST": 2, "EAT": 3, "CAT": 2, "WAT": 1,
    "BRT": -3, "ART": -3, "Z": 0,
}  # fmt: skip
_NAMED = re.compile(r"\s\(?([A-Z]{1,5})\)?$")
_HALF_DAY: Final = re.compile(
    r"(\d{1,2}):(\d{2})(:\d{2})?\s*([ap])\.?m\.?", re.IGNORECASE
)
_COMPACT: Final = re.compile(r"(\d{8})(\d{6}(?:Z|[+-]\d{4})?)")  # of logs, ASN.1
_SEPARATED: Final = re.compile(r"\d{4}-?(?:\d\d-?\d\d|[Ww]\d\d(?:-?\d)?)(?:[Tt _]|$)")
_OFFSET: Final = re.compile(r"(?<!\s)\s*\b(?:GMT|UTC)([+-])(\d{1,2}):?(\d{2})?\b")
_COLON: Final = re.compile(r"\s([+-]\d{2}):(\d{2})$")
# Numbers alone, with a time and a zone or without: 20-11-2026 19:00 +0400.
_NUMBERS: Final = re.compile(
    r"(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4})"
    r"(?:[ T]+(\d{1,2}:\d{2}(?::\d{2})?))?\s*([+-]\d{2}:?\d{2}|Z|UTC|GMT)?"
)
_SLASHED: Final = re.compile(r"\b(\d{1,2})/(\d{1,2})/\d{2,4}\b")
# What ends with its year; of a day the zone says nothing.
_YEAR_ALONE: Final = re.compile(
    r"(\b\d{4}|(?<=\d [A-Z][a-z]{2} )\d\d)(?: +(?:[A-Z]{1,5}|[+-]\d{4}))?$"
)
_NO_YEAR: Final = re.compile(r"(?<=[A-Za-z] )000\d\b")  # what .NET writes for no date
_DAY_IN_ZONE: Final = re.compile(r"(\d{4}-\d\d-\d\d) ?(?:Z|[+-]\d\d:?\d\d)")
_MIDNIGHT: Final = re.compile(
    r"(?:(?:T|(?<=\d),?\s+)(?:00?:00(?::00(?:[.,]0+)?)?|12:00(?::00)?\s*a\.?m\.?)"
    r"|T0000(?:00)?)"
    r"(?:\s*(?:Z|[A-Z]{2,5}|(?:GMT|UTC)?[+-]\d\d?:?\d\d))?(?:\s*\([^()]*\))?$",
    re.IGNORECASE,
)
_AS_WRITTEN: Final = {  # nothing relative, no part made up
    "PARSERS": ["absolute-time"],
    "STRICT_PARSING": True,
}


class Moment(NamedTuple):
    """A date as it was understood; quality is exact, zone-guessed or first-seen."""

    at: datetime | None
    quality: str


UNKNOWN: Final = Moment(None, "first-seen")


def parse_date(raw: str | None, now: datetime, earliest: datetime = EARLIEST) -> Moment:
    """Read a date of a feed or an import line.

    Args:
        raw: RFC 822, RFC 3339 or ISO 8601, with or without a zone; None if absent.
        now: what "the far future" is measured against.
        earliest: what is before it can't be true.

    Returns:
        An aware UTC time and its quality; UNKNOWN where it can't be read or can't be
        true (too early, or more than a day ahead of now).
    """
    text = _cut(raw)
    if not text:
        return UNKNOWN
    text = re.sub(r"(?<!\d)24:00(:00)?", "23:59:59", text)
    text = _OFFSET.sub(_plain_offset, text)
    moment = _epoch(text) or _iso(text) or _numbers(text) or _rfc822(text)
    return _credible(moment, now, earliest)


def parse_date_of_any_language(raw: str | None, now: datetime) -> Moment:
    """Read a date as `parse_date` does, and months and days in other languages too.

    Runs in worker processes: dateparser takes up to a second for what is no date.
    """
    moment = parse_date(raw, now)
    text = _cut(raw)
    has_both = any(c.isalpha() for c in text) and any(c.isdigit() for c in text)
    if moment.at is not None or not has_both or _is_ambiguous(text):
        return moment
    from dateparser import parse  # noqa: PLC0415  (paid in workers only, and rarely)

    said = parse(text, settings=_AS_WRITTEN)
    if said is None:
        return UNKNOWN
    if said.tzinfo is None:
        said = said.replace(tzinfo=UTC)
        return _credible(Moment(said, "zone-guessed"), now, EARLIEST)
    return _credible(Moment(said.astimezone(UTC), "exact"), now, EARLIEST)


def is_midnight(written: str) -> bool:
    """Tell whether a date is a midnight, however it is written."""
    return _MIDNIGHT.search(written) is not None


def without_midnight(written: str) -> str:
    """Return a date without the midnight at its end, and the zone of that."""
    return _MIDNIGHT.sub("", written)


def _cut(raw: str | None) -> str:
    """Return what is read of a date, however long it is."""
    return (raw or "").strip()[:MAX_DATE]


def _is_ambiguous(text: str) -> bool:
    """Tell whether a date may be of two months: 05/02 is in May or in February."""
    match = _SLASHED.search(text)
    return match is not None and max(int(match[1]), int(match[2])) <= 12  # noqa: PLR2004


def _plain_offset(match: re.Match[str]) -> str:
    """Return GMT+2 as +0200."""
    return f" {match[1]}{int(match[2]):02}{match[3] or '00'}"


def _credible(moment: Moment | None, now: datetime, earliest: datetime) -> Moment:
    if moment is None or moment.at is None:
        return UNKNOWN
    return moment if earliest <= moment.at <= now + AHEAD else UNKNOWN


def _epoch(text: str) -> Moment | None:
    """Read seconds or milliseconds since 1970, of 2001 to 2286."""
    if not re.fullmatch(r"[1-9]\d{9}(?:\d{3})?", text):
        return None
    return Moment(datetime.fromtimestamp(int(text[:10]), UTC), "exact")


def _iso(text: str) -> Moment | None:
    if alone := _DAY_IN_ZONE.fullmatch(text):
        text = alone[1]
    elif compact := _COMPACT.fullmatch(text):
        text = f"{compact[1]}T{compact[2]}"
    elif not _SEPARATED.match(text):  # Python takes any sign between day and time
        return None
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            return Moment(at.replace(tzinfo=UTC), "zone-guessed")
        return Moment(at.astimezone(UTC), "exact")
    except (ValueError, OverflowError):
        return None


def _numbers(text: str) -> Moment | None:
    """Read numbers that mean one day alone: 20/11/2026, but not 05/02/2026."""
    match = _NUMBERS.fullmatch(text)
    if not match:
        return None
    first, _, second, third, time, zone = match.groups()
    if len(first) == _YEAR:
        year, month, day = first, second, third
    elif len(third) != _YEAR:
        return None
    elif int(first) > _MONTHS or first == second:
        day, month, year = first, second, third
    elif int(second) > _MONTHS:
        month, day, year = first, second, third
    else:
        return None
    zone = (zone or "") if time else ""  # of a day it says nothing
    offset = "+00:00" if zone in ("Z", "UTC", "GMT") else zone
    clock = f"0{time}" if time and time[1] == ":" else time or "00:00"
    return _iso(f"{year}-{month:0>2}-{day:0>2}T{clock}{offset}")


def _rfc822(text: str) -> Moment | None:
    if _NO_YEAR.search(text):  # Python reads 2001
        return None
    text = _COLON.sub(r" \1\2", text)
    text = _HALF_DAY.sub(_full_day, text)
    text = re.sub(r"([+-]\d{4})\s*\([^()]*\)$", r"\1", text)  # the offset says it all
    named = _NAMED.search(text) if ":" in text else None
    hours = ZONES.get(named.group(1)) if named else None
    if named and hours is not None:
        text = text[: named.start()]
    if ":" not in text:  # a day alone, of which Python reads nothing
        text = _YEAR_ALONE.sub(r"\1 00:00", text)
    try:
        at = parsedate_to_datetime(text)
        if hours is not None:
            shifted = at.replace(tzinfo=UTC) - timedelta(hours=hours)
            return Moment(shifted, "exact")
        if at.tzinfo is None:
            return Moment(at.replace(tzinfo=UTC), "zone-guessed")
        return Moment(at.astimezone(UTC), "exact")
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _full_day(match: re.Match[str]) -> str:
    hour = int(match[1]) % 12 + (12 if match[4].lower() == "p" else 0)
    return f"{hour:02}:{match[2]}{match[3] or ''}"
