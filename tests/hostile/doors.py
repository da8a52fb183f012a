"""Doors by which words of others come in, each with the worst that is known of it."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from samestory.credits import credits_of
from samestory.deploy.importing import FIELDS, story_of_line
from samestory.errors import Quarantine
from samestory.ingest.articles.page import is_full_text
from samestory.ingest.articles.quality import tidy
from samestory.ingest.feeds.parse import NotAFeed, parse_feed
from samestory.ingest.text.dates import parse_date, parse_date_of_any_language

SIZE = 200_000  # characters
NOW = datetime(2026, 3, 1, tzinfo=UTC)
_RSS = "<rss version='2.0'><channel><title>F</title></channel></rss>"


def _feed_behind(opening: str) -> None:
    found = parse_feed((opening + _RSS).encode(), "http://example.org/", "")
    assert found.title == "F"


def _no_feed(body: str) -> None:
    with pytest.raises(NotAFeed):
        parse_feed(body.encode(), "http://example.org/", "")


def _import(field: str, value: str) -> None:
    row = {"title": "T", "text": "By Jane Doe. A text.", field: value}
    with suppress(Quarantine):
        story_of_line(json.dumps(row).encode(), NOW)


def _credits(evil: str) -> None:
    text = (evil * SIZE)[:SIZE]
    for _ in range(100):  # as the index does, for each pair
        credits_of(f"By Jane Doe {text} of it", text[:200])


def pieces() -> dict[str, Callable[[], object]]:
    """Return by name what comes in."""
    return {
        "a feed behind comments": lambda: _feed_behind("<!-- c -->\n" * 40),
        "a feed behind a comment without end": lambda: _no_feed("<!-- " * SIZE),
        "a page behind comments": lambda: _no_feed("<!-- c -->\n" * 40 + "<html><rss>"),
        "no feed, comments alone": lambda: _no_feed("<!-- c -->\n" * 20_000),
        "a date of blanks": lambda: parse_date(f"x{' ' * SIZE}x", NOW),
        "a date of brackets": lambda: parse_date("x" + "+1234(" * SIZE, NOW),
        "a date of any language": lambda: parse_date_of_any_language(
            "may 1 " * SIZE, NOW
        ),
        "a feed's text of dots": lambda: is_full_text("..." * SIZE + "<"),
        "a page of advertisements": lambda: tidy("we use cookies " * SIZE),
        "an import line's date": lambda: _import("published", f"x{' ' * SIZE}x"),
        **{
            f"an import line's {field}": lambda field=field: _import(field, "a " * SIZE)
            for field in FIELDS
        },
        **{
            f"credits of {evil!r}": lambda evil=evil: _credits(evil)
            for evil in (
                *("By ", "according to ", "(", "A", "reporting by ", " with ", "told "),
                *("correction ", "\n(", "\n", " \n", "(ap, ", "from\n", "A ", "A. "),
            )
        },
    }
