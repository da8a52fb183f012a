"""`samestory same`, `different`, `undo` and `corrections`: what people know better."""

import argparse
import secrets
import sys
from dataclasses import replace
from functools import partial
from typing import Any

from samestory.deploy import wiring
from samestory.deploy.cli.journal import submit
from samestory.deploy.cli.naming import named
from samestory.deploy.cli.output import (
    day_and_time,
    json_option,
    plain,
    print_json,
    print_table,
)
from samestory.deploy.config import Settings, user_name
from samestory.deploy.importing import utc_now
from samestory.errors import Misconfigured
from samestory.index.messages.correction import (
    APART,
    DIFFERENT,
    MOST_MEMBERS,
    SAME,
    UNDO,
    Correction,
)
from samestory.index.store.corrections import ACCEPTED, REFUSED, Corrected, labelled
from samestory.index.store.reader import Reader
from samestory.story import clean_line, iso

NOT_ACCEPTED = 1
_OBEYED = """\
It is obeyed at once and for ever: by every story that comes later and by every replay,
until it is undone. What contradicts an earlier correction is refused, with the chain of
those that do. Waits until the index has decided."""
_SAME = f"""\
Say that two stories or events tell the same event. EVENT stands for its first report.

{_OBEYED}"""
_DIFFERENT = f"""\
Say that two stories or events tell different events.

  different STORY STORY  parts their event: each other report goes with the one that it
                         is more like
  different EVENT EVENT  keeps their first reports apart from now on
  different STORY EVENT  in either order: takes this one story out of the event, with
                         those that `same` binds to it. The others stay, under the
                         event's id, also if the story was its first. A story that is
                         not in the event is kept out of it from now on. It is kept
                         apart from each story that the event has now; of more than
                         {MOST_MEMBERS:,} from the latest so many

{_OBEYED}"""


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add same, different, undo and corrections."""
    for kind, description in ((SAME, _SAME), (DIFFERENT, _DIFFERENT)):
        about = description.partition(".")[0]
        parser = commands.add_parser(
            kind,
            parents=[common],
            help=f"{about[0].lower()}{about[1:]}",
            description=description,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        parser.add_argument("a", metavar="STORY|EVENT")
        parser.add_argument("b", metavar="STORY|EVENT")
        _reasons(parser)
        parser.set_defaults(run=run_correction)
    undo = commands.add_parser(
        UNDO,
        parents=[common],
        help="take a correction back",
        description="Take a correction back: the stories that it moved go back to where"
        " they were, unless another correction needs them where they are.",
    )
    undo.add_argument("correction", metavar="c-ID", help="see `corrections list`")
    _reasons(undo)
    undo.set_defaults(run=run_undo)
    group = commands.add_parser(
        "corrections",
        help="list or export the corrections",
        description="List the corrections, or export them as labelled pairs.",
    )
    kinds = group.add_subparsers(dest="what", required=True, metavar="list|export")
    listing = kinds.add_parser(
        "list",
        parents=[common],
        help="every correction, and what became of it",
        description="List every correction with who, why, and what became of it.",
    )
    json_option(listing)
    listing.set_defaults(run=run_list)
    export = kinds.add_parser(
        "export",
        parents=[common],
        help="those in force as pairs of labelled stories, one JSON object a line",
        description="Write the corrections in force as pairs of stories with a label,"
        " one JSON object a line, for training and measuring.",
    )
    export.set_defaults(run=run_export)


def _reasons(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--why", default="", metavar="TEXT", help="in your words")
    parser.add_argument("--who", metavar="NAME", help="who says so (your user name)")
    json_option(parser)


def run_correction(args: argparse.Namespace, settings: Settings) -> int:
    """Publish it, wait for the index, tell what became of it."""
    state = wiring.read_state(settings)
    story, event = sorted((args.a, args.b), reverse=True)  # s- after e-
    if args.command == DIFFERENT and story[:2] == "s-" and event[:2] == "e-":
        one = _apart(state, story, event, args)
    else:
        a, b = (_story_of(state, one) for one in (args.a, args.b))
        one = _correction(args, args.command, a, b)
    return _submit(one, args, settings, state)


def _apart(
    state: Reader, story: str, event: str, args: argparse.Namespace
) -> Correction:
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
    one = _correction(args, APART, a, b)
    return replace(one, members=tuple(others[-MOST_MEMBERS:]))


def run_undo(args: argparse.Namespace, settings: Settings) -> int:
    """Publish it, wait for the index, tell what became of it."""
    state = wiring.read_state(settings)
    status = {
        held.correction.correction_id: held.status
        for held in state.corrections.all()
        if held.correction.correction_id.startswith(args.correction)
    }
    wanted = list(status)
    if not args.correction.startswith("c-") or len(wanted) != 1:
        several = ", ".join(wanted[:3]) or "none"
        raise Misconfigured(
            f"{args.correction!r} is no correction's id ({several} begins so): see"
            " `samestory corrections list`"
        )
    if status[wanted[0]] == "forgotten":  # its reason would name what has to leave
        raise Misconfigured(f"{wanted[0]} is forgotten: it holds no longer")
    return _submit(_correction(args, UNDO, "", wanted[0]), args, settings, state)


def _story_of(state: Reader, name: str) -> str:
    """Return the id of a story; for an event that of its first report."""
    with state.reading():  # events may merge meanwhile
        whole = named(state, name)
        if whole.startswith("s-"):
            return whole
        members = state.members_of(whole)
    if not members:
        raise Misconfigured(f"event {whole} has no stories any more")
    return members[0].story.story_id


def _correction(args: argparse.Namespace, kind: str, a: str, b: str) -> Correction:
    return Correction(
        correction_id="c-" + secrets.token_hex(8),
        kind=kind,
        a=a,
        b=b,
        who=clean_line(args.who or user_name()),
        why=clean_line(args.why),
        at=utc_now(),
    )


def _submit(
    one: Correction, args: argparse.Namespace, settings: Settings, state: Reader
) -> int:
    outcome = submit(
        settings,
        one.correction_id,
        one.encode(),
        partial(state.corrections.get, one.correction_id),
    )
    _tell(outcome, args, state)
    state.close()
    return 0 if outcome.status == ACCEPTED else NOT_ACCEPTED


def _tell(outcome: Corrected, args: argparse.Namespace, state: Reader) -> None:
    if args.json:
        print_json(_row(outcome))
        return
    one = outcome.correction
    events = sorted({event for _, event in outcome.moved.values()})
    number = len(outcome.moved)
    stories = "1 story" if number == 1 else f"{number} stories"
    said = f", {stories} moved to {', '.join(events)}" if outcome.moved else ""
    if outcome.reason:
        said = f": {outcome.reason}"
    elif one.kind == APART:
        said = f": {_parted(outcome, state)}"
    print(plain(f"{one.correction_id} {outcome.status}{said}"))
    if outcome.status == REFUSED:
        sys.stderr.write("nothing was changed\n")


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


def run_list(args: argparse.Namespace, settings: Settings) -> int:
    """Print every correction."""
    corrections = wiring.read_state(settings).corrections.all()
    if args.json:
        for one in corrections:
            print_json(_row(one))
    elif corrections:
        print_table(
            [(name, {}) for name in ("id", "what", "status", "who", "why", "when")],
            [
                [
                    one.correction.correction_id[:10],
                    " ".join(
                        part[:10]
                        for part in (
                            *(one.correction.kind, one.correction.a, one.correction.b),
                        )
                        if part
                    ),
                    one.status + (f": {one.reason}" if one.reason else ""),
                    one.correction.who,
                    one.correction.why,
                    day_and_time(one.correction.at),
                ]
                for one in corrections
            ],
        )
    else:
        sys.stderr.write("no corrections\n")
    return 0 if corrections else 1


def run_export(_: argparse.Namespace, settings: Settings) -> int:
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
        sys.stderr.write(f"{missing} pairs left out: of stories not kept any more\n")
    return 0 if count else 1


def _story(state: Reader, held: Corrected, story_id: str) -> dict[str, Any] | None:
    """Return a story as it is, or as it was when judged; None if it is not kept."""
    member = state.member(story_id)
    if member is not None:
        return labelled(member.story)
    kept: dict[str, Any] | None = held.stories.get(story_id)
    return kept
