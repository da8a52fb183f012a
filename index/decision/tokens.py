"""Words, numbers and possessives as all rules of the decision find them."""

import re
from typing import Final

ENGLISH: Final = "en"  # how a story without a language is read
ALL_CAPITAL: Final = frozenset({"de", "lb"})  # languages whose nouns have capitals
TOKEN: Final = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
NUMBER: Final = re.compile(r"\d+(?:[.,]\d+)*")
POSSESSIVE: Final = re.compile(r"['\u2019]s$")
