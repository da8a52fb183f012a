"""How results are printed: tables for people, one JSON object a line for scripts."""

import csv
import json
import os
import re
import shutil
import sys
import time
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from samestory.deploy.cli.folding import JOINERS, cells, folded
from samestory.deploy.masking import masked
from samestory.errors import Misconfigured

if TYPE_CHECKING:
    from rich.console import Console

    from samestory.deploy.cli.options import Ways

_SPAN: Final = re.compile(r"^(\d+(?:\.\d+)?)([smhdw])$")
_DAYS_AGO: Final = {"today": 0, "yesterday": 1}
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
# Categories Cc, Cf, Cs, Zl and Zp, but for the joiners that some languages need.
_UNSEEN: Final = re.compile(
    "[\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u180e\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_URL: Final = re.compile(r"https?://\S+$")
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL"})  # bidirectional classes of letters
RECENT: Final = timedelta(days=300)  # so long a day of the year is not ambiguous


def is_for_programs(args: "Ways") -> bool:
    """Tell whether a list is for programs, as `Ways` has it.

    Raises:
        Misconfigured: fields are asked for, and of what is not.
    """
    if args.fields and not (args.json or args.csv or args.tsv):
        raise Misconfigured("--fields: say in which form: --json, --csv or --tsv")
    if args.json + args.csv + args.tsv > 1:
        raise Misconfigured("--json, --csv, --tsv: choose one of them")
    return bool(args.json or args.csv or args.tsv)


def print_rows(
    rows: Sequence[dict[str, Any]],
    args: "Ways",
    record: type,
    columns: Sequence[str] = (),
) -> None:
    """Print rows of the same fields as `Ways` has it; a table has its head if empty.

    Args:
        rows: as --json prints them.
        args: which of the forms.
        record: the type of a row, see `records`.
        columns: the fields of a table where none are asked for; empty for all.

    In a table a list is its values with "; " between them, and a cell that a
    spreadsheet would take for a formula begins with an apostrophe.

    Raises:
        Misconfigured: a field that is asked for is none; names those that are.
    """
    there = list(rows[0] if rows else record.__annotations__)
    fields = [one.strip() for one in (args.fields or "").split(",") if one.strip()]
    wrong = [one for one in fields if one not in there]
    if wrong:
        raise Misconfigured(f"--fields {wrong[0]}: fields are {', '.join(there)}")
    fields = fields or (there if args.json else list(columns) or there)
    if args.json:
        for row in rows:
            print_json({name: row[name] for name in fields})
        return
    writer = csv.writer(sys.stdout, delimiter="\t" if args.tsv else ",")
    writer.writerow(fields)
    writer.writerows([_cell(row[name]) for name in fields] for row in rows)


def _cell(value: Any) -> str:
    if isinstance(value, list):
        text = "; ".join(
            one if isinstance(one, str) else json.dumps(one, ensure_ascii=False)
            for one in value
        )
    elif isinstance(value, dict):
        text = json.dumps(value, ensure_ascii=False)
    else:
        text = "" if value is None else str(value)
    kept = (c if c.isprintable() or c in JOINERS else " " for c in text)
    text = _UNSEEN.sub(" ", "".join(kept))
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def print_json(value: Any) -> None:
    """Print one JSON object on a line of its own.

    What steers a terminal is escaped, and what stdout can't show.
    """
    text = json.dumps(value, ensure_ascii=False)
    text = _UNSEEN.sub(lambda match: json.dumps(match[0])[1:-1], text)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(value)
    print(text)


def console() -> "Console":
    """Return the console for results."""
    from samestory.deploy.cli.screen import open_console  # noqa: PLC0415

    return open_console()


def print_table(
    columns: Sequence[tuple[str, dict[str, Any]]], rows: Sequence[Sequence[str]]
) -> None:
    """Print a table. Cells are plain text: control characters and markup are inert.

    Args:
        columns: (heading, options of rich's add_column).
        rows: cells by column.
    """
    from rich import box  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading, options in columns:
        table.add_column(heading, **options)
    for row in rows:
        table.add_row(*(Text(isolated(plain(cell))) for cell in row))
    console().print(table)


def print_columns(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a line a row, for pipes: columns as wide as they need to be.

    Without rich, which takes a tenth of a second for a hundred rows.
    """
    lines = [headings, *([plain(cell).replace("\n", " ") for cell in r] for r in rows)]
    widths = [max(map(cells, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        padded = (c + " " * (w - cells(c)) for c, w in zip(line, widths, strict=True))
        print("  ".join(padded).rstrip())


def print_two_lines(rows: Sequence[tuple[str, str]]) -> None:
    """Print two lines a row, numbered: what, and by whom; neither is broken."""
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    out = console()
    width = out.width - len(f"@{len(rows)} ")
    overflow: Any = "ellipsis" if can_show("\u2026") else "crop"
    table = Table.grid(padding=(0, 1))
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    for number, (first, second) in enumerate(rows, 1):
        title = Text(isolated(plain(first)), style="bold")
        told = Text(isolated(plain(second)))
        for line in (title, told):
            line.truncate(width, overflow=overflow)
        table.add_row(Text(f"@{number}", style="dim"), title)
        table.add_row("", told)
    out.print(table)


def print_lines(lines: Iterable[str]) -> None:
    """Print lines of plain text, as `folded` has them where they go to a terminal.

    There an address at the end of a line is a link, too.
    """
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for line in lines:
        shown = plain(line)
        if width is None:
            print(shown)
            continue
        found = _URL.search(shown) if os.environ.get("TERM", "dumb") != "dumb" else None
        url = found[0] if found else ""
        for lead, part in folded(shown, width):
            print(f"{lead}{_linked(isolated(part), url)}")


def _linked(part: str, url: str) -> str:
    """Return a part of a line with its part of an address as a link (OSC 8)."""
    if not url or not (url in part or part in url):
        return part
    at = max(0, part.find(url))
    return f"{part[:at]}\x1b]8;;{url}\x1b\\{part[at:]}\x1b]8;;\x1b\\"


def can_show(text: str) -> bool:
    """Tell whether stdout has these characters."""
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def isolated(text: str) -> str:
    """Return text that turns no direction but its own (Unicode's FSI and PDI)."""
    turns = any(unicodedata.bidirectional(c) in _RIGHT_TO_LEFT for c in text)
    return f"\u2068{text}\u2069" if turns else text


def plain(text: str) -> str:
    """Return text that can't steer a terminal, and tells no secret of an address.

    Control characters, those that turn the direction among them, become spaces; the
    joiners that shape words of Persian and of India stay.
    """
    return "".join(
        c if c.isprintable() or c in "\n" + JOINERS else " " for c in masked(text)
    )


def parse_since(text: str | None, option: str) -> float | None:
    """Return seconds since the epoch for `7d`, `yesterday` or a date; None for None.

    Args:
        text: as it was given.
        option: what it was given to, for a message.

    Raises:
        Misconfigured: neither a span nor a date.
    """
    if text is None:
        return None
    span = _SPAN.match(text)
    if span:
        return time.time() - float(span[1]) * _SECONDS[span[2]]
    if text in _DAYS_AGO:
        midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return (midnight - timedelta(days=_DAYS_AGO[text])).timestamp()
    from samestory.ingest.text.dates import parse_date  # noqa: PLC0415  (0.01 s, not every question's)

    moment = parse_date(text, datetime.now(UTC)).at
    if moment is None:
        raise Misconfigured(
            f"{option} {text!r}: use a span like 7d, 12h, a date, today or yesterday"
        )
    return moment.timestamp()


def day_and_time(moment: datetime | None) -> str:
    """Return a time for people, UTC; with the year if it is long ago."""
    if moment is None:
        return "–"
    is_recent = abs(datetime.now(UTC) - moment) < RECENT
    return f"{moment.astimezone(UTC):{'%d %b %H:%M' if is_recent else '%d %b %Y'}}"


def moment_of(moment: datetime | None, *, is_day: bool = False) -> str:
    """Return a time for people with its minute, UTC; ~ and the day where it is one."""
    if moment is None:
        return "–"
    at = moment.astimezone(UTC)
    year = "" if abs(datetime.now(UTC) - at) < RECENT else " %Y"
    return f"~{at:%d %b{year}}" if is_day else f"{at:%d %b{year} %H:%M}"


def span_of(start: datetime, end: datetime) -> str:
    """Return a length of time in one or two units, e.g. `3 h 20`."""
    minutes = round((end - start).total_seconds() / 60)
    if minutes < 60:  # noqa: PLR2004
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:  # noqa: PLR2004
        return f"{hours} h {minutes:02d}"
    return f"{round(hours / 24)} days"
