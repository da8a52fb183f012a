"""Labelled stories and pairs of stories: lines of JSON that say what is one event."""

import math
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from samestory.cleaning import clean_line, clean_text
from samestory.deploy.importing import ANY_AGE, open_lines, read_lines
from samestory.errors import Misconfigured, Quarantine
from samestory.ingest.text.dates import parse_date
from samestory.message import json_object
from samestory.publishers import UNNAMED, outlet_named, voice_of
from samestory.story import Story, story_id_from

BEGINNING: Final = datetime(2000, 1, 1, tzinfo=UTC)  # of rows before the first date
FAR: Final = datetime(9000, 1, 1, tzinfo=UTC)  # no date of a label is "the future"


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A story with its gold event; `uncertain` are ids of rows, as are they all."""

    row_id: str
    story: Story
    event: str
    uncertain: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledPair:
    """Two stories, and whether they tell the same event."""

    a: Story
    b: Story
    same: bool


def read_pairs(source: str) -> list[LabelledPair]:
    """Read pairs of stories, as `samestory corrections export` writes them.

    A line: {"a": story, "b": story, "label": "same" or "different"}; a story is a row
    of `read_labelled` without its event. What else a line holds is passed over.

    Raises:
        Misconfigured: a line is no such pair; says which and why.
    """
    pairs = []
    with open_lines(source) as file:
        for number, line in read_lines(file, source):
            try:
                if isinstance(line, Quarantine):
                    raise line
                pairs.append(_pair(json_object(line)))
            except Quarantine as error:
                raise Misconfigured(f"{source}:{number}: {error}") from error
    if not pairs:
        raise Misconfigured(f"{source}: no pairs in it")
    return pairs


def _pair(row: dict[str, Any]) -> LabelledPair:
    sides = []
    for name in ("a", "b"):
        side = row.get(name)
        if not isinstance(side, dict):
            raise Quarantine(f"`{name}` is not an object")
        sides.append(_labelled(side | {"cluster": "none"}, BEGINNING, use_dates=True))
    if row.get("label") not in ("same", "different"):
        raise Quarantine(f"`label` is {row.get('label')!r}: same or different")
    return LabelledPair(a=sides[0].story, b=sides[1].story, same=row["label"] == "same")


def read_labelled(source: str, *, use_dates: bool = True) -> list[Labelled]:
    """Read a file of labelled stories, gzipped or not.

    A row: {"id", "cluster", "title" or "text" or both, "published"?, "outlet"? or
    "source"?, "lang"?, "url"?, "uncertain"?: [ids]}. A row without a date is taken to
    come right after the row before it.

    Args:
        source: the file, or - for standard input.
        use_dates: False to take the rows as if they had none.

    Raises:
        Misconfigured: a line is no such row; says which and why. A measure that passes
            over lines in silence would be worth nothing.
    """
    rows: list[Labelled] = []
    seen: dict[str, int] = {}
    at = BEGINNING
    with open_lines(source) as file:
        for number, line in read_lines(file, source):
            try:
                if isinstance(line, Quarantine):
                    raise line
                one = _labelled(json_object(line), at, use_dates=use_dates)
            except Quarantine as error:
                raise Misconfigured(f"{source}:{number}: {error}") from error
            if one.row_id in seen:
                raise Misconfigured(
                    f"{source}:{number}: id {one.row_id!r} is that of line"
                    f" {seen[one.row_id]}"
                )
            seen[one.row_id] = number
            at = one.story.event_time
            rows.append(one)
    if not rows:
        raise Misconfigured(f"{source}: no stories in it")
    return rows


def _labelled(row: dict[str, Any], at: datetime, *, use_dates: bool) -> Labelled:
    row_id, event = (_label(row, name) for name in ("id", "cluster"))
    if not row_id or not event:
        raise Quarantine("needs `id` and `cluster`")
    uncertain = row.get("uncertain") or []
    if not isinstance(uncertain, list):
        raise Quarantine("`uncertain` is not a list of ids")
    title, text = clean_line(_text(row, "title")), clean_text(_text(row, "text"))
    if not (title or text):
        raise Quarantine("has neither `title` nor `text`")
    url = _text(row, "url") or None
    moment = parse_date(_text(row, "published") if use_dates else None, FAR, ANY_AGE)
    when = moment.at or at
    story = Story(
        story_id=story_id_from(f"labelled {row_id}"),
        url=url,
        outlet=outlet_named(_text(row, "outlet") or _text(row, "source"))
        or voice_of(url or "")
        or UNNAMED,
        title=title,
        text=text,
        lang=_text(row, "lang")[:2].lower() or None,
        published=moment.at,
        published_raw=_text(row, "published") or None,
        date_quality=moment.quality,
        first_seen=when,
        observed=when,
        text_from="import",
    )
    return Labelled(
        row_id=row_id,
        story=story,
        event=event,
        uncertain=frozenset(str(one) for one in uncertain),
    )


def _label(row: dict[str, Any], name: str) -> str:
    """Return a name, which many a file gives as a number."""
    value = row.get(name)
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if is_number else _text(row, name)


def _text(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Quarantine(f"`{name}` is not a string")
    return value.encode("utf-8", "replace").decode()


def ordered(rows: Sequence[Labelled], order: str) -> list[Labelled]:
    """Return the rows in their order of arrival: time, given, or shuffle:SEED.

    Raises:
        Misconfigured: another order.
    """
    if order == "given":
        return list(rows)
    if order == "time":
        return sorted(rows, key=lambda row: row.story.event_time)
    name, _, seed = order.partition(":")
    if name != "shuffle" or not seed.isdigit():
        raise Misconfigured(f"--order {order!r}: time, given or shuffle:SEED")
    mixed = list(rows)
    random.Random(int(seed)).shuffle(mixed)  # noqa: S311  (repeatable, no secret)
    return mixed


def uncertain_of(rows: Sequence[Labelled]) -> dict[str, set[str]]:
    """Return by row id the ids with which its pair is uncertain, from both sides."""
    others: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        for other in row.uncertain:
            others[row.row_id].add(other)
            others[other].add(row.row_id)
    return dict(others)


def weighted(argument: str) -> tuple[str, float]:
    """Return (file, weight) of FILE or FILE@WEIGHT.

    Raises:
        Misconfigured: it is no weight.
    """
    file, at, weight = argument.rpartition("@")
    if not at:
        return argument, 1.0
    try:
        number = float(weight)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise Misconfigured(f"{argument}: {weight!r} is no weight, a number over 0")
    return file, number
