"""What a command's exit code means; docs/commands.md has them for users."""

from typing import Final

DONE: Final = 0
NOTHING_FOUND: Final = 1  # also: two states differ, a worker is not well
NEEDS_A_PERSON: Final = 2  # a wrong command line, a setting, a damaged file
GAVE_UP: Final = 3  # waiting for what may come back
REFUSED: Final = 4  # a correction that contradicts another, lines of an import
RUNS_ELSEWHERE: Final = 5  # of a supervised worker whose lock another process holds
