"""Whether a report tells its event as a fact, denies it, or takes its own word back.

Who denies a claim, or withdraws it, knows no second time what the claim tells: neither
confirms it. English, and denials as `denials.toml` has them.
"""

import re
from typing import Final

from samestory.index.decision.denials import denial_in
from samestory.index.decision.tokens import ENGLISH
from samestory.publishers import names_of, outlet_named
from samestory.story import Story

TELLS: Final = ""
DENIES: Final = "denies"
WITHDRAWN: Final = "withdrawn"
BEGINNING: Final = 600  # characters in which a report says that it withdraws
# Denials, too, though their words stand in reports of other kinds: they part no event.
_DOUBTS: Final = re.compile(
    r"\b(?:is|was|are|were) (?:pure |complete |total )?(?:fiction|nonsense|fantasy)\b"
    r"|[\"'\u2018\u201c](?:nonsense|rubbish|fake news|false|untrue|absurd|baseless)\b"
    r"|^no \b.{3,80},.{3,40}\b(?:insists?|says?|said|maintains?)$"
    r"|\bfact[- ]check",
    re.IGNORECASE,
)
_PIECE: Final = r"(?:report|story|article|item|piece|headline|version|dispatch)"
_TAKES_BACK: Final = r"(?:withdr(?:awn|ew|aws?)|retract(?:ed|s)?)"
_HEADED: Final = re.compile(
    r"^\W*(?:correction|retraction|retracted|withdrawn|editor['\u2019]s note)\b",
    re.IGNORECASE,
)
_WITHDRAWS: Final = re.compile(rf"\b{_TAKES_BACK}\b", re.IGNORECASE)
_OF_ITSELF: Final = re.compile(
    rf"\bthis {_PIECE}\b[^.\n]{{0,40}}\b(?:been|was|is) (?:\w+ )?{_TAKES_BACK}\b"
    rf"|\bwe (?:have |are |hereby )?(?:{_TAKES_BACK}|withdraw(?:ing)?|retract(?:ing)?)"
    rf" (?:this|the|our|that) (?:[\w-]+ ){{0,2}}{_PIECE}\b",
    re.IGNORECASE,
)
_ITS_OWN: Final = re.compile(
    rf"\b(?:has |have )?{_TAKES_BACK} its (?:[\w-]+ ){{0,2}}{_PIECE}", re.IGNORECASE
)


def stance_of(story: Story) -> str:
    """Return TELLS, DENIES, or WITHDRAWN of one that its own outlet takes back."""
    if (story.lang or ENGLISH) == ENGLISH and _takes_back(story):
        return WITHDRAWN
    if denial_in(story.title, story.lang):
        return DENIES
    doubts = (story.lang or ENGLISH) == ENGLISH and _DOUBTS.search(story.title)
    return DENIES if doubts else TELLS


def _takes_back(story: Story) -> bool:
    text = story.text
    if _OF_ITSELF.search(text) or _OF_ITSELF.search(story.correction):
        return True
    if _HEADED.search(story.title) and _WITHDRAWS.search(text[:BEGINNING]):
        return True
    hit = _ITS_OWN.search(text[:BEGINNING])
    if hit is None:
        return False
    before = text[: hit.start()].casefold()
    names = (story.outlet, *names_of(outlet_named(story.outlet)))
    return any(name.casefold() in before for name in names if name)
