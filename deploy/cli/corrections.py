"""`samestory corrections`: what people said, listed, or as labelled pairs."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from samestory.counted import counted
from samestory.deploy import wiring
from samestory.deploy.cli import answer_records
from samestory.deploy.cli.correcting import correction_row, headlines
from samestory.deploy.cli.options import Place, Ways
from samestory.deploy.cli.output import (
    day_and_time,
    is_for_programs,
    print_json,
    print_lines,
    print_rows,
)
from samestory.deploy.config import Settings
from samestory.deploy.exit_codes import DONE, NOTHING_FOUND
from samestory.index.messages.correction import DIFFERENT, SAME
from samestory.index.store.corrections import ACCEPTED, Corrected, labelled
from samestory.index.store.reader import Reader
from samestory.message import iso


@dataclass(frozen=True, kw_only=True)
class Listed(Ways):
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
        if is_for_programs(self):
            print_rows(
                [correction_row(one) for one in corrections],
                self,
                answer_records.Correction,
            )
        elif corrections:
            print_lines(line for one in corrections for line in _lines(one, state))
        else:
            sys.stderr.write("no corrections\n")
        return DONE if corrections else NOTHING_FOUND


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
        return DONE if count else NOTHING_FOUND


def _lines(outcome: Corrected, state: Reader) -> Iterator[str]:
    """Yield what a person reads of a correction, with the headlines of its stories."""
    one = outcome.correction
    what = " ".join(part[:10] for part in (one.kind, one.a, one.b) if part)
    became = f"{outcome.status}: {outcome.reason}" if outcome.reason else outcome.status
    yield f"{one.correction_id[:10]}  {what}  {became}"
    why = f": {one.why}" * bool(one.why)
    yield f"            {one.who}, {day_and_time(one.at)}{why}"
    for line in headlines(one, state):
        yield f"            {line}"


def _story(state: Reader, held: Corrected, story_id: str) -> dict[str, Any] | None:
    """Return a story as it is, or as it was when judged; None if it is not kept."""
    member = state.member(story_id)
    if member is not None:
        return labelled(member.story)
    kept: dict[str, Any] | None = held.stories.get(story_id)
    return kept
