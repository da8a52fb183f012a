"""docs/commands.md, settings.md, licenses.md: what the program prints, written down.

`python tests/reference.py --write` writes them; a test holds them equal.
"""

import argparse
import os
import sys
from dataclasses import fields
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

DOCS = Path(__file__).parents[1] / "docs"


def commands() -> str:
    """Return the help of every command."""
    from samestory.deploy.cli import build_parser

    os.environ["COLUMNS"] = "88"
    parts = [
        "# Commands\n\nWhat `--help` prints, of every command. Made by `make docs`.\n"
    ]

    def add(parser: argparse.ArgumentParser) -> None:
        parts.append(f"## {parser.prog}\n\n```\n{parser.format_help()}```\n")
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                for child in dict.fromkeys(action.choices.values()):
                    add(child)

    add(build_parser())
    return "\n".join(parts)


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


PAGES = {"commands.md": commands, "settings.md": settings, "licenses.md": licenses}

if __name__ == "__main__":
    sys.path.insert(0, str(DOCS.parent))
    for name, make in PAGES.items():
        (DOCS / name).write_text(make())
