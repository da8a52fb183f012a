"""A story, put together of what its feed and its page said, and the id that it gets.

An address gives its id to its publisher's report alone: one that its own feed brings,
or its page shows. Hearsay has an id of its feed. What a strange feed's link leads to is
the report there, today's, whatever it led to before; a publisher's own story keeps its
id while it moves within its site. What a page says to be its address (rel=canonical)
counts on its own site, from the first time that it is read: two links to one page are
one story.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from samestory.ingest.articles.outlets import Attribution, FeedVoice, attributed
from samestory.ingest.articles.page import Cleaned
from samestory.ingest.articles.titles import clean_title
from samestory.ingest.articles.versions import LastVersion, changes_since
from samestory.ingest.frontier.pending_story import PendingStory
from samestory.publishers import same_site
from samestory.story import Story, scoped_id
from samestory.story_keys import story_ids_of, url_key, url_keys
from samestory.urls import flags_of_host


def rightful_id(
    due: PendingStory, story: Story, given_id: Callable[[Sequence[str]], str]
) -> str:
    """Return the id of what a story turned out to be, from what proves it.

    Args:
        due: as it was to be read.
        story: as it was read.
        given_id: says which of several ids was given to a story before.
    """
    link = due.entry.link or ""
    if story.hearsay_of:
        is_taken = due.story_id in story_ids_of(due.given_for or link)
        alone = scoped_id(due.feed_url, url_keys(link)[0])
        return alone if is_taken else due.story_id
    if story.url is None:
        return due.story_id
    was_hearsay = due.last_version is not None and not due.was_proved
    is_own = story.url == link and not due.is_foreign and not was_hearsay
    if is_own and (not due.given_for or same_site(link, due.given_for)):
        return due.story_id
    return given_id(story_ids_of(story.url))


def _address(due: PendingStory, cleaned: Cleaned) -> str | None:
    """Return a story's address: the page's own, where that is on another site.

    Or where it is said by the page of a story that has no id of before.
    """
    link, page_url = due.entry.link, cleaned.page_url
    if not page_url or not link:
        return link
    is_new = due.last_version is None or bool(due.given_for)
    if is_new and _is_of_its_page(cleaned.canonical, page_url):
        return cleaned.canonical
    return link if same_site(page_url, link) else page_url


def _is_of_its_page(canonical: str, page_url: str) -> bool:
    """Tell whether what a page says to be its address may be that.

    Not on another site, nor the front page of this one, as some say of every page.
    """
    return (
        bool(canonical)
        and urlsplit(canonical).path.strip("/") != ""
        and url_key(canonical) != url_key(page_url)
        and same_site(canonical, page_url)
    )


def make_story(
    pending: PendingStory,
    cleaned: Cleaned,
    voice: FeedVoice,
    clock: Callable[[], float],
) -> Story:
    """Put together what the feed and the page said.

    Raises:
        Quarantine: neither gave a title or a text.
    """
    published = cleaned.published
    by = attributed(
        feed=voice,
        url=pending.entry.link,
        page_url=cleaned.page_url,
        source=pending.entry.source,
        source_url=pending.entry.source_url,
        author=pending.entry.author,
    )
    url = _address(pending, cleaned)
    title = _title(cleaned, by, voice, url)
    return Story(
        story_id=pending.story_id,
        url=url,
        outlet=by.outlet,
        title=title,
        text=cleaned.text,
        lang=cleaned.lang,
        published=published.at,
        published_raw=cleaned.published_raw,
        date_quality=published.quality,
        first_seen=datetime.fromtimestamp(pending.first_seen, UTC),
        observed=_observed(pending.last_version, clock()),
        text_from=cleaned.text_from,
        feed_url=pending.feed_url,
        flags=(*cleaned.flags, *_oddities(by, cleaned), *flags_of_host(url)),
        byline=cleaned.credits.byline,
        agencies=cleaned.credits.agencies,
        citing=cleaned.credits.citing,
        correction=cleaned.credits.correction,
        changes=changes_since(pending.last_version, title, cleaned.text),
        hearsay_of=by.hearsay_of,
    )


def _observed(last: LastVersion | None, now: float) -> datetime:
    """Return when a version was read: later than the last one, whatever the clock says.

    What is not later is taken for an old version that comes late.
    """
    before = last.observed if last else 0.0
    return max(
        datetime.fromtimestamp(now, UTC),
        datetime.fromtimestamp(before, UTC) + timedelta(milliseconds=1),
    )


def _title(cleaned: Cleaned, by: Attribution, voice: FeedVoice, url: str | None) -> str:
    """Return the headline; whoever links to a report has no say in it."""
    feed_title = voice.title if url is None or voice.owns(url) else ""
    return clean_title(cleaned.title, by.outlet, feed_title=feed_title, url=url)


def _oddities(by: Attribution, cleaned: Cleaned) -> Iterator[str]:
    """Yield what a person should know, beside what went wrong with the page."""
    if by.hearsay_of:
        yield f"hearsay: {by.outlet} links to {by.hearsay_of}"
    if cleaned.published_raw is not None and cleaned.published.at is None:
        yield "date-unreadable"
