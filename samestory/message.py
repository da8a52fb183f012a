"""What all messages share: one JSON object of a type and version, and its moments."""

import json
from collections.abc import Sequence
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta
from typing import Any, Final

from samestory.errors import Quarantine

# A year from the ends of the calendar: a sum, and every zone, stay inside.
FIRST: Final = datetime(MINYEAR + 1, 1, 1, tzinfo=UTC)
LAST: Final = datetime(MAXYEAR, 1, 1, tzinfo=UTC) - timedelta.resolution


def decode_object(value: bytes, *types: str) -> dict[str, Any]:
    """Parse one JSON object of one of the given types, major version 1.

    Raises:
        Quarantine: not JSON, not an object, another type, an unknown major version.
    """
    fields = json_object(value)
    if b"\\ud" in value.lower():  # half a character, which UTF-8 has not
        try:
            json.dumps(fields, ensure_ascii=False).encode()
        except (UnicodeEncodeError, RecursionError) as error:
            raise Quarantine(f"a text in it is none: {error}") from error
    if fields.get("type") not in types:
        raise Quarantine(
            f"type {fields.get('type')!r:.60}, expected {' or '.join(types)}"
        )
    if str(fields.get("version", "")).split(".")[0] != "1":
        raise Quarantine(
            f"version {fields.get('version')!r:.60} not known by this worker"
        )
    return fields


def json_object(value: bytes) -> dict[str, Any]:
    """Parse a JSON object, in UTF-8.

    Raises:
        Quarantine: not JSON, or not an object.
    """
    try:
        fields = json.loads(value.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Quarantine(f"not JSON: {error}") from error
    if not isinstance(fields, dict):
        raise Quarantine(f"not a JSON object but {type(fields).__name__}")
    return fields


def check_strings(
    fields: dict[str, Any], what: str, prefix: str, names: Sequence[str]
) -> None:
    """Refuse what a person is to have said where fields of it are no text.

    Raises:
        Quarantine: a field is none, or its id does not begin with the prefix.
    """
    for name in ("id", *names):
        if not isinstance(fields.get(name), str):
            raise Quarantine(f"{what}: {name} is not a string")
    if not fields["id"].startswith(prefix):
        raise Quarantine(f"{what}: id is none")


def iso(moment: datetime | None) -> str | None:
    """Return ISO 8601 in UTC, None for None."""
    return None if moment is None else moment.astimezone(UTC).isoformat()


def parse_moment(text: str, what: str) -> datetime:
    """Parse an ISO 8601 time with its zone.

    Raises:
        Quarantine: it is none, see `check_moment`.
    """
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise Quarantine(f"{what}: {error}") from error
    check_moment(moment, what)
    return moment


def check_moment(moment: datetime, what: str) -> None:
    """Refuse a time that can't be reckoned with everywhere, in UTC or another zone.

    Raises:
        Quarantine: it has no time zone, or is at the ends of the calendar.
    """
    if moment.tzinfo is None:
        raise Quarantine(f"{what} has no time zone")
    if not FIRST <= moment <= LAST:
        raise Quarantine(f"{what} is {moment.isoformat()}")


def clamped(text: str) -> str:
    """Return a time that was accepted once as one that `parse_moment` takes."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return FIRST.isoformat()
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(moment, FIRST), LAST).isoformat()
