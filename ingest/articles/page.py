"""Article pages -> clean text, or the feed's words and why.

A feed that is not the publisher's own is not believed beside the page: title, author,
language and date are the page's then.

Runs in worker processes (see `sandbox`): trafilatura can hang or take the process down.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import unquote_plus, urlsplit

from samestory.cleaning import clean_text
from samestory.credits import NO_CREDITS, Credits, credits_of
from samestory.days import is_day_alone
from samestory.ingest.articles.extraction import Extract, extract_article
from samestory.ingest.articles.outlets import FeedVoice
from samestory.ingest.articles.page_head import MAX_TAGS, Head, plain_words, read_head
from samestory.ingest.articles.page_links import NOWHERE, Links
from samestory.ingest.articles.quality import (
    complaint,
    length,
    tidy,
    without_offer,
    without_title,
)
from samestory.ingest.text.bot_walls import wall_of
from samestory.ingest.text.charset import decode
from samestory.ingest.text.dates import (
    UNKNOWN,
    Moment,
    is_midnight,
    parse_date,
    parse_date_of_any_language,
)
from samestory.ingest.text.language import identify
from samestory.ingest.text.markup import mend_references, plain_text

MIN_FULL_TEXT: Final = 900  # characters; a feed's text of this length is the article
CUT_OFF_TAIL: Final = 60  # characters; the pattern is quadratic on a long text
MIN_REFLECTED: Final = 3  # words of a headline that its address asks for
STUB: Final = "page-stub"  # the rest is for subscribers
FROM_DATA: Final = "text-of-structured-data"
# A day begins 14 hours before UTC's in the east, and ends 12 after it in the west.
EAST: Final = timedelta(hours=14)
WEST: Final = timedelta(hours=12)
_CUT_OFF: Final = re.compile(
    r"(?:…|\.\.\.|\[…\]|read more|continue reading)\W*$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page as it was fetched; `content_type` is its header, "" without one."""

    body: bytes
    url: str
    content_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What the feed stated of a story, as far as cleaning needs it.

    Attributes:
        title: of the entry, as are text, lang, author and published_raw.
        now: seconds since the epoch.
        voice: what the feed may speak for; None to believe it anything.
        feeds: addresses of the feed, by which the page may link to it.
    """

    title: str
    text: str
    lang: str | None
    author: str
    published_raw: str | None
    now: float
    voice: FeedVoice | None = None
    feeds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """The text that was chosen, where it is from, its language, and what went wrong.

    Attributes:
        text: as chosen.
        text_from: page or feed.
        lang: of it; None if nobody can tell.
        flags: what went wrong.
        title: the feed's, or the page's where the feed is not believed.
        published: the date as it was understood.
        published_raw: as it was written; None without one.
        credits: what the text says of its makers and sources.
        page_url: where the text was found at last; "" if it is the feed's.
        linked_feed: key of the feed's address that the page links to as its site's
            own; "" if it does not.
        linked_by: where that page was fetched at last; "" if it does not.
        canonical: the address that the page says to have; "" if it says none.
        next_url: where the report goes on; "" if it does not, or all of it was read.
    """

    text: str
    text_from: str
    lang: str | None
    flags: tuple[str, ...]
    title: str = ""
    published: Moment = UNKNOWN
    published_raw: str | None = None
    credits: Credits = NO_CREDITS
    page_url: str = ""
    linked_feed: str = ""
    linked_by: str = ""
    canonical: str = ""
    next_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What a report's pages gave.

    Attributes:
        text: of the report.
        why: it is not to be used; None if it is good.
        flags: what is odd about it.
        links: where else the first page says that it is.
        next_url: where it goes on; "" if nowhere.
    """

    text: str
    why: str | None
    flags: tuple[str, ...] = ()
    links: Links = NOWHERE
    next_url: str = ""


def is_full_text(content: str) -> bool:
    """Tell whether a feed entry's content is the article, so no page is fetched."""
    text = plain_text(content)
    return length(text) >= MIN_FULL_TEXT and not _CUT_OFF.search(text[-CUT_OFF_TAIL:])


def extract_text(page: Page) -> str:
    """Return the article's text, paragraphs by line; empty if there is none."""
    return clean_text(_extracted(page).text)


def _extracted(page: Page, first: str = "") -> Extract:
    if page.body.count(b"<") > MAX_TAGS or page.body.startswith((b"%PDF", b"\x89PNG")):
        return Extract()
    markup = mend_references(decode(page.body, page.content_type).encode()).decode()
    return extract_article(markup, page.url, first)


def choose_text(
    page: Page | None, stated: Stated, following: Sequence[Page] = ()
) -> Cleaned:
    """Take the page's text where it is one, else the feed's, and say why.

    Args:
        page: None if none was fetched.
        stated: what the feed said.
        following: the pages on which the report goes on, or all of it.
    """
    if page is None:
        return _cleaned(stated.text, stated)
    is_own = stated.voice is None or stated.voice.owns(page.url)
    head = None if is_own else read_head(page.body, page.url, page.content_type)
    linked = head.linked(stated.feeds) if head else ""
    if head is None or linked:
        cleaned = _believing(page, stated, following)
    else:
        cleaned = _doubting(page, head, stated, following)
    return replace(cleaned, linked_feed=linked, linked_by=page.url if linked else "")


def _believing(page: Page, stated: Stated, following: Sequence[Page]) -> Cleaned:
    """Take a page's text, and beside it what its publisher's own feed says."""
    found = _text_of(page, stated, stated.title, following)
    if found.why:
        cleaned = _cleaned(stated.text, stated, found.why)
    else:
        cleaned = replace(
            _cleaned(found.text, stated, *found.flags),
            text_from="page",
            page_url=page.url,
            canonical=found.links.canonical,
            next_url=found.next_url,
        )
    at = cleaned.published.at
    if at is None or is_day_alone(cleaned.published_raw, at):
        cleaned = _dated_by_page(cleaned, page, stated)
    return cleaned


def _doubting(
    page: Page, head: Head, stated: Stated, following: Sequence[Page]
) -> Cleaned:
    """Take a page's text with what it says itself, without a word of a strange feed."""
    title = head.title_beside(stated.title)
    found = _text_of(page, stated, title, following)
    if found.why or _reflects(page.url, title):
        return _cleaned(stated.text, stated, found.why or "page-reflects")
    raw = head.published_raw or None
    named = () if title == stated.title else ("title-of-page",)
    return Cleaned(
        text=found.text,
        text_from="page",
        title=title,
        lang=identify(f"{title}\n{found.text}", None),
        flags=(*found.flags, *named),
        published=parse_date_of_any_language(raw, _moment(stated)),
        published_raw=raw,
        credits=credits_of(found.text, ""),
        page_url=page.url,
        canonical=found.links.canonical,
        next_url=found.next_url,
    )


def _reflects(url: str, title: str) -> bool:
    """Tell whether a headline is what the address asks for: a search, an error page."""
    asked = plain_words(unquote_plus(urlsplit(url).query))
    words = plain_words(title)
    if words and "".join(words) in "".join(asked):  # of few words, or without blanks
        return True
    shared = set(words) & set(asked)
    return len(shared) >= max(MIN_REFLECTED, len(set(words)) / 2)


def _cleaned(text: str, stated: Stated, *flags: str) -> Cleaned:
    """Return a text with what the feed says beside it."""
    return Cleaned(
        text=text,
        text_from="feed",
        title=stated.title,
        lang=identify(f"{stated.title}\n{text}", stated.lang),
        flags=flags if text else (*flags, "no-text"),
        published=parse_date_of_any_language(stated.published_raw, _moment(stated)),
        published_raw=stated.published_raw,
        credits=credits_of(text, stated.author),
    )


def without_page(stated: Stated, flag: str) -> Cleaned:
    """Take the feed's own words, without a parser that could fail."""
    return Cleaned(
        text=stated.text,
        text_from="feed",
        title=stated.title,
        lang=identify(f"{stated.title}\n{stated.text}", stated.lang),
        flags=(flag,) if stated.text else (flag, "no-text"),
        published=parse_date(stated.published_raw, _moment(stated)),
        published_raw=stated.published_raw,
        credits=credits_of(stated.text, stated.author),
    )


def _text_of(
    page: Page, stated: Stated, title: str, following: Sequence[Page]
) -> _Found:
    """Return what a report's pages gave, and why it is not to be used."""
    first = _extracted(page)
    others = [_extracted(one, page.url) for one in following]
    raw = clean_text("\n".join([first.text, *(one.text for one in others)]))
    tidied = tidy(raw)
    text, is_stub = without_offer(tidied, is_paid=first.is_paid)
    why = complaint(
        tidied,
        title=stated.title,
        feed_text=stated.text,
        whole=len(raw),
        headline=first.headline,
        linked=first.linked,
    )
    if why and (wall := wall_of({}, page.body)):
        why = f"page-wall: {wall}"
    flags = {STUB: is_stub, FROM_DATA: first.from_data}
    return _Found(
        text=without_title(text or tidied, title),
        why=why,
        flags=tuple(flag for flag, holds in flags.items() if holds),
        links=first.links,
        next_url=_next_url(page, following, [first, *others]),
    )


def _next_url(page: Page, following: Sequence[Page], read: Sequence[Extract]) -> str:
    """Return where a report goes on: on one page, else on the next; "" for nowhere."""
    whole = read[0].links.whole
    seen = {page.url, *(one.url for one in following)}
    if whole:
        return "" if following else whole
    named = (one.links.after(len(read)) for one in reversed(read))
    return next((url for url in named if url and url not in seen), "")


def _dated_by_page(cleaned: Cleaned, page: Page, stated: Stated) -> Cleaned:
    """Take the date that the page's metadata state: any, or the hour of the feed's day.

    A page of another day than the feed's is not believed: it may have been changed.
    """
    raw = read_head(page.body, page.url, page.content_type).published_raw
    said = parse_date_of_any_language(raw, _moment(stated)) if raw else UNKNOWN
    day = cleaned.published.at
    if said.at is None:
        return cleaned
    has_hour = not (is_midnight(raw) or is_day_alone(raw, said.at))
    if day and not (has_hour and _is_within(day, said.at, raw)):
        return cleaned
    return replace(cleaned, published=said, published_raw=raw)


def _is_within(day: datetime, at: datetime, raw: str) -> bool:
    """Tell whether a moment is of a day: where its offset says, else anywhere."""
    with suppress(ValueError):
        local = datetime.fromisoformat(raw.strip())
        if local.utcoffset():
            return day.date() in (local.date(), at.date())
    return day - EAST <= at < day + timedelta(days=1) + WEST


def _moment(stated: Stated) -> datetime:
    return datetime.fromtimestamp(stated.now, UTC)
