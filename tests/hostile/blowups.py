"""What the budget is for: a pattern that is slow, between two that are not."""

import re
from collections.abc import Callable
from functools import partial

_SLOW = re.compile(r"(?:<!--.*?-->|\s)*<html")


def pieces() -> dict[str, Callable[[], object]]:
    """Return by name: sound, exponential, never begun."""
    return {
        "sound": partial(_SLOW.match, "<!-- --> <html"),
        "exponential": partial(_SLOW.match, "<!-- -->" * 60),
        "never begun": partial(_SLOW.match, ""),
    }
