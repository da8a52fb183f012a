"""URLs: which can be fetched, from which host, and what is odd about one."""

import functools
import re
import socket
import unicodedata
from typing import Final
from urllib.parse import urljoin, urlsplit, urlunsplit

MAX_URL: Final = 2_000  # characters; longer ones are never an article
_NUMERIC: Final = re.compile(
    r"(?:(?:0x[0-9a-f]{0,8}|\d{1,12})\.){0,3}(?:0x[0-9a-f]{0,8}|\d{1,12})"
)
# Scripts of Chinese, Japanese and Korean, with which Latin letters are usual.
_EASTERN: Final = frozenset(
    ["LATIN", "CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "HANGUL", "BOPOMOFO"]
)


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
            parts = urlsplit(joined)  # raises: what stands before the @ hid a bracket
        _ = parts.port  # raises for a port that is no number
        joined.encode()  # raises for lone surrogates
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not (parts.hostname or "").strip("."):
        return None
    if len(joined) > MAX_URL or any(c.isspace() or c < " " for c in joined):
        return None
    return joined


def host_in_letters(host: str) -> str:
    """Return a host as a person reads it: `xn--` labels decoded."""
    return ".".join(map(_in_letters, host.lower().split(".")))


def _in_letters(label: str) -> str:
    try:
        return label.encode().decode("idna") if label.startswith("xn--") else label
    except UnicodeError:  # it is none
        return label


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
