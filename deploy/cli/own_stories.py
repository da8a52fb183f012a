"""One's own stories by language, for what is learnt from them without labels."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from samestory.errors import Misconfigured
from samestory.index.store.query import NEWEST, Query
from samestory.index.store.reader import Reader
from samestory.story import Story

PAGE: Final = 1_000


def newest_by_language(state: Reader, most: int) -> dict[str, list[Story]]:
    """Return the newest stories by language, at most that many of each."""
    found: dict[str, list[Story]] = defaultdict(list)
    query = Query(order=NEWEST, limit=PAGE)
    with state.reading():
        while page := state.stories(query):
            for one in page:
                lang = one.story.lang
                if lang and len(found[lang]) < most:
                    found[lang].append(one.story)
            query = replace(query, after=page[-1].cursor)
    return dict(found)


def with_enough(
    stories: Mapping[str, list[Story]], least: int
) -> dict[str, list[Story]]:
    """Return the languages that have at least so many stories.

    Raises:
        Misconfigured: none has.
    """
    enough = {lang: some for lang, some in stories.items() if len(some) >= least}
    if not enough:
        counts = ", ".join(f"{lang} {len(s)}" for lang, s in sorted(stories.items()))
        raise Misconfigured(
            f"no language has {least} stories in this state: {counts or 'it is empty'}"
        )
    return enough
