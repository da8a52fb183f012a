"""What a feed document asks for: which entries are new, changed, known or refused."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

from ingest.dates import parse_date
from ingest.feed import Entry, ParsedFeed
from ingest.frontier import Frontier, PendingStory, Sighting
from ingest.outlets import outlet_of
from ingest.page import Cleaned, is_full_text
from ingest.story import Story, story_id_from
from ingest.urls import host_of, url_key


@dataclass(slots=True, kw_only=True)
class EntryPlan:
    """What a feed document asks for; `repeated` counts entries told twice in it."""

    pending: list[PendingStory] = field(default_factory=list)
    refused: list[tuple[PendingStory, str]] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)
    repeated: int = 0


def plan_entries(
    parsed: ParsedFeed, feed_url: str, frontier: Frontier, now: float
) -> EntryPlan:
    """Decide for each entry: new, changed, known, repeated, or never a story."""
    plan = EntryPlan()
    seen: set[str] = set()
    shared = _shared_links(parsed.entries)
    for entry, identities in _identified(parsed.entries, shared):
        digest = entry_digest(entry)
        known = _known(entry, identities, digest, frontier, feed_url)
        story_id = known.story_id if known else _story_id(identities[0], feed_url)
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
        owner, first_seen = frontier.owners([story_id]).get(story_id, (feed_url, now))
        if owner not in {"", feed_url}:
            continue  # another feed brought it; its text is not news
        story = PendingStory(
            story_id=story_id,
            feed_url=feed_url,
            host=host_of(entry.link or "") if _needs_page(entry, shared) else "",
            entry=entry,
            tries=0,
            first_seen=first_seen,
        )
        if entry.link or entry.title or entry.summary or entry.content:
            plan.pending.append(story)
        else:
            plan.refused.append((story, "entry without link, title or text"))
    return plan


def _known(
    entry: Entry,
    identities: tuple[str, ...],
    digest: str,
    frontier: Frontier,
    feed_url: str,
) -> Sighting | None:
    """Return what the feed said before about this story; None if nothing."""
    key = url_key(entry.link) if entry.link else ""
    before = frontier.sighted(feed_url, [*identities, key])
    for identity in identities:
        if identity in before:
            return before[identity]
    # A link that others share since then still names the very entry it named alone.
    alone = before.get(key)
    return alone if alone and alone.entry_digest == digest else None


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


def _needs_page(entry: Entry, shared: set[str]) -> bool:
    return (
        entry.link is not None
        and url_key(entry.link) not in shared
        and not is_full_text(entry.content)
    )


def _identified(
    entries: Sequence[Entry], shared: set[str]
) -> Iterator[tuple[Entry, tuple[str, ...]]]:
    """Give each entry its identities, the first of which makes the story id.

    The article's URL unless it is shared; beside it the guid, as an alias within the
    feed, unless the document uses it twice; without both a digest of what is said.
    """
    guids = Counter(entry.guid for entry in entries)
    for entry in entries:
        key = url_key(entry.link) if entry.link else ""
        identities = [key] if key and key not in shared else []
        if entry.guid and guids[entry.guid] == 1:
            identities.append(f"guid {entry.guid}")
        yield entry, tuple(identities or [f"said {entry_digest(entry)}"])


def _story_id(identity: str, feed_url: str) -> str:
    """URLs are the same everywhere; guids and digests count within their feed."""
    alone = not identity.startswith(("guid ", "said "))
    return story_id_from(identity if alone else f"{feed_url} {identity}")


def entry_digest(entry: Entry) -> str:
    """Name what an entry says, so that a change is noticed."""
    said = json.dumps(asdict(entry), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(said.encode("utf-8", "ignore")).hexdigest()[:16]


def make_story(
    pending: PendingStory, cleaned: Cleaned, feed_title: str, clock: Callable[[], float]
) -> Story:
    """Put together what the feed and the page said.

    Raises:
        Quarantine: neither gave a title or a text.
    """
    entry = pending.entry
    observed = datetime.fromtimestamp(clock(), UTC)
    published = parse_date(entry.published_raw, observed)
    is_unread = entry.published_raw is not None and published.at is None
    return Story(
        story_id=pending.story_id,
        url=entry.link,
        outlet=outlet_of(
            source=entry.source,
            url=entry.link,
            feed_title=feed_title,
            feed_url=pending.feed_url,
        ),
        title=entry.title,
        text=cleaned.text,
        lang=cleaned.lang,
        published=published.at,
        published_raw=entry.published_raw,
        date_quality=published.quality,
        first_seen=datetime.fromtimestamp(pending.first_seen, UTC),
        observed=observed,
        text_from=cleaned.text_from,
        feed_url=pending.feed_url,
        flags=cleaned.flags + (("date-unreadable",) if is_unread else ()),
    )
