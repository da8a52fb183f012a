"""`samestory same`, `different`, `undo`: what people know better."""

import sys
from dataclasses import dataclass, field, replace
from typing import Annotated, Final

from cyclopts import Parameter

from samestory.deploy import wiring
from samestory.deploy.cli.correcting import (
    bound_by,
    made,
    story_of,
    submit_and_tell,
    tell_it_holds,
)
from samestory.deploy.cli.naming import named
from samestory.deploy.cli.options import Deciding, Json, Kafka, Who
from samestory.deploy.cli.output import plain
from samestory.deploy.config import Settings
from samestory.errors import Misconfigured
from samestory.index.decision.comparison import compare
from samestory.index.messages.correction import (
    APART,
    DIFFERENT,
    MOST_MEMBERS,
    SAME,
    UNDO,
    Correction,
)
from samestory.index.store.reader import Reader

UNLIKE: Final = 0.1  # who joins two stories of less is told so


@dataclass(frozen=True, kw_only=True)
class _Said(Who, Json, Kafka, Deciding):
    """What somebody says, and why."""

    why: Annotated[str, Parameter(metavar="TEXT", help="in your words")] = ""


@dataclass(frozen=True, kw_only=True)
class Same(_Said):
    """Say that two stories or events tell the same event.

    EVENT stands for its first report.

    It is obeyed at once and for ever: by every story that comes later and by every
    replay, until it is undone. What contradicts an earlier correction is refused,
    with the chain of those that do. Waits until the index has decided.

    Examples:
      samestory same @1 @2
      samestory same s-89a2 e-0c39 --why "both are the strike of 4 May"
    """

    a: Annotated[str, Parameter(metavar="STORY|EVENT")] = field(kw_only=False)
    b: Annotated[str, Parameter(metavar="STORY|EVENT")] = field(kw_only=False)

    def run(self, settings: Settings) -> int:
        """Publish it, wait for the index, tell what became of it."""
        state = wiring.read_state(settings)
        a, b = (story_of(state, one) for one in (self.a, self.b))
        if a == b and (held := bound_by(state, self.a, self.b)):
            return tell_it_holds(held, self, state)
        if not self.json:
            _warn(state, a, b, settings)
        return submit_and_tell(made(self, SAME, a, b, self.why), self, settings, state)


@dataclass(frozen=True, kw_only=True)
class Different(_Said):
    """Say that two stories or events tell different events.

      different STORY STORY  parts their event: each other report goes with the one
                             that it is more like
      different EVENT EVENT  keeps their first reports apart from now on
      different STORY EVENT  in either order: takes this one story out of the event,
                             with those that `same` binds to it. The others stay,
                             under the event's id, also if the story was its first.
                             A story that is not in the event is kept out of it from
                             now on. It is kept apart from each story that the event
                             has now; of more than 1,000 from the latest so many

    It is obeyed at once and for ever: by every story that comes later and by every
    replay, until it is undone. What contradicts an earlier correction is refused,
    with the chain of those that do. Waits until the index has decided.

    Examples:
      samestory different @1 @2 --why "another minister"
      samestory different s-89a2 e-0c39
    """

    a: Annotated[str, Parameter(metavar="STORY|EVENT")] = field(kw_only=False)
    b: Annotated[str, Parameter(metavar="STORY|EVENT")] = field(kw_only=False)

    def run(self, settings: Settings) -> int:
        """Publish it, wait for the index, tell what became of it."""
        state = wiring.read_state(settings)
        names = (named(state, self.a), named(state, self.b))
        story, event = sorted(names, reverse=True)  # s- after e-
        if story[:2] == "s-" and event[:2] == "e-":
            one = _apart(state, story, event, self)
        else:
            a, b = (story_of(state, one) for one in names)
            one = made(self, DIFFERENT, a, b, self.why)
        return submit_and_tell(one, self, settings, state)


@dataclass(frozen=True, kw_only=True)
class Undo(_Said):
    """Take a correction back.

    The stories stand then as if it had never been made: what it joined goes apart
    and what it parted comes together again, with the reports that they have drawn
    since, but for what other corrections ask for.

    Examples:
      samestory undo c-0a1b
      samestory undo c-0a1b --why "I mistook the day"
    """

    correction: Annotated[
        str, Parameter(metavar="c-ID", help="see `samestory corrections list`")
    ] = field(kw_only=False)

    def run(self, settings: Settings) -> int:
        """Publish it, wait for the index, tell what became of it."""
        state = wiring.read_state(settings)
        status = {
            held.correction.correction_id: held.status
            for held in state.corrections.all()
            if held.correction.correction_id.startswith(self.correction)
        }
        wanted = list(status)
        if not self.correction.startswith("c-") or len(wanted) != 1:
            several = ", ".join(wanted[:3]) or "none"
            raise Misconfigured(
                f"{self.correction!r} is no correction's id ({several} begins so): see"
                " `samestory corrections list`"
            )
        if status[wanted[0]] == "forgotten":  # its reason would name what has to leave
            raise Misconfigured(f"{wanted[0]} is forgotten: it holds no longer")
        return submit_and_tell(
            made(self, UNDO, "", wanted[0], self.why), self, settings, state
        )


def _apart(state: Reader, story: str, event: str, args: _Said) -> Correction:
    """Return what keeps a story out of an event, with the event's stories of now."""
    with state.reading():
        a, b = named(state, story), named(state, event)
        members = [member.story.story_id for member in state.members_of(b)]
    others = [one for one in members if one != a]
    if not others:
        raise Misconfigured(f"event {b} has no story beside {a}")
    if len(others) > MOST_MEMBERS:
        sys.stderr.write(
            f"{b} has {len(others):,} other stories: {a} is kept apart from the"
            f" {MOST_MEMBERS:,} latest\n"
        )
    one = made(args, APART, a, b, args.why)
    return replace(one, members=tuple(others[-MOST_MEMBERS:]))


def _warn(state: Reader, a: str, b: str, settings: Settings) -> None:
    """Say so where two stories that somebody joins look like two events."""
    with state.reading():
        members = [member for one in (a, b) if (member := state.member(one))]
    if len(members) < 2 or members[0].event_id == members[1].event_id:  # noqa: PLR2004
        return
    model = wiring.open_pair_model(settings)
    one, other = (model.view(m.story, m.vectors, seq=m.seq) for m in members)
    found = compare(one, [other], model)
    (probability,), (veto,) = found.probabilities, found.vetoes
    if veto or probability < UNLIKE:
        because = f", and {veto}" if veto else ""
        sys.stderr.write(
            plain(
                f"by themselves {probability:.2f} that they tell one event{because}\n"
            )
        )
