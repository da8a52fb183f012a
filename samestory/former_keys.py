"""Keys of addresses as they were made before: ids were made of them, and ids stay.

They take too much for a tracker (`?uid=4101`): what is known by one is looked up by it,
nothing new is named by it. See `story_keys`.
"""

import functools
import re
from typing import Final
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit, urlunsplit

from samestory.urls import host_in_letters

# Names that courlan leaves in.
_TRACKERS: Final = frozenset(
    [
        *("smid", "partner", "emc", "cmp", "maca", "icid", "ref", "output", "ftag"),
        *("ns_mchannel", "ns_source", "ns_campaign", "ns_linkname", "ns_fee"),
        *("at_medium", "at_campaign", "at_format", "traffic_source", "guccounter"),
    ]
)
MAX_PARAMETERS: Final = 50
_HEX: Final = re.compile("%([0-9A-Fa-f]{2})")
_UNRESERVED: Final = re.compile("[A-Za-z0-9._~-]")  # RFC 3986, section 2.3
_DOUBLED: Final = re.compile("(?<!:)//+")  # not that of an address within the path


@functools.lru_cache(maxsize=20_000)
def spelled_key(url: str) -> str:
    """Return the key that disregards how an address is spelled."""
    return first_key(plainly_spelled(url))


def plainly_spelled(url: str) -> str:
    """Return a URL in the one spelling of its address: RFC 3986, section 6.2.2.

    Beside that without a dot behind the host and doubled slashes, its host in letters.
    """
    parts = urlsplit(url)
    host, colon, port = parts.netloc.rpartition("@")[2].partition(":")
    if not host.startswith("["):
        host = host_in_letters(host.rstrip("."))
    path = _DOUBLED.sub("/", _HEX.sub(_decoded, parts.path))
    return urlunsplit(
        parts._replace(netloc=f"{host}{colon}{port}", path=_without_dots(path))
    )


def _decoded(octet: re.Match[str]) -> str:
    """Return an octet as the letter that it need not hide, else in capitals."""
    letter = chr(int(octet[1], 16))
    return letter if _UNRESERVED.fullmatch(letter) else octet[0].upper()


def _without_dots(path: str) -> str:
    """Return a path without `.` and `..`: RFC 3986, section 5.2.4."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            kept = kept[:1] + kept[1:-1]
        elif segment != ".":
            kept.append(segment)
    return "/".join(kept)


@functools.lru_cache(maxsize=20_000)
def first_key(url: str) -> str:
    """Return the key of before spelling was disregarded."""
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
        if name.lower() not in _TRACKERS
    ]
    path = parts.path.rstrip("/")
    return urlunsplit(("", host + port, path, urlencode(sorted(query)), "")).lstrip("/")


def _same_site(url: str, parts: SplitResult) -> SplitResult:
    """Return a URL's parts if they are whole and of the same host, else these."""
    try:
        split = urlsplit(url)
        _ = split.port  # raises for a port that is no number
    except ValueError:
        return parts
    return split if split.hostname == parts.hostname else parts
