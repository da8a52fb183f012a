"""`samestory compare`: two reports side by side, with the passages that they share."""

from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from cyclopts import Parameter

from samestory.deploy import wiring
from samestory.deploy.cli.naming import story_named
from samestory.deploy.cli.options import Json
from samestory.deploy.cli.output import print_json
from samestory.deploy.cli.side_by_side import comparison_json, print_comparison
from samestory.deploy.config import Settings
from samestory.errors import Misconfigured


@dataclass(frozen=True, kw_only=True)
class Compare(Json):
    """Show two reports side by side, with the passages that they share.

    They stand in brackets: [1c: ...] is the first of them, on both sides. c is
    copied, q is quoted by one or both, b is what their houses print; what is in no
    bracket is each one's own.

    Examples:
      samestory compare s-89a2 s-0c39
      samestory compare s-89a2 s-0c39 --json     with the place of each passage
    """

    is_read: ClassVar[bool] = True

    a: Annotated[
        str, Parameter(metavar="STORY", help="its id, or the beginning of it")
    ] = field(kw_only=False)
    b: Annotated[str, Parameter(metavar="STORY", help="another story")] = field(
        kw_only=False
    )

    def run(self, settings: Settings) -> int:
        """Compare and print."""
        state = wiring.read_state(settings)
        stories = []
        with state.reading():
            for given in (self.a, self.b):
                member = state.member(story_named(state, given))
                if member is None:
                    raise Misconfigured(f"{given}: no such story")
                stories.append(member.story)
        if self.json:
            print_json(comparison_json(*stories))
        else:
            print_comparison(*stories)
        return 0
