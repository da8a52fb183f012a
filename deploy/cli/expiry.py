"""`samestory expiry`: the day by which stories expire, and what holds it."""

import argparse
import getpass
import secrets
from typing import Any

from samestory.deploy import wiring
from samestory.deploy.cli.journal import submit
from samestory.deploy.cli.output import add_command, print_json
from samestory.deploy.config import Settings
from samestory.deploy.importing import utc_now
from samestory.errors import Misconfigured
from samestory.index.messages.let_pass import LetPass
from samestory.index.store.reader import Reader
from samestory.story import clean_line

_ABOUT = """\
Show the day by which stories expire (the setting keep_days). It is told by the stories
that are read. Where many were first seen far beyond it, either nothing was read for
some days, or a machine's clock is wrong: so the jump is held until the dates that
publishers state agree with it, and nothing else does, or until you let it pass by
--let-pass. If a clock is wrong, mend it, and don't: what expires is gone."""


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add expiry."""
    parser = add_command(
        commands,
        common,
        "expiry",
        run_expiry,
        help="the day by which stories expire; let a held jump pass",
        description=_ABOUT,
    )
    parser.add_argument("--let-pass", action="store_true", help="let the jump pass")
    parser.add_argument("--who", metavar="NAME", help="who says so (your user name)")


def run_expiry(args: argparse.Namespace, settings: Settings) -> int:
    """Show the day; let a jump pass if asked to."""
    state = wiring.read_made_state(settings)
    if args.let_pass:
        _let_pass(args, settings, state)
    calendar = state.meta.calendar()
    state.close()
    if args.json:
        print_json(calendar.for_people())
        return 0
    print(f"day        {calendar.for_people()['day'] or '–'}")
    print(f"expiry     {_kept(settings)}")
    if calendar.held:
        print(f"WARNING    {calendar.held.warning}")
    return 0


def _kept(settings: Settings) -> str:
    if not settings.keep_days:
        return "never (keep_days is not set)"
    return f"{settings.keep_days:g} days after they were first seen"


def _let_pass(args: argparse.Namespace, settings: Settings, state: Reader) -> None:
    held = state.meta.calendar().held
    if held is None:
        raise Misconfigured("no jump is held: there is nothing to let pass")
    one = LetPass(
        pass_id="p-" + secrets.token_hex(8),
        to=held.to,
        who=clean_line(args.who or getpass.getuser()),
        at=utc_now(),
    )

    def outcome() -> bool | None:
        return state.meta.calendar().passed == one.pass_id or None

    submit(settings, one.pass_id, one.encode(), outcome)
