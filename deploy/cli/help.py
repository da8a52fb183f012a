"""What `samestory COMMAND -h` prints: the text of the command's class, its options."""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import MISSING, Field, fields
from typing import Any, Final, Literal, NamedTuple, get_args, get_origin, get_type_hints

from cyclopts import App, Group, Parameter

OPTIONS: Final = "Options"  # those of the command alone
WIDE: Final = 80  # columns of a page
INDENT: Final = 22  # columns before what an option does
SOURCE: Final = "    "  # before each line of a class's text


class Option(NamedTuple):
    """An argument or option of a command.

    Attributes:
        written: as a user writes it, with what it takes.
        about: what it does; "" where that goes without saying.
        group: under which it is listed; "" for an argument.
        order: of the group.
        is_needed: whether it must be given.
    """

    written: str
    about: str
    group: str
    order: int
    is_needed: bool


def page_of(app: App, chain: Sequence[str]) -> str:
    """Return the help of a command, or of one that has commands of its own."""
    name = " ".join(["samestory", *chain])
    if commands := [*app]:
        listed = "".join(
            _row(one, summary_of(app[one].default_command)) for one in commands
        )
        return f"usage: {name} COMMAND ...\n\n{app.help}\n\nCommands:\n{listed}"
    command = app.default_command
    usage = usage_of(name, options_of(command))
    parts = [f"usage: {usage}", "", text_of(command), ""]
    groups: dict[str, list[Option]] = {}
    for one in sorted(options_of(command), key=lambda one: one.order):
        if one.group or one.about:
            groups.setdefault(one.group or "Arguments", []).append(one)
    for group, options in groups.items():
        rows = "".join(_row(one.written, one.about) for one in options)
        parts += [f"{group}:", rows]
    return "\n".join(parts).rstrip("\n") + "\n"


def text_of(command: Any) -> str:
    """Return what a command's class says of it."""
    lines = (command.__doc__ or "").rstrip().split("\n")
    return "\n".join(line.removeprefix(SOURCE) for line in lines)


def summary_of(command: Any) -> str:
    """Return the first line of it."""
    return text_of(command).split("\n", maxsplit=1)[0]


def options_of(command: Any) -> list[Option]:
    """Return the arguments of a command, then its options."""
    hints = get_type_hints(command, include_extras=True)
    return [_option(field, hints[field.name]) for field in fields(command)]


def _option(field: Field[Any], hint: Any) -> Option:
    kind, parameter = get_args(hint)
    takes = parameter.metavar or ("" if kind is bool else _choices(kind))
    group = next(iter(_groups(parameter)), None)
    needed = field.default is MISSING
    if not field.kw_only:
        many = "..." if get_origin(kind) is tuple else ""
        written = f"{takes or field.name.upper()}{many}"
        return Option(written, parameter.help or "", "", -1, needed)
    flag = (parameter.name or (f"--{field.name.replace('_', '-')}",))[0]
    order = int(group.sort_key or 0) if group else 0
    return Option(
        f"{flag} {takes}".strip(),
        parameter.help or "",
        group.name if group else OPTIONS,
        order,
        needed,
    )


def _groups(parameter: Parameter) -> Iterator[Group]:
    given = parameter.group
    for one in given if isinstance(given, tuple) else (given,):
        if isinstance(one, Group):
            yield one


def _choices(kind: Any) -> str:
    """Return the values of a choice; "" for another kind."""
    for one in (kind, *get_args(kind)):
        if get_origin(one) is Literal:
            return "|".join(map(str, get_args(one)))
    return ""


def usage_of(name: str, options: Sequence[Option]) -> str:
    """Return how a command is called."""
    arguments = [
        one.written if one.is_needed else f"[{one.written}]"
        for one in options
        if not one.group
    ]
    needed = [one.written for one in options if one.group and one.is_needed]
    return " ".join([name, *arguments, *needed, "[OPTIONS]"])


def _row(written: str, about: str) -> str:
    """Return an option with what it does beside it, or below if it is long."""
    room = INDENT - 4
    lines = textwrap.wrap(about, WIDE - INDENT, break_on_hyphens=False) or [""]
    if len(written) > room:
        lines = [f"  {written}", *(" " * INDENT + line for line in lines)]
    else:
        lines = [
            f"  {written:<{INDENT - 2}}{lines[0]}",
            *(" " * INDENT + line for line in lines[1:]),
        ]
    return "\n".join(line.rstrip() for line in lines) + "\n"
