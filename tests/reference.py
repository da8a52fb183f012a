"""docs/commands.md and docs/settings.md: what the program prints, written down.

`python tests/reference.py --write` writes them; a test holds them equal.
"""

import argparse
import os
import sys
from dataclasses import fields
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"


def commands() -> str:
    """Return the help of every command."""
    from deploy.cli import build_parser

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
    from deploy.config import PREFIX, Settings

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


PAGES = {"commands.md": commands, "settings.md": settings}

if __name__ == "__main__":
    sys.path.insert(0, str(DOCS.parent))
    for name, make in PAGES.items():
        (DOCS / name).write_text(make())
