"""docs/commands.md, settings.md, licenses.md: what the program prints, written down.

`python tests/reference.py --write` writes them; a test holds them equal.
"""

import sys
from dataclasses import fields
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

DOCS = Path(__file__).parents[1] / "docs"


def commands() -> str:
    """Return a page of all commands: what each does, and its options."""
    from samestory.deploy.cli.app import COMMANDS

    parts = [
        (
            "# Commands\n\n`samestory COMMAND -h` tells more of one, with examples."
            " Options may stand before or after the\ncommand; those that several have"
            " are [below](#options-of-several-commands), `--state` and `--config`\nwith"
            " all that ask or change a state. Made by `make docs`.\n"
        )
    ]
    shared: dict[str, dict[str, str]] = {}
    for group, names in COMMANDS.items():
        parts.append(f"## {group}\n")
        parts += [_of_command(name, shared) for name in names]
    parts.append("## Options of several commands\n")
    for title, options in shared.items():
        rows = [f"| `{written}` | {about} |" for written, about in options.items()]
        parts.append(f"### {title}\n\n| | |\n|---|---|\n" + "\n".join(rows) + "\n")
    parts.append("## Exit codes\n\n" + _table(("code", "means"), EXIT_CODES))
    return "\n".join(parts)


EXIT_CODES = {
    "0": "done",
    "1": "nothing found; of `diff`, that two states differ; of `health`, not well",
    "2": "a person must act: a wrong command line, a setting, a damaged file",
    "3": "gave up waiting: a broker, a lock, a full disk; another time it may go",
    "4": "refused: a correction that contradicts another, lines of an import",
    "130": "stopped by Ctrl-C; nothing is lost",
}


def _of_command(name: str, shared: dict[str, dict[str, str]]) -> str:
    """Return what a command does and its own options; add those of several."""
    from samestory.deploy.cli.app import command_named
    from samestory.deploy.cli.help import OPTIONS, options_of, summary_of, usage_of

    command = command_named(name)
    options = options_of(command)
    own = [
        one for one in options if one.group == OPTIONS or (one.about and not one.group)
    ]
    for one in options:
        if one.group not in {OPTIONS, ""}:
            shared.setdefault(one.group, {})[_cell(one.written)] = _cell(one.about)
    here = {OPTIONS, "", "Where everything is"}
    others = dict.fromkeys(one.group for one in options if one.group not in here)
    links = ", ".join(f"[{one}](#{one.lower().replace(' ', '-')})" for one in others)
    rows = {f"`{_cell(one.written)}`": _cell(one.about) for one in own}
    text = f"**`{usage_of(f'samestory {name}', options)}`**  \n{summary_of(command)}"
    text += f" Also: {links}." if links else ""
    return text + ("\n\n" + _table(("", ""), rows) if rows else "\n")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _table(head: tuple[str, str], rows: dict[str, str]) -> str:
    lines = [f"| {head[0]} | {head[1]} |", "|---|---|"]
    return "\n".join([*lines, *(f"| {a} | {b} |" for a, b in rows.items())]) + "\n"


def manual() -> str:
    """Return the man page, for troff."""
    from samestory.deploy.cli.app import COMMANDS, command_named
    from samestory.deploy.cli.help import summary_of

    def plain(text: str) -> str:
        return text.replace("\\", "\\e").replace("-", "\\-")

    lines = [
        ".TH SAMESTORY 1",
        ".SH NAME",
        "samestory \\- which reports, from which outlets, tell the same event?",
        ".SH SYNOPSIS",
        ".B samestory",
        ".I COMMAND",
        "[options]",
        ".SH DESCRIPTION",
        "Polls news feeds, cleans the articles, and groups near\\-duplicate reports of the",
        "same event. Everything it knows is in one directory (\\-\\-state).",
        ".B samestory COMMAND \\-h",
        "tells more of a command, with its options and examples.",
    ]
    for group, names in COMMANDS.items():
        lines.append(f".SH {group.upper()}")
        for name in names:
            lines += [
                ".TP",
                f".B {plain(name)}",
                plain(summary_of(command_named(name))),
            ]
    lines.append(".SH EXIT STATUS")
    for code, about in EXIT_CODES.items():
        lines += [".TP", f".B {code}", plain(about.replace("`", ""))]
    return "\n".join(lines) + "\n"


def settings() -> str:
    """Return every setting with its meaning, unit and default."""
    from samestory.deploy.config import PREFIX, Settings

    rows = [
        f"| `{f.name}` | `{PREFIX}{f.name.upper()}` | `{f.default!r}` | {f.metadata['about']} |"
        for f in fields(Settings)
    ]
    head = (
        "# Settings\n\nIn a TOML file (`--config FILE.toml`), in the environment, or, for"
        " some, as a flag.\nA flag wins over the environment, that over the file.\n"
        "Made by `make docs`.\n\n| setting | environment | default | meaning |\n|---|---|---|---|\n"
    )
    return head + "\n".join(rows) + "\n"


def closure(name: str, extras: frozenset[str] = frozenset()) -> dict[str, Distribution]:
    """Return, by name, what is installed of all that a distribution needs, itself too."""
    found: dict[str, Distribution] = {}
    waiting = [(name, extras)]
    met = set()
    while waiting:
        one = waiting.pop()
        if one in met:
            continue
        met.add(one)
        about = found[canonicalize_name(one[0])] = distribution(one[0])
        for text in about.requires or ():
            needed = Requirement(text)
            if needed.marker is None or any(
                needed.marker.evaluate({"extra": extra}) for extra in ("", *one[1])
            ):
                waiting.append((needed.name, frozenset(needed.extras)))
    return found


def licenses() -> str:
    """Return the licences of all that is installed with us, optional things too."""
    from samestory.deploy.licenses import table

    found = closure("samestory", frozenset({"int8"}))
    del found["samestory"]
    head = (
        "# Licences of others\n\nOf what is installed with samestory, its extra `int8`"
        " included, as each says itself, and of the models' weights.\nMade by"
        " `make docs`; the versions are those of `constraints.txt`.\nAn image of"
        " `deploy/Dockerfile` has the list of what is in it, and every licence's text, in"
        " `/usr/share/licenses/samestory`.\n\n"
    )
    return head + table(found.values())


PAGES = {
    "commands.md": commands,
    "settings.md": settings,
    "licenses.md": licenses,
    "samestory.1": manual,
}

if __name__ == "__main__":
    sys.path.insert(0, str(DOCS.parent))
    for name, make in PAGES.items():
        (DOCS / name).write_text(make())
