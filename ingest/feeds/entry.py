"""What a feed says: its entries, and about itself."""

from dataclasses import dataclass
from typing import Final

from samestory.ingest.feeds.announced import NOTHING_SAID, Announced

MAX_ENTRIES: Final = 2_000  # Media Cloud's cap; the largest real feed seen had 1,046


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a feed says about one story. Empty strings where it says nothing.

    Attributes:
        guid: the feed's own id; "" if absent.
        link: absolute URL of the article; None if absent or unusable.
        title: one line of plain text.
        summary: plain text of the description.
        content: HTML of the full text, where the feed carries one.
        published_raw: the date as written; None if absent.
        source: name of the publisher where the feed names one (RSS `<source>`).
        lang: language of the feed or entry; None if not stated.
        author: who wrote it, as the feed says.
        source_url: address of that publisher, where the feed tells it.
        is_day: the date is a day alone, though an hour is written, see `with_days`.
    """

    guid: str
    link: str | None
    title: str
    summary: str
    content: str
    published_raw: str | None
    source: str
    lang: str | None
    author: str = ""
    source_url: str = ""
    is_day: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """A feed's title and entries, in the feed's order, at most MAX_ENTRIES.

    `left_out` counts entries that could not be taken; `note` says what was wrong with
    the document though entries could be read, None if nothing; `said` is what it
    announces about when to come again; `site` is its site's address, "" if it states
    none.
    """

    title: str
    entries: tuple[Entry, ...]
    left_out: int
    note: str | None
    said: Announced = NOTHING_SAID
    site: str = ""
