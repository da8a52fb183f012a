"""`samestory completion`: what lets a shell complete commands and options."""

import sys
from dataclasses import dataclass, field
from typing import Annotated, Literal

from cyclopts import Parameter

from samestory.deploy.cli.options import Command
from samestory.deploy.config import Settings


@dataclass(frozen=True, kw_only=True)
class Completion(Command):
    """Print a script by which a shell completes commands and options.

    Examples:
      samestory completion bash > ~/.bash_completion.d/samestory
      samestory completion zsh > ~/.zfunc/_samestory
    """

    shell: Annotated[Literal["bash", "zsh", "fish"], Parameter()] = field(kw_only=False)

    def run(self, _: Settings) -> int:
        """Print it."""
        from samestory.deploy.cli.app import build_app  # noqa: PLC0415

        sys.stdout.write(build_app().generate_completion(shell=self.shell))
        return 0
