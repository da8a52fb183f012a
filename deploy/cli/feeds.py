"""`samestory feeds`: which feeds are polled, and which of them answer."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Final

from cyclopts import Parameter

from samestory.counted import counted
from samestory.deploy import wiring
from samestory.deploy.cli import upkeep_records
from samestory.deploy.cli.options import Fetching, Json, Place, Ways
from samestory.deploy.cli.output import (
    day_and_time,
    is_for_programs,
    plain,
    print_json,
    print_lines,
    print_rows,
)
from samestory.deploy.config import Settings
from samestory.deploy.exit_codes import DONE, NOTHING_FOUND
from samestory.deploy.feed_finder import FeedFinder, site_url
from samestory.deploy.feedlists import read_feedlist
from samestory.deploy.masking import masked, shown
from samestory.disk import named
from samestory.errors import Misconfigured
from samestory.ingest.feeds.opml import FeedRef, checked_ref, to_opml
from samestory.ingest.frontier.feed_table import NEVER, Feed
from samestory.ingest.frontier.frontier import Frontier
from samestory.ingest.frontier.listed import BY_HAND

MAX_SHOWN: Final = 10  # feeds that were added, one by one


@dataclass(frozen=True, kw_only=True)
class Add(Json, Fetching):
    """Add feeds by URL; of a site's page, the feed that it links to.

    Examples:
      samestory feeds add https://news.un.org/feed/subscribe/en/news/all/rss.xml
      samestory feeds add bbc.com reuters.com
    """

    urls: Annotated[tuple[str, ...], Parameter(metavar="URL|SITE")] = field(
        kw_only=False
    )
    as_is: Annotated[bool, Parameter(help="add the URLs without looking at them")] = (
        False
    )

    def run(self, settings: Settings) -> int:
        """Add feeds; exit 1 if one of the sites has none."""
        if self.as_is:
            return _add([checked_ref(url) for url in self.urls], self, settings)
        refs, missing = [], 0
        urls = [site_url(url) for url in self.urls]
        with wiring.open_sandbox(settings) as sandbox:
            finder = FeedFinder(settings, sandbox)
            for url in urls:
                try:
                    finding = finder.find(url)
                except Misconfigured as error:
                    sys.stderr.write(f"{plain(str(error))}\n")
                    missing += 1
                    continue
                refs.append(finding.ref)
                said = finding.note or (
                    finding.ref.url if finding.ref.url != url else ""
                )
                if said:
                    sys.stderr.write(f"{plain(url)}: {plain(said)}\n")
                for other in finding.others:
                    about = f" ({other.title})" if other.title else ""
                    sys.stderr.write(f"  also there: {plain(other.url + about)}\n")
        return max(_add(refs, self, settings), min(missing, 1))


@dataclass(frozen=True, kw_only=True)
class Remove(Json):
    """Stop polling feeds; their stories stay.

    Examples:
      samestory feeds remove https://example.org/rss
      samestory feeds remove https://a.org/rss https://b.org/rss
    """

    urls: Annotated[tuple[str, ...], Parameter(metavar="URL")] = field(kw_only=False)

    def run(self, settings: Settings) -> int:
        """Remove feeds."""
        wiring.must_have_feeds(settings)
        frontier = wiring.open_frontier(settings)
        missing = []
        for given in self.urls:
            url = _meant(given, frontier)
            feed = frontier.moves.target_of(url)
            lists = [name for name in frontier.listed.of(feed) if name != BY_HAND]
            if not frontier.feeds.remove(feed):
                missing.append(given)
                sys.stderr.write(f"not among the feeds: {plain(given)}\n")
            elif lists:
                sys.stderr.write(
                    f"{plain(url)}: take it out of {lists[0]} too, or it comes back\n"
                )
        removed = len(self.urls) - len(missing)
        if self.json:
            print_json(shown({"removed": removed, "missing": missing}))
        else:
            print(f"{removed} removed")
        return NOTHING_FOUND if missing else DONE


@dataclass(frozen=True, kw_only=True)
class Listed(Ways):
    """List feeds with their last outcome.

    Examples:
      samestory feeds list
      samestory feeds list --csv --fields url,status,stories
    """

    is_read: ClassVar[bool] = True

    def run(self, settings: Settings) -> int:
        """List feeds."""
        wiring.must_have_feeds(settings)
        feeds = wiring.open_frontier(settings).feeds.all()
        if is_for_programs(self):
            print_rows([shown(_row(feed)) for feed in feeds], self, upkeep_records.Feed)
        elif feeds:
            print_lines(line for feed in feeds for line in _lines(feed))
        else:
            sys.stderr.write("no feeds yet: samestory feeds add URL\n")
        return DONE if feeds else NOTHING_FOUND


@dataclass(frozen=True, kw_only=True)
class Import(Json, Fetching):
    """Add the feeds of a list: OPML, or a text with one URL a line.

    Examples:
      samestory feeds import deploy/feeds/diplomacy.opml
      samestory feeds import https://example.org/feeds.opml
    """

    file: Annotated[str, Parameter(metavar="FILE.opml|FILE.txt|URL")] = field(
        kw_only=False
    )

    def run(self, settings: Settings) -> int:
        """Add the feeds of a list, as far as it can be read."""
        listed = read_feedlist(self.file, settings)
        for reason in listed.left_out:
            sys.stderr.write(f"left out: {plain(masked(reason))}\n")
        return _add(listed.feeds, self, settings, left_out=listed.left_out)


@dataclass(frozen=True, kw_only=True)
class Export(Place):
    """Write all feeds as OPML, whose URLs are whole: elsewhere tokens are hidden.

    Examples:
      samestory feeds export > feeds.opml
      samestory feeds export feeds.opml
    """

    file: Annotated[str, Parameter(metavar="FILE.opml|-")] = field(
        default="-", kw_only=False
    )

    def run(self, settings: Settings) -> int:
        """Write the feeds as OPML."""
        wiring.must_have_feeds(settings)
        feeds = wiring.open_frontier(settings).feeds.all()
        body = to_opml(
            [
                FeedRef(url=f.url, title=f.title, group=f.group, lang=f.lang)
                for f in feeds
            ]
        )
        if self.file == "-":
            sys.stdout.buffer.write(body)
            return 0
        with named(self.file), open(self.file, "wb") as file:  # noqa: PTH123
            file.write(body)
        sys.stderr.write(f"{counted(len(feeds), 'feed')} written to {self.file}\n")
        return 0


def _add(
    refs: Sequence[FeedRef],
    args: Json,
    settings: Settings,
    left_out: Sequence[str] = (),
) -> int:
    frontier = wiring.open_frontier(settings)
    new = frontier.feeds.add(refs)
    urls = [ref.url for ref in refs]
    if args.json:
        row = {"added": new, "known": len(refs) - new, "feeds": urls}
        print_json(shown(row | {"left_out": list(left_out)}))
        return 0
    out = f", {len(left_out)} left out" if left_out else ""
    print(f"{new} added, {len(refs) - new} known already{out}")
    if len(urls) <= MAX_SHOWN:
        for url in urls:
            print(f"  {plain(masked(url))}")
    return 0


def _meant(given: str, frontier: Frontier) -> str:
    """Return the feed's URL that a person means, who may only know it masked.

    Raises:
        Misconfigured: several feeds are shown so.
    """
    fits = [feed.url for feed in frontier.feeds.all() if masked(feed.url) == given]
    if given in fits or not fits:
        return given
    if len(fits) > 1:
        raise Misconfigured(
            f"{given}: {len(fits)} feeds are shown so; `samestory feeds export` gives"
            " their whole URLs"
        )
    return fits[0]


def _row(feed: Feed) -> dict[str, Any]:
    return {
        "url": feed.url,
        "title": feed.title,
        "group": feed.group,
        "lang": feed.lang,
        "status": feed.status,
        "failures": feed.failures,
        "entries": feed.entries,
        "polled": _moment(feed.polled_at),
        "answered": _moment(feed.ok_at),
        "due": _moment(max(0.0, feed.due_at)),
        "interval_s": feed.interval_s,
        "polls": feed.polls,
        "unchanged": feed.unchanged,
        "stories": feed.stories,
    }


def _lines(feed: Feed) -> Iterator[str]:
    """Yield what a person reads of a feed."""
    yield feed.url
    title = f"{feed.title}: " * bool(feed.title)
    if feed.polled_at is None:
        yield f"    {title}never polled"
        return
    count = counted(feed.entries, "entry")
    yield f"    {title}{count}, {day_and_time(_time(feed.polled_at))}: {feed.status}"


def _time(seconds: float | None) -> datetime | None:
    if seconds is None or seconds == NEVER:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def _moment(seconds: float | None) -> str | None:
    moment = _time(seconds)
    return None if moment is None else moment.isoformat()
