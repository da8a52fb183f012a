"""Questions that lists answer: events, event, stories."""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from samestory.deploy import wiring
from samestory.deploy.cli.output import (
    console,
    day_and_time,
    json_option,
    parse_since,
    plain,
    print_json,
    print_table,
    span_of,
)
from samestory.deploy.config import Settings
from samestory.deploy.masking import masked
from samestory.errors import Misconfigured
from samestory.index.copies.voices import MAX_REPORTS, Voices, voices_of
from samestory.index.store.query import NEWEST, OLDEST, Query
from samestory.index.store.results import Event, Report

MAX_ADDED: Final = 2  # sentences of a copy's own that are shown
MAX_SENTENCE: Final = 200  # characters of one


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add events, event and stories."""
    listing = commands.add_parser(
        "events",
        parents=[common],
        help="the events found, the newest first",
        description="List events, the newest first.",
    )
    _add_filters(listing)
    listing.add_argument(
        "--min-outlets",
        type=int,
        default=0,
        metavar="N",
        help="told by N outlets or more; hearsay does not count (0)",
    )
    listing.set_defaults(run=run_events)
    one = commands.add_parser(
        "event",
        parents=[common],
        help="one event with its reports",
        description="Show one event with its reports, the earliest first.",
    )
    one.add_argument("event", metavar="EVENT", help="its id, or the beginning of it")
    one.set_defaults(run=run_event)
    stories = commands.add_parser(
        "stories",
        parents=[common],
        help="every story, latest version",
        description="List stories by time, each in its latest version.",
    )
    stories.add_argument("--event", metavar="EVENT", help="those of one event")
    _add_filters(stories)
    stories.set_defaults(run=run_stories)
    for parser in (listing, one, stories):
        json_option(parser)


def _add_filters(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--since", metavar="7d", help="of then or later: a span (7d, 12h) or a date")
    add("--until", metavar="1d", help="of before then: a span or a date")
    add("--outlet", metavar="NAME", help="of this outlet only")
    add("--lang", metavar="en", help="in this language only")
    add("--limit", type=int, metavar="N", help="so many at most")


def _query(args: argparse.Namespace, order: str, event: str | None = None) -> Query:
    return Query(
        since=parse_since(args.since),
        until=parse_since(args.until, "--until"),
        outlet=args.outlet,
        lang=args.lang and args.lang.lower(),
        min_outlets=getattr(args, "min_outlets", 0),
        event=event,
        order=order,
        limit=args.limit,
    )


def run_events(args: argparse.Namespace, settings: Settings) -> int:
    """Print the events."""
    events = wiring.read_state(settings).events(_query(args, NEWEST))
    if args.json:
        for one in events:
            print_json(one.to_json())
    elif events:
        print_events(events)
    else:
        sys.stderr.write("nothing found: no event matches\n")
    return 0 if events else 1


def print_events(events: Sequence[Event]) -> None:
    """Print events as a table for people."""
    are_several = any(len(one.languages) > 1 for one in events)
    print_table(
        [
            ("event", {"no_wrap": True}),
            ("headline", {"ratio": 1}),
            ("reports", {"justify": "right"}),
            ("outlets", {"justify": "right"}),
            *[("told in", {"max_width": 9})] * are_several,
            ("first reported by", {"max_width": 20}),
            ("began (UTC)", {"no_wrap": True}),
            ("over", {"no_wrap": True, "justify": "right"}),
        ],
        [
            (
                one.event_id[:10],
                one.title,
                str(len(one.reports)),
                str(len(one.outlets)),
                *[" ".join(one.languages)] * are_several,
                one.first.attribution,
                day_and_time(one.first.event_time),
                span_of(one.first.event_time, one.own_reports[-1].event_time),
            )
            for one in events
        ],
    )


def run_event(args: argparse.Namespace, settings: Settings) -> int:
    """Print one event."""
    from rich.text import Text  # noqa: PLC0415  (0.05 s)

    state = wiring.read_state(settings)
    if not args.event.startswith("e-"):
        raise Misconfigured(f"{args.event!r} is no event id: those begin with e-")
    with state.reading():
        one = state.event(state.resolve(args.event))
        whole = state.stories(Query(event=one.event_id, order=OLDEST))
    are_few = len(whole) <= MAX_REPORTS
    voices = voices_of([listed.story for listed in whole]) if are_few else None
    if args.json:
        print_json(one.to_json() | _voices_row(voices))
        return 0
    out = console()
    out.print(Text(plain(one.title), style="bold"))
    told_in = f", in {', '.join(one.languages)}" if len(one.languages) > 1 else ""
    out.print(
        f"{one.event_id}: {len(one.reports)} reports by {len(one.outlets)} outlets"
        f"{told_in}\n"
    )
    _print_stories(one.reports)
    for line in _voices_lines(voices, {r.story_id: r for r in one.reports}):
        out.print(Text(plain(line)), soft_wrap=True)
    return 0


def _voices_row(voices: Voices | None) -> dict[str, Any]:
    """Return what `event --json` says of an event's voices; null if it is too large."""
    if voices is None:
        return {"voices": None, "copies": None}
    copies = [asdict(copy) | {"share": round(copy.share, 3)} for copy in voices.copies]
    return {"voices": list(voices.names), "copies": copies}


def _voices_lines(
    voices: Voices | None, reports: Mapping[str, Report]
) -> Iterator[str]:
    """Yield what a person reads of an event's voices, a line each."""
    if voices is None:
        yield f"its voices are not counted: more than {MAX_REPORTS} reports"
        return
    count = len(voices.names)
    plural = "s" * (count != 1)
    yield f"{count} independent voice{plural}: {', '.join(voices.names) or 'none'}"
    for copy in voices.copies:
        mine, source = reports[copy.story_id], reports[copy.of]
        whose = f", the text of {copy.source}" if copy.source else ""
        order = "" if copy.is_ordered or whose else ", which was first is not known"
        count = len(copy.added)
        adds = f"adds {count} sentence{'s' * (count != 1)}"
        yield (
            f"  {mine.story_id[:10]} {mine.outlet}: {copy.share:.0%} is in"
            f" {source.story_id[:10]} {source.outlet}{whose}{order};"
            f" {adds if count else 'adds nothing'}"
        )
        for sentence in copy.added[:MAX_ADDED]:
            yield f"    + {sentence[:MAX_SENTENCE]}"


def run_stories(args: argparse.Namespace, settings: Settings) -> int:
    """Print stories."""
    state = wiring.read_state(settings)
    with state.reading():
        event = state.event(state.resolve(args.event)).event_id if args.event else None
        query = _query(args, OLDEST, event)
        whole = state.stories(query) if args.json else []
        reports = [] if args.json else state.reports(query)
    for one in whole:
        row = one.to_json()
        print_json(row | {"feed_url": masked(row["feed_url"] or "") or None})
    if reports:
        _print_stories(reports)
    return 0 if whole or reports else 1


def _print_stories(reports: Sequence[Report]) -> None:
    print_table(
        [
            ("story", {"no_wrap": True}),
            ("published", {"no_wrap": True}),
            ("outlet", {"max_width": 24}),
            ("headline", {"ratio": 1}),
            ("text from", {"no_wrap": True}),
        ],
        [
            (
                one.story_id[:10],
                day_and_time(one.published),
                one.attribution,
                one.headline,
                one.text_from,
            )
            for one in reports
        ],
    )
