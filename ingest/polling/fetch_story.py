"""One story's text: its page where needed and allowed, else what the feed says."""

from dataclasses import dataclass

from samestory.errors import Elsewhere, Quarantine
from samestory.ingest.articles.page import (
    Cleaned,
    Page,
    Stated,
    choose_text,
    without_page,
)
from samestory.ingest.fetch.client import MAX_PAGE_BYTES, Client
from samestory.ingest.fetch.robots import Robots
from samestory.ingest.fetch.sandbox import Sandbox
from samestory.ingest.frontier.pending_story import PendingStory
from samestory.ingest.text.markup import plain_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A story's text."""

    story: PendingStory
    cleaned: Cleaned

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
    try:
        page = fetch_page(story, client, robots) if story.host else None
        cleaned: Cleaned = sandbox.run(choose_text, page, stated)
    except Elsewhere:
        raise
    except Quarantine as error:
        cleaned = without_page(stated, f"page-failed: {error}")
    return Read(story=story, cleaned=cleaned)


def page_url(story: PendingStory) -> str:
    """Return where a story's page is, as far as it is known."""
    return story.page_url or story.entry.link or story.feed_url


def fetch_page(story: PendingStory, client: Client, robots: Robots) -> Page:
    """Fetch a page that robots.txt allows, also where it redirects to.

    Raises:
        FetchFailed: later.
        Elsewhere: it redirects to another host.
        Quarantine: never.
    """
    url = page_url(story)
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
        published_raw=entry.published_raw,
        now=now,
        voice=story.feed_voice,
        feeds=(story.feed_url, story.fetched_from or story.feed_url),
    )
