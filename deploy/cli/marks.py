"""`samestory star` and `note`: what a person marks a report with; it moves nothing."""

from dataclasses import dataclass, field
from typing import Annotated

from cyclopts import Parameter

from samestory.deploy import wiring
from samestory.deploy.cli.correcting import made, story_of, submit_and_tell
from samestory.deploy.cli.options import Deciding, Json, Kafka, Who
from samestory.deploy.config import Settings
from samestory.errors import Misconfigured
from samestory.index.messages.correction import NOTE, STAR


@dataclass(frozen=True, kw_only=True)
class Star(Who, Json, Kafka, Deciding):
    """Star a report, and with it its event: `samestory events --starred`.

    Of an event its first report. It is kept in the journal, moves nothing, and
    leaves with `samestory undo`, or when the report is forgotten.

    Examples:
      samestory star @1
      samestory star s-89a2 --who Ada
    """

    story: Annotated[
        str, Parameter(metavar="STORY|EVENT", help="its id, URL, title, or @7")
    ] = field(kw_only=False)

    def run(self, settings: Settings) -> int:
        """Publish it, wait for the index, tell what became of it."""
        state = wiring.read_state(settings)
        one = made(self, STAR, story_of(state, self.story), "", "")
        return submit_and_tell(one, self, settings, state)


@dataclass(frozen=True, kw_only=True)
class Note(Who, Json, Kafka, Deciding):
    """Write a note beside a report; `samestory event` shows it.

    Of an event its first report. It is kept in the journal, moves nothing, and
    leaves with `samestory undo`, or when the report is forgotten.

    Examples:
      samestory note @1 the ministry denies it, see their page
      samestory note s-89a2 "call the desk" --who Ada
    """

    story: Annotated[
        str, Parameter(metavar="STORY|EVENT", help="its id, URL, title, or @7")
    ] = field(kw_only=False)
    text: Annotated[tuple[str, ...], Parameter(metavar="TEXT")] = field(kw_only=False)

    def run(self, settings: Settings) -> int:
        """Publish it, wait for the index, tell what became of it."""
        text = " ".join(self.text).strip()
        if not text:
            raise Misconfigured("note: TEXT is empty")
        state = wiring.read_state(settings)
        one = made(self, NOTE, story_of(state, self.story), "", text)
        return submit_and_tell(one, self, settings, state)
