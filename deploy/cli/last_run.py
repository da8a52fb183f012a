"""What `run` was given last time: what is not given again is named, not forgotten."""

import json
import sys
from contextlib import suppress
from dataclasses import fields
from typing import Any, Final

from samestory.deploy.cli.options import Command
from samestory.deploy.cli.output import plain
from samestory.deploy.config import Settings, config_file
from samestory.private import private_opener, replaced

PLACES: Final = frozenset({"state", "config"})


def name_forgotten(command: Command, settings: Settings) -> None:
    """Say which options of the last run hold no longer, and keep those of this one.

    Args:
        command: `run`, with what it was given.
        settings: those in force: of files and the environment, too.
    """
    in_force = {
        one.name: _text(getattr(settings, one.name))
        for one in fields(settings)
        if one.name not in PLACES
    }
    given = {
        name: in_force[name]
        for name, value in vars(command).items()
        if name in in_force and value is not None
    }
    path = settings.home / "run.json"
    before: dict[str, Any] = {}
    with suppress(OSError, ValueError, AttributeError):
        before = dict(json.loads(path.read_text("utf-8")).items())
    forgotten = [
        f"--{name.replace('_', '-')} {value} (now {in_force[name] or 'none'})"
        for name, value in before.items()
        if name in in_force and in_force[name] != value and name not in given
    ]
    if forgotten:
        where = config_file(may_be_made=True) or "a --config FILE.toml"
        said = f"not as in the last run: {', '.join(forgotten)}; give it again, or"
        sys.stderr.write(plain(f"{said} write it into {where}\n"))
    with (
        suppress(OSError),  # e.g. no room: the workers wait for some, and say so
        replaced(path) as new,
        open(new, "w", encoding="utf-8", opener=private_opener) as file,
    ):
        json.dump(given, file)


def _text(value: Any) -> str:
    return ",".join(value) if isinstance(value, tuple) else str(value)
