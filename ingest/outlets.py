"""Who speaks: the publisher of a story, not the feed it came through."""

import ipaddress

from tld import get_fld

from ingest.story import clean_line
from ingest.urls import host_of


def outlet_of(*, source: str, url: str | None, feed_title: str, feed_url: str) -> str:
    """Return the outlet's name.

    The feed's `<source>` names the publisher; else the registered domain of the story
    (nine feeds of one broadcaster are one voice); on a bare address the feed's title.

    Args:
        source: name in RSS `<source>`, "" if absent.
        url: the story's URL; None if it has none.
        feed_title: title of the feed, "" if it has none.
        feed_url: URL of the feed.
    """
    if source:
        return clean_line(source, 120)
    for address in (url, feed_url):
        domain = domain_of(address or "")
        if domain:
            return domain
    return clean_line(feed_title, 120) or host_of(feed_url) or "unknown outlet"


def domain_of(url: str) -> str | None:
    """Return the registered domain of a URL; None for bare addresses and none."""
    host = host_of(url)
    try:
        ipaddress.ip_address(host)
    except ValueError:
        found = get_fld(url, fail_silently=True) if host else None
        return str(found) if found else host or None
    return None
