"""Which commands there are, and what a command line means.

A command is imported when it is asked for, and no other: `status` takes half of the
time so. Wrong use is told in one line, with what was meant.
"""

import shutil
import sys
from collections.abc import Sequence
from dataclasses import fields
from importlib import import_module
from typing import Any, Final

from cyclopts import (
    App,
    CycloptsError,
    MissingArgumentError,
    Parameter,
    UnusedCliTokensError,
)

from samestory.deploy.cli.folding import folded
from samestory.deploy.cli.help import page_of
from samestory.deploy.cli.options import SETTINGS, Command
from samestory.errors import Misconfigured

HELP: Final = ("-h", "--help")
PACKAGE: Final = "samestory.deploy.cli"
COMMANDS: Final = {  # by group, in the order of --help: what carries each out
    "Begin": {
        "init": "init:Init",
        "run": "workers:Run",
        "import": "importing:Import",
        "feeds add": "feeds:Add",
        "feeds remove": "feeds:Remove",
        "feeds list": "feeds:Listed",
        "feeds import": "feeds:Import",
        "feeds export": "feeds:Export",
        "feeds check": "check_feeds:Check",
    },
    "Ask": {
        "events": "events:Events",
        "event": "event:ShowEvent",
        "search": "events:Search",
        "stories": "events:Stories",
        "near": "near:FindNear",
        "why": "why:Why",
        "compare": "compare:Compare",
        "open": "open:Open",
        "follow": "follow:Follow",
    },
    "Correct": {
        "same": "correct:Same",
        "different": "correct:Different",
        "undo": "correct:Undo",
        "star": "marks:Star",
        "note": "marks:Note",
        "corrections list": "corrections:Listed",
        "corrections export": "corrections:Export",
    },
    "Look after": {
        "status": "status:Status",
        "quarantine list": "quarantine:Listed",
        "quarantine show": "quarantine:Show",
        "quarantine retry": "quarantine:Retry",
        "quarantine drop": "quarantine:Drop",
        "check": "check:Check",
        "backup": "snapshots:Backup",
        "restore": "snapshots:Restore",
        "forget": "forget:ForgetStories",
        "expiry": "expiry:Expiry",
    },
    "Prove": {
        "replay": "replay:Replay",
        "digest": "replay:Digest",
        "diff": "replay:Diff",
    },
    "Measure": {
        "eval": "evaluate:Eval",
        "train": "train:Train",
        "sweep": "train:Sweep",
        "models list": "models:Listed",
        "models check": "models:Check",
        "models convert": "models:Convert",
        "models fit-means": "fit_means:FitMeans",
        "models count-words": "count_words:CountWords",
    },
    "Deploy": {
        "ingest": "workers:Ingest",
        "embed": "workers:Embed",
        "index": "workers:Index",
        "topics": "status:Topics",
        "health": "status:Health",
        "schema": "schema:Schema",
        "completion": "completion:Completion",
    },
}
GROUPS: Final = {  # of commands that have commands of their own
    "feeds": "Which feeds are polled. A running worker sees changes at once.",
    "corrections": "List the corrections, or export them as labelled pairs.",
    "quarantine": "What can never work is set aside with the reason. Mend the cause,"
    " then retry;\nor drop what nobody needs.",
    "models": "An embedding model is run by one of several engines. `precision` names"
    " a class, exact\n(fp32, bf16) or int8; within it the fastest engine that is"
    " installed and that this CPU\nserves well is chosen, or the one that `engine`"
    " names. Vectors of two classes, models or\ntoken limits are never mixed.",
}
_SHORT: Final = """\
samestory: which reports, from which outlets, tell the same event?

It polls news feeds, cleans the articles, and groups near-duplicate reports of
the same event. Everything it knows is in one directory (--state).

{groups}

  samestory init                          then: samestory run
  samestory events --since 2d --min-voices 3
  samestory near "Blinken warns NATO about Chinese support for Russia"

`samestory COMMAND -h` tells more of one; --version tells this one's version.
exit codes: 0 done, 1 nothing found, 2 a person must act, 3 gave up waiting,
4 refused
"""


def command_named(name: str) -> type[Command]:
    """Return the class of a command."""
    targets = {
        one: target for group in COMMANDS.values() for one, target in group.items()
    }
    module, _, found = targets[name].partition(":")
    command: type[Command] = getattr(import_module(f"{PACKAGE}.{module}"), found)
    return command


def build_app() -> App:
    """Return the app of all commands; none is imported for it."""
    app = App(
        name="samestory",
        help_flags=(),
        version_flags=(),
        default_parameter=Parameter(negative=()),
        exit_on_error=False,
        print_error=False,
        suppress_keyboard_interrupt=False,
    )
    no_flags: dict[str, Any] = {"help_flags": (), "version_flags": ()}
    above = {
        name: App(name=name, help=about, **no_flags) for name, about in GROUPS.items()
    }
    for one in above.values():
        app.command(one)
    for group in COMMANDS.values():
        for name, target in group.items():
            first, _, second = name.partition(" ")
            where = above[first] if second else app
            where.command(f"{PACKAGE}.{target}", name=second or first, **no_flags)
    return app


def parsed(tokens: Sequence[str]) -> Command | None:
    """Return the command that a command line means; None where it asked for help.

    Raises:
        Misconfigured: it means none; says what may have been meant.
    """
    app, tokens = build_app(), _in_order(tokens)
    before = tokens[: tokens.index("--")] if "--" in tokens else tokens
    plain = [one for one in tokens if one not in HELP or one not in before]
    chain, apps, rest = app.parse_commands(plain)
    wants_help = not set(HELP).isdisjoint(before)
    if not chain and (wants_help or not rest):
        _print_page(first_screen())
        return None
    if wants_help or (chain in {(one,) for one in GROUPS} and not rest):
        _print_page(page_of(apps[-1], chain))
        return None
    tokens = _without_idle(tokens, apps[-1].default_command)
    try:
        command, bound, _ = app.parse_args(tokens)
    except CycloptsError as error:
        named = " ".join(["samestory", *chain])
        raise Misconfigured(f"{_said(error)} See {named} -h") from error
    found: Command = command(*bound.args, **bound.kwargs)
    return found


def _without_idle(tokens: Sequence[str], command: Any) -> list[str]:
    """Return a command line without the settings that do not act on its command.

    Scripts give one set of options to all commands. What is left out is named.
    """
    if command is None:
        return [*tokens]
    own = {field.name for field in fields(command)}
    idle = {f"--{name.replace('_', '-')}" for name in SETTINGS if name not in own}
    left, kept = list(tokens), list[str]()
    named = list[str]()
    while left and left[0] != "--":
        flag, _, _ = left[0].partition("=")
        count = 1 if flag not in idle or "=" in left[0] else 2
        if flag in idle:
            named.append(flag)
        else:
            kept += left[:count]
        left = left[count:]
    if named:
        said = ", ".join(dict.fromkeys(named))
        sys.stderr.write(f"{said}: without effect on this command\n")
    return [*kept, *left]


def _said(error: CycloptsError) -> str:
    """Return what is wrong with a command line, in one line."""
    argument = error.argument
    if isinstance(error, MissingArgumentError) and argument is not None:
        takes = argument.parameter.metavar or argument.name.strip("-").upper()
        if argument.field_info.is_positional:
            return f"{takes} is missing."
        return f"{argument.name} takes {takes}: it is missing."
    if isinstance(error, UnusedCliTokensError):
        return f"{' '.join(error.unused_tokens or ())!r} is more than it takes."
    return " ".join(str(error).split())


def _print_page(page: str) -> None:
    """Print a help, whose lines have 80 characters at most, on whatever terminal."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else len(page)
    for line in page.splitlines():
        print("\n".join(f"{lead}{part}" for lead, part in folded(line, width)))


def first_screen() -> str:
    """Return what `samestory -h` prints."""
    rows = []
    for group, commands in COMMANDS.items():
        words = dict.fromkeys(name.split()[0] for name in commands)
        rows.append(f"  {group:<11} {'  '.join(words)}")
    return _SHORT.format(groups="\n".join(rows))


def _in_order(tokens: Sequence[str]) -> list[str]:
    """Return a command line with its options behind the command, and - behind --.

    An option before the command takes a value, unless that were the command or the
    next option.
    """
    left = ["-h" if one == "help" and not at else one for at, one in enumerate(tokens)]
    early: list[str] = []
    words = {name.split()[0] for group in COMMANDS.values() for name in group}
    while left and left[0].startswith("--") and left[0] not in (*HELP, "--"):
        is_flag = left[1:2] and (
            left[1].startswith("--")
            or (left[1] in words and words.isdisjoint(left[2:]))
        )
        count = 1 if "=" in left[0] or is_flag else 2
        early, left = [*early, *left[:count]], left[count:]
    at = left.index("--") if "--" in left else len(left)
    given, behind = left[:at], left[at + 1 :]
    stdin = [one for one in given if one == "-"]
    plain = [one for one in given if one != "-"]
    rest = [*stdin, *behind]
    return [*plain, *early, *(["--", *rest] if rest else [])]
