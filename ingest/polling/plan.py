"""What a poll asks for: the stories of a feed's document that are to be read.

What is known of its entries is fetched first, a query a table; `classification.py`
decides; the frontier writes it down afterwards (`Frontier.record_poll`).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from samestory.ingest.articles.outlets import FeedVoice
from samestory.ingest.articles.page import is_full_text
from samestory.ingest.feeds.entry import MAX_ENTRIES, ParsedFeed
from samestory.ingest.frontier.frontier import Frontier
from samestory.ingest.frontier.pending_story import PendingStory
from samestory.ingest.frontier.sightings import Sighting
from samestory.ingest.polling.classification import Classified, Known, Outcome, classify
from samestory.ingest.polling.entry_identity import Named, named
from samestory.publishers import has_no_page
from samestory.story_keys import names_a_place
from samestory.urls import host_of


@dataclass(slots=True, kw_only=True)
class EntryPlan:
    """What a feed document asks for.

    Attributes:
        pending: stories whose text is to be had.
        refused: what will never be a story, with the reason.
        sightings: what the feed names now.
        counts: its entries by what they are.
    """

    pending: list[PendingStory] = field(default_factory=list)
    refused: list[tuple[PendingStory, str]] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)
    counts: Counter[Outcome] = field(default_factory=Counter)

    @property
    def new(self) -> int:
        """How many stories were never seen before."""
        return self.counts[Outcome.NEW]


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
        frontier: what is known; it is only read.
        now: the time.
        fetched_from: where the document came from at last; "" if from `feed_url`.
    """
    entries = named(parsed.entries, parsed.site)
    known = known_of(entries, feed_url, frontier, fetched_from)
    plan = EntryPlan()
    for one in classify(entries, known):
        plan.counts[one.outcome] += 1
        if one.sighting:
            plan.sightings.append(one.sighting)
        if one.outcome in {Outcome.NEW, Outcome.CHANGED}:
            plan.pending.append(_story(one, known, now, fetched_from))
        elif one.outcome is Outcome.EMPTY:
            story = _story(one, known, now, fetched_from)
            plan.refused.append((story, one.outcome.value))
    return plan


def known_of(
    entries: Sequence[Named], feed_url: str, frontier: Frontier, fetched_from: str
) -> Known:
    """Return what is known of a document's entries, in a query a table."""
    names = {name for one in entries for name in one.names}
    sightings = frontier.sightings.of(feed_url, names)
    ids = {sighting.story_id for sighting in sightings.values()}
    for one in entries:
        ids.update(one.story_ids(feed_url), one.on_page().story_ids(feed_url))
        ids.add(one.id_within(feed_url))
    return Known(
        feed_url=feed_url,
        voice=frontier.own_sites.voice(feed_url, fetched_from),
        sightings=sightings,
        stories=frontier.stories.among(ids),
        forgotten=frontier.forgotten.among(ids),
    )


def _story(
    one: Classified, known: Known, now: float, fetched_from: str
) -> PendingStory:
    entry = one.named.entry
    host = host_of(entry.link or "") if _needs_page(one.named, known.voice) else ""
    return PendingStory(
        story_id=one.story_id,
        feed_url=known.feed_url,
        host=host,
        entry=entry,
        tries=0,
        first_seen=one.before.first_seen if one.before else now,
        fetched_from=fetched_from,
        is_foreign=one.is_foreign,
    )


def _needs_page(one: Named, voice: FeedVoice) -> bool:
    """Tell whether a page is to be fetched; only a publisher's feed can spare it."""
    link = one.entry.link
    return (
        link is not None
        and not one.is_on_page
        and not names_a_place(link)
        and not has_no_page(link)
        and not (is_full_text(one.entry.content) and voice.owns(link))
    )


def described(parsed: ParsedFeed, plan: EntryPlan) -> str:
    """Tell in words what a document held."""
    parts = [f"{plan.new} new of {len(parsed.entries)}"]
    if changed := plan.counts[Outcome.CHANGED]:
        parts.append(f"{changed} changed")
    if repeated := plan.counts[Outcome.REPEATED]:
        parts.append(f"{repeated} told twice")
    if parsed.left_out:
        is_full = len(parsed.entries) >= MAX_ENTRIES
        why = f", beyond {MAX_ENTRIES}" if is_full else ": no entries"
        parts.append(f"{parsed.left_out} left out{why}")
    if parsed.note:
        parts.append(f"damaged: {parsed.note}")
    return ", ".join(parts)
