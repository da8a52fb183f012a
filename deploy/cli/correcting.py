"""A correction: made, sent to the journal, and told what became of it."""

import secrets
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Final

from samestory.cleaning import clean_line
from samestory.days import utc_now
from samestory.deploy import exit_codes
from samestory.deploy.cli.journal import submit
from samestory.deploy.cli.naming import named
from samestory.deploy.cli.options import Json, Who
from samestory.deploy.cli.output import day_and_time, plain, print_json
from samestory.deploy.config import Settings, user_name
from samestory.errors import Misconfigured
from samestory.index.messages.correction import (
    APART,
    DIFFERENT,
    MARKS,
    NOTE,
    SAME,
    UNDO,
    Correction,
)
from samestory.index.store.corrections import ACCEPTED, REFUSED, Corrected
from samestory.index.store.reader import Reader
from samestory.index.store.results import headline
from samestory.message import iso

NAMED: Final = 3  # stories that moved are called by their ids


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
        return tell_it_holds(before, args, state)
    outcome = submit(
        settings,
        one.correction_id,
        one.encode(),
        partial(state.corrections.get, one.correction_id),
    )
    _tell(outcome, args, state)
    state.close()
    return exit_codes.DONE if outcome.status == ACCEPTED else exit_codes.REFUSED


def tell_it_holds(before: Corrected, args: Json, state: Reader) -> int:
    """Say that a correction is in force already; return the exit code."""
    if args.json:
        print_json(correction_row(before))
    else:
        said = f"{before.correction.who}, {day_and_time(before.correction.at)}"
        print(plain(f"{before.correction.correction_id} is in force ({said})"))
    state.close()
    return exit_codes.DONE


def bound_by(state: Reader, a: str, b: str) -> Corrected | None:
    """Return the latest correction that made one event of two; None if none did.

    Args:
        state: of now.
        a: an event, as the user calls it.
        b: another, that stands for the same one now.
    """
    if a == b:
        return None
    with state.reading():
        event = named(state, a)
        inside = {member.story.story_id for member in state.members_of(event)}
    accepted = state.corrections.with_status(ACCEPTED)
    binding = (
        held
        for held in reversed(accepted)
        if held.correction.kind == SAME
        and {held.correction.a, held.correction.b} <= inside
    )
    return next(binding, None)


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
        print_json(correction_row(outcome))
        return
    one = outcome.correction
    said = _what_became(outcome, state)
    print(plain(f"{one.correction_id} {outcome.status}{f': {said}' * bool(said)}"))
    for line in headlines(one, state):
        print(plain(f"  {line}"))
    if outcome.status == REFUSED:
        sys.stderr.write("nothing was changed; `samestory undo c-ID` takes one back\n")
    elif one.kind != UNDO:
        print(f"samestory undo {one.correction_id[:10]} takes it back")


def _what_became(outcome: Corrected, state: Reader) -> str:
    """Return why a correction was refused, or what moved by it; "" for marks."""
    if outcome.reason:
        return outcome.reason
    if outcome.correction.kind == APART:
        return _parted(outcome, state)
    if outcome.moved:
        events = sorted({event for _, event in outcome.moved.values()})
        return f"{_listed(sorted(outcome.moved))} moved to {', '.join(events)}"
    return "" if outcome.correction.kind in MARKS else "nothing had to move"


def headlines(one: Correction, state: Reader) -> Iterator[str]:
    """Yield the headline of each story that a correction names and that is kept."""
    for name in (one.a, one.b):
        if name.startswith("s-") and (member := state.member(name)):
            story = member.story
            shown = headline(story.title, story.text)
            yield f"{name[:10]} {story.attribution}: {shown}"


def _listed(stories: Sequence[str]) -> str:
    """Return the first NAMED of some stories, and how many more there are."""
    more = len(stories) - NAMED
    return ", ".join(stories[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _parted(outcome: Corrected, state: Reader) -> str:
    """Return which stories left which event, and how many stay in it."""
    one = outcome.correction
    if not outcome.moved:
        return f"{one.a} is not in {one.b}, and is kept out from now on"
    left, new = outcome.moved[one.a]
    stay = len(state.membership.members(left))
    return (
        f"{_listed(sorted(outcome.moved))} left {left} for {new};"
        f" {stay} other{'s stay' if stay != 1 else ' stays'}"
    )


def correction_row(outcome: Corrected) -> dict[str, Any]:
    """Return what JSON holds of a correction."""
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
