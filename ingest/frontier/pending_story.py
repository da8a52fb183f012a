"""A story that the frontier knows: due to be read, and as it was published."""

from dataclasses import dataclass

from samestory.ingest.articles.outlets import FeedVoice, attributed
from samestory.ingest.articles.versions import LastVersion
from samestory.ingest.feeds.entry import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingStory:
    """A story whose text is still to be had; `host` is "" if no page is needed.

    Attributes:
        last_version: that was published; None if there was none.
        page_url: where its link has redirected to, on another host; "" for the link.
        fetched_from: where its feed was fetched when it brought it; "" if unknown.
        is_foreign: the feed was not known to be its publisher's own then, or its link
            leads to another's site.
        given_for: the address that its id was given for, where that was found out by
            reading it; "" where its feed names it.
        voice: what its feed could speak for then; None where that is not known.
    """

    story_id: str
    feed_url: str
    host: str
    entry: Entry
    tries: int
    first_seen: float
    last_version: LastVersion | None = None
    page_url: str = ""
    fetched_from: str = ""
    is_foreign: bool = False
    given_for: str = ""
    voice: FeedVoice | None = None

    @property
    def name(self) -> str:
        """What it is called in the frontier."""
        return self.story_id

    @property
    def feed_voice(self) -> FeedVoice:
        """What its feed may speak for."""
        return self.voice or FeedVoice(url=self.fetched_from or self.feed_url)

    @property
    def address(self) -> str:
        """Where it is: as it was published, else as its feed says; "" for nowhere."""
        published_at = self.last_version.url if self.last_version else ""
        return self.given_for or published_at or self.entry.link or ""

    @property
    def was_proved(self) -> bool:
        """Whether it was published as its outlet's own report."""
        return self.last_version is not None and not self.last_version.is_hearsay

    @property
    def is_own(self) -> bool:
        """Whether it is its publisher's own, as far as that is known yet."""
        return self.was_proved if self.last_version else not self.is_foreign

    @property
    def outlet(self) -> str:
        """Whose report it is, or would be if its page can be had."""
        is_read = bool(self.host) and (self.was_proved or not self.last_version)
        at = self.page_url or self.entry.link if is_read else ""
        return attributed(
            feed=self.feed_voice,
            url=self.entry.link,
            page_url=at or "",
            source=self.entry.source,
            source_url=self.entry.source_url,
            author=self.entry.author,
        ).outlet


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A story that is on the log.

    Attributes:
        story: as it was due.
        digest: of what was published.
        reason: what is odd about it, for a person; None for nothing.
        version: what is to be remembered of it.
    """

    story: PendingStory
    digest: str
    reason: str | None
    version: LastVersion
