"""Whether a new version of a report says something else, or only says it better."""

import re
from typing import Final

from samestory.index.decision.features import View
from samestory.story import Story

_NOTICE: Final = re.compile(
    r"\bcorrection\s*:|\bcorrects\b|\bclarification\s*:"
    r"|\b(?:article|story|report|headline|version)\b.{0,60}"
    r"\b(?:corrected|amended|incorrectly|erroneously|misstated)\b",
    re.IGNORECASE | re.DOTALL,
)


def is_material(before: tuple[Story, View], after: tuple[Story, View]) -> bool:
    """Return whether figures of the opening changed, or it now admits a correction.

    Args:
        before: the former version, and what the features see of it.
        after: the new one.
    """
    if before[1].numbers != after[1].numbers:
        return True
    return bool(_notices(after[0]) - _notices(before[0]))


def _notices(story: Story) -> set[str]:
    whole = f"{story.title}\n{story.text}"
    return {match.casefold() for match in _NOTICE.findall(whole)}
