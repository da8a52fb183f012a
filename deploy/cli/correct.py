"""`samestory same`, `different`, `undo` and `corrections`: what people know better."""

import secrets
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Annotated, Any, ClassVar, Final

from cyclopts import Parameter

from samestory.counted import counted
from samestory.deploy import wiring
from samestory.deploy.cli import REFUSED as NOT_ACCEPTED
from samestory.deploy.cli.journal import submit
from samestory.deploy.cli.naming import named
from samestory.deploy.cli.options import Deciding, Json, Kafka, Place, Who
from samestory.deploy.cli.output import (
    day_and_time,
    plain,
    print_json,
    print_lines,
)
from samestory.deploy.config import Settings, user_name
from samestory.deploy.importing import utc_now
from samestory.errors import Misconfigured
from samestory.index.decision.comparison import compare
from samestory.index.messages.correction import (
    APART,
    DIFFERENT,
    MOST_MEMBERS,
    NOTE,
    SAME,
    UNDO,
    Correction,
)
from samestory.index.store.corrections import ACCEPTED, REFUSED, Corrected, labelled
from samestory.index.store.reader import Reader
from samestory.index.store.results import headline
from samestory.story import clean_line, iso

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

    The stories that it moved go back to where they were, unless another correction
    needs them where they are.

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


@dataclass(frozen=True, kw_only=True)
class Listed(Json):
    """List every correction with who, why, and what became of it.

    Examples:
      samestory corrections list
      samestory corrections list --json
    """

    is_read: ClassVar[bool] = True

    def run(self, settings: Settings) -> int:
        """Print every correction."""
        state = wiring.read_state(settings)
        corrections = state.corrections.all()
        if self.json:
            for one in corrections:
                print_json(_row(one))
        elif corrections:
            print_lines(line for one in corrections for line in _lines(one, state))
        else:
            sys.stderr.write("no corrections\n")
        return 0 if corrections else 1


@dataclass(frozen=True, kw_only=True)
class Export(Place):
    """Write the corrections in force as pairs of stories with a label.

    One JSON object a line, for training and measuring.

    Examples:
      samestory corrections export > pairs.jsonl
      samestory train labelled.jsonl --pairs pairs.jsonl --out model
    """

    def run(self, settings: Settings) -> int:
        """Print those in force, with both stories."""
        state = wiring.read_state(settings)
        count, missing = 0, 0
        for held in state.corrections.with_status(ACCEPTED):
            one = held.correction
            for pair in one.pairs:
                a, b = (_story(state, held, story_id) for story_id in pair)
                if a is None or b is None:
                    missing += 1
                    continue
                count += 1
                label = SAME if one.kind == SAME else DIFFERENT
                said = {"who": one.who, "why": one.why, "at": iso(one.at)}
                print_json({"a": a, "b": b, "label": label} | said)
        if missing:
            sys.stderr.write(
                f"{counted(missing, 'pair')} left out: of stories not kept any more\n"
            )
        return 0 if count else 1


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


def story_of(state: Reader, name: str) -> str:
    """Return the id of a story; for an event that of its first report."""
    with state.reading():  # events may merge meanwhile
        whole = named(state, name)
        if whole.startswith("s-"):
            return whole
        members = state.members_of(whole)
    if not members:
        raise Misconfigured(f"event {whole} has no stories any more")
    return members[0].story.story_id


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


def made(args: Who, kind: str, a: str, b: str, why: str) -> Correction:
    """Return a correction of now."""
    return Correction(
        correction_id="c-" + secrets.token_hex(8),
        kind=kind,
        a=a,
        b=b,
        who=clean_line(args.who or user_name()),
        why=clean_line(why),
        at=utc_now(),
    )


def submit_and_tell(
    one: Correction, args: Json, settings: Settings, state: Reader
) -> int:
    """Publish it, wait for the index, tell what became of it; return the exit code.

    What somebody said already is not said again: the first is told.
    """
    if before := _said_before(one, state):
        if args.json:
            print_json(_row(before))
        else:
            said = f"{before.correction.who}, {day_and_time(before.correction.at)}"
            print(plain(f"{before.correction.correction_id} is in force ({said})"))
        state.close()
        return 0
    outcome = submit(
        settings,
        one.correction_id,
        one.encode(),
        partial(state.corrections.get, one.correction_id),
    )
    _tell(outcome, args, state)
    state.close()
    return 0 if outcome.status == ACCEPTED else NOT_ACCEPTED


def _said_before(one: Correction, state: Reader) -> Corrected | None:
    """Return the correction in force that says the same; None if none does."""
    if one.kind == UNDO:
        return None
    for held in state.corrections.with_status(ACCEPTED):
        other = held.correction
        is_same = other.kind == one.kind and {*other.pairs} >= {*one.pairs}
        is_turned = one.kind in {SAME, DIFFERENT} and other.pairs == ((one.b, one.a),)
        is_of_it = other.a == one.a and (one.kind != NOTE or other.why == one.why)
        if (is_same and is_of_it) or (is_turned and other.kind == one.kind):
            return held
    return None


def _tell(outcome: Corrected, args: Json, state: Reader) -> None:
    if args.json:
        print_json(_row(outcome))
        return
    one = outcome.correction
    events = sorted({event for _, event in outcome.moved.values()})
    stories = counted(len(outcome.moved), "story")
    said = f", {stories} moved to {', '.join(events)}" if outcome.moved else ""
    if outcome.reason:
        said = f": {outcome.reason}"
    elif one.kind == APART:
        said = f": {_parted(outcome, state)}"
    print(plain(f"{one.correction_id} {outcome.status}{said}"))
    if outcome.status == REFUSED:
        sys.stderr.write("nothing was changed; `samestory undo c-ID` takes one back\n")
    elif one.kind != UNDO:
        print(f"samestory undo {one.correction_id[:10]} takes it back")


def _parted(outcome: Corrected, state: Reader) -> str:
    """Return which stories left which event, and how many stay in it."""
    one = outcome.correction
    if not outcome.moved:
        return f"{one.a} is not in {one.b}, and is kept out from now on"
    left, new = outcome.moved[one.a]
    stay = len(state.membership.members(left))
    return (
        f"{', '.join(sorted(outcome.moved))} left {left} for {new};"
        f" {stay} other{'s stay' if stay != 1 else ' stays'}"
    )


def _lines(outcome: Corrected, state: Reader) -> Iterator[str]:
    """Yield what a person reads of a correction, with the headlines of its stories."""
    one = outcome.correction
    what = " ".join(part[:10] for part in (one.kind, one.a, one.b) if part)
    became = f"{outcome.status}: {outcome.reason}" if outcome.reason else outcome.status
    yield f"{one.correction_id[:10]}  {what}  {became}"
    why = f": {one.why}" * bool(one.why)
    yield f"            {one.who}, {day_and_time(one.at)}{why}"
    for name in (one.a, one.b):
        if name.startswith("s-") and (member := state.member(name)):
            story = member.story
            shown = headline(story.title, story.text)
            yield f"            {name[:10]} {story.attribution}: {shown}"


def _row(outcome: Corrected) -> dict[str, Any]:
    one = outcome.correction
    return {
        "id": one.correction_id,
        "kind": one.kind,
        "a": one.a or None,
        "b": one.b,
        "members": list(one.members),
        "status": outcome.status,
        "reason": outcome.reason,
        "moved": {s: {"from": f, "to": t} for s, (f, t) in outcome.moved.items()},
        "who": one.who,
        "why": one.why,
        "at": iso(one.at),
    }


def _story(state: Reader, held: Corrected, story_id: str) -> dict[str, Any] | None:
    """Return a story as it is, or as it was when judged; None if it is not kept."""
    member = state.member(story_id)
    if member is not None:
        return labelled(member.story)
    kept: dict[str, Any] | None = held.stories.get(story_id)
    return kept
