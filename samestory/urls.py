"""URLs: which to fetch, and which key says that two of them are one story.

- An address is fetched as it was given; it is compared by its key, which leaves out
  what only tracks readers and how one address is spelled (`url_key`).
- Ids are made of keys, and ids once given stay: when the rule of keys gets better, an
  address is looked up by its former key as well (`url_keys`).
"""

import functools
import re
import socket
import unicodedata
from typing import Final
from urllib.parse import (
    SplitResult,
    parse_qsl,
    urlencode,
    urljoin,
    urlsplit,
    urlunsplit,
)

from samestory.story import story_id_from

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
_NUMERIC: Final = re.compile(
    r"(?:(?:0x[0-9a-f]{0,8}|\d{1,12})\.){0,3}(?:0x[0-9a-f]{0,8}|\d{1,12})"
)
# Scripts of Chinese, Japanese and Korean, with which Latin letters are usual.
_EASTERN: Final = frozenset(
    ["LATIN", "CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "HANGUL", "BOPOMOFO"]
)
_HEX: Final = re.compile("%([0-9A-Fa-f]{2})")
_UNRESERVED: Final = re.compile("[A-Za-z0-9._~-]")  # RFC 3986, section 2.3
_DOUBLED: Final = re.compile("(?<!:)//+")  # not that of an address within the path


def absolute_url(link: str, base: str) -> str | None:
    """Return the link as an absolute http(s) URL, or None if it can't be one.

    A name or password in it is left out: it is nobody's to keep, or to fetch with.
    """
    try:
        joined = urljoin(base, link.strip())
        parts = urlsplit(joined)
        if "@" in parts.netloc:
            parts = parts._replace(netloc=parts.netloc.rpartition("@")[2])
            joined = urlunsplit(parts)
        _ = parts.port  # raises for a port that is no number
        joined.encode()  # raises for lone surrogates
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return None
    if len(joined) > MAX_URL or any(c.isspace() or c < " " for c in joined):
        return None
    return joined


def story_ids_of(url: str) -> tuple[str, ...]:
    """Return the ids that the story at an address may have, in order of `url_keys`."""
    return tuple(map(story_id_from, url_keys(url)))


def ids_at(url: str) -> tuple[str, ...]:
    """Return the ids that the story at an address may have; none if it is no address.

    A story that a feed names by a guid alone has another one.
    """
    whole = absolute_url(url, "")
    return story_ids_of(whole) if whole else ()


def ids_of(story_id: str, url: str | None) -> tuple[str, ...]:
    """Return the ids that a story may have been given, its own last.

    Args:
        story_id: its own; other than its address's if a guid or nothing else made it.
        url: its address, as anybody may have written it.
    """
    if not url or absolute_url(url, "") != url or _plainly_spelled(url) == url:
        return (story_id,)  # of most stories, at little cost
    ids = story_ids_of(url)
    return ids if story_id == ids[-1] else (story_id,)


def url_keys(url: str) -> tuple[str, ...]:
    """Return the keys that an address may be known by: of before, then of today.

    Ids once given stay: the first that is known counts, the last if none is.
    """
    return tuple(dict.fromkeys((former_key(url), url_key(url))))


@functools.lru_cache(maxsize=20_000)  # asked several times for each entry of a feed
def url_key(url: str) -> str:
    """Return the identity of a story's URL: what differs only by tracking is one.

    Scheme, `www.`, default ports, fragments, trailing slashes and tracking parameters
    do not count, nor how the same address is spelled; path case and all other
    parameters do.
    """
    return former_key(_plainly_spelled(url))


def _plainly_spelled(url: str) -> str:
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


def host_in_letters(host: str) -> str:
    """Return a host as a person reads it: `xn--` labels decoded."""
    return ".".join(map(_in_letters, host.lower().split(".")))


def _in_letters(label: str) -> str:
    try:
        return label.encode().decode("idna") if label.startswith("xn--") else label
    except UnicodeError:  # it is none
        return label


@functools.lru_cache(maxsize=20_000)
def former_key(url: str) -> str:
    """Return the key of before spelling was disregarded, of which ids were made."""
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
        split = urlsplit(url)
        _ = split.port  # raises for a port that is no number
    except ValueError:
        return parts
    return split if split.hostname == parts.hostname else parts


def flags_of_host(url: str | None) -> tuple[str, ...]:
    """Return what a person should know of a story's host: that it may be a disguise."""
    labels = host_in_letters(host_of(url or "")).split(".")
    return ("host-mixed-scripts",) if any(map(_mixes_scripts, labels)) else ()


def _mixes_scripts(label: str) -> bool:
    """Tell whether letters of scripts that no language mixes are in one label."""
    scripts = {unicodedata.name(c, "?").split()[0] for c in label if c.isalpha()}
    return len(scripts) > 1 and not scripts <= _EASTERN


@functools.lru_cache(maxsize=20_000)
def host_of(url: str) -> str:
    """Return the host of a URL as it is connected to; "" if it has none.

    However it is spelled: lower case, letters of other scripts as `xn--`, no dot behind
    it, numbers as an address.
    """
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    host = host if host.isascii() else _in_ascii(host)
    host = host.rstrip(".")
    return _address(host) if _NUMERIC.fullmatch(host) else host


def _in_ascii(host: str) -> str:
    import idna  # noqa: PLC0415  (as the HTTP client does, for hosts that need it)

    try:
        return idna.encode(host.lower()).decode("ascii")
    except idna.IDNAError:  # the client refuses it too
        return host


def _address(host: str) -> str:
    """Return the address that inet_aton(3) reads in 3405803781 or 0xcb.0x71.5.5."""
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return host


def origin_of(url: str) -> str:
    """Return scheme://host:port, the unit that robots.txt speaks for."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
