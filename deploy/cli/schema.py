"""`samestory schema`: what `--json` prints, as JSON Schema."""

import json
from dataclasses import dataclass, field
from typing import Annotated

from cyclopts import Parameter

from samestory.deploy.cli.options import Command
from samestory.deploy.cli.records import RECORDS, schema_of
from samestory.deploy.config import Settings
from samestory.errors import Misconfigured


@dataclass(frozen=True, kw_only=True)
class Schema(Command):
    """Print the JSON Schema of the lines that a command prints with --json.

    Without a command: which have one. A later version may add fields; those that
    are there stay.

    Examples:
      samestory schema events > events.schema.json
      samestory schema feeds list
    """

    command: Annotated[tuple[str, ...], Parameter(metavar="COMMAND")] = field(
        default=(), kw_only=False
    )

    def run(self, _: Settings) -> int:
        """Print it."""
        name = " ".join(self.command)
        if not name:
            print("\n".join(RECORDS))
            return 0
        if name not in RECORDS:
            raise Misconfigured(
                f"schema: {name!r} prints no JSON: `samestory schema` lists what does"
            )
        print(json.dumps(schema_of(name), indent=2, ensure_ascii=False))
        return 0
