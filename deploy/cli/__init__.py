"""The command line: `samestory COMMAND`. Results on stdout, all else on stderr."""

import errno
import gc
import os
import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from typing import Final

from samestory.deploy.config import (
    MOST,
    PREFIX,
    Settings,
    config_file,
    is_supervised,
    lend_home,
    load_settings,
    prepare_children,
    unknown_variables,
)
from samestory.deploy.exit_codes import DONE, GAVE_UP, NEEDS_A_PERSON
from samestory.deploy.masking import masked
from samestory.deploy.modes import keep_modes
from samestory.deploy.process import open_streams
from samestory.disk import CHECK, CLOSED, DAMAGE, HELD, SCARCE, code_of, may_pass
from samestory.errors import Misconfigured, Retry

OURS: Final = (  # that a file or folder of ours is not as it must be
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.EEXIST),
    *(errno.EISDIR, errno.ENOTDIR, errno.ENOTEMPTY, errno.ELOOP, errno.ENAMETOOLONG),
    *(errno.ENXIO, errno.ENODEV, errno.EBUSY, errno.ESTALE, errno.ENOLCK),
)
MAKE_ROOM: Final = "make room (df -h), or mend the disk (dmesg), then start again"
ODD: Final = 200  # characters of a text that is not UTF-8 that are shown
LET_GO: Final = "another process holds it"
LET_HAVE: Final = "too little memory, or too low a limit (ulimit -n)"
RESTORE: Final = (
    "a file of --state is damaged and must be restored; `samestory check` names it;"
    " index/state.db is made anew from what the log holds if it is removed"
)
LET_US: Final = (
    "that is no damage: see (ls -l) that it is there, is no folder where a file must"
    " be, and that user {} may read and write it; or name another --state"
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and exit with its code."""
    gc.disable()  # imports leave no garbage, and a question is over before it would pay
    open_streams()
    prepare_children()
    code = run(sys.argv[1:] if arguments is None else arguments)
    gc.freeze()  # or the interpreter's end looks through all of it: 0.05 s
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code."""
    if [*arguments] == ["--version"]:
        from importlib.metadata import version  # noqa: PLC0415

        print(f"samestory {version('samestory')}")
        return DONE
    return exit_code(lambda: _run(arguments))


def _run(arguments: Sequence[str]) -> int:
    from samestory.deploy.cli.app import parsed  # noqa: PLC0415

    command = parsed(arguments)
    if command is None:
        return DONE
    given = vars(command)
    for name, value in given.items():
        if isinstance(value, int) and value > MOST:
            option = "-k" if name == "k" else "--" + name.replace("_", "-")
            raise Misconfigured(f"{option} {value}: at most {MOST} can be meant")
    # A supervisor tells its workers all settings, also those that are the default's.
    file = given.get("config") or (None if is_supervised() else config_file())
    if file and command.makes_settings and not os.path.lexists(file):
        file = None
    settings = load_settings(file=file, overrides=given)
    if not is_supervised():  # its supervisor has said so
        _name_unknown()
    lend_home(settings)
    keep_modes(settings)
    if not command.is_read:
        gc.enable()
        return command.run(settings)
    if not sys.stdout.isatty():
        return command.run(settings)
    from samestory.deploy.cli.pager import paged  # noqa: PLC0415

    with paged():
        return command.run(settings)


def _name_unknown() -> None:
    """Say which variables of the environment are passed over: mistyped, most likely."""
    unknown = unknown_variables()
    if not unknown:
        return
    import difflib  # noqa: PLC0415

    known = [PREFIX + one.name.upper() for one in fields(Settings)]
    for name in unknown:
        meant = difflib.get_close_matches(name, known, 1)
        hint = f", {meant[0]} is one" if meant else ": docs/settings.md has all"
        sys.stderr.write(f"{name} is no setting{hint}\n")


def exit_code(action: Callable[[], int]) -> int:
    """Do it and return its code, or that of what it raised, told in one line."""
    try:
        with _as_utf8():
            code = action()
        sys.stdout.flush()
        return code
    except Misconfigured as error:
        sys.stderr.write(f"samestory: {masked(str(error))}\n")
        return NEEDS_A_PERSON
    except Retry as error:
        sys.stderr.write(f"samestory: gave up waiting: {masked(str(error))}\n")
        return GAVE_UP
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # e.g. `samestory stories --json | head`
        _let_stdout_go()
        return DONE
    except (OSError, sqlite3.Error) as error:
        _let_stdout_go()
        return _of_disk(error)


@contextmanager
def _as_utf8() -> Iterator[None]:
    """Name a text of the command line that is in another encoding.

    Raises:
        Misconfigured: there is one, and it can't be used so.
    """
    try:
        yield
    except UnicodeEncodeError as error:
        if "surrogates" not in error.reason:
            raise  # our bug
        raw = str(error.object).encode("utf-8", "surrogateescape")
        odd = raw.decode("utf-8", "backslashreplace")
        raise Misconfigured(f"{odd[:ODD]}: is not UTF-8, in which we read") from error


def _let_stdout_go() -> None:
    """Leave nothing in it that the end of the process would try to write again."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _of_disk(error: OSError | sqlite3.Error) -> int:
    """Tell what is wrong with a file of ours; a full disk may have room later."""
    code, number = code_of(error), getattr(error, "errno", 0)
    if may_pass(error):
        advice = LET_HAVE if number in SCARCE else MAKE_ROOM
        advice = LET_GO if code in HELD else advice
        sys.stderr.write(f"samestory: gave up waiting: {error}; {advice}\n")
        return GAVE_UP
    if code in CLOSED or number in OURS:
        advice = LET_US.format(os.geteuid())
    elif code:
        advice = RESTORE if code in DAMAGE else CHECK
    else:  # our bug
        raise error
    sys.stderr.write(f"samestory: {error}: {advice}\n")
    return NEEDS_A_PERSON
