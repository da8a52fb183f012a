"""Lines that an outlet prints again and again: they tell nobody's story.

A line above or below a report that stands in REPEATED of its outlet's stories is the
house's: "Get our morning briefing", a paywall's words, a biography, a disclaimer.
"""

import hashlib
from typing import Final

from samestory.publishers import outlet_key
from samestory.story import Story

REPEATED: Final = 3  # stories of an outlet
HEAD: Final = 1  # lines above a report that are looked at
TAIL: Final = 5  # lines below it
LEAST: Final = 20  # characters of a line; shorter ones share no passage
MOST: Final = 400


def house_lines(story: Story) -> dict[int, str]:
    """Return the lines that may be the house's, by a number of 64 bits with a sign.

    The same line of another publisher has another number.
    """
    lines = [line for line in map(str.strip, story.text.split("\n")) if line]
    outer = dict.fromkeys([*lines[:HEAD], *lines[max(HEAD, len(lines) - TAIL) :]])
    house = outlet_key(story.outlet)
    return {
        _number(f"{house}\n{line}"): line
        for line in outer
        if LEAST <= len(line) <= MOST
    }


def _number(text: str) -> int:
    data = text.encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), signed=True)
