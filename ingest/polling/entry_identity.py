"""By what an entry of a feed is recognised: its identities, a digest of its words.

1. The keys of its link's address, but not of one under which the document has several
   titles: a list of comments or a page of notes is no story's (52 of 4,099 entries in
   157 real feeds).
2. Its guid, within its feed, unless the document uses it twice: feeds that give "1" to
   everything are read all the same.
3. Without either, a digest of the whole entry.
4. Beside them its words and date, for feeds whose links and guids change at each poll,
   unless two entries say the same, or too little: "Morning briefing", undated, is
   another story each day.

The first identities make the story's id. Everything here is a pure function.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

from samestory.ingest.feeds.entry import Entry
from samestory.ingest.frontier.sightings import GUID, WHOLE, WITHIN_FEED, WORDS
from samestory.story import scoped_id, story_id_from
from samestory.urls import former_key, url_key, url_keys

MIN_SUMMARY: Final = 40  # characters that are not said again by chance, undated
# What is compared, beside the link, to tell whether an entry says something new.
_SAID: Final = ("title", "summary", "content", "published_raw", "source", "lang")


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """An entry with what it is recognised by.

    Attributes:
        entry: as the document has it.
        identities: at least one; the first make the story's id.
        link_keys: of its link's address, shared or not; () without a link.
        shares_link: the document has several titles under its link.
        digest: of what it says, so that a change is noticed.
    """

    entry: Entry
    identities: tuple[str, ...]
    link_keys: tuple[str, ...]
    shares_link: bool
    digest: str

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


def named(entries: Sequence[Entry]) -> list[Named]:
    """Return a document's entries, in its order, with what each is recognised by."""
    shared = _shared_links(entries)
    guids = Counter(entry.guid for entry in entries)
    words = Counter(_words(entry) for entry in entries)
    candidates = []
    for entry in entries:
        keys = url_keys(entry.link) if entry.link else ()
        is_shared = bool(keys) and keys[-1] in shared
        identities = [] if is_shared else list(keys)
        if entry.guid and guids[entry.guid] == 1:
            identities.append(GUID + entry.guid)
        if not identities:
            identities.append(WHOLE + _whole_digest(entry))
        if _says_enough(entry) and words[_words(entry)] == 1:
            identities.append(WORDS + _words(entry))
        candidates.append(
            Named(
                entry=entry,
                identities=tuple(identities),
                link_keys=keys,
                shares_link=is_shared,
                digest=entry_digest(entry),
            )
        )
    return candidates


def entry_digest(entry: Entry) -> str:
    """Name what an entry says, so that a change is noticed.

    By its address's former key, as in every frontier: another would be a change of all.
    """
    key = former_key(entry.link) if entry.link else ""
    return _digest([key, *(getattr(entry, name) for name in _SAID)])


def _shared_links(entries: Sequence[Entry]) -> set[str]:
    """Return the links, as keys, under which a document has several stories."""
    titles: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        if entry.link:
            titles[url_key(entry.link)].add(entry.title or entry.summary)
    return {key for key, several in titles.items() if len(several) > 1}


def _says_enough(entry: Entry) -> bool:
    is_long = len(entry.summary) >= MIN_SUMMARY
    return bool(entry.title and (entry.published_raw or is_long))


def _words(entry: Entry) -> str:
    return _digest([entry.title, entry.summary, entry.published_raw])


def _whole_digest(entry: Entry) -> str:
    """Name an entry that has nothing else; as schema 2 did, for its story id."""
    whole = asdict(entry)
    for new in ("author", "source_url"):
        del whole[new]
    return _digest(whole)


def _digest(said: object) -> str:
    text = json.dumps(said, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "ignore")).hexdigest()[:16]
