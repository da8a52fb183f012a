"""One story's text: its page where needed and allowed, else what the feed told."""

from dataclasses import dataclass

from ingest.client import MAX_PAGE_BYTES, Client, FetchFailed
from ingest.errors import Quarantine
from ingest.feed import Entry
from ingest.frontier import PendingStory
from ingest.markup import plain_text
from ingest.page import Cleaned, Page, Told, choose_text, without_page
from ingest.robots import Robots
from ingest.sandbox import Sandbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A story's text."""

    story: PendingStory
    cleaned: Cleaned


def read_story(
    story: PendingStory, client: Client, robots: Robots, sandbox: Sandbox, now: float
) -> Read:
    """Fetch and clean a story's page; a page that can't be had leaves the feed's words.

    Raises:
        FetchFailed: the page may work later.
    """
    told = told_by(story.entry, now)
    url = story.entry.link or story.feed_url
    try:
        page = fetch_page(url, client, robots) if story.host else None
        cleaned: Cleaned = sandbox.run(choose_text, page, told)
    except FetchFailed:
        raise
    except Quarantine as error:
        cleaned = without_page(told, f"page-failed: {error}")
    return Read(story=story, cleaned=cleaned)


def fetch_page(url: str, client: Client, robots: Robots) -> Page:
    """Fetch a page that robots.txt allows, wherever it redirects to.

    Raises:
        FetchFailed: later.
        Quarantine: never.
    """
    robots.check(url)
    found = client.get(url, max_bytes=MAX_PAGE_BYTES, check=robots.check)
    kind = found.headers.get("content-type", "")
    if kind.startswith(("image/", "video/", "audio/", "application/pdf")):
        raise Quarantine(f"{url}: no page but {kind[:40]}")
    return Page(body=found.body, url=found.url, content_type=kind)


def give_up_page(story: PendingStory, reason: str, now: float) -> Read:
    """Return what the feed said, since the page can't be had."""
    told = told_by(story.entry, now)
    return Read(story=story, cleaned=without_page(told, f"page-failed: {reason}"))


def told_by(entry: Entry, now: float) -> Told:
    """Return what a feed's entry tells beside its links."""
    text = max(plain_text(entry.content), entry.summary, key=len)
    return Told(
        title=entry.title,
        text="" if text == entry.title else text,
        lang=entry.lang,
        author=entry.author,
        published_raw=entry.published_raw,
        now=now,
    )
