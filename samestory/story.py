"""The Story message: one report by one outlet, as it was read at one moment.

Travels on topic `stories`, key = story id.
A changed text is a new version of the same story, named by the digest of its content
and the time it was observed; the story id never changes.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, Self

from samestory.cleaning import MAX_TEXT, MAX_TITLE, clean_line
from samestory.days import is_day_alone
from samestory.errors import Quarantine
from samestory.message import check_moment, clamped, decode_object, iso, parse_moment

TYPE: Final = "story"
FORGOTTEN: Final = "forgotten"  # type of what stands for a story that was removed
# 1.1 brought byline, agencies, citing, correction and changes, 1.2 hearsay_of.
VERSION: Final = "1.2"
TEXT_FROM: Final = ("page", "feed", "import")
# Bounds of a message from another process: what is longer is cut, in number or letters.
MAX_LINES: Final = 50  # flags, agencies, changes ...
MAX_URL: Final = 2_000
_ID: Final = re.compile(r"s-[\x21-\x7e]{1,38}")
FUTURE_TOLERANCE: Final = timedelta(minutes=15)  # clocks of publishers run ahead


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One version of one report.

    Attributes:
        story_id: `s-` and 16 hex digits, see `story_id_from`.
        url: where a person reads it; None for an imported line without one.
        outlet: the publisher's name, not the feed's.
        title: one line, at most MAX_TITLE characters; may be empty if text is not.
        text: cleaned body, at most MAX_TEXT characters; may be empty if title is not.
        lang: ISO 639-1, None when nobody could tell.
        published: as stated by the publisher; None when not stated or unreadable.
        published_raw: the date as it was written, but for the hour where a feed writes
            each day as its midnight; None when absent.
        date_quality: exact, zone-guessed or first-seen.
        first_seen: when this story was first read by us.
        observed: when this version was read.
        text_from: page, feed or import.
        feed_url: the feed that brought it; None for imports.
        flags: what a person should know, e.g. "page-failed: 404".
        byline: who wrote it, as written; "" if nobody is named.
        agencies: news agencies that it is marked as coming from.
        citing: other outlets that it quotes, as written.
        correction: its notice of a correction; "" if it has none.
        changes: what this version says otherwise than the one before, a line each.
        hearsay_of: the site that the outlet links to and speaks of without proof that
            it tells the same; "" for the outlet's own report, see `outlets`.
    """

    story_id: str
    url: str | None
    outlet: str
    title: str
    text: str
    lang: str | None
    published: datetime | None
    published_raw: str | None
    date_quality: str
    first_seen: datetime
    observed: datetime
    text_from: str
    feed_url: str | None = None
    flags: tuple[str, ...] = field(default=())
    byline: str = ""
    agencies: tuple[str, ...] = ()
    citing: tuple[str, ...] = ()
    correction: str = ""
    changes: tuple[str, ...] = ()
    hearsay_of: str = ""

    def __post_init__(self) -> None:
        """Refuse what can never be a story.

        Raises:
            Quarantine: names the field and what is wrong with it.
        """
        if not self.story_id.startswith("s-"):
            raise Quarantine(f"story id {self.story_id!r} does not begin with s-")
        if not (self.title or self.text):
            raise Quarantine(f"story {self.story_id}: neither title nor text")
        if len(self.title) > MAX_TITLE or len(self.text) > MAX_TEXT:
            raise Quarantine(f"story {self.story_id}: title or text too long")
        if self.text_from not in TEXT_FROM:
            raise Quarantine(f"story {self.story_id}: text_from {self.text_from!r}")
        for name in ("published", "first_seen", "observed"):
            moment = getattr(self, name)
            if moment is not None:
                check_moment(moment, f"story {self.story_id}: {name}")

    @property
    def event_time(self) -> datetime:
        """The time that decisions use: min(published, first seen + 15 min)."""
        return event_time_of(self.published, self.first_seen)

    @property
    def is_day(self) -> bool:
        """Whether it states a day alone, no hour."""
        return is_day_alone(self.published_raw, self.published)

    @property
    def digest(self) -> str:
        """Name of the content: 16 hex digits of title and text."""
        return content_digest(self.title, self.text)

    @property
    def attribution(self) -> str:
        """See `attribution_of`."""
        return attribution_of(self.outlet, self.hearsay_of)

    def to_json(self) -> dict[str, Any]:
        """Return the message as plain JSON values."""
        return {
            "type": TYPE,
            "version": VERSION,
            "story_id": self.story_id,
            "url": self.url,
            "outlet": self.outlet,
            "title": self.title,
            "text": self.text,
            "lang": self.lang,
            "published": iso(self.published),
            "published_raw": self.published_raw,
            "date_quality": self.date_quality,
            "first_seen": iso(self.first_seen),
            "observed": iso(self.observed),
            "text_from": self.text_from,
            "feed_url": self.feed_url,
            "flags": list(self.flags),
            "byline": self.byline,
            "agencies": list(self.agencies),
            "citing": list(self.citing),
            "correction": self.correction,
            "changes": list(self.changes),
            "hearsay_of": self.hearsay_of,
        }

    def encode(self) -> bytes:
        """Return the message's value: one UTF-8 JSON object."""
        return json.dumps(self.to_json(), ensure_ascii=False).encode()

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Build a story from parsed JSON; what is merely too long is cut.

        Raises:
            Quarantine: a field is missing, of the wrong type or out of range.
        """
        try:
            return cls(
                story_id=_story_id(value),
                url=_line_or_none(value, "url", MAX_URL),
                outlet=_line(value, "outlet"),
                title=_text(value, "title"),
                text=_text(value, "text"),
                lang=_line_or_none(value, "lang", 8),
                published=_moment_or_none(value, "published"),
                published_raw=_line_or_none(value, "published_raw"),
                date_quality=_line(value, "date_quality"),
                first_seen=parse_moment(_text(value, "first_seen"), "first_seen"),
                observed=parse_moment(_text(value, "observed"), "observed"),
                text_from=_text(value, "text_from"),
                feed_url=_line_or_none(value, "feed_url", MAX_URL),
                flags=_lines(value, "flags"),
                byline=_line_or_none(value, "byline") or "",
                agencies=_lines(value, "agencies"),
                citing=_lines(value, "citing"),
                correction=_line_or_none(value, "correction") or "",
                changes=_lines(value, "changes"),
                hearsay_of=_line_or_none(value, "hearsay_of") or "",
            )
        except (TypeError, ValueError) as error:
            raise Quarantine(f"story: {error}") from error

    @classmethod
    def stored(cls, value: Mapping[str, Any]) -> Self:
        """Build a story of what an index holds, accepted once by whatever rules.

        A moment that can't be reckoned with everywhere is brought inside the calendar,
        so that no story of before can break what lists it.
        """
        kept = dict(value)
        for name in ("published", "first_seen", "observed"):
            if kept.get(name) is not None:
                kept[name] = clamped(kept[name])
        story = cls.from_json(kept | {"story_id": "s-stored"})
        return replace(story, story_id=kept["story_id"])

    @classmethod
    def decode(cls, value: bytes) -> Self:
        """Parse a message's value.

        Raises:
            Quarantine: not a story message of a version that we know.
        """
        return cls.from_json(decode_object(value, TYPE))


def attribution_of(outlet: str, hearsay_of: str) -> str:
    """Return an outlet for people; with the site it speaks of, if that is hearsay."""
    return f"{outlet} (of {hearsay_of})" if hearsay_of else outlet


def event_time_of(published: datetime | None, first_seen: datetime) -> datetime:
    """Return the time that decisions use, see `Story.event_time`."""
    if published is None:
        return first_seen
    return min(published, first_seen + FUTURE_TOLERANCE)


def tombstone(story_id: str) -> bytes:
    """Return what takes the place of a story that was forgotten, in any topic."""
    value = {"type": FORGOTTEN, "version": VERSION, "story_id": story_id}
    return json.dumps(value).encode()


def is_tombstone(value: bytes) -> bool:
    """Return whether this is what `tombstone` makes."""
    return value.startswith(tombstone("")[:20])


def content_digest(title: str, text: str) -> str:
    """Return 16 hex digits that name this content."""
    return hashlib.sha256(f"{title}\0{text}".encode()).hexdigest()[:16]


def story_id_from(identity: str) -> str:
    """Return the story id of an identity: a normalised URL, or feed and guid."""
    return "s-" + hashlib.sha256(identity.encode()).hexdigest()[:16]


def scoped_id(feed_url: str, identity: str) -> str:
    """Return the id of what counts within a feed alone: by its guid, as hearsay."""
    return story_id_from(f"{feed_url} {identity}")


def _text(value: Mapping[str, Any], name: str) -> str:
    text = value.get(name)
    if not isinstance(text, str):
        raise TypeError(f"{name} is not a string")
    return text


def _story_id(value: Mapping[str, Any]) -> str:
    story_id = _text(value, "story_id")
    if not _ID.fullmatch(story_id):
        raise Quarantine(f"story: id {story_id[:80]!r} is none")
    return story_id


def _line(value: Mapping[str, Any], name: str, limit: int = MAX_TITLE) -> str:
    return clean_line(_text(value, name), limit)


def _line_or_none(
    value: Mapping[str, Any], name: str, limit: int = MAX_TITLE
) -> str | None:
    return None if value.get(name) is None else _line(value, name, limit)


def _lines(value: Mapping[str, Any], name: str) -> tuple[str, ...]:
    lines = value.get(name, [])
    if not isinstance(lines, list):
        raise TypeError(f"{name} is no list")
    if not all(isinstance(one, str) for one in lines):
        raise TypeError(f"{name} are not all strings")
    return tuple(clean_line(one) for one in lines[:MAX_LINES])


def _moment_or_none(value: Mapping[str, Any], name: str) -> datetime | None:
    text = value.get(name)
    return None if text is None else parse_moment(_text(value, name), name)
