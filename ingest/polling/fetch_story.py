"""One story's text: its page where needed and allowed, else what the feed says.

A report on several pages is read page by page, each in a turn of its host.
"""

from dataclasses import dataclass, replace
from typing import Final

from samestory.errors import Quarantine
from samestory.ingest.articles.page import (
    Cleaned,
    Page,
    Stated,
    choose_text,
    without_page,
)
from samestory.ingest.fetch.client import MAX_PAGE_BYTES, Client
from samestory.ingest.fetch.errors import Elsewhere
from samestory.ingest.fetch.robots import Robots
from samestory.ingest.fetch.sandbox import Sandbox
from samestory.ingest.frontier.pending_story import PendingStory
from samestory.ingest.text.dates import without_midnight
from samestory.ingest.text.markup import plain_text
from samestory.urls import host_of

MAX_PAGES: Final = 10  # of one report; real ones have up to six


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A story's text.

    Attributes:
        story: as it was due.
        cleaned: its text, as far as it was read.
        pages: that were read, where it goes on at `cleaned.next_url`; else ().
    """

    story: PendingStory
    cleaned: Cleaned
    pages: tuple[Page, ...] = ()

    def cut_short(self, why: object) -> "Read":
        """Return what was read, for good: its next page can't be had."""
        flag = f"page-partial: {self.cleaned.next_url} was not read: {why}"
        flags = (*self.cleaned.flags, flag)
        return Read(story=self.story, cleaned=replace(self.cleaned, flags=flags))

    @property
    def is_worse(self) -> bool:
        """Whether the page was read before and can't be now: the feed has less."""
        last = self.story.last_version
        had_page = last is not None and last.text_from == "page"
        return had_page and bool(self.story.host) and self.cleaned.text_from == "feed"


def read_story(
    story: PendingStory, client: Client, robots: Robots, sandbox: Sandbox, now: float
) -> Read:
    """Fetch and clean a story's page; a page that can't be had leaves the feed's words.

    Raises:
        FetchFailed: the page may work later.
        Elsewhere: it is on another host.
    """
    stated = stated_by(story, now)
    pages: tuple[Page, ...] = ()
    try:
        if story.host:
            pages = (fetch_page(page_url(story), client, robots),)
        page = pages[0] if pages else None
        cleaned: Cleaned = sandbox.run(choose_text, page, stated)
    except Elsewhere:
        raise
    except Quarantine as error:
        cleaned = without_page(stated, f"page-failed: {error}")
    return _going_on(story, cleaned, pages)


def read_on(
    before: Read, client: Client, robots: Robots, sandbox: Sandbox, now: float
) -> Read:
    """Fetch and clean the next page of a report that is on several.

    Raises:
        FetchFailed, Elsewhere, Quarantine: it can't be had.
    """
    page = fetch_page(before.cleaned.next_url, client, robots)
    pages = (*before.pages, page)
    stated = stated_by(before.story, now)
    cleaned: Cleaned = sandbox.run(choose_text, pages[0], stated, pages[1:])
    if len(pages) >= MAX_PAGES and cleaned.next_url:
        whole = Read(story=before.story, cleaned=cleaned, pages=pages)
        return whole.cut_short(f"{MAX_PAGES} pages are enough")
    return _going_on(before.story, cleaned, pages)


def _going_on(story: PendingStory, cleaned: Cleaned, pages: tuple[Page, ...]) -> Read:
    """Return what was read; with its pages where it goes on, on the same host."""
    next_url = cleaned.next_url
    goes_on = bool(next_url) and host_of(next_url) == story.host
    return Read(story=story, cleaned=cleaned, pages=pages if goes_on else ())


def page_url(story: PendingStory) -> str:
    """Return where a story's page is, as far as it is known."""
    return story.page_url or story.entry.link or story.feed_url


def fetch_page(url: str, client: Client, robots: Robots) -> Page:
    """Fetch a page that robots.txt allows, also where it redirects to.

    Raises:
        FetchFailed: later.
        Elsewhere: it redirects to another host.
        Quarantine: never.
    """
    robots.check(url)
    fetched = client.get(
        url, max_bytes=MAX_PAGE_BYTES, check=robots.check, one_host=True
    )
    kind = fetched.headers.get("content-type", "")
    if kind.startswith(("image/", "video/", "audio/", "application/pdf")):
        raise Quarantine(f"{url}: no page but {kind[:40]}")
    return Page(body=fetched.body, url=fetched.url, content_type=kind)


def give_up_page(story: PendingStory, reason: str, now: float) -> Read:
    """Return what the feed said, since the page can't be had."""
    stated = stated_by(story, now)
    return Read(story=story, cleaned=without_page(stated, f"page-failed: {reason}"))


def stated_by(story: PendingStory, now: float) -> Stated:
    """Return what a feed's entry tells beside its links."""
    entry = story.entry
    text = max(plain_text(entry.content), entry.summary, key=len)
    return Stated(
        title=entry.title,
        text="" if text == entry.title else text,
        lang=entry.lang,
        author=entry.author,
        published_raw=without_midnight(entry.published_raw or "")
        if entry.is_day
        else entry.published_raw,
        now=now,
        voice=story.feed_voice,
        feeds=(story.feed_url, story.fetched_from or story.feed_url),
    )
