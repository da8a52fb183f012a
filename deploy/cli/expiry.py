"""`samestory expiry`: the day by which stories expire, and what holds it."""

import getpass
import secrets
from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from samestory.cleaning import clean_line
from samestory.days import utc_now
from samestory.deploy import wiring
from samestory.deploy.cli.journal import submit
from samestory.deploy.cli.options import Deciding, Json, Kafka, Who
from samestory.deploy.cli.output import print_json
from samestory.deploy.config import Settings
from samestory.errors import Misconfigured
from samestory.index.messages.let_pass import LetPass
from samestory.index.store.reader import Reader


@dataclass(frozen=True, kw_only=True)
class Expiry(Who, Json, Kafka, Deciding):
    """Show the day by which stories expire; let a held jump pass.

    The day (setting keep_days) is told by the stories that are read. Where many
    were first seen far beyond it, either nothing was read for some days, or a
    machine's clock is wrong: so the jump is held until the dates that publishers
    state agree with it, and nothing else does, or until you let it pass by
    --let-pass. If a clock is wrong, mend it, and don't: what expires is gone.

    Examples:
      samestory expiry
      samestory expiry --let-pass --who Ada
    """

    let_pass: Annotated[bool, Parameter(help="let the jump pass")] = False

    def run(self, settings: Settings) -> int:
        """Show the day; let a jump pass if asked to."""
        wiring.must_have_log(settings)
        state = wiring.read_made_state(settings)
        if self.let_pass:
            _let_pass(self, settings, state)
        calendar = state.meta.calendar()
        state.close()
        if self.json:
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


def _let_pass(args: Expiry, settings: Settings, state: Reader) -> None:
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
