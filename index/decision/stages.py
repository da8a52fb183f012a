"""How far an affair has come, as a title tells it: proposed, accepted, signed.

Two titles on one object, of which one tells a step and the other another one, are two
events. English alone. What the rule costs and gains is in docs/quality.md.
"""

import re
from collections.abc import Mapping
from typing import Final

# Of each affair what it is about, and its steps; a word may be of two. None is
# "proposed", which stands before what others do: "rejects the proposed truce".
_AFFAIRS: Final = {
    "envoy": (
        r"ambassadors?|envoys?|charg[e\u00e9]|diplomats?|consuls?",
        {
            "summoned": r"summon(?:s|ed|ing)?",
            "recalled": r"recall(?:s|ed|ing)?|withdraws?|withdrew|pull(?:s|ed)?",
            "expelled": r"expel(?:s|led|ling)?",
        },
    ),
    "deal": (
        (
            r"truces?|ceasefires?|cease-fires?|plans?|proposals?|treat(?:y|ies)|pacts?"
            r"|deals?|agreements?|packages?|accords?|resolutions?|offers?|bills?|laws?"
        ),
        {
            "proposed": r"propos(?:es?|ing)|offer(?:s|ed|ing)|tabled?|unveil(?:s|ed)"
            r"|float(?:s|ed)|puts?|drafts",
            "accepted": r"accept(?:s|ed|ing)?|agree[sd]?|endorse[sd]?|back(?:s|ed)"
            r"|approve[sd]?|adopt(?:s|ed)?|pass(?:es|ed)",
            "rejected": r"reject(?:s|ed|ing)?|refuse[sd]?|spurn(?:s|ed)?"
            r"|dismiss(?:es|ed)?|veto(?:es|ed)?|block(?:s|ed)?"
            r"|(?:fail(?:s|ed)?|declin(?:es?|ed)) to (?:accept|agree|endorse|back"
            r"|approve|adopt|pass|sign|ratify)",
            "signed": r"sign(?:s|ed|ing)?|conclude[sd]?|seal(?:s|ed)?|inks?|inked"
            r"|agree[sd]?",
            "ratified": r"ratif(?:y|ies|ied)|approve[sd]?|pass(?:es|ed)",
            "in force": r"(?:take|took|taking|takes) effect"
            r"|(?:com(?:es?|ing)|came|enter(?:s|ed)?|go(?:es)?|went|put) into"
            r" (?:force|effect)",
        },
    ),
}
_READ: Final = {
    affair: (
        re.compile(rf"\b(?:{about})\b"),
        {step: re.compile(rf"(?<!-)\b(?:{words})\b") for step, words in steps.items()},
    )
    for affair, (about, steps) in _AFFAIRS.items()
}


# Before a step that is not taken: "fails to adopt", "did not sign".
_NOT: Final = re.compile(
    r"(?:\b(?:fail(?:s|ed)?|refuse[sd]?|declin(?:es?|ed)|unable|yet|unlikely) to"
    r"|\b(?:not|never|cannot)|n['\u2019]t) (?:\w{1,12} )?$"
)
# Before a step that is still to come: "to take effect Wednesday", "from taking effect".
_AHEAD: Final = re.compile(
    r"\b(?:to|will|would|may|could|should|must|can|does|did|from|before|if|until|set)"
    r" (?:\w{1,12} )?$"
)
_TO_COME: Final = "in force"  # what is only announced is no step of its own
_BEFORE: Final = 30  # characters that it may take


def stages_in(title: str) -> Mapping[str, frozenset[str]]:
    """Return the steps that a title tells of each affair; it may tell several."""
    low = title.lower()
    found = {
        affair: frozenset(
            step
            for step, words in steps.items()
            if _told(words, low, _AHEAD if step == _TO_COME else None)
        )
        for affair, (about, steps) in _READ.items()
        if about.search(low)
    }
    return {affair: steps for affair, steps in found.items() if steps}


def _told(
    words: re.Pattern[str], title: str, ahead: re.Pattern[str] | None = None
) -> bool:
    """Tell whether a title says one of the words, and not that it was not done.

    Nor, if it is asked, that it is still to be done.
    """
    before = (
        title[max(0, said.start() - _BEFORE) : said.start()]
        for said in words.finditer(title)
    )
    return any(
        not (_NOT.search(one) or (ahead and ahead.search(one))) for one in before
    )
