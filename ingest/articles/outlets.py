"""Who speaks: whose report a story is, by what proves it.

1. The page that was fetched shows its outlet: its site.
2. A publisher's own feed speaks for its site: the same registered domain or family of
   publishers.toml, or a feed that the site's pages link to (`FeedVoice`).
3. An aggregator's own feed names the publisher (`<source>`).
4. All else is hearsay: the teller's words, of a site that has not been heard itself.
   Any feed can link to any page, and say what it likes that it says.

Where many write on one site, its host, or the channel in its path, is the outlet. What
a bridge tells of such channels is hearsay of each for itself: "X via BRIDGE".
"""

import ipaddress
from collections.abc import Collection
from dataclasses import dataclass

from samestory.cleaning import clean_line
from samestory.publishers import (
    MAX_NAME,
    UNNAMED,
    is_aggregator,
    is_channels,
    is_own,
    is_unnamed,
    names_publishers,
    outlet_named,
    voice_of,
)
from samestory.urls import host_of


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedVoice:
    """What a feed may speak for.

    Attributes:
        url: where it was fetched at last; what it redirected from proves nothing.
        title: as it says; its name where it has a bare address of a network that the
            operator opened.
        sites: voices of sites whose pages link to it.
    """

    url: str
    title: str = ""
    sites: Collection[str] = ()

    @property
    def name(self) -> str:
        """The teller: its site; on a bare address of the operator's its title."""
        named = clean_line(self.title, MAX_NAME) if _is_operators(self.url) else ""
        return voice_of(self.url) or named or host_of(self.url) or UNNAMED

    def owns(self, url: str) -> bool:
        """Tell whether it speaks for the site of a story's address."""
        return is_own(self.url, url) or voice_of(url) in self.sites


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """Whose report a story is.

    Attributes:
        outlet: who tells it.
        hearsay_of: the site that the teller links to, whose report it is not proved to
            be; "" for an outlet's own report.
    """

    outlet: str
    hearsay_of: str = ""


def attributed(
    *,
    feed: FeedVoice,
    url: str | None,
    page_url: str = "",
    source: str = "",
    source_url: str = "",
    author: str = "",
) -> Attribution:
    """Return whose report a story is.

    Args:
        feed: that tells it.
        url: the address that the feed gives; None if it gives none.
        page_url: where its text was fetched at last; "" if the words are the feed's.
        source: name in RSS `<source>`, "" if absent.
        source_url: address in RSS `<source>`, "" if absent.
        author: of the entry, "" if absent; it names the channel where no address does.
    """
    if page_url and not is_aggregator(page_url):
        own = feed.name if feed.owns(page_url) else ""
        return Attribution(outlet=voice_of(page_url) or own or host_of(page_url))
    if source and names_publishers(feed.url):
        at = voice_of(source_url) if source_url else None
        return Attribution(outlet=at or outlet_named(source))
    if url is None or feed.owns(url):
        named = None if url is None or is_unnamed(url) else voice_of(url)
        return Attribution(outlet=named or feed.name)
    channel = "" if is_channels(feed.url) else _channel_at(url, author, feed)
    return Attribution(
        outlet=f"{channel} via {feed.name}" if channel else feed.name,
        hearsay_of=voice_of(url) or host_of(url) or "an address",
    )


def _channel_at(url: str, author: str, feed: FeedVoice) -> str:
    """Return the channel that an address is of, on a site of many; "" on another.

    Where no address names it, a feed of one channel has its author's name for a title.
    """
    if is_unnamed(url):
        named = clean_line(author, MAX_NAME // 2)
        return f"{named} on {voice_of(url)}" if named and author == feed.title else ""
    return (voice_of(url) or "") if is_channels(url) else ""


def _is_operators(url: str) -> bool:
    """Tell whether a URL has a bare address of a network that the operator opened."""
    try:
        return not ipaddress.ip_address(host_of(url)).is_global
    except ValueError:
        return False
