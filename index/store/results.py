"""What a question of the state is answered with: frozen types."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from samestory.errors import Misconfigured
from samestory.index.copies.relays import (
    CONFIRMING,
    Told,
    passed_on,
    second_source,
)
from samestory.index.store.query import Cursor
from samestory.index.store.withdrawn import with_withdrawn
from samestory.message import iso
from samestory.story import Story, attribution_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A story in a list, without its text.

    Attributes:
        seq: its number.
        lang: ISO 639-1; None when nobody could tell.
        headline: its title, or the beginning of its text if it has none.
        event_time: the time that decisions use.
        is_day: it states a day alone, no hour.
        hearsay_of: "" for the outlet's own report.
        voice: whose it is: its outlet's, or that of what it copies; "" for nobody's.
        relays: whose knowledge it passes on, see `copies.relays`; () for its own.
        stance: whether it denies, or was withdrawn, see `decision.stance`; "" if not.
        is_copy: most of its words are another report's.
    """

    seq: int
    story_id: str
    event_id: str
    outlet: str
    lang: str | None
    hearsay_of: str
    voice: str
    relays: tuple[str, ...]
    stance: str
    is_copy: bool
    url: str | None
    title: str
    headline: str
    published: datetime | None
    event_time: datetime
    is_day: bool
    text_from: str

    @property
    def attribution(self) -> str:
        """See `attribution_of`."""
        return attribution_of(self.outlet, self.hearsay_of)

    def to_json(self) -> dict[str, Any]:
        """Return what `events --json` says of a report."""
        return {
            "story_id": self.story_id,
            "url": self.url,
            "outlet": self.outlet,
            "lang": self.lang,
            "hearsay_of": self.hearsay_of or None,
            "voice": self.voice or None,
            "is_copy": self.is_copy,
            "stance": self.stance or None,
            "title": self.headline,
            "published": iso(self.published),
            "is_day": self.is_day,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A story, whole, with its event; `cursor` is its place in the list.

    `voice` and `is_copy` are as those of a `Report`.
    """

    story: Story
    event_id: str
    voice: str
    is_copy: bool
    cursor: Cursor

    def to_json(self) -> dict[str, Any]:
        """Return the line that `stories --json` prints."""
        story = self.story
        kept = ("story_id", "url", "outlet", "title", "published", "first_seen", "lang")
        said = ("date_quality", "byline", "agencies", "citing", "correction", "changes")
        value = story.to_json()
        return {
            **{name: value[name] for name in (*kept, *said)},
            "hearsay_of": story.hearsay_of or None,
            "event_id": self.event_id,
            "voice": self.voice or None,
            "is_copy": self.is_copy,
            "version": story.digest,
            "feed_url": story.feed_url,
            "text_from": story.text_from,
            "text": story.text,
            "flags": list(story.flags),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event with its reports, the earliest first.

    Attributes:
        title: the headline of the report that is nearest to all others, of those in
            the language that is wanted most.
        cursor: its place in the list.
    """

    event_id: str
    title: str
    reports: tuple[Report, ...]
    cursor: Cursor

    @property
    def own_reports(self) -> tuple[Report, ...]:
        """Those that are their outlet's own; all where there is hearsay alone."""
        return own_of(self.reports)

    @property
    def first(self) -> Report:
        """The first report, of those that are their outlet's own.

        One that states a day alone is before those of later days, and before none that
        states an hour of its day.
        """
        first, *others = self.own_reports
        if not first.is_day:
            return first
        day = first.event_time.date()
        timed = (one for one in others if not one.is_day)
        return next((one for one in timed if one.event_time.date() == day), first)

    @property
    def outlets(self) -> list[str]:
        """The outlets that report it, in order of their first report; no hearsay."""
        return list(dict.fromkeys(r.outlet for r in self.reports if not r.hearsay_of))

    @property
    def voices(self) -> list[str]:
        """Who tells it independently, in order of their first report."""
        return list(dict.fromkeys(r.voice for r in self.reports if r.voice))

    @property
    def confirmed_by(self) -> Report | None:
        """The first report of other knowledge than the first; None where one is alone.

        By the time that it states; whose arrival was told to have confirmed the event
        is `Revisions.confirmed_by`.
        """
        if len(self.voices) < CONFIRMING:
            return None
        second = second_source(self._told)
        return None if second is None else self.reports[second]

    @property
    def passed_on(self) -> list[str]:
        """Whose knowledge each report passes on; "" for its own."""
        return passed_on(self._told)

    @property
    def _told(self) -> list[Told]:
        return with_withdrawn(
            [
                Told(r.outlet, r.voice, r.relays, r.stance, r.event_time.timestamp())
                for r in self.reports
            ]
        )

    @property
    def copy_count(self) -> int:
        """How many of its reports are copies of others."""
        return sum(report.is_copy for report in self.reports)

    @property
    def languages(self) -> list[str]:
        """The languages that it is told in, as far as they are known, from A to Z."""
        return sorted({r.lang for r in self.reports if r.lang})

    def to_json(self) -> dict[str, Any]:
        """Return the line that `events --json` prints."""
        times = [report.event_time for report in self.own_reports]
        second = self.confirmed_by
        return {
            "event_id": self.event_id,
            "title": self.title,
            "first_report": self.first.story_id,
            "started": iso(min(times)),
            "updated": iso(max(times)),
            "outlets": self.outlets,
            "voices": self.voices,
            "confirmed": second
            and {"by": second.story_id, "at": iso(second.event_time)},
            "report_count": len(self.reports),
            "outlet_count": len(self.outlets),
            "voice_count": len(self.voices),
            "copy_count": self.copy_count,
            "languages": self.languages,
            "reports": [
                report.to_json() | {"passes_on": of or None}
                for report, of in zip(self.reports, self.passed_on, strict=True)
            ],
        }


def own_of(reports: Sequence[Report]) -> tuple[Report, ...]:
    """Return those that are their outlet's own; all where there is hearsay alone."""
    return tuple(r for r in reports if not r.hearsay_of) or tuple(reports)


def headline(title: str, text: str) -> str:
    """Return a story's title, or the beginning of its text if it has none."""
    return title or text[:80].split("\n", maxsplit=1)[0]


def no_stories(event_id: str) -> Misconfigured:
    """Return what to raise for an event of which nothing is kept."""
    return Misconfigured(
        f"event {event_id} has no stories any more: they have expired, were"
        " forgotten, or are in other events"
    )
