"""Lines that fit a terminal, whatever its width."""

import re
import textwrap
from typing import Final

# What stands before a line's own text: blanks, a bullet, a name and two blanks.
_LABEL: Final = re.compile(r" *(?:- |\* |\d+\. |\S.*?  +)?(?=\S)")


def folded(line: str, width: int) -> list[str]:
    """Return a line in parts of so many characters, the later ones indented."""
    if len(line) <= width:
        return [line]
    begin = _LABEL.match(line)
    indent = begin.end() if begin and begin.end() <= width // 2 else 0
    return textwrap.wrap(
        line,
        width,
        subsequent_indent=" " * indent,
        break_on_hyphens=False,
    )
