"""`samestory quarantine`: see what was set aside, try it again, or drop it."""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from samestory.deploy import wiring
from samestory.deploy.cli.output import (
    day_and_time,
    json_option,
    parse_since,
    plain,
    print_json,
    print_table,
)
from samestory.deploy.config import Settings
from samestory.deploy.masking import shown
from samestory.deploy.quarantine import MAX_ATTEMPTS, Case, cases, retry_message, settle
from samestory.deploy.stream.log import Log
from samestory.errors import Misconfigured


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add quarantine with its own commands."""
    quarantine = commands.add_parser(
        "quarantine",
        help="what was set aside: list, show, retry, drop",
        description="What can never work is set aside with the reason. Mend the cause,"
        " then retry; or drop what nobody needs.",
    )
    actions = quarantine.add_subparsers(dest="action", required=True, metavar="ACTION")

    def action(name: str, run: Any, about: str) -> argparse.ArgumentParser:
        parser = actions.add_parser(
            name, parents=[common], help=about, description=about.capitalize() + "."
        )
        parser.set_defaults(run=run)
        json_option(parser)
        return parser  # type: ignore[no-any-return]

    listing = action("list", run_list, "list what is held, the oldest first")
    _filters(listing)
    show = action("show", run_show, "show one case with what it holds")
    show.add_argument("ids", nargs=1, metavar="ID", help="its id, or the beginning")
    retry = action("retry", run_retry, "publish messages again, make URLs due again")
    drop = action("drop", run_drop, "give cases up; they are listed no more")
    for parser in (retry, drop):
        parser.add_argument("ids", nargs="*", metavar="ID")
        parser.add_argument("--all", action="store_true", help="all that match")
        _filters(parser)
    retry.add_argument(
        "--force",
        action="store_true",
        help=f"also what has failed {MAX_ATTEMPTS} times or more",
    )


def _filters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stage", help="ingest, embed, index or import")
    parser.add_argument("--reason", metavar="TEXT", help="whose reason holds this text")
    parser.add_argument("--older-than", metavar="7d", help="set aside before then")


def run_list(args: argparse.Namespace, settings: Settings) -> int:
    """List what is held."""
    matching = _matching(cases(wiring.open_log(settings)).values(), args)
    if args.json:
        for case in matching:
            print_json(shown(_json(case)))
    elif matching:
        print_table(
            [
                ("case", {"no_wrap": True}),
                ("since (UTC)", {"no_wrap": True}),
                ("stage", {"no_wrap": True}),
                ("tries", {"justify": "right"}),
                ("where", {"ratio": 1, "overflow": "fold"}),
                ("reason", {"ratio": 2}),
            ],
            [
                (
                    case.case_id[:10],
                    day_and_time(_moment(case)),
                    case.stage,
                    str(case.attempt),
                    case.where,
                    case.reason,
                )
                for case in matching
            ],
        )
    else:
        sys.stderr.write("nothing is held\n")
    return 0 if matching else 1


def run_show(args: argparse.Namespace, settings: Settings) -> int:
    """Show one case."""
    (case,) = _named(cases(wiring.open_log(settings)), args.ids)
    if args.json:
        text = case.value.decode("utf-8", "replace")
        print_json(shown(_json(case) | {"value": text, "whole": case.is_whole}))
        return 0
    for name, value in _json(case).items():
        print(plain(f"{name:<10} {value}"))
    whole = "" if case.is_whole else " (cut off)"
    print(f"holds {len(case.value):,} bytes{whole}:")
    print(plain(case.value[:2_000].decode("utf-8", "replace")))
    return 0


def run_retry(args: argparse.Namespace, settings: Settings) -> int:
    """Try cases again; exit 1 if none could be."""
    log = wiring.open_log(settings)
    done = 0
    for case in _chosen(cases(log), args):
        why_not = _retry(case, args, log, settings)
        if why_not is None:
            done += 1
        else:
            sys.stderr.write(plain(f"{case.case_id[:10]}: not retried: {why_not}\n"))
    return _say(args, "retried", done)


def _retry(
    case: Case, args: argparse.Namespace, log: Log, settings: Settings
) -> str | None:
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
    settle(log, case, "retried")
    return None


def run_drop(args: argparse.Namespace, settings: Settings) -> int:
    """Give cases up."""
    log = wiring.open_log(settings)
    chosen = _chosen(cases(log), args)
    for case in chosen:
        settle(log, case, "dropped")
    return _say(args, "dropped", len(chosen))


def _say(args: argparse.Namespace, word: str, count: int) -> int:
    if args.json:
        print_json({word: count})
    else:
        print(f"{count} {word}")
    return 0 if count else 1


def _chosen(held: dict[str, Case], args: argparse.Namespace) -> list[Case]:
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


def _matching(held: Any, args: argparse.Namespace) -> list[Case]:
    before = parse_since(args.older_than)
    return [
        case
        for case in held
        if case.status == "held"
        and (args.stage is None or case.stage == args.stage)
        and (args.reason is None or args.reason.lower() in case.reason.lower())
        and (before is None or case.at <= before)
    ]


def _moment(case: Case) -> datetime:
    return datetime.fromtimestamp(case.at, UTC)


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
