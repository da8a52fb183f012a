"""Whether a report confirms another: a second publisher that did not copy.

A wire story in fifty papers is one voice. A report confirms an event if its publisher
is another, it is not marked as an agency's copy, and most of its text is its own.
Hearsay (`samestory.ingest.articles.outlets`) neither confirms nor is confirmed: its
outlet was not heard.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from samestory.credits import credits_of
from samestory.publishers import family_of
from samestory.story import Story

SHINGLE: Final = 5  # words in a row that are hardly the same by chance (Broder 1997)
MOST: Final = 0.5  # of a text's shingles in another: then it is a copy
_TAIL: Final = 300  # characters in which the line below stands
_REUTERS: Final = re.compile(  # its house style, also where its name was cut off
    r"\breporting by\b.{0,200}\bediting by\b", re.IGNORECASE | re.DOTALL
)
_WORD: Final = re.compile(r"[^\W_]+")


def is_agency_copy(story: Story) -> bool:
    """Return whether a report credits an agency that is not its own outlet."""
    agencies = story.agencies or credits_of(story.text).agencies
    if _REUTERS.search(story.text[-_TAIL:]):
        agencies += ("Reuters",)
    own = family_of(story)
    return bool(agencies) and not any(name.casefold() in own for name in agencies)


def shares_most(one: Story, other: Story) -> bool:
    """Return whether most of the shorter text is in the longer one, word by word."""
    mine, theirs = _shingles(one), _shingles(other)
    least = min(len(mine), len(theirs))
    return least > 0 and len(mine & theirs) >= MOST * least


def confirms(story: Story, earlier: Iterable[Story]) -> bool:
    """Return whether a report is independent of all that came before it, if any."""
    heard = [other for other in earlier if not other.hearsay_of]
    if not heard or story.hearsay_of or is_agency_copy(story):
        return False
    return all(
        family_of(story) != family_of(other) and not shares_most(story, other)
        for other in heard
    )


def first_to_confirm(reports: Sequence[Story]) -> str | None:
    """Return the first report that confirms those before it; None if none does.

    Args:
        reports: of one event, in order of arrival.
    """
    for at, story in enumerate(reports[1:], 1):
        if confirms(story, reports[:at]):
            return story.story_id
    return None


def _shingles(story: Story) -> set[tuple[str, ...]]:
    words = _WORD.findall(f"{story.title}\n{story.text}".casefold())
    return {tuple(words[at : at + SHINGLE]) for at in range(len(words) - SHINGLE + 1)}
