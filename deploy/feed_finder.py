"""`feeds add SITE`: the feed behind an address that a person gives.

The address itself if it is a feed; else the first feed with entries that its page links
to; else, where the page links to none, one of the usual places. No more than TRIES
addresses are asked, a pause apart. A site that can't be reached now is added as it is.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from samestory.deploy import wiring
from samestory.deploy.config import Settings
from samestory.errors import Misconfigured, Quarantine, SamestoryError
from samestory.ingest.feeds.discovery import FoundFeed, linked_feeds, usual_places
from samestory.ingest.feeds.entry import ParsedFeed
from samestory.ingest.feeds.opml import FeedRef, checked_ref
from samestory.ingest.feeds.parse import parse_feed
from samestory.ingest.fetch.client import MAX_FEED_BYTES, Fetched
from samestory.ingest.fetch.sandbox import Sandbox

TRIES = 6  # candidates that are fetched


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A feed to be added, other feeds of the site, and what a person should know."""

    ref: FeedRef
    others: tuple[FoundFeed, ...] = ()
    note: str = ""


def site_url(text: str) -> str:
    """Return the URL that a person means, also by a host's name alone.

    Raises:
        Misconfigured: it is none.
    """
    is_host = "://" not in text and "." in text.split("/", maxsplit=1)[0]
    return checked_ref(f"https://{text}" if is_host else text).url


class FeedFinder:
    """Finds the feed of a site: itself, what its page links to, or the usual places."""

    def __init__(self, settings: Settings, sandbox: Sandbox) -> None:
        self._client = wiring.open_client(settings)
        self._sandbox = sandbox
        self._spacing_s = settings.host_spacing

    def find(self, url: str) -> Finding:
        """Return the feed behind an address, itself if it can't be had now.

        Raises:
            Misconfigured: it is a page, and no feed of it can be found.
        """
        ref = checked_ref(url)
        try:
            fetched = self._client.get(ref.url, max_bytes=MAX_FEED_BYTES)
        except SamestoryError as error:
            return Finding(
                ref=ref, note=f"added as it is, though not read yet: {error}"
            )
        parsed = self._parsed(fetched)
        if parsed:
            return Finding(ref=checked_ref(ref.url, parsed.title))
        kind = fetched.headers.get("content-type", "")
        linked = self._linked(fetched, kind)
        usual = [FoundFeed(url=place, title="") for place in usual_places(fetched.url)]
        chosen = self._first(linked or usual)
        if chosen is None:
            raise Misconfigured(
                f"{url}: no feed there: it is a page that "
                + ("links to none that can be read" if linked else "names none")
                + "; look for the site's RSS and add that address"
            )
        others = tuple(one for one in linked if one.url != chosen.url)
        return Finding(ref=chosen, others=others, note=f"found {chosen.url}")

    def _first(self, candidates: Iterable[FoundFeed]) -> FeedRef | None:
        """Return the first that is a feed with entries, else the first that is one."""
        empty = None
        for candidate in list(candidates)[:TRIES]:
            time.sleep(self._spacing_s)
            try:
                fetched = self._client.get(candidate.url, max_bytes=MAX_FEED_BYTES)
            except SamestoryError:
                continue
            parsed = self._parsed(fetched)
            if parsed:
                ref = checked_ref(candidate.url, parsed.title or candidate.title)
                if parsed.entries:
                    return ref
                empty = empty or ref
        return empty

    def _linked(self, fetched: Fetched, kind: str) -> list[FoundFeed]:
        try:
            linked: list[FoundFeed] = self._sandbox.run(
                linked_feeds,
                *(fetched.body, fetched.url, kind, fetched.headers.get("link", "")),
            )
        except Quarantine:  # a page that its parser can't take
            return []
        return linked

    def _parsed(self, fetched: Fetched) -> ParsedFeed | None:
        kind = fetched.headers.get("content-type", "")
        try:
            parsed: ParsedFeed = self._sandbox.run(
                parse_feed, fetched.body, fetched.url, kind
            )
        except Quarantine:
            return None
        return parsed
