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
_OURS: Final = r"(?:(?:this|the|our|that|an?|its) (?:[\w-]+ ){0,3})"
_HEADED: Final = re.compile(
    r"^\W*(?:(?P<whole>retraction|retracted|withdrawn)"
    r"|correction|editor['\u2019]s note)\s*(?:[:\u2013\u2014]|-\s|$)",
    re.IGNORECASE,
)
_WITHDRAWS: Final = re.compile(rf"\b{_TAKES_BACK}", re.IGNORECASE)
# Under such a heading also what is said of no piece by name, or of one from afar.
_IS_WITHDRAWN: Final = re.compile(
    rf"\b(?:it|that|{_OURS}{_PIECE}[^.\n]{{0,40}}) (?:is|was|has been|have been)"
    rf" (?:\w+ )?{_TAKES_BACK}|\b{_TAKES_BACK} {_OURS}{_PIECE}",
    re.IGNORECASE,
)
_OF_ITSELF: Final = re.compile(
    rf"\bthis {_PIECE} (?:has been|was|is) (?:\w+ )?{_TAKES_BACK}"
    rf"|\bwe (?:have |are |hereby )?(?:{_TAKES_BACK}|withdraw(?:ing)?|retract(?:ing)?)"
    rf" (?:this|the|our|that) (?:[\w-]+ ){{0,2}}{_PIECE}",
    re.IGNORECASE,
)
_ITS_OWN: Final = re.compile(
    rf"(?: (?:has|have|on \w+day|today|formally|also|later)){{0,3}}"
    rf" {_TAKES_BACK} (?:its|the|an?|this) (?:[\w-]+ ){{0,2}}{_PIECE}",
    re.IGNORECASE,
)
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
        said = _WITHDRAWS if head["whole"] else _IS_WITHDRAWN
        if said.search(beginning):
            return True
    names = (story.outlet, *names_of(outlet_named(story.outlet)))
    return any(
        _ends_with(beginning[: hit.start()].casefold(), name.casefold())
        for hit in _ITS_OWN.finditer(beginning)
        for name in names
        if name
    )


def _ends_with(text: str, name: str) -> bool:
    """Tell whether a name stands at a text's end, as a word."""
    return text.endswith(name) and not text[: -len(name)][-1:].isalnum()


def _is_quoted(hit: re.Match[str]) -> bool:
    """Tell whether others say it: a quotation is open where it stands."""
    line = hit.string[: hit.start()].rpartition("\n")[2]
    return sum(map(line.count, _QUOTES)) % 2 == 1
