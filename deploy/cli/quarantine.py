"""`samestory quarantine`: see what was set aside, try it again, or drop it."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

from cyclopts import Parameter

from samestory.counted import counted
from samestory.deploy import wiring
from samestory.deploy.cli import upkeep_records
from samestory.deploy.cli.options import Json, Kafka, Ways
from samestory.deploy.cli.output import (
    day_and_time,
    is_for_programs,
    parse_since,
    plain,
    print_json,
    print_lines,
    print_rows,
)
from samestory.deploy.config import Settings
from samestory.deploy.exit_codes import DONE, NOTHING_FOUND
from samestory.deploy.masking import shown
from samestory.deploy.quarantine import (
    HELD,
    MAX_ATTEMPTS,
    RETRIED,
    Case,
    cases,
    retry_message,
    settle,
)
from samestory.deploy.stream.log import Log
from samestory.errors import Misconfigured


@dataclass(frozen=True, kw_only=True)
class _Filters(Json, Kafka):
    """Which cases."""

    stage: Annotated[
        str | None, Parameter(metavar="STAGE", help="ingest, embed, index or import")
    ] = None
    reason: Annotated[
        str | None, Parameter(metavar="TEXT", help="whose reason holds this text")
    ] = None
    older_than: Annotated[
        str | None, Parameter(metavar="7d", help="set aside before then")
    ] = None


@dataclass(frozen=True, kw_only=True)
class Listed(_Filters, Ways):
    """List what is held, the oldest first.

    Examples:
      samestory quarantine list
      samestory quarantine list --stage ingest --older-than 7d --json
    """

    is_read: ClassVar[bool] = True

    def run(self, settings: Settings) -> int:
        """List what is held."""
        wiring.must_have_log(settings)
        matching = _matching(cases(wiring.open_log(settings)).values(), self)
        if is_for_programs(self):
            print_rows(
                [shown(_json(case)) for case in matching], self, upkeep_records.Case
            )
        elif matching:
            print_lines(line for case in matching for line in _lines(case))
        else:
            sys.stderr.write("nothing is held\n")
        return DONE if matching else NOTHING_FOUND


@dataclass(frozen=True, kw_only=True)
class Show(Json, Kafka):
    """Show one case with what it holds.

    Examples:
      samestory quarantine show q-1c2b
      samestory quarantine show q-1c2b --json
    """

    is_read: ClassVar[bool] = True

    id: Annotated[str, Parameter(metavar="ID", help="its id, or the beginning")] = (
        field(kw_only=False)
    )

    def run(self, settings: Settings) -> int:
        """Show one case."""
        wiring.must_have_log(settings)
        (case,) = _named(cases(wiring.open_log(settings)), [self.id])
        if self.json:
            text = case.value.decode("utf-8", "replace")
            print_json(shown(_json(case) | {"value": text, "whole": case.is_whole}))
            return 0
        for name, value in _json(case).items():
            print(plain(f"{name:<10} {value}"))
        whole = "" if case.is_whole else " (cut off)"
        print(f"holds {len(case.value):,} bytes{whole}:")
        print(plain(case.value[:2_000].decode("utf-8", "replace")))
        return 0


@dataclass(frozen=True, kw_only=True)
class _Chosen(_Filters):
    """Which cases, by their ids, too."""

    ids: Annotated[tuple[str, ...], Parameter(metavar="ID")] = field(
        default=(), kw_only=False
    )
    all: Annotated[bool, Parameter(help="all that match")] = False


@dataclass(frozen=True, kw_only=True)
class Retry(_Chosen):
    """Publish messages again, make URLs due again.

    Examples:
      samestory quarantine retry q-1c2b
      samestory quarantine retry --reason "404" --all
    """

    force: Annotated[bool, Parameter(help="also what has failed often")] = False

    def run(self, settings: Settings) -> int:
        """Try cases again; exit 1 if none could be."""
        wiring.must_have_log(settings)
        log = wiring.open_log(settings)
        done = 0
        for case in _chosen(cases(log), self):
            why_not = _retry(case, self, log, settings)
            if why_not is None:
                done += 1
            else:
                sys.stderr.write(
                    plain(f"{case.case_id[:10]}: not retried: {why_not}\n")
                )
        return _say(self, "retried", done)


@dataclass(frozen=True, kw_only=True)
class Drop(_Chosen):
    """Give cases up; they are listed no more.

    Examples:
      samestory quarantine drop q-1c2b
      samestory quarantine drop --older-than 30d --all
    """

    def run(self, settings: Settings) -> int:
        """Give cases up."""
        wiring.must_have_log(settings)
        log = wiring.open_log(settings)
        chosen = _chosen(cases(log), self)
        for case in chosen:
            settle(log, case, "dropped")
        return _say(self, "dropped", len(chosen))


def _retry(case: Case, args: "Retry", log: Log, settings: Settings) -> str | None:
    """Try one case again; return why not, None if it was."""
    if case.attempt >= MAX_ATTEMPTS and not args.force:
        return f"it has failed {case.attempt} times; --force tries it once more"
    if not case.is_whole:
        return "what it holds was cut off"
    if case.topic:
        retry_message(log, case)
        return None
    if case.stage != "ingest":
        return f"mend {case.where} and import it again"
    frontier = wiring.open_frontier(settings)
    is_due = frontier.retry(case.where)
    frontier.close()
    if not is_due:
        return f"{case.where} is neither a feed nor a page that we know"
    settle(log, case, RETRIED)
    return None


def _say(args: Json, word: str, count: int) -> int:
    if args.json:
        print_json({word: count})
    else:
        print(f"{count} {word}")
    return DONE if count else NOTHING_FOUND


def _chosen(held: dict[str, Case], args: _Chosen) -> list[Case]:
    if args.ids:
        return _named(held, args.ids)
    if not (args.all or args.stage or args.reason or args.older_than):
        raise Misconfigured("name cases by ID, by --stage, --reason, or say --all")
    return _matching(held.values(), args)


def _named(held: dict[str, Case], beginnings: Sequence[str]) -> list[Case]:
    named = []
    for beginning in beginnings:
        fits = [
            i for i in held if beginning.startswith("q-") and i.startswith(beginning)
        ]
        if len(fits) != 1:
            many = f"is ambiguous: {', '.join(fits[:3])}" if fits else "is no case"
            raise Misconfigured(f"{beginning!r} {many}; see samestory quarantine list")
        named.append(held[fits[0]])
    return named


def _matching(held: Iterable[Case], args: _Filters) -> list[Case]:
    before = parse_since(args.older_than, "--older-than")
    return [
        case
        for case in held
        if case.status == HELD
        and (args.stage is None or case.stage == args.stage)
        and (args.reason is None or args.reason.lower() in case.reason.lower())
        and (before is None or case.at <= before)
    ]


def _moment(case: Case) -> datetime:
    return datetime.fromtimestamp(case.at, UTC)


def _lines(case: Case) -> Iterator[str]:
    """Yield what a person reads of a case."""
    tries = counted(case.attempt, "try")
    since = f"{case.stage}, since {day_and_time(_moment(case))}, {tries}"
    yield f"{case.case_id[:10]}  {since}: {case.where}"
    yield f"            {case.reason}"


def _json(case: Case) -> dict[str, Any]:
    return {
        "id": case.case_id,
        "status": case.status,
        "stage": case.stage,
        "where": case.where,
        "reason": case.reason,
        "attempt": case.attempt,
        "at": _moment(case).isoformat(),
    }
