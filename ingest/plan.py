"""What a feed document asks for: which entries are new, changed, known or refused."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from samestory.ingest.entry import Entry, ParsedFeed
from samestory.ingest.frontier import Frontier
from samestory.ingest.outlets import (
    Attribution,
    FeedVoice,
    attributed,
    has_no_page,
    same_site,
)
from samestory.ingest.page import Cleaned, is_full_text
from samestory.ingest.sightings import WITHIN_FEED, Sighting
from samestory.ingest.story import Story, scoped_id, story_id_from
from samestory.ingest.story_table import PendingStory
from samestory.ingest.titles import clean_title
from samestory.ingest.urls import (
    flags_of_host,
    former_key,
    host_of,
    ids_at,
    story_ids_of,
    url_key,
    url_keys,
)
from samestory.ingest.versions import changes_since, futile_reads

MIN_SUMMARY: Final = 40  # characters that are not said again by chance, undated
MAX_FUTILE: Final = 3  # reads in a row that found the text of before
# What is compared, beside the link, to tell whether an entry says something new.
_SAID: Final = ("title", "summary", "content", "published_raw", "source", "lang")


@dataclass(slots=True, kw_only=True)
class EntryPlan:
    """What a feed document asks for.

    `new` counts stories never seen before; `repeated` entries told twice in it.
    """

    new: int = 0
    pending: list[PendingStory] = field(default_factory=list)
    refused: list[tuple[PendingStory, str]] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)
    repeated: int = 0

    def ask_for(self, story: PendingStory, *, is_new: bool) -> None:
        """Let a story's text be had; one that has nothing at all is refused."""
        entry = story.entry
        if entry.link or entry.title or entry.summary or entry.content:
            self.pending.append(story)
            self.new += is_new
        else:
            self.refused.append((story, "entry without link, title or text"))


def plan_entries(
    parsed: ParsedFeed,
    feed_url: str,
    frontier: Frontier,
    now: float,
    fetched_from: str = "",
) -> EntryPlan:
    """Decide for each entry: new, changed, known, repeated, or never a story.

    Args:
        parsed: the document.
        feed_url: where the feed is polled.
        frontier: what is known.
        now: the time.
        fetched_from: where the document came from at last; "" if from `feed_url`.
    """
    plan = EntryPlan()
    seen: set[str] = set()
    shared = _shared_links(parsed.entries)
    voice = frontier.own_sites.voice(feed_url, fetched_from)
    for entry, identities, known in _recognised(
        parsed.entries, shared, frontier, feed_url
    ):
        digest = entry_digest(entry)
        is_foreign = entry.link is not None and not voice.owns(entry.link)
        given = frontier.given_id(_story_ids(identities, feed_url))
        if known:
            story_id = known.story_id
        elif is_foreign and not _is_taken(given, frontier):
            story_id = scoped_id(feed_url, identities[0])
        else:
            story_id = given
        if story_id in seen:
            plan.repeated += 1
            continue
        seen.add(story_id)
        if known and known.entry_digest == digest:
            continue
        sighting = Sighting(
            identities=identities, story_id=story_id, entry_digest=digest
        )
        plan.sightings.append(sighting)
        if known and not known.entry_digest:
            continue  # of a frontier before schema 3: the new digest is noted
        before = frontier.stories.get(story_id)
        if before and not _is_news(entry, before, feed_url, voice):
            continue
        story = PendingStory(
            story_id=story_id,
            feed_url=feed_url,
            host=host_of(entry.link or "") if _needs_page(entry, shared, voice) else "",
            entry=entry,
            tries=0,
            first_seen=before.first_seen if before else now,
            fetched_from=fetched_from,
            is_foreign=is_foreign,
        )
        plan.ask_for(story, is_new=before is None)
    return plan


def _is_taken(story_id: str, frontier: Frontier) -> bool:
    """Tell whether an address's story is told already, or is to be forgotten."""
    return frontier.stories.get(story_id) is not None or bool(
        frontier.forgotten.among([story_id])
    )


def _is_news(
    entry: Entry, before: PendingStory, feed_url: str, voice: FeedVoice
) -> bool:
    """Tell whether a story that is known has to be read again.

    Not if another feed brought it, unless it is its publisher's; not if what changes
    again and again is anything but its title (the date, a count of comments), and its
    text was the same each time.
    """
    if before.feed_url not in {"", feed_url}:
        # The publisher's own feed takes its story back from whoever told it first.
        link = entry.link or ""
        at = link if before.story_id in ids_at(link) else before.address
        return voice.owns(at) and not before.feed_voice.owns(at)
    is_retold = entry.title != before.entry.title
    return is_retold or futile_reads(before.told) < MAX_FUTILE


def _recognised(
    entries: Sequence[Entry], shared: set[str], frontier: Frontier, feed_url: str
) -> Iterator[tuple[Entry, tuple[str, ...], Sighting | None]]:
    """Yield each entry with its identities and what this feed said of it before.

    By its link; by its guid, unless that now names something else; by what it says,
    for feeds whose links and guids change at each poll. The last only if no entry of
    this document is the former story already.
    """
    rows = list(_identified(entries, shared))
    found = [_by_name(entry, ids, frontier, feed_url) for entry, ids in rows]
    taken = {sighting.story_id for sighting in found if sighting}
    for (entry, identities), known in zip(rows, found, strict=True):
        told = [one for one in identities if one.startswith("told ")]
        if known is None and told:
            before = frontier.sightings.of(feed_url, told).get(told[0])
            if before and before.story_id not in taken:
                digest = entry_digest(entry)
                known = replace(before, entry_digest=digest)  # noqa: PLW2901
        yield entry, identities, known


def _by_name(
    entry: Entry, identities: tuple[str, ...], frontier: Frontier, feed_url: str
) -> Sighting | None:
    keys = url_keys(entry.link) if entry.link else ()
    before = frontier.sightings.of(feed_url, [*identities, *keys])
    for identity in identities:
        known = before.get(identity)
        if known is None or identity.startswith("told "):
            continue
        if (
            identity.startswith("guid ")
            and keys
            and not _is_same(entry, known, frontier)
        ):
            continue
        return known
    # A link that others share since then still names the very entry it named alone.
    alone = next((before[key] for key in keys if key in before), None)
    return alone if alone and alone.entry_digest == entry_digest(entry) else None


def _is_same(entry: Entry, known: Sighting, frontier: Frontier) -> bool:
    """Tell whether a guid still names the story: some feeds give it to the next one.

    Beside the link, the title is another then, or much of it and the date; and on
    another site it is never the same.
    """
    story = frontier.stories.get(known.story_id)
    if story is None:
        return True
    before = story.entry
    links = {story.address, before.link or story.address}
    if entry.link and not any(same_site(entry.link, link) for link in links):
        return False
    is_of_then = entry.published_raw is not None and (
        entry.published_raw == before.published_raw
    )
    shared = set(entry.title.casefold().split()) & set(before.title.casefold().split())
    is_alike = 2 * len(shared) >= len(before.title.split())
    return entry.title == before.title or (is_of_then and is_alike) or not before.link


def outcome(parsed: ParsedFeed, plan: EntryPlan) -> str:
    """Tell in words what a document held."""
    parts = [f"{plan.new} new of {len(parsed.entries)}"]
    changed = len(plan.pending) - plan.new
    if changed:
        parts.append(f"{changed} changed")
    if plan.repeated:
        parts.append(f"{plan.repeated} told twice")
    if parsed.left_out:
        parts.append(f"{parsed.left_out} left out: too many, or no entries")
    if parsed.note:
        parts.append(f"damaged: {parsed.note}")
    return ", ".join(parts)


def _shared_links(entries: Sequence[Entry]) -> set[str]:
    """Return the links, as keys, under which a document tells several stories.

    A list of comments or a page of notes: neither its address nor its text is one
    story's (52 of 4,099 entries in 157 real feeds). The titles tell them apart.
    """
    titles: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        if entry.link:
            titles[url_key(entry.link)].add(entry.title or entry.summary)
    return {key for key, found in titles.items() if len(found) > 1}


def _needs_page(entry: Entry, shared: set[str], voice: FeedVoice) -> bool:
    """Tell whether a page is to be fetched; only a publisher's feed can spare it."""
    return (
        entry.link is not None
        and url_key(entry.link) not in shared
        and not has_no_page(entry.link)
        and not (is_full_text(entry.content) and voice.owns(entry.link))
    )


def _identified(
    entries: Sequence[Entry], shared: set[str]
) -> Iterator[tuple[Entry, tuple[str, ...]]]:
    """Give each entry its identities, the first of which make the story id.

    The keys of the article's URL unless it is shared; beside them the guid, as an alias
    within the feed, unless the document uses it twice; and what it says, in words and
    date, unless two entries say it. Without any, a digest of the whole.
    """
    guids = Counter(entry.guid for entry in entries)
    words = Counter(_words(entry) for entry in entries)
    for entry in entries:
        keys = url_keys(entry.link) if entry.link else ()
        identities = [key for key in keys if keys[-1] not in shared]
        if entry.guid and guids[entry.guid] == 1:
            identities.append(f"guid {entry.guid}")
        if not identities:
            identities.append(f"said {_whole_digest(entry)}")
        says_enough = entry.published_raw or len(entry.summary) >= MIN_SUMMARY
        if entry.title and says_enough and words[_words(entry)] == 1:
            identities.append(f"told {_words(entry)}")
        yield entry, tuple(identities)


def _words(entry: Entry) -> str:
    return _digest([entry.title, entry.summary, entry.published_raw])


def _story_ids(identities: Sequence[str], feed_url: str) -> list[str]:
    """URLs are the same everywhere; guids and digests count within their feed."""
    keys = [one for one in identities if not one.startswith(WITHIN_FEED)]
    ids = [story_id_from(one) for one in keys]
    return ids or [scoped_id(feed_url, identities[0])]


def entry_digest(entry: Entry) -> str:
    """Name what an entry says, so that a change is noticed.

    By its address's former key, as in every frontier: another would be a change of all.
    """
    key = former_key(entry.link) if entry.link else ""
    return _digest([key, *(getattr(entry, name) for name in _SAID)])


def _whole_digest(entry: Entry) -> str:
    """Name an entry that has nothing else; as schema 2 did, for its story id."""
    whole = asdict(entry)
    for new in ("author", "source_url"):
        del whole[new]
    return _digest(whole)


def _digest(said: object) -> str:
    text = json.dumps(said, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "ignore")).hexdigest()[:16]


def rightful_id(due: PendingStory, story: Story, frontier: Frontier) -> str:
    """Return the id of what a story turned out to be, from what proves it.

    An address gives its id to its publisher's report alone: one that its own feed tells
    of it, or its page. Hearsay has an id of its feed. What a strange feed's link leads
    to is the report there, today's, whatever it led to before; a publisher's own story
    keeps its id while it moves within its site.
    """
    link = due.entry.link or ""
    if story.hearsay_of:
        is_taken = due.story_id in story_ids_of(due.given_for or link)
        alone = scoped_id(due.feed_url, url_keys(link)[0])
        return alone if is_taken else due.story_id
    if story.url is None:
        return due.story_id
    was_hearsay = bool(due.told) and not due.was_proved
    is_own = story.url == link and not due.is_foreign and not was_hearsay
    if is_own and (not due.given_for or same_site(link, due.given_for)):
        return due.story_id
    return frontier.given_id(story_ids_of(story.url))


def _address(due: PendingStory, cleaned: Cleaned) -> str | None:
    """Return a story's address: the page's, where that is on another site."""
    link = due.entry.link
    if not cleaned.page_url or not link or same_site(cleaned.page_url, link):
        return link
    return cleaned.page_url


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
    entry = pending.entry
    published = cleaned.published
    found = attributed(
        feed=voice,
        url=entry.link,
        page_url=cleaned.page_url,
        source=entry.source,
        source_url=entry.source_url,
    )
    url = _address(pending, cleaned)
    # Whoever links to a report has no say in its headline.
    feed_title = voice.title if url is None or voice.owns(url) else ""
    title = clean_title(cleaned.title, found.outlet, feed_title=feed_title, url=url)
    return Story(
        story_id=pending.story_id,
        url=url,
        outlet=found.outlet,
        title=title,
        text=cleaned.text,
        lang=cleaned.lang,
        published=published.at,
        published_raw=cleaned.published_raw,
        date_quality=published.quality,
        first_seen=datetime.fromtimestamp(pending.first_seen, UTC),
        observed=datetime.fromtimestamp(clock(), UTC),
        text_from=cleaned.text_from,
        feed_url=pending.feed_url,
        flags=(*cleaned.flags, *_oddities(found, cleaned), *flags_of_host(url)),
        byline=cleaned.credits.byline,
        agencies=cleaned.credits.agencies,
        citing=cleaned.credits.citing,
        correction=cleaned.credits.correction,
        changes=changes_since(pending.told, title, cleaned.text),
        hearsay_of=found.hearsay_of,
    )


def _oddities(found: Attribution, cleaned: Cleaned) -> Iterator[str]:
    """Yield what a person should know, beside what went wrong with the page."""
    if found.hearsay_of:
        yield f"hearsay: {found.outlet} links to {found.hearsay_of}"
    if cleaned.published_raw is not None and cleaned.published.at is None:
        yield "date-unreadable"
