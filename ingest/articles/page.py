"""Article pages -> clean text, or the feed's words and why.

A feed that is not the publisher's own is not believed beside the page: title, author,
language and date are the page's then.

Runs in worker processes (see `sandbox`): trafilatura can hang or take the process down.
"""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final
from urllib.parse import unquote_plus, urlsplit

from samestory.credits import NO_CREDITS, Credits, credits_of
from samestory.ingest.articles.extraction import extract_article
from samestory.ingest.articles.outlets import FeedVoice
from samestory.ingest.articles.page_head import MAX_TAGS, Head, plain_words, read_head
from samestory.ingest.articles.quality import complaint, tidy, without_title
from samestory.ingest.text.bot_walls import wall_of
from samestory.ingest.text.charset import decode
from samestory.ingest.text.dates import (
    UNKNOWN,
    Moment,
    parse_date,
    parse_date_of_any_language,
)
from samestory.ingest.text.language import identify
from samestory.ingest.text.markup import mend_references, plain_text
from samestory.story import clean_text

MIN_FULL_TEXT: Final = 900  # characters; a feed's text of this length is the article
CUT_OFF_TAIL: Final = 60  # characters; the pattern is quadratic on a long text
MIN_REFLECTED: Final = 3  # words of a headline that its address asks for
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


def is_full_text(content: str) -> bool:
    """Tell whether a feed entry's content is the article, so no page is fetched."""
    text = plain_text(content)
    return len(text) >= MIN_FULL_TEXT and not _CUT_OFF.search(text[-CUT_OFF_TAIL:])


def extract_text(page: Page) -> str:
    """Return the article's text, paragraphs by line; empty if there is none."""
    if page.body.count(b"<") > MAX_TAGS or page.body.startswith((b"%PDF", b"\x89PNG")):
        return ""
    markup = mend_references(decode(page.body, page.content_type).encode()).decode()
    return clean_text(extract_article(markup, page.url))


def choose_text(page: Page | None, stated: Stated) -> Cleaned:
    """Take the page's text where it is one, else the feed's, and say why.

    Args:
        page: None if none was fetched.
        stated: what the feed said.
    """
    if page is None:
        return _cleaned(stated.text, stated)
    is_own = stated.voice is None or stated.voice.owns(page.url)
    head = None if is_own else read_head(page.body, page.url, page.content_type)
    linked = head.linked(stated.feeds) if head else ""
    if head is None or linked:
        cleaned = _believing(page, stated)
    else:
        cleaned = _doubting(page, head, stated)
    return replace(cleaned, linked_feed=linked, linked_by=page.url if linked else "")


def _believing(page: Page, stated: Stated) -> Cleaned:
    """Take a page's text, and beside it what its publisher's own feed says."""
    text, why = _text_of(page, stated, stated.title)
    cleaned = _cleaned(stated.text, stated, why) if why else _cleaned(text, stated)
    if not cleaned.published.at:
        cleaned = replace(cleaned, published=_date_of_page(page, stated))
    return cleaned if why else replace(cleaned, text_from="page", page_url=page.url)


def _doubting(page: Page, head: Head, stated: Stated) -> Cleaned:
    """Take a page's text with what it says itself, without a word of a strange feed."""
    title = head.title_beside(stated.title)
    text, why = _text_of(page, stated, title)
    if why or _reflects(page.url, title):
        return _cleaned(stated.text, stated, why or "page-reflects")
    raw = head.published_raw or None
    return Cleaned(
        text=text,
        text_from="page",
        title=title,
        lang=identify(f"{title}\n{text}", None),
        flags=() if title == stated.title else ("title-of-page",),
        published=parse_date_of_any_language(raw, _moment(stated)),
        published_raw=raw,
        credits=credits_of(text, ""),
        page_url=page.url,
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


def _text_of(page: Page, stated: Stated, title: str) -> tuple[str, str | None]:
    """Return (the page's text, why it is not to be used)."""
    raw = extract_text(page)
    text = tidy(raw)
    why = complaint(text, title=stated.title, feed_text=stated.text, whole=len(raw))
    text = without_title(text, title)
    if why and (wall := wall_of({}, page.body)):
        why = f"page-wall: {wall}"
    return text, why


def _date_of_page(page: Page, stated: Stated) -> Moment:
    """Return the date that the page's metadata state; UNKNOWN without one."""
    raw = read_head(page.body, page.url, page.content_type).published_raw
    return parse_date_of_any_language(raw, _moment(stated)) if raw else UNKNOWN


def _moment(stated: Stated) -> datetime:
    return datetime.fromtimestamp(stated.now, UTC)
