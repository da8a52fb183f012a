"""URLs: which to fetch, and which key says that two of them are one story."""

import functools
from typing import Final
from urllib.parse import (
    SplitResult,
    parse_qsl,
    urlencode,
    urljoin,
    urlsplit,
    urlunsplit,
)

# Names that courlan leaves in; each was seen on real news links (feeds.md section 3.2).
TRACKERS: Final = frozenset(
    [
        "smid",
        "partner",
        "emc",
        "cmp",
        "ns_mchannel",
        "ns_source",
        "ns_campaign",
        "ns_linkname",
        "ns_fee",
        "maca",
        "icid",
        "ref",
        "at_medium",
        "at_campaign",
        "at_format",
        "traffic_source",
        "output",
        "ftag",
        "guccounter",
    ]
)
MAX_PARAMETERS: Final = 50
MAX_URL: Final = 2_000  # characters; longer ones are never an article


def absolute_url(link: str, base: str) -> str | None:
    """Return the link as an absolute http(s) URL, or None if it can't be one."""
    try:
        joined = urljoin(base, link.strip())
        parts = urlsplit(joined)
        _ = parts.port  # raises for a port that is no number
        joined.encode()  # raises for lone surrogates
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return None
    if len(joined) > MAX_URL or any(c.isspace() or c < " " for c in joined):
        return None
    return joined


@functools.lru_cache(maxsize=20_000)  # asked several times for each entry of a feed
def url_key(url: str) -> str:
    """Return the identity of a story's URL: what differs only by tracking is one.

    Scheme, `www.`, default ports, fragments, trailing slashes and tracking parameters
    do not count; path case and all other parameters do.
    """
    from courlan import clean_url  # noqa: PLC0415  (0.1 s, not every command's)

    parts = urlsplit(url)
    if parts.query.count("&") <= MAX_PARAMETERS:  # courlan is slow on hundreds
        # It may take another URL out of the query: another site's story is not ours.
        parts = _same_site(clean_url(url) or url, parts)
    host = (parts.hostname or "").removeprefix("www.")
    default = {"http": 80, "https": 443}.get(parts.scheme)
    port = f":{parts.port}" if parts.port and parts.port != default else ""
    query = [
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if name.lower() not in TRACKERS
    ]
    path = parts.path.rstrip("/")
    return urlunsplit(("", host + port, path, urlencode(sorted(query)), "")).lstrip("/")


def _same_site(url: str, parts: SplitResult) -> SplitResult:
    """Return a URL's parts if they are whole and of the same host, else these."""
    try:
        found = urlsplit(url)
        _ = found.port  # raises for a port that is no number
    except ValueError:
        return parts
    return found if found.hostname == parts.hostname else parts


def host_of(url: str) -> str:
    """Return the host of a URL in lower case, empty if it has none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def origin_of(url: str) -> str:
    """Return scheme://host:port, the unit that robots.txt speaks for."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
