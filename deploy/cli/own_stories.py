"""One's own stories by language, for what is learnt from them without labels."""

from collections import defaultdict
from dataclasses import replace
from typing import Final

from samestory.errors import Misconfigured
from samestory.index.store.query import NEWEST, Query
from samestory.index.store.reader import Reader
from samestory.story import Story

PAGE: Final = 1_000


def newest_by_language(
    state: Reader, least: int, most: int, but: str | None = None
) -> dict[str, list[Story]]:
    """Return the newest stories by language.

    Args:
        state: where they are.
        least: stories that a language must have.
        most: stories of a language, the newest.
        but: a language that is not asked for, ISO 639-1; None for none.

    Raises:
        Misconfigured: no language has enough.
    """
    found: dict[str, list[Story]] = defaultdict(list)
    query = Query(order=NEWEST, limit=PAGE)
    with state.reading():
        while page := state.stories(query):
            for one in page:
                lang = one.story.lang
                if lang not in (None, but) and len(found[lang]) < most:
                    found[lang].append(one.story)
            query = replace(query, after=page[-1].cursor)
    enough = {lang: some for lang, some in found.items() if len(some) >= least}
    if not enough:
        counts = ", ".join(
            f"{lang} {len(some)}" for lang, some in sorted(found.items())
        )
        which = f"no language but {but}" if but else "no language"
        raise Misconfigured(
            f"{which} has {least} stories in this state: {counts or 'there is none'}"
        )
    return enough
