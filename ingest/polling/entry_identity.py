"""By what an entry of a feed is recognised: its identities, a digest of its words.

1. The keys of its link's address; with all that its address has where entries of the
   document differ in that alone, be it a tracker by its name.
2. Its guid, within its feed, unless the document uses it twice: feeds that give "1" to
   everything are read all the same.
3. Without either, a digest of the whole entry.
4. Beside them its words and date, for feeds whose links and guids change at each poll,
   unless two entries say the same, or too little: "Morning briefing", undated, is
   another story each day.

A link may name a page instead of an article: a programme's, a list of comments, the
site itself (52 of 4,099 entries in 157 real feeds). It does where the document has
several titles under it, where it is the site's address that the feed states, and where
it was found to before (`classification.py`). Such an entry is known by its guid,
without one by its title under that link, and no page is fetched for it.

The first identities make the story's id. Everything here is a pure function.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Final, Self

from samestory.former_keys import first_key
from samestory.ingest.feeds.entry import Entry
from samestory.ingest.frontier.sightings import (
    GUID,
    PAGE,
    TITLE,
    WHOLE,
    WITHIN_FEED,
    WORDS,
)
from samestory.story import scoped_id, story_id_from
from samestory.story_keys import exact_key, url_key, url_keys

MIN_SUMMARY: Final = 40  # characters that are not said again by chance, undated
# What is compared, beside the link, to tell whether an entry says something new.
_SAID: Final = ("title", "summary", "content", "published_raw", "source", "lang")
_WHOLE: Final = ("guid", "link", *_SAID)  # by which one is named that has nothing else


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """An entry with what it is recognised by.

    Attributes:
        entry: as the document has it.
        identities: at least one; the first make the story's id.
        link_keys: of its link's address, whatever it names; () without a link.
        within_page: its identities if its link names a page, the first its id's.
        is_on_page: whether it does.
        digest: of what it says, so that a change is noticed.
    """

    entry: Entry
    identities: tuple[str, ...]
    link_keys: tuple[str, ...]
    within_page: tuple[str, ...]
    is_on_page: bool
    digest: str

    @property
    def names(self) -> set[str]:
        """All by which it may have been known before."""
        return {*self.identities, *self.link_keys, *self.within_page}

    def on_page(self) -> Self:
        """Return the entry, its link naming a page."""
        return replace(self, identities=self.within_page, is_on_page=True)

    @property
    def words(self) -> str:
        """The identity of what it says and when; "" if that is not its own."""
        return next((one for one in self.identities if one.startswith(WORDS)), "")

    def story_ids(self, feed_url: str) -> list[str]:
        """Return the ids that its story may have, the one of today last.

        Addresses are the same everywhere; all else counts within its feed.
        """
        keys = [one for one in self.identities if not one.startswith(WITHIN_FEED)]
        return [story_id_from(one) for one in keys] or [self.id_within(feed_url)]

    def id_within(self, feed_url: str) -> str:
        """Return the id that its story has in this feed alone."""
        return scoped_id(feed_url, self.identities[0])


def named(entries: Sequence[Entry], site: str = "") -> list[Named]:
    """Return a document's entries, in its order, with what each is recognised by.

    Args:
        entries: of the document.
        site: its site's address, as it states it; "" if it does not.
    """
    pages, differing = _shared_links(entries)
    if site:
        pages.add(url_key(site))
    guids = Counter(entry.guid for entry in entries)
    words = Counter(_words(entry) for entry in entries)
    titles = Counter(_title_on_page(entry) for entry in entries)
    candidates = []
    for entry in entries:
        keys = url_keys(entry.link) if entry.link else ()
        exact = exact_key(entry.link) if entry.link else ""
        if keys and keys[-1] in differing:
            keys = (exact,)
        own = [GUID + entry.guid] if entry.guid and guids[entry.guid] == 1 else []
        whole = [WHOLE + _whole_digest(entry)]
        is_titled = entry.title and titles[_title_on_page(entry)] == 1
        titled = [_title_on_page(entry)] if is_titled else []
        said = _words(entry)
        told = [WORDS + said] if _says_enough(entry) and words[said] == 1 else []
        page = [PAGE + keys[-1]] if keys else []
        one = Named(
            entry=entry,
            identities=(*([*keys, *own] or whole), *told),
            link_keys=tuple(dict.fromkeys((*keys, exact))) if keys else (),
            within_page=(*(own or [*titled, *whole]), *told, *page),
            is_on_page=False,
            digest=entry_digest(entry),
        )
        candidates.append(one.on_page() if keys and keys[-1] in pages else one)
    return candidates


def entry_digest(entry: Entry) -> str:
    """Name what an entry says, so that a change is noticed.

    By its address's former key, as in every frontier: another would be a change of all.
    """
    key = first_key(entry.link) if entry.link else ""
    return _digest([key, *(getattr(entry, name) for name in _SAID)])


def _shared_links(entries: Sequence[Entry]) -> tuple[set[str], set[str]]:
    """Return the links, as keys, under which a document has several titles.

    Returns:
        (those that name a page, those that differ in what counts as a tracker).
    """
    titles: dict[str, set[str]] = defaultdict(set)
    at: dict[str, dict[str, str]] = defaultdict(dict)
    for entry in entries:
        if entry.link:
            key, title = url_key(entry.link), entry.title or entry.summary
            titles[key].add(title)
            at[key].setdefault(exact_key(entry.link).partition("#")[0], title)
    several = {key for key, under in titles.items() if len(under) > 1}
    differing = {key for key in several if set(at[key].values()) == titles[key]}
    return several - differing, differing


def _says_enough(entry: Entry) -> bool:
    is_long = len(entry.summary) >= MIN_SUMMARY
    return bool(entry.title and (entry.published_raw or is_long))


def _title_on_page(entry: Entry) -> str:
    return TITLE + _digest([url_key(entry.link) if entry.link else "", entry.title])


def _words(entry: Entry) -> str:
    return _digest([entry.title, entry.summary, entry.published_raw])


def _whole_digest(entry: Entry) -> str:
    """Name an entry that has nothing else, the same whatever is known of it beside."""
    whole = asdict(entry)
    return _digest({name: whole[name] for name in _WHOLE})


def _digest(said: object) -> str:
    text = json.dumps(said, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "ignore")).hexdigest()[:16]
