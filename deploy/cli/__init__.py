"""The command line: `samestory COMMAND`. Results on stdout, all else on stderr."""

import argparse
import errno
import os
import sqlite3
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Final

from samestory.deploy.config import (
    import_nothing_from_here,
    lend_home,
    load_settings,
)
from samestory.deploy.masking import masked
from samestory.deploy.modes import keep_modes
from samestory.deploy.process import open_streams
from samestory.disk import CLOSED, DAMAGE, HELD, SCARCE, code_of, may_pass
from samestory.errors import Misconfigured, Retry

DONE: Final = 0
NOTHING_FOUND: Final = 1
NEEDS_A_PERSON: Final = 2
GAVE_UP: Final = 3
OURS: Final = (  # that a file or folder of ours is not as it must be
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.EEXIST),
    *(errno.EISDIR, errno.ENOTDIR, errno.ENOTEMPTY, errno.ELOOP, errno.ENAMETOOLONG),
    *(errno.ENXIO, errno.ENODEV, errno.EBUSY, errno.ESTALE, errno.ENOLCK),
)
MAKE_ROOM: Final = "make room (df -h), or mend the disk (dmesg), then start again"
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

MODULES: Final = {  # in the order of --help
    "workers": ("run", "ingest", "embed", "index"),
    "importing": ("import",),
    "near": ("near",),
    "events": ("events", "stories", "search"),
    "event": ("event",),
    "open": ("open",),
    "why": ("why",),
    "compare": ("compare",),
    "correct": ("same", "different", "undo", "corrections"),
    "evaluate": ("eval",),
    "train": ("train", "sweep"),
    "models": ("models",),
    "feeds": ("feeds",),
    "status": ("status", "topics", "health"),
    "quarantine": ("quarantine",),
    "replay": ("replay", "digest", "diff"),
    "check": ("check",),
    "snapshots": ("backup", "restore"),
    "forget": ("forget",),
    "expiry": ("expiry",),
}
COMMON: Final = (  # option, what it takes, what it does
    ("--state", "DIR", "where everything is kept (SAMESTORY_STATE)"),
    ("--config", "FILE.toml", "settings, see docs/settings.md"),
    (
        "--allow-network",
        "CIDR",
        "open a private or loopback network to fetches; may be repeated",
    ),
    ("--host-spacing", "SECONDS", "pause between two requests to one host (default 2)"),
    (
        "--poll-interval",
        "SECONDS",
        "pause between two polls of a feed, at the least (default 600)",
    ),
    (
        "--shard",
        "I/N",
        "poll a part of the feeds: worker I of N, each with a --state of its own",
    ),
    ("--proxy", "URL", "http(s) proxy for all fetches"),
    (
        "--feed-headers",
        "FILE.toml",
        "headers for feeds and pages behind a login, see docs/feeds.md",
    ),
    ("--user-agent", "TEXT", "name sent to publishers; please add a contact"),
    (
        "--brokers",
        "HOST:PORT",
        "Kafka brokers, comma-separated (default: the log is in --state)",
    ),
    (
        "--wait",
        "SECONDS",
        "how long to wait for a broker (default: workers for ever, else 30)",
    ),
    (
        "--model",
        "NAME|DIR",
        "embedding model: multilingual, packaged, or a sentence-transformers one",
    ),
    ("--precision", "exact|int8", "class of the model's arithmetic (default exact)"),
    (
        "--engine",
        "NAME",
        "what runs the model, see `samestory models list` (default auto)",
    ),
    (
        "--joining",
        "tight|balanced|loose",
        "how readily stories are joined (default balanced)",
    ),
    (
        "--pair-model",
        "FILE.json",
        "the decision's weights, made by `samestory train` (default: packaged)",
    ),
    ("--log-level", "LEVEL", "debug, info, warning or error"),
)
REPEATED: Final = ("--allow-network",)
_ABOUT: Final = """\
Which reports, from which outlets, tell the same event?

samestory polls news feeds, cleans the articles, and groups near-duplicate reports of
the same event. Everything it knows is in one directory (--state)."""
_EXAMPLES: Final = """\
examples:
  samestory run --feed https://news.un.org/feed/subscribe/en/news/all/rss.xml
  samestory near "Blinken warns NATO about Chinese support for Russia"
  samestory events --since 2d --min-outlets 3
  samestory import articles.jsonl.gz

exit codes: 0 done, 1 nothing found, 2 a person must act, 3 gave up waiting"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and exit with its code."""
    open_streams()
    import_nothing_from_here()
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code."""
    args = build_parser(arguments[0] if arguments else "").parse_args(arguments)
    return exit_code(lambda: _run(args))


def _run(args: argparse.Namespace) -> int:
    settings = load_settings(file=args.config, overrides=vars(args))
    lend_home(settings)
    keep_modes(settings)
    return int(args.run(args, settings))


def exit_code(action: Callable[[], int]) -> int:
    """Do it and return its code, or that of what it raised, told in one line."""
    try:
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
        advice = (
            RESTORE if code in DAMAGE else "`samestory check` tells what is damaged"
        )
    else:  # our bug
        raise error
    sys.stderr.write(f"samestory: {error}: {advice}\n")
    return NEEDS_A_PERSON


class _Version(argparse.Action):
    """Tell the version; looking it up takes 0.02 s, so only when it is wanted."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version  # noqa: PLC0415

        print(f"samestory {version('samestory')}")
        parser.exit()


def build_parser(command: str = "") -> argparse.ArgumentParser:
    """Return the parser of all commands, or of those that share a module with one.

    A command imports no other's module: half of the time that `status` takes.
    """
    parser = argparse.ArgumentParser(
        prog="samestory",
        description=_ABOUT,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--version",
        action=_Version,
        nargs=0,
        help="show program's version number and exit",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    common = common_options()
    owners = [name for name, own in MODULES.items() if command in own]
    for name in owners or MODULES:
        module = import_module(f"samestory.deploy.cli.{name}")
        module.add_commands(commands, common)
    return parser


def common_options() -> argparse.ArgumentParser:
    """Return the options that every command takes, as a parent parser."""
    common = argparse.ArgumentParser(add_help=False)
    group = common.add_argument_group("common options")
    for flag, takes, about in COMMON:
        action = "append" if flag in REPEATED else "store"
        group.add_argument(flag, metavar=takes, help=about, action=action)
    return common
