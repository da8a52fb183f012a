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
    r"\b(?:is|are|was|were) (?:pure|complete|total|utter)"
    r" (?:fiction|nonsense|fantasy)\b"
    r"|\b(?:reports?|claims?|stor(?:y|ies)|allegations?)\b.{0,60} (?:is|are)"
    r" (?:fiction|nonsense|fantasy)\b"
    # In quotation marks, of nothing that is named behind: not a 'false flag'.
    r"|[\"'\u2018\u201c](?:\w+ly )?(?:nonsense|rubbish|fake news|false|untrue|not true"
    r"|absurd|baseless)[\"'\u2019\u201d](?=$|[,.:;]| [-\u2013\u2014]| says?\b)"
    r"|^no \b.{3,80},.{3,40}\b(?:insists?|maintains?)$"
    r"|^fact[- ]check:",
    re.IGNORECASE,
)
_PIECE: Final = r"(?:report|story|article|dispatch|headline)\b"
_TAKES_BACK: Final = r"(?:withdr(?:awn|ew|aws?)|retract(?:ed|s)?)\b"
# By nobody else: a journal retracts an article of its own, not the one that says so.
_TAKEN_BACK: Final = (
    rf"(?:is|was|has been) (?:\w+ )?{_TAKES_BACK}"
    r"(?! by (?!us\b|(?:the|its|our) (?:editors?|newsroom|publishers?)\b))"
)
_HEADED: Final = re.compile(
    r"^\W*(?:(?P<itself>retraction)|retracted|withdrawn|correction"
    r"|editor['\u2019]s note)\s*(?:[:\u2013\u2014]|-\s|$)",
    re.IGNORECASE,
)
# Under such a heading also what is said of a piece that is not named as another's.
_IS_TAKEN_BACK: Final = re.compile(
    rf"\b(?:this|that|the|our|an?) (?-i:[a-z][\w-]* ){{0,3}}{_PIECE}"
    rf"(?: (?:of|on|about|from) [^.,\n]{{1,60}})? {_TAKEN_BACK}",
    re.IGNORECASE,
)
# Under "Retraction", which is of its own word, also what is said of no piece.
_IT_IS_TAKEN_BACK: Final = re.compile(rf"\bit {_TAKEN_BACK}", re.IGNORECASE)
_OF_ITSELF: Final = re.compile(
    rf"\bthis {_PIECE} {_TAKEN_BACK}"
    rf"|\bwe (?:have |are |hereby )?(?:{_TAKES_BACK}|withdraw(?:ing)?|retract(?:ing)?)"
    rf" (?:this|the|our|that) (?:[\w-]+ ){{0,2}}{_PIECE}",
    re.IGNORECASE,
)
_ITS_OWN: Final = re.compile(
    rf"(?: (?:has|have|on \w+day|today|formally|also|later)){{0,3}}"
    rf" {_TAKES_BACK} (?:its|the|an?|this) (?:[\w-]+ ){{0,2}}{_PIECE}",
    re.IGNORECASE,
)
_NAME: Final = 60  # characters of the word before a name
_QUOTES: Final = '"\u201c\u201d'


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
    hits = [_OF_ITSELF.search(one) for one in (text, story.correction)]
    if any(hit and not _is_quoted(hit) for hit in hits):
        return True
    beginning = text[:BEGINNING]
    if head := _HEADED.search(story.title):
        if _IS_TAKEN_BACK.search(beginning):
            return True
        if head["itself"] and _IT_IS_TAKEN_BACK.search(beginning):
            return True
    names = (story.outlet, *names_of(outlet_named(story.outlet)))
    return any(
        _is_named_last(beginning[: hit.start()], name)
        for hit in _ITS_OWN.finditer(beginning)
        for name in names
        if name
    )


def _is_named_last(text: str, name: str) -> bool:
    """Tell whether an outlet's name is at a text's end: no word, no part of a name.

    "The ministry at the time" does not end with Time, "The Nairobi Post" not with Post.
    """
    before, its = text[: -len(name)].rpartition("\n")[2], text[-len(name) :]
    if its.casefold() != name.casefold() or before[-1:].isalnum():
        return False
    is_word = name[:1].isupper() and its[:1].islower()
    last = before[-_NAME:].split()[-1] if before[-_NAME:].strip() else ""
    is_part = last[-1:].isalnum() and last[0].isupper() and last != "The"
    return not is_word and not is_part


def _is_quoted(hit: re.Match[str]) -> bool:
    """Tell whether others say it: a quotation is open where it stands."""
    line = hit.string[: hit.start()].rpartition("\n")[2]
    return sum(map(line.count, _QUOTES)) % 2 == 1
