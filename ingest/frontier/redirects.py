"""Redirects to another host: where a feed or a page leads, and how far it was followed.

The rules, for feeds and pages alike:

1. A redirect to another host is not followed at once: it is a row here, and the feed or
   page waits for the turn of the host that it leads to. The pause between two requests
   to a host holds for all who redirect to it: twelve feeds of a feed service, twenty
   links of a shortener to one publisher. (Within a host, `client.py` follows at once.)
2. Over MAX_HOSTS hosts, one after the other, then it is given up. Tries of a page that
   failed count as hosts: one that fails and redirects in turn is not asked for ever.
3. A row survives a restart: the first host has been asked, and is not asked again. A
   feed's counts for LASTS_S then, since a temporary redirect says nothing about the day
   after (RFC 9110, section 15.4.3).
4. A feed's row ends with its poll, whatever came of it: each poll begins at the feed's
   own URL. It ends as well when the feed is made due anew, as by `feeds retry`, is
   removed, or when the host that it leads to is away.
5. A page's row stays with its story, for a version to come and for `forget`, which
   refuses the addresses at which a story was found.
6. A feed moves for good only to where permanent redirects lead from its own URL on
   without a break: 301, 302, 301 leads to the first target.
"""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from samestory.checksums import checked
from samestory.days import DAY_S
from samestory.ingest.fetch.errors import Elsewhere

MAX_HOSTS: Final = 3  # a shortener, a counter of clicks, the publisher
LASTS_S: Final = DAY_S  # longer than any queue of a host: 30 s for 2,880 in it
REDIRECTS: Final = checked(
    """CREATE TABLE redirects (
  name TEXT PRIMARY KEY, url TEXT NOT NULL, moved_to TEXT,
  hops INTEGER NOT NULL, since REAL NOT NULL
) STRICT, WITHOUT ROWID"""
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """Where a feed or a page has led to.

    Attributes:
        url: on another host; it is asked next.
        hops: how many hosts it has led on to.
        since: when it led there, in seconds since the epoch.
        moved_to: where permanent redirects alone have led; None if nowhere.
    """

    url: str
    hops: int
    since: float
    moved_to: str | None = None


def next_redirect(
    before: Redirect | None, to: Elsewhere, *, tries: int = 0, now: float
) -> Redirect | None:
    """Return the redirect to follow; None if that were one too many.

    Args:
        before: the one that was followed to here; None at the own URL.
        to: where it leads now; its `moved_to` counts from the own URL on.
        tries: of a page that brought nothing so far, its redirects among them.
        now: the time.
    """
    hops = before.hops if before else 0
    if max(hops, tries) >= MAX_HOSTS:
        return None
    return Redirect(url=to.url, hops=hops + 1, since=now, moved_to=to.moved_to)


def moved_over(before: Redirect | None, moved_to: str | None) -> str | None:
    """Return where permanent redirects lead from the own URL on, without a break.

    Args:
        before: the redirect that was followed; None at the own URL.
        moved_to: where they lead from its target on; None if nowhere.
    """
    if before is None:
        return moved_to
    if before.moved_to != before.url:  # a temporary one was on the way
        return before.moved_to
    return moved_to or before.moved_to


class Redirects:
    """The table, by name: a feed's URL, a page's story id.

    Every method works within a transaction of the caller's, if there is one.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def of(self, names: Iterable[str]) -> dict[str, Redirect]:
        """Return the redirects of those that have one, in one query."""
        rows = self._db.execute(
            "SELECT name, url, hops, since, moved_to FROM redirects"
            " WHERE name IN (SELECT value FROM json_each(?))",
            (json.dumps(list(names)),),
        )
        return {
            name: Redirect(url=url, hops=hops, since=since, moved_to=moved_to)
            for name, url, hops, since, moved_to in rows
        }

    def keep(self, name: str, redirect: Redirect) -> None:
        """Write down where it leads, in the place of what was known."""
        self._db.execute(
            "INSERT OR REPLACE INTO redirects (name, url, moved_to, hops, since)"
            " VALUES (?,?,?,?,?)",
            (name, redirect.url, redirect.moved_to, redirect.hops, redirect.since),
        )

    def end(self, names: Iterable[str]) -> None:
        """Begin at the own URL again."""
        self._db.execute(
            "DELETE FROM redirects WHERE name IN (SELECT value FROM json_each(?))",
            (json.dumps(list(names)),),
        )

    def copy(self, name: str, new_name: str) -> None:
        """Let a story that is known by another id from now on lead there, too."""
        self.end([new_name])
        self._db.execute(
            "INSERT INTO redirects (name, url, moved_to, hops, since)"
            " SELECT ?, url, moved_to, hops, since FROM redirects WHERE name = ?",
            (new_name, name),
        )

    def count_anew(self, names: Iterable[str]) -> None:
        """Go on where each leads, as many hosts further as at first."""
        self._db.execute(
            "UPDATE redirects SET hops = 0"
            " WHERE name IN (SELECT value FROM json_each(?))",
            (json.dumps(list(names)),),
        )
