"""Publishers: which names, domains and channels are one voice; publishers.toml.

- A voice is a publisher's family (nine feeds of one broadcaster are one), else a
  registered domain; on sites where many write (blogs, channels) each writer is one.
- A feed speaks for its own voice alone (`is_own`). On a site of many writers that means
  the same channel, not the same host.
- Aggregators show others' reports: their name is nobody's voice. Some name each story's
  publisher, and are believed in their own feeds only.
- What is not in publishers.toml stays as it was written; nothing is guessed.
"""

import functools
import ipaddress
import re
import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from samestory.cleaning import clean_line
from samestory.urls import host_of

FAMILIES: Final = Path(__file__).with_name("publishers.toml")
UNNAMED: Final = "unknown outlet"  # of a report that nothing names one for
MAX_NAME: Final = 120  # characters of an outlet's name
MAX_CHANNEL: Final = 60  # characters of a channel's
_NAMING: Final = frozenset({"channel", "c", "user"})  # before a channel's name
_ASKED: Final = ("channel_id=", "playlist_id=", "user=")
# A feed or a post of one account, on whatever server of the Fediverse.
_ACCOUNT: Final = re.compile(
    r"/(?:@|users/)(\w[\w.-]{0,60}?)(?:@[\w.-]{3,80})?"
    r"(?:\.rss|\.atom|/(?:statuses/)?\d{1,24}|/statuses/\w{20,40})"
)
_DOMAIN: Final = re.compile(r"(?:[a-z0-9-]{1,63}\.){1,4}[a-z]{2,24}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Families:
    """publishers.toml, by what is looked up in it."""

    by_domain: dict[str, str]
    by_name: dict[str, str]
    titles: dict[str, tuple[str, ...]]
    written: tuple[str, ...]
    shared: frozenset[str]
    labels: frozenset[str]
    channels: dict[str, tuple[str, ...]]
    passed_over: frozenset[str]
    unnamed: frozenset[str]
    aggregators: frozenset[str]
    sourcing: frozenset[str]
    without_pages: frozenset[str]


def voice_of(url: str) -> str | None:
    """Return who speaks on a site; None for a bare address, and for none.

    Where many write there, the channel or host; else the family of its host, or its
    registered domain: nine feeds of one broadcaster are one voice.
    """
    if is_channels(url):
        channel = _channel_of(url)
        return f"{_plain_host(url)}/{channel}" if channel else _plain_host(url)
    if known := family_of_domain(url):
        return known
    return _plain_host(url) if is_aggregator(url) else domain_of(url)


def same_site(one: str, other: str) -> bool:
    """Tell whether two addresses are of one voice, or of one bare address."""
    mine, its = voice_of(one), voice_of(other)
    if mine is None or its is None:
        return mine == its and host_of(one) == host_of(other) != ""
    return mine == its


@functools.lru_cache(maxsize=4096)
def outlet_named(name: str) -> str:
    """Return the outlet of a name as somebody wrote it, be it a name or a domain.

    CNN, cnn.com and edition.cnn.com are one. What is not known stays as it is.
    """
    plain = clean_line("".join(c for c in name if c.isprintable()), MAX_NAME)
    if known := family_of_name(plain):
        return known
    site = re.sub(r"^https?://", "", plain.lower()).split("/")[0].rstrip(".")
    if _DOMAIN.fullmatch(site):
        return voice_of(f"https://{site}/") or plain
    return plain


def is_own_voice(voice: str, outlet: str) -> bool:
    """Tell whether a voice is that of an outlet itself, as `outlet_named` tells it.

    Without the list of all domains, which takes 0.07 s to load: a registered domain is
    the end of its hosts' names.
    """
    name, host = voice.casefold(), outlet.casefold()
    if known := family_of_name(outlet) or family_of_domain(f"https://{host}/"):
        return known.casefold() == name
    site = host.partition("/")[0]
    return name in {host, site} or site.endswith(f".{name}")


def family_of_domain(url: str) -> str | None:
    """Return the family that a URL's host belongs to; None if to none that is known."""
    labels = host_of(url).split(".") if url else []
    known = _families().by_domain
    hosts = [".".join(labels[at:]) for at in range(len(labels) - 1)]
    return next((known[host] for host in hosts if host in known), None)


def family_of_name(name: str) -> str | None:
    """Return the family of a name as publishers write it; None if it is not known."""
    return _families().by_name.get(plain_name(name))


def families_in(text: str) -> list[str]:
    """Return the families that a text names, in its order.

    As publishers.toml writes them, small and capital letters too; scripts other than
    Latin may add to a name's end.
    """
    return [_families().by_name[plain_name(name)] for name in names_in(text)]


def names_in(text: str) -> list[str]:
    """Return the names of families that a text has, as it writes them."""
    return [hit[0] for hit in _names().finditer(text)]


def names_of(outlet: str) -> tuple[str, ...]:
    """Return the names that an outlet's headlines may end with, itself among them."""
    return (outlet, *_families().titles.get(outlet, ()))


def is_own(feed_url: str, url: str) -> bool:
    """Tell whether a feed is the publisher's own, by its address and the story's."""
    if _is_on(url, _families().unnamed) and not _channel_of(url):
        return _plain_host(feed_url) == _plain_host(url) and bool(_channel_of(feed_url))
    is_someones = not is_channels(url) or bool(_channel_of(url))
    return same_site(feed_url, url) and is_someones


def is_aggregator(url: str) -> bool:
    """Tell whether a URL is on a site that shows others' reports."""
    return _is_on(url, _families().aggregators)


def names_publishers(url: str) -> bool:
    """Tell whether a feed is an aggregator's own that names each story's publisher."""
    return _is_on(url, _families().sourcing)


def is_unnamed(url: str) -> bool:
    """Tell whether a URL is on a site of many writers and does not say which."""
    return is_channels(url) and not _channel_of(url)


def has_no_page(url: str) -> bool:
    """Tell whether a URL leads to no report, only to a script that leads on."""
    return _is_on(url, _families().without_pages)


def _is_on(url: str, domains: frozenset[str]) -> bool:
    host = host_of(url).removeprefix("www.")
    return any(host == domain or host.endswith("." + domain) for domain in domains)


def is_channels(url: str) -> bool:
    """Tell whether a site's writers are told apart by its paths alone, there."""
    if _account_of(url):
        return not family_of_domain(url)
    parts = _families().channels.get(_plain_host(url))
    if parts is None:
        return False
    path = urlsplit(url).path.lower()
    return any(path.startswith(part) for part in parts)


def _plain_host(url: str) -> str:
    return host_of(url).removeprefix("www.").removeprefix("m.")


def _account_of(url: str) -> str:
    """Return the account of the Fediverse that a feed or a post is of; "" for none."""
    match = _ACCOUNT.fullmatch(urlsplit(url).path) if host_of(url) else None
    return f"@{match[1].lower()}" if match else ""


def _channel_of(url: str) -> str:
    """Return the channel or account that an address names; "" if it names none."""
    parts = urlsplit(url)
    if account := _account_of(url):
        return account
    steps = [step.lower()[:MAX_CHANNEL] for step in parts.path.split("/") if step]
    if _is_on(url, _families().unnamed):  # /watch and /shorts lead to a video
        asked = parts.query.lower().split("&")
        named = [one for one in asked if one.startswith(_ASKED)]
        if len(named) == 1:
            return named[0].partition("=")[2][:MAX_CHANNEL]
        is_named = steps[:1] and (steps[0][0] == "@" or steps[0] in _NAMING)
        steps = steps if is_named and not named else []
    known = _families().passed_over
    return next((step for step in steps if step not in known), "")


def plain_name(name: str) -> str:
    """Return a name without case, article and "News", to compare it with others."""
    plain = re.sub(r"^the\s+", "", " ".join(name.casefold().split()))
    return plain.removesuffix(" news")


@functools.cache
def _names() -> re.Pattern[str]:
    """Return what finds a family's name in a text, the longest first."""
    names = sorted(_families().written, key=lambda name: (-len(name), name))
    letter = "[A-Za-z\u00c0-\u052f]"  # of Latin and Cyrillic
    latin = [re.escape(one) for one in names if one[0] < "\u0250"]
    cyrillic = [re.escape(one) for one in names if "\u0250" <= one[0] < "\u0530"]
    others = [re.escape(one) for one in names if one[0] >= "\u0530"]
    ends = rf"(?=(?:a|s|em|ie)?(?!{letter}|\d))"  # Reutersa, of Polish
    return re.compile(
        rf"(?<!{letter})(?:(?:{'|'.join(latin)}){ends}"
        rf"|(?:{'|'.join(cyrillic)})(?!\w*-[\u0400-\u042f]))|{'|'.join(others)}"
    )


@functools.cache
def _families() -> _Families:
    data: dict[str, Any] = tomllib.loads(FAMILIES.read_text("utf-8"))
    by_domain, by_name, titles = {}, {}, {}
    for family in data["family"]:
        name = family["name"]
        by_domain.update(dict.fromkeys(family["domains"], name))
        names = [name, *family["names"]]
        by_name.update({plain_name(n): name for n in names})
        titles[name] = (*family["names"], *family.get("titles", ()))
    written = {n for one in data["family"] for n in one["names"]}
    written -= {*data["words"]["names"]}
    aggregators = frozenset(data["aggregators"]["domains"])
    return _Families(
        by_domain=by_domain,
        by_name=by_name,
        titles=titles,
        written=tuple(written),
        shared=frozenset(data["shared"]["domains"]),
        labels=frozenset(data["shared"]["labels"]),
        channels=_by_host(data["channels"]["domains"]),
        passed_over=frozenset(data["channels"]["passed_over"]),
        unnamed=frozenset(data["channels"]["unnamed"]),
        aggregators=aggregators,
        sourcing=frozenset(data["aggregators"]["sourcing"]),
        without_pages=aggregators - frozenset(data["aggregators"]["carrying"]),
    )


def _by_host(places: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return by host the beginnings of the paths that are named."""
    by_host: dict[str, tuple[str, ...]] = {}
    for place in places:
        host, slash, path = place.partition("/")
        by_host[host] = (*by_host.get(host, ()), slash + path)
    return by_host


def domain_of(url: str) -> str | None:
    """Return the registered domain of a URL, its host where many writers share that.

    None for bare addresses and none.
    """
    from tld import get_fld  # noqa: PLC0415  (0.07 s, not every command's)

    host = host_of(url)
    try:
        ipaddress.ip_address(host)
    except ValueError:
        plain = host.removeprefix("www.")
        if _is_on(url, _families().shared) or _families().labels & set(
            plain.split(".")[1:-1]
        ):
            return plain
        # Hosting services are suffixes too in the list of public suffixes.
        domain = get_fld(url, fail_silently=True, search_private=True) if host else None
        return str(domain) if domain else plain or None
    return None


def outlet_key(outlet: str) -> str:
    """Return an outlet's name as it is compared: two of one key are one outlet."""
    return outlet.casefold().removeprefix("www.")
