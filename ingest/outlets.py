"""Who speaks: the publisher of a story, not the feed it came through."""

import functools
import ipaddress
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tld import get_fld

from ingest.story import clean_line
from ingest.urls import host_of

FAMILIES: Final = Path(__file__).with_name("publishers.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Families:
    """publishers.toml, by what is looked up in it."""

    by_domain: dict[str, str]
    by_name: dict[str, str]
    titles: dict[str, tuple[str, ...]]
    shared: frozenset[str]
    aggregators: frozenset[str]
    without_pages: frozenset[str]


def outlet_of(
    *,
    source: str,
    url: str | None,
    feed_title: str,
    feed_url: str,
    source_url: str = "",
) -> str:
    """Return the outlet's name.

    In an aggregator's feed, and on a bare address, `<source>` names the publisher; any
    other feed could claim to be anyone. Else the address of the story does: its
    registered domain (nine feeds of one broadcaster are one voice), the whole host
    where that is shared by many writers, on a bare address the feed's title. Names and
    domains of one family (publishers.toml) are one outlet.

    Args:
        source: name in RSS `<source>`, "" if absent.
        url: the story's URL; None if it has none.
        feed_title: title of the feed, "" if it has none.
        feed_url: URL of the feed.
        source_url: address in RSS `<source>`, "" if absent.
    """
    is_told = is_aggregator(feed_url) or is_aggregator(url or "")
    if source and (is_told or domain_of(url or feed_url) is None):
        address = family_of_domain(source_url) or domain_of(source_url)
        return address or family_of_name(source) or clean_line(source, 120)
    own = [a for a in (url, feed_url) if a and not is_aggregator(a)]
    for address in own or [feed_url]:
        found = family_of_domain(address) or domain_of(address)
        if found:
            return found
    return clean_line(feed_title, 120) or host_of(feed_url) or "unknown outlet"


def family_of_domain(url: str) -> str | None:
    """Return the family that a URL's host belongs to; None if to none that is known."""
    labels = host_of(url).split(".") if url else []
    known = _families().by_domain
    hosts = [".".join(labels[at:]) for at in range(len(labels) - 1)]
    return next((known[host] for host in hosts if host in known), None)


def family_of_name(name: str) -> str | None:
    """Return the family of a name as publishers write it; None if it is not known."""
    return _families().by_name.get(plain_name(name))


def names_of(outlet: str) -> tuple[str, ...]:
    """Return the names that an outlet's headlines may end with, itself among them."""
    return (outlet, *_families().titles.get(outlet, ()))


def is_own(feed_url: str, url: str) -> bool:
    """Tell whether a feed is the publisher's own, by its address and the story's."""
    if host_of(feed_url) == host_of(url):
        return True
    one = family_of_domain(feed_url) or domain_of(feed_url)
    return one is not None and one == (family_of_domain(url) or domain_of(url))


def is_aggregator(url: str) -> bool:
    """Tell whether a URL is on a site that shows others' reports."""
    return _is_on(url, _families().aggregators)


def has_no_page(url: str) -> bool:
    """Tell whether a URL leads to no report, only to a script that leads on."""
    return _is_on(url, _families().without_pages)


def _is_on(url: str, domains: frozenset[str]) -> bool:
    host = host_of(url).removeprefix("www.")
    return any(host == domain or host.endswith("." + domain) for domain in domains)


def plain_name(name: str) -> str:
    """Return a name without case, article and "News", to compare it with others."""
    plain = re.sub(r"^the\s+", "", " ".join(name.casefold().split()))
    return re.sub(r"\s+news$", "", plain)


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
    aggregators = frozenset(data["aggregators"]["domains"])
    return _Families(
        by_domain=by_domain,
        by_name=by_name,
        titles=titles,
        shared=frozenset(data["shared"]["domains"]),
        aggregators=aggregators,
        without_pages=aggregators - frozenset(data["aggregators"]["carrying"]),
    )


def domain_of(url: str) -> str | None:
    """Return the registered domain of a URL, its host where many writers share that.

    None for bare addresses and none.
    """
    host = host_of(url)
    try:
        ipaddress.ip_address(host)
    except ValueError:
        if _is_on(url, _families().shared):
            return host.removeprefix("www.")
        found = get_fld(url, fail_silently=True) if host else None
        return str(found) if found else host or None
    return None
