"""The command line on a pseudo-terminal, as a person has it."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import threading
from pathlib import Path

STEERING = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b\]8;[^\x1b]*\x1b\\")
CTRL_C = b"\x03"
SIZE = {"LINES", "COLUMNS"}  # xdist sets them, for those that have no terminal


class Terminal:
    """A command that has a terminal of its own; what it wrote there is kept."""

    def __init__(
        self, state: Path, *arguments: str, size: tuple[int, int] = (24, 80), **env: str
    ) -> None:
        """Start `samestory` with these arguments; `size` is (lines, columns)."""
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", *size, 0, 0))
        # The first terminal that the leader of a session opens becomes its own, so that
        # Ctrl-C goes to all of its processes.
        self.process = subprocess.Popen(
            [
                *("sh", "-c", 'exec "$@" <"$0" >"$0" 2>&1', os.ttyname(theirs)),
                *(sys.executable, "-m", "samestory.deploy.cli"),
                *(*arguments, "--state", str(state)),
            ],
            start_new_session=True,
            env={k: v for k, v in os.environ.items() if k not in SIZE}
            | {"NO_COLOR": "1", "HF_HUB_OFFLINE": "1", **env},
        )
        self._said = bytearray()
        self._reader = threading.Thread(target=self._read, args=(theirs,), daemon=True)
        self._reader.start()

    def _read(self, theirs: int) -> None:
        is_open = True
        try:
            while part := os.read(self._ours, 65_536):
                self._said += part
                if is_open:  # until the command has it open, too
                    os.close(theirs)
                    is_open = False
        except OSError:  # Linux says so when the last writer has gone
            pass

    @property
    def raw(self) -> str:
        """What it has written so far, with all that steers a terminal."""
        return self._said.decode("utf-8", "replace")

    @property
    def text(self) -> str:
        """What it has written so far, without what steers a terminal."""
        return STEERING.sub("", self.raw).replace("\r\n", "\n")

    def press(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self._ours, keys)

    def wait(self) -> int:
        """Wait for its end; return the exit code."""
        code = self.process.wait(120)
        self._reader.join(10)
        return code


def on_a_terminal(state: Path, *arguments, columns: str = "80", **environment: str):
    """Run a command on a terminal of many lines; return (exit code, its lines)."""
    size = (500, int(columns))
    terminal = Terminal(state, *arguments, size=size, **environment)
    code = terminal.wait()
    return code, [line.rstrip() for line in terminal.text.splitlines()]
