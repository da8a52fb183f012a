"""What kind of piece a title heads: a report, an explanation, an answer to a report.

Read from the title alone, as English writes it.
"""

import re
from typing import Final

# Beginnings and words of titles that explain, comment or sum up what others report.
_EXPLAINS: Final = re.compile(
    r"^(?:what|why|how|who|where|is|are|can|could|will|should|does|did)\b|\?[^\w?]*$"
    r"|\b(?:explained|explainer|analysis|opinion|editorial|takeaways|timeline"
    r"|fact check|things to know|what to know|what we know|in pictures"
    r"|live updates|newsletter|podcast)\b"
)
_ASKS: Final = re.compile(
    r"\b(?:what|why|how|who|where|when|which|is|are|can|could|will|should|does|did)\b"
)
# Titles of columns, which head anything.
_RUBRIC: Final = re.compile(
    r"(?:letters?(?: to the editor)?|editorial|opinion|obituar(?:y|ies)|corrections?"
    r"(?: and clarifications?)?|crossword|cartoon|horoscopes?|weather|live updates"
    r"|(?:photos?|pictures?|images?|quotes?) of the (?:day|week)"
    r"|(?:the )?(?:day|week) in (?:pictures|photos|review)|news in (?:brief|pictures)"
    r"|(?:the )?(?:morning|evening|daily|weekly|weekend|\w{2,6}day) (?:briefing|brief"
    r"|digest|roundup|edition|newsletter)"
    r"|top stories|what to (?:watch|read)|front pages?"
    r"|(?:today|yesterday)(?:['\u2019]s)? (?:front pages|papers|headlines)"
    r"|what the papers say)"
)
# Words of titles that answer what others say or do: Kabul rejects, ministers welcome.
_REACTS: Final = re.compile(
    r"\b(?:(?:reject|dismiss|slam|condemn|welcom|denounc|respond|react|criticis|criticiz"
    r"|blast|oppos|prais|defend|refut|rebuff|rebuk|retaliat)\w*"
    r"|den(?:y|ies|ied)|hits? back|lash(?:es|ed)? out|hail(?:s|ed)?|response"
    r"|backlash|outcry|fury|outrage)\b"
)


def explains(title: str) -> bool:
    """Tell whether a title explains or comments rather than reports."""
    return _EXPLAINS.search(title.lower()) is not None


def asks(title: str) -> str:
    """Return by which word a title asks, else its first."""
    asked = _ASKS.search(title.lower())
    return asked[0] if asked else title.lower().partition(" ")[0]


def is_rubric(title: str) -> bool:
    """Tell whether a title is a column's, which heads anything."""
    return _RUBRIC.fullmatch(title.lower().strip(" \u00a0.:\u2026")) is not None


def reacts(title: str) -> bool:
    """Tell whether a title answers what others report."""
    return _REACTS.search(title.lower()) is not None
