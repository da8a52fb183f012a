"""Questions that lists answer: events, stories."""

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from samestory.deploy import wiring
from samestory.deploy.cli.output import (
    day_and_time,
    json_option,
    parse_since,
    print_json,
    print_table,
    span_of,
)
from samestory.deploy.config import Settings
from samestory.deploy.masking import masked
from samestory.index.store.query import MOST_VOICES, NEWEST, OLDEST, Query
from samestory.index.store.results import Event, Report


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add events and stories."""
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
    listing.add_argument(
        "--min-voices",
        type=int,
        default=0,
        metavar="N",
        help="told by N independent voices or more; a copy is none (0)",
    )
    listing.add_argument(
        "--sort",
        choices=(NEWEST, OLDEST, MOST_VOICES),
        default=NEWEST,
        help="the newest or the oldest first, or those with most voices (newest)",
    )
    listing.set_defaults(run=run_events)
    stories = commands.add_parser(
        "stories",
        parents=[common],
        help="every story, latest version",
        description="List stories by time, each in its latest version.",
    )
    stories.add_argument("--event", metavar="EVENT", help="those of one event")
    _add_filters(stories)
    stories.set_defaults(run=run_stories)
    for parser in (listing, stories):
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
        min_voices=getattr(args, "min_voices", 0),
        event=event,
        order=order,
        limit=args.limit,
    )


def run_events(args: argparse.Namespace, settings: Settings) -> int:
    """Print the events."""
    events = wiring.read_state(settings).events(_query(args, args.sort))
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
            ("voices", {"justify": "right"}),
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
                str(len(one.voices)),
                *[" ".join(one.languages)] * are_several,
                one.first.attribution,
                day_and_time(one.first.event_time),
                span_of(one.first.event_time, one.own_reports[-1].event_time),
            )
            for one in events
        ],
    )


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
