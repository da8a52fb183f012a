"""Which addresses are one story: their key, and the ids that are made of it.

- An address is fetched as it was given; it is compared by its key. That leaves out how
  it is spelled, what only tracks readers (`trackers`), and which of its forms it is:
  for telephones (`m.`), in AMP, with or without `index.html`.
- All else counts: any other parameter, and a fragment that may name an article.
- Ids are made of keys, and ids once given stay: an address is looked up by its former
  keys as well (`url_keys`), but not by one that other articles have, too.
"""

import functools
import re
from typing import Final
from urllib.parse import (
    SplitResult,
    parse_qsl,
    quote,
    urlencode,
    urlsplit,
    urlunsplit,
)

from samestory.former_keys import first_key, plainly_spelled, spelled_key
from samestory.publishers import same_site
from samestory.story import story_id_from
from samestory.trackers import is_tracker, names_article
from samestory.urls import absolute_url

MAX_PARAMETERS: Final = 250
_PORT: Final = re.compile(r":(?:80|443)?$")
_FORM: Final = re.compile(r"(?:m|mobile|amp)\.(?=[^.]+\.)")  # of a host
_AMP: Final = re.compile(
    r"(?<=.)(?:/amp(?:\.html?)?$|\.amp(?=\.html?$)|\.amp$)|^/amp(?=/.)"
)
_INDEX: Final = re.compile(
    r"/(?:index|default)\.(?:x?html?|php\d?|aspx?|jsp|cfm)$", re.IGNORECASE
)
_SESSION: Final = re.compile(r";jsessionid=[^/;]*", re.IGNORECASE)
# What is no UTF-8 stays what it is, so that two such values are never one.
_AS_BYTES: Final = "surrogateescape"


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
    if not url or absolute_url(url, "") != url:
        return (story_id,)
    ids = story_ids_of(url)
    return ids if story_id == ids[-1] else (story_id,)


def url_keys(url: str) -> tuple[str, ...]:
    """Return the keys that an address may be known by: of before, then of today.

    Ids once given stay: the first that is known counts, the last if none is.
    """
    today = url_key(url)
    former = (first_key(url), spelled_key(url))
    its_own = (key for key in former if key != today and _is_its_own(key, today))
    return (*dict.fromkeys(its_own), today)


def _is_its_own(former: str, today: str) -> bool:
    """Tell whether a former key tells all that names the article."""
    parts = urlsplit(today)
    kept = parse_qsl(parts.query, keep_blank_values=True)
    said = parse_qsl(urlsplit(former).query, keep_blank_values=True)
    return not parts.fragment and all(one in said for one in kept)


@functools.lru_cache(maxsize=20_000)  # asked several times for each entry of a feed
def url_key(url: str) -> str:
    """Return the identity of a story's address."""
    return _key(url, exact=False)


def exact_key(url: str) -> str:
    """Return the key of an address with its trackers: where entries differ in it."""
    return _key(url, exact=True)


def names_a_place(url: str) -> bool:
    """Tell whether a fragment alone names the article: servers never see it."""
    return bool(urlsplit(url_key(url)).fragment)


def _key(url: str, *, exact: bool) -> str:
    parts = urlsplit(plainly_spelled(url))
    path = _INDEX.sub("", _AMP.sub("", _SESSION.sub("", parts.path).rstrip("/")))
    query = parse_qsl(parts.query, keep_blank_values=True, errors=_AS_BYTES)
    if not exact and len(query) <= MAX_PARAMETERS:
        query = [one for one in query if not is_tracker(*one)]
    is_named = exact or names_article(parts.fragment)
    key = (
        "",
        _plain_host(parts),
        quote(path.rstrip("/"), safe="/%!=:,-"),
        urlencode(sorted(query), errors=_AS_BYTES),
        quote(parts.fragment, safe="/%!=:,-") if is_named else "",
    )
    return urlunsplit(key).lstrip("/")


def _plain_host(parts: SplitResult) -> str:
    """Return host and port without `www.`, and without `m.` where that is one site."""
    host = _PORT.sub("", parts.netloc.lower()).removeprefix("www.")
    plain = _FORM.sub("", host)
    is_form = plain != host and same_site(f"http://{host}/", f"http://{plain}/")
    return plain if is_form else host
