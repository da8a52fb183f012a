"""A pager, as git has one: what is longer than the terminal is read page by page."""

import io
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

DEFAULT: Final = "less"
# Quit where it fits, keep colours, leave the screen as it is, as git has them.
LESS: Final = "FRX"


class _Kept(io.StringIO):
    """What a terminal would get."""

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The terminal's."""
        return sys.__stdout__.encoding if sys.__stdout__ else "utf-8"

    def isatty(self) -> bool:
        """Return that it is for one."""
        return True


@contextmanager
def paged() -> Iterator[None]:
    """Let $PAGER show what is printed inside, if it is longer than the terminal.

    Without one ($PAGER empty or `cat`, no less here, no terminal at both ends) it is
    printed as it comes.
    """
    out, command = sys.stdout, _command()
    if not (command and out.isatty() and sys.stdin.isatty()):
        yield
        return
    kept = _Kept()
    sys.stdout = kept
    try:
        yield
    finally:
        sys.stdout = out
        text = kept.getvalue()
        if text.count("\n") < shutil.get_terminal_size().lines:
            out.write(text)
        else:
            _show(text, command, out.encoding)


def _command() -> list[str]:
    try:
        named = shlex.split(os.environ.get("PAGER", DEFAULT))
    except ValueError:  # a quotation mark that is not closed
        return []
    return named if named and named != ["cat"] and shutil.which(named[0]) else []


def _show(text: str, command: list[str], encoding: str) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the pager's
    try:
        pager = subprocess.Popen(  # noqa: S603  (what the user chose)
            command,
            stdin=subprocess.PIPE,
            env={"LESS": LESS, "LV": "-c"} | os.environ,
        )
        with suppress(BrokenPipeError):  # who has read enough leaves
            pager.communicate(text.encode(encoding, "backslashreplace"))
        pager.wait()
    finally:
        signal.signal(signal.SIGINT, before)
