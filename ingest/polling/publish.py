"""Stories that were read: made, published, marked; what can't be made is set aside.

- Publish first, then mark: a crash between the two publishes a story twice, which the
  index takes for one; the other way round it would be lost.
- A published story is not made worse: where its page was read before and fails now, it
  stays as it was and its page is asked again after an hour, two and three.
- A story is given the id of the address at which it was found at last. Where that was
  published already, it is a link more to that story and not a second one.
- What can't be made is refused by name, with its reason; a bug of ours too, so that one
  story never holds up the others. What a person had forgotten is not even refused.
"""

import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

from samestory.errors import Quarantine, Rejected, Retry
from samestory.ingest.articles.page import Cleaned
from samestory.ingest.articles.versions import LastVersion
from samestory.ingest.frontier.frontier import Frontier
from samestory.ingest.frontier.pending_story import PendingStory, Published
from samestory.ingest.polling.fetch_story import Read, give_up_page
from samestory.ingest.polling.make_story import make_story, rightful_id
from samestory.story import Story
from samestory.story_keys import ids_at, story_ids_of

LATER_LOOKS: Final = 3  # at a page that was read before and fails now, after ...
LATER_S: Final = 3_600.0  # ... an hour, then two, then three


class Delivery:
    """From what was read to a published story; publish first, then mark.

    Args:
        frontier: where stories are marked.
        send: called with stories; they are durable when it returns.
        reject: called with what will never be a story; durable when it returns.
        log: one line for a person.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        *,
        frontier: Frontier,
        send: Callable[[Sequence[Story]], None],
        reject: Callable[[Sequence[Rejected]], None],
        log: Callable[[str], None],
        clock: Callable[[], float],
    ) -> None:
        self._frontier, self._send, self._reject = frontier, send, reject
        self._log, self._clock = log, clock

    def publish(self, read: Sequence[Read]) -> None:
        """Publish stories; one whose page was read before and fails now can wait."""
        made: list[tuple[PendingStory, Story]] = []
        for item in read:
            if item.is_worse:
                self._keep(item.story, "; ".join(item.cleaned.flags))
                continue
            try:
                made += self._made(item)
            except Exception as error:  # noqa: BLE001  (a bug must not become a loop)
                self._refuse(item.story, error, item.cleaned.flags)
        # Of several links to one page the last one counts.
        made = list({story.story_id: (due, story) for due, story in made}.values())
        self._send([story for _, story in made])
        self._frontier.stories.mark_published(
            [
                Published(
                    story=due,
                    digest=story.digest,
                    reason="; ".join(story.flags) or None,
                    version=LastVersion.of(story, due.last_version),
                )
                for due, story in made
            ]
        )

    def _made(self, item: Read) -> list[tuple[PendingStory, Story]]:
        """Make a story; none where its publisher's own feed has brought it."""
        due = item.story
        cleaned = self._with_true_address(due, item.cleaned)
        if cleaned.linked_feed:
            self._frontier.own_sites.prove(cleaned.linked_feed, cleaned.linked_by)
        voice = self._frontier.own_sites.voice(due.feed_url, due.fetched_from)
        story = make_story(due, cleaned, voice, self._clock)
        story_id = rightful_id(due, story, self._frontier.given_id)
        if self._is_forgotten(due, story, cleaned.page_url):
            return []
        if story_id == due.story_id:
            return [(due, story)]
        if story.hearsay_of and due.was_proved:
            self._keep(due, "; ".join(story.flags))
            return []
        address = story.url or ""
        renamed = self._frontier.rename(due, story_id, address, self._clock())
        if renamed is None:
            return []
        story = make_story(renamed, cleaned, voice, self._clock)
        if LastVersion.of(story, renamed.last_version).futile_reads:
            self._keep_version(renamed, "as it was, by another link")
            return []
        return [(renamed, story)]

    def _with_true_address(self, due: PendingStory, cleaned: Cleaned) -> Cleaned:
        """Return what was read without a canonical address that is another report's.

        Some systems name the section, or one report, on every page.
        """
        if not cleaned.canonical:
            return cleaned
        held = self._frontier.stories.get(
            self._frontier.given_id(story_ids_of(cleaned.canonical))
        )
        if held is None or held.story_id == due.story_id:
            return cleaned
        titles = (held.entry.title, cleaned.title)
        theirs, its = (set(title.casefold().split()) for title in titles)
        is_same = 2 * len(theirs & its) >= max(len(theirs), len(its))
        return cleaned if is_same else replace(cleaned, canonical="")

    def _is_forgotten(self, due: PendingStory, story: Story, page_url: str) -> bool:
        """Tell whether what was read is to be forgotten, wherever it was found.

        It leaves the frontier then, with what its feed said.
        """
        urls = {due.entry.link, due.page_url, page_url, story.url}
        at = {one for url in urls if url for one in ids_at(url)}
        gone = self._frontier.forgotten.among({due.story_id, *at})
        if gone - {due.story_id}:
            with suppress(Retry):  # no room to overwrite its bytes: it is refused
                self._frontier.forget([due.story_id])
        return bool(gone)

    def fall_back(self, stories: Sequence[PendingStory], reason: str) -> None:
        """Publish what the feed said, since the page can't be had."""
        now, read = self._clock(), []
        for story in stories:
            try:
                read.append(give_up_page(story, reason, now))
            except Exception as error:  # noqa: BLE001  (a bug must not become a loop)
                self._refuse(story, error, (reason,))
        self.publish(read)

    def _refuse(
        self, story: PendingStory, error: Exception, flags: Sequence[str]
    ) -> None:
        """Set a story aside that can't be made."""
        said = str(error)
        if not isinstance(error, Quarantine):
            trace = "".join(traceback.format_exception(error))
            self._log(f"bug, please report it: {trace}")
            said = f"bug of ours: {error!r}"
        why = "; ".join([said, *flags])
        link = story.entry.link or ""
        if not self._frontier.forgotten.among([story.story_id, *ids_at(link)]):
            source = link or story.feed_url
            self._reject([Rejected(reason=why, source=source, detail="")])
        self._frontier.stories.settle(story.story_id, "refused", why)

    def _keep(self, story: PendingStory, reason: str) -> None:
        """Leave a story as it was published, and look again later: its page failed."""
        if story.tries < LATER_LOOKS:
            due_at = self._clock() + LATER_S * (1 + story.tries)
            self._frontier.stories.postpone(story.story_id, due_at, reason)
        else:
            self._keep_version(story, reason)

    def _keep_version(self, story: PendingStory, reason: str) -> None:
        """Leave a story as it was published, though it should have been read again."""
        said = f"kept as it was: {reason}"
        self._frontier.stories.settle(story.story_id, "published", said)
