"""Questions that lists answer: events, stories, search."""

import difflib
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Final, Literal

from cyclopts import Parameter

from samestory.counted import counted
from samestory.deploy import wiring
from samestory.deploy.cli import answer_records
from samestory.deploy.cli.naming import event_named, remember
from samestory.deploy.cli.options import Ways
from samestory.deploy.cli.output import (
    can_show,
    console,
    day_and_time,
    is_for_programs,
    moment_of,
    parse_since,
    plain,
    print_columns,
    print_rows,
    print_two_lines,
    span_of,
)
from samestory.deploy.config import Settings
from samestory.deploy.exit_codes import DONE, NOTHING_FOUND
from samestory.deploy.masking import masked
from samestory.index.store.query import MOST_VOICES, NEWEST, OLDEST, Query
from samestory.index.store.reader import Reader
from samestory.index.store.results import Event, Report

SOME: Final = 9  # outlets or languages that are named where another was asked for
SCREEN: Final = 15  # events that are shown where nothing is asked for
LAST: Final = 50  # stories: the first of them that states its time tells the last day
DAY: Final = timedelta(days=1)
TOLD: Final = 2  # voices of an event that is shown there
BARS: Final = "\u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588"
EVENT_COLUMNS: Final = (
    *("event_id", "title", "started", "updated", "report_count", "outlet_count"),
    *("voice_count", "copy_count", "languages", "first_report"),
)
STORY_COLUMNS: Final = (
    *("story_id", "event_id", "published", "outlet", "title", "url", "lang"),
    *("voice", "is_copy"),
)


@dataclass(frozen=True, kw_only=True)
class _Listing(Ways):
    """Which of them, and how many."""

    is_read: ClassVar[bool] = True

    since: Annotated[
        str | None,
        Parameter(metavar="7d", help="of then or later: 7d, 12h, yesterday or a date"),
    ] = None
    until: Annotated[
        str | None, Parameter(metavar="1d", help="of before then: a span or a date")
    ] = None
    outlet: Annotated[
        str | None, Parameter(metavar="NAME", help="of this outlet only")
    ] = None
    lang: Annotated[
        str | None, Parameter(metavar="en", help="in this language only")
    ] = None
    limit: Annotated[int | None, Parameter(metavar="N", help="so many at most")] = None
    all: Annotated[bool, Parameter(help="all of them, on a terminal too")] = False


@dataclass(frozen=True, kw_only=True)
class Events(_Listing):
    """List events, the newest first.

    On a terminal and with nothing asked for: those of the 24 hours before the
    newest report that two independent voices tell, most voices first, fifteen of
    them; the bars are how its reports lie between the first and the last. With a
    filter, --all, --json, --csv, --tsv or a pipe: all that match.

    Examples:
      samestory events --since yesterday --min-voices 3
      samestory events --grep "grain corridor" --csv --fields title,voices

    Row 3 of what was printed last is @3: `samestory event @3`.
    """

    min_outlets: Annotated[
        int,
        Parameter(
            metavar="N", help="told by N outlets or more; hearsay does not count"
        ),
    ] = 0
    min_voices: Annotated[
        int,
        Parameter(
            metavar="N", help="told by N independent voices or more; a copy is none"
        ),
    ] = 0
    sort: Annotated[
        Literal["newest", "oldest", "voices"] | None,
        Parameter(
            help="the newest or the oldest first, or those with most voices (newest)"
        ),
    ] = None
    grep: Annotated[
        str | None,
        Parameter(metavar="WORDS", help="with all these words in one of its reports"),
    ] = None
    starred: Annotated[bool, Parameter(help="of which somebody starred a report")] = (
        False
    )

    def run(self, settings: Settings) -> int:
        """Print the events."""
        state = wiring.read_state(settings)
        query = _query(
            self,
            self.sort or NEWEST,
            min_outlets=self.min_outlets,
            min_voices=self.min_voices,
            is_starred=self.starred,
            text=self.grep or "",
        )
        for_programs = is_for_programs(self)
        if for_programs:
            events = state.events(query)
            print_rows(
                [one.to_json() for one in events],
                self,
                answer_records.Event,
                EVENT_COLUMNS,
            )
        elif not sys.stdout.isatty():
            events = state.events(query)
            if events:
                _print_columns(events)
        elif query == Query() and not (self.all or self.sort):
            events = _print_screen(state)
            if not events and state.counts()["stories"]:
                return 0  # it said that the day has none
        else:
            events = state.events(query)
            _print_lines(events)
        if not for_programs:
            remember(state, [one.event_id for one in events])
        return _end(state, query, is_found=bool(events), what="event")


@dataclass(frozen=True, kw_only=True)
class Stories(_Listing):
    """List stories by time, each in its latest version.

    On a terminal fifteen, or --all.

    Examples:
      samestory stories --outlet BBC --since 2d
      samestory stories --event @3 --csv --fields published,outlet,title,url
    """

    event: Annotated[
        str | None, Parameter(metavar="EVENT", help="those of one event")
    ] = None
    grep: Annotated[
        str | None, Parameter(metavar="WORDS", help="with all these words")
    ] = None

    def run(self, settings: Settings) -> int:
        """Print stories."""
        state = wiring.read_state(settings)
        with state.reading():
            event = state.event(event_named(state, self.event)) if self.event else None
            event_id = event.event_id if event else None
            query = _query(self, OLDEST, event=event_id, text=self.grep or "")
            return _print_stories(state, query, self)


@dataclass(frozen=True, kw_only=True)
class Search(_Listing):
    """List the stories that have all of these words, the newest first.

    In their title or text, whole, without regard to case and accents; "warn*"
    finds all that begin so. On a terminal fifteen, or --all.

    Examples:
      samestory search grain corridor
      samestory search "Lina Marovic" --since 30d --json
    """

    words: Annotated[tuple[str, ...], Parameter(metavar="WORD")] = field(kw_only=False)

    def run(self, settings: Settings) -> int:
        """Print the stories that have some words."""
        state = wiring.read_state(settings)
        query = _query(self, NEWEST, text=" ".join(self.words))
        with state.reading():
            return _print_stories(state, query, self)


def _query(args: _Listing, order: str, **more: Any) -> Query:
    """Return what is asked for; `more` are fields of a query."""
    return Query(
        since=parse_since(args.since, "--since"),
        until=parse_since(args.until, "--until"),
        outlet=args.outlet,
        lang=args.lang and args.lang.lower(),
        order=order,
        limit=args.limit,
        **more,
    )


def _end(state: Reader, query: Query, *, is_found: bool, what: str) -> int:
    """Say what there is where nothing was found; return the exit code."""
    if not is_found:
        hint = masked(_instead(state, query))
        sys.stderr.write(f"nothing found: no {what} matches{hint}\n")
    return DONE if is_found else NOTHING_FOUND


def _instead(state: Reader, query: Query) -> str:
    """Return what there is instead of what was asked for."""
    newest = _newest(state)
    if newest is None:
        return "; there are no stories yet: `samestory run` brings some in"
    for asked, names in ((query.outlet, "outlet"), (query.lang, "lang")):
        there = state.addresses.names(names) if asked else []
        if asked and asked.casefold() not in map(str.casefold, there):
            close = difflib.get_close_matches(asked, there, 3, 0.5)
            left = 0 if close else len(there) - SOME
            known = ", ".join(close or there[:SOME])
            more = f" and {left} more" if left > 0 else ""
            return f"; no {names} is {asked!r}: there are {known}{more}"
    if query.since is None and query.until is None:
        return ""
    at = newest.event_time
    since = (at - DAY).date()
    return f"; the newest report is of {at:%-d %B %Y}: try --since {since}"


def _newest(state: Reader) -> Report | None:
    """Return the newest report; of those that state a time, if any of the last does."""
    last = state.reports(Query(limit=LAST))
    return next((one for one in last if one.published), last[0] if last else None)


def _print_screen(state: Reader) -> list[Event]:
    """Print what two voices or more tell of the last day that there is."""
    with state.reading():
        newest = _newest(state)
        if newest is None:
            return []
        until = newest.event_time + timedelta(seconds=1)
        day = Query(
            since=(until - DAY).timestamp(),
            until=until.timestamp(),
            min_voices=TOLD,
            order=MOST_VOICES,
        )
        events = state.events(replace(day, limit=SCREEN))
        there, every = state.count_events(day), state.count_events(Query())
    span = f"{day_and_time(until - DAY)} to {day_and_time(newest.event_time)} UTC"
    out = console()
    out.print(plain(f"{span}: events with {TOLD} independent voices or more\n"))
    _print_lines(events)
    if not events:
        out.print("none\n")
    more = f"{there - len(events)} more with --min-voices {TOLD}; " * (
        there > len(events)
    )
    out.print(plain(f"{more}all {every}: samestory events --all"))
    return events


def _print_lines(events: Sequence[Event]) -> None:
    print_two_lines([(one.title, _told(one)) for one in events])


def _told(one: Event) -> str:
    """Return who tells an event: how many, in what languages, when, who first."""
    counts = [
        counted(len(one.reports), "report"),
        counted(len(one.voices), "voice"),
        *[counted(one.copy_count, "copy")] * bool(one.copy_count),
        *[counted(len(one.languages), "language")] * (len(one.languages) > 1),
    ]
    when = moment_of(one.first.event_time, is_day=one.first.is_day)
    first = f"first {one.first.attribution} {when}"
    return f"{', '.join(counts)} {_sparkline(one)} {first}"


def _sparkline(one: Event) -> str:
    """Return how its reports lie in its time, in eight bars; "" for a single moment.

    A stdout that has no bars shows none.
    """
    times = [report.event_time.timestamp() for report in one.own_reports]
    begin, length = min(times), max(times) - min(times)
    if not length or not can_show(BARS):
        return ""
    counts = [0] * len(BARS)
    for at in times:
        counts[min(len(BARS) - 1, int(len(BARS) * (at - begin) / length))] += 1
    most = max(counts)
    bars = (BARS[(len(BARS) - 1) * count // most] if count else " " for count in counts)
    return "".join(bars)


def _print_columns(events: Sequence[Event]) -> None:
    """Print events in a pipe, a line each."""
    headings = ("event", "reports", "outlets", "voices", "told in", "began (UTC)")
    print_columns(
        (*headings, "over", "first reported by", "headline"),
        [
            (
                one.event_id[:10],
                str(len(one.reports)),
                str(len(one.outlets)),
                str(len(one.voices)),
                ",".join(one.languages) or "-",
                moment_of(one.first.event_time, is_day=one.first.is_day),
                span_of(one.first.event_time, one.own_reports[-1].event_time),
                one.first.attribution,
                one.title,
            )
            for one in events
        ],
    )


def _print_stories(state: Reader, query: Query, args: _Listing) -> int:
    if is_for_programs(args):
        rows = [one.to_json() for one in state.stories(query)]
        for row in rows:
            row["feed_url"] = masked(row["feed_url"] or "") or None
        print_rows(rows, args, answer_records.Story, STORY_COLUMNS)
        return DONE if rows else NOTHING_FOUND
    is_terminal = sys.stdout.isatty()
    limit = SCREEN if is_terminal and not (args.limit or args.all) else query.limit
    reports = state.reports(replace(query, limit=limit))
    if reports and is_terminal:
        print_two_lines([(one.headline, _told_by(one)) for one in reports])
        if len(reports) == limit and not args.limit:
            console().print(f"the first {limit}; all of them: --all")
    elif reports:
        _print_story_columns(reports)
    remember(state, [one.story_id for one in reports])
    return _end(state, query, is_found=bool(reports), what="story")


def _told_by(one: Report) -> str:
    copy = f" (voice: {one.voice or 'none'})" if one.voice != one.outlet else ""
    where = f"{one.story_id[:10]} in {one.event_id[:10]}"
    when = moment_of(one.published, is_day=one.is_day)
    return f"{one.attribution}{copy} {when}  {where}"


def _print_story_columns(reports: Sequence[Report]) -> None:
    """Print stories in a pipe, a line each."""
    print_columns(
        ("", "story", "published", "text from", "outlet", "headline"),
        [
            (
                f"@{number}",
                one.story_id[:10],
                moment_of(one.published, is_day=one.is_day),
                one.text_from,
                one.attribution,
                one.headline,
            )
            for number, one in enumerate(reports, 1)
        ],
    )
