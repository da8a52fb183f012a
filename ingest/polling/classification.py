"""What an entry of a feed is: new, changed, known, repeated, or empty.

`classify` decides from what was read beforehand (`Known`); it asks nobody.

Which story an entry is:

1. The one that this feed has named by its link's address before; by its guid, unless
   that now names something else (some feeds give "1" to their newest entry); by the
   words and date that it had, unless another entry of the document is that story.
   A link that had another guid and another title then names a page: it names no story
   of this feed any more (`entry_identity.py`).
2. Else the one of its address, where the feed is its publisher's own, or where that
   story is known already or to be forgotten.
3. Else one of this feed's own: whoever links to a newsroom's address takes no story of
   it before its page shows it (`outlets.py`).

What is to be done with it:

4. The second entry of one story in a document is repeated.
5. What says the same as before is known. So is the first change that is seen of what a
   frontier before schema 3 knew: its digest was made otherwise.
6. A story that another feed brought is known, but its publisher's own feed takes it
   back from whoever brought it first.
7. What changes again and again in anything but its title (a date that says "now", a
   count of comments) is known, once MAX_FUTILE reads have found the text of before.
8. What has no link, title or text is empty: never a story.
9. All else is new, or changed where the story is known.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from samestory.ingest.articles.outlets import FeedVoice
from samestory.ingest.feeds.entry import Entry
from samestory.ingest.frontier.pending_story import PendingStory
from samestory.ingest.frontier.sightings import GUID, PAGE, WORDS, Sighting
from samestory.ingest.frontier.story_table import given_id
from samestory.ingest.polling.entry_identity import Named
from samestory.publishers import same_site
from samestory.story_keys import ids_at, url_key
from samestory.urls import absolute_url

MAX_FUTILE: Final = 3  # reads in a row that found the text of before


class Outcome(Enum):
    """What an entry is; the value is for people."""

    NEW = "new"
    CHANGED = "changed"
    KNOWN = "known"
    REPEATED = "repeated"
    EMPTY = "entry without link, title or text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a document's entries.

    Attributes:
        feed_url: where the feed is polled.
        voice: what it may speak for.
        sightings: by identity, what it named before.
        stories: by id, those that its entries may be.
        forgotten: the ids among them that are refused for ever.
    """

    feed_url: str
    voice: FeedVoice
    sightings: Mapping[str, Sighting]
    stories: Mapping[str, PendingStory]
    forgotten: Collection[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Classified:
    """An entry, and what is to be done with it.

    Attributes:
        named: the entry.
        outcome: what it is.
        story_id: which story.
        is_foreign: its link leads to a site that the feed may not speak for.
        sighting: to be written down; None if that says nothing new.
        before: the story as it is known; None if it is not.
    """

    named: Named
    outcome: Outcome
    story_id: str
    is_foreign: bool
    sighting: Sighting | None = None
    before: PendingStory | None = None


def classify(entries: Sequence[Named], known: Known) -> Iterator[Classified]:
    """Yield what each entry of a document is, in its order."""
    entries = [_on_its_page(one, known) for one in entries]
    seen: set[str] = set()
    for one, before in zip(entries, _recognised(entries, known), strict=True):
        story_id, is_foreign = _story_of(one, before, known)
        story = known.stories.get(story_id)
        sighting: Sighting | None = Sighting(
            identities=one.identities, story_id=story_id, entry_digest=one.digest
        )
        if story_id in seen:
            outcome, sighting = Outcome.REPEATED, None
        elif before and before.entry_digest == one.digest:
            outcome, sighting = Outcome.KNOWN, None
        else:
            outcome = _outcome(one.entry, before, story, known)
        seen.add(story_id)
        yield Classified(
            named=one,
            outcome=outcome,
            story_id=story_id,
            is_foreign=is_foreign,
            sighting=sighting,
            before=story,
        )


def _story_of(one: Named, before: Sighting | None, known: Known) -> tuple[str, bool]:
    """Return (which story an entry is, whether its link leads to another's site)."""
    link = one.entry.link
    is_foreign = link is not None and not known.voice.owns(link)
    if before:
        return before.story_id, is_foreign
    ids = one.story_ids(known.feed_url)
    given = given_id(ids, known.stories, known.forgotten)
    is_taken = given in known.stories or given in known.forgotten
    if is_foreign and not is_taken:
        return one.id_within(known.feed_url), is_foreign
    return given, is_foreign


def _outcome(
    entry: Entry, before: Sighting | None, story: PendingStory | None, known: Known
) -> Outcome:
    """Return what an entry is that says something else than before, or is not known."""
    if before and not before.entry_digest:
        return Outcome.KNOWN
    if story and not _is_news(entry, story, known):
        return Outcome.KNOWN
    if not (entry.link or entry.title or entry.summary or entry.content):
        return Outcome.EMPTY
    return Outcome.CHANGED if story else Outcome.NEW


def _is_news(entry: Entry, story: PendingStory, known: Known) -> bool:
    """Tell whether a story that is known has to be read again."""
    if story.feed_url not in {"", known.feed_url}:
        link = entry.link or ""
        at = link if story.story_id in ids_at(link) else story.address
        return known.voice.owns(at) and not story.feed_voice.owns(at)
    has_new_title = entry.title != story.entry.title
    futile = story.last_version.futile_reads if story.last_version else 0
    return has_new_title or futile < MAX_FUTILE


def _recognised(entries: Sequence[Named], known: Known) -> list[Sighting | None]:
    """Return what this feed named before that each entry is; None for nothing.

    By its words only if no entry of this document is the former story already.
    """
    by_name = [_by_name(one, known) for one in entries]
    taken = {before.story_id for before in by_name if before}
    return [
        before or _by_words(one, known, taken)
        for one, before in zip(entries, by_name, strict=True)
    ]


def _by_words(one: Named, known: Known, taken: Collection[str]) -> Sighting | None:
    """Return what had an entry's words and date; it says nothing new then."""
    before = known.sightings.get(one.words)
    if before is None or before.story_id in taken:
        return None
    return replace(before, entry_digest=one.digest)


def _on_its_page(one: Named, known: Known) -> Named:
    """Return an entry as it is named where its link was found to name a page."""
    if one.is_on_page or not one.link_keys:
        return one
    marked = any(PAGE + key in known.sightings for key in one.link_keys)
    return one.on_page() if marked or _is_next_on_page(one, known) else one


def _is_next_on_page(one: Named, known: Known) -> bool:
    """Tell whether an entry's link named another one before, by guid and title.

    A guid that is an address of the same page says nothing: some count its versions.
    """
    entry = one.entry
    if not entry.guid or _is_at(entry.guid, entry.link):
        return False
    if GUID + entry.guid not in one.identities or GUID + entry.guid in known.sightings:
        return False
    named = (known.sightings[k] for k in one.link_keys if k in known.sightings)
    before = next(named, None)
    story = known.stories.get(before.story_id) if before else None
    if before is None or story is None or not story.entry.guid:
        return False
    has_moved = story.entry.guid != entry.guid
    return has_moved and not _is_same(entry, before, known)


def _is_at(guid: str, link: str | None) -> bool:
    """Tell whether a guid is its link's address, with whatever parameters."""
    if "://" not in guid or not link or not absolute_url(guid, ""):
        return False
    one, other = (url_key(at).partition("#")[0] for at in (guid, link))
    return one.partition("?")[0] == other.partition("?")[0]


def _by_name(one: Named, known: Known) -> Sighting | None:
    """Return what had an entry's link or guid."""
    for identity in dict.fromkeys((*one.link_keys[-1:], *one.identities)):
        before = known.sightings.get(identity)
        if before is None or identity.startswith((WORDS, PAGE)):
            continue
        if one.is_on_page and identity in one.link_keys:
            continue
        is_passed_on = identity.startswith(GUID) and one.link_keys
        if is_passed_on and not _is_same(one.entry, before, known):
            continue
        return before
    # A link that others share since then still names the very entry it named alone.
    alone = next(
        (known.sightings[key] for key in one.link_keys if key in known.sightings), None
    )
    return alone if alone and alone.entry_digest == one.digest else None


def _is_same(entry: Entry, before: Sighting, known: Known) -> bool:
    """Tell whether a guid still names the story: some feeds give it to the next one.

    Beside the link, the title is another then, or much of it and the date; and on
    another site it is never the same.
    """
    story = known.stories.get(before.story_id)
    if story is None:
        return True
    former = story.entry
    links = {story.address, former.link or story.address}
    if entry.link and not any(same_site(entry.link, link) for link in links):
        return False
    is_of_then = entry.published_raw is not None and (
        entry.published_raw == former.published_raw
    )
    shared = set(entry.title.casefold().split()) & set(former.title.casefold().split())
    is_alike = 2 * len(shared) >= len(former.title.split())
    return entry.title == former.title or (is_of_then and is_alike) or not former.link
