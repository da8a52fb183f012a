"""The console that results are printed on. Rich takes 0.05 s: `--json` goes without."""

from typing import Final

from rich.console import Console

WIDE: Final = 120  # columns where the output is no terminal


class _Console(Console):
    """A console that leaves a closed pipe (`| head`) to whoever runs the command."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def open_console() -> Console:
    """Return a console on stdout."""
    console = _Console(highlight=False)
    return console if console.is_terminal else _Console(highlight=False, width=WIDE)
