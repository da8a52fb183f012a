"""Pairs of reports that people judged: who copied whom, and whose text it is."""

from collections.abc import Callable, Collection, Iterator
from typing import Any, TypeVar

from samestory.cleaning import clean_text
from samestory.deploy.importing import open_lines, read_lines
from samestory.errors import Misconfigured, Quarantine
from samestory.index.copies.kept import UNKNOWN
from samestory.index.measure.copies import KINDS, LabelledCopy
from samestory.message import json_object
from samestory.publishers import UNNAMED

Row = TypeVar("Row")


def read_copies(source: str, stories: Collection[str]) -> list[LabelledCopy]:
    """Read labelled pairs: {"id", "a", "b", "kind", "source"} a line.

    Args:
        source: the file, gzipped or not, or - for standard input.
        stories: ids that a pair may name.

    Raises:
        Misconfigured: a line is no such pair; says which and why.
    """

    def pair(row: dict[str, Any]) -> LabelledCopy:
        label = LabelledCopy(
            pair_id=str(row.get("id") or f"{row.get('a')} {row.get('b')}"),
            a=str(row.get("a")),
            b=str(row.get("b")),
            kind=str(row.get("kind")),
            source=str(row.get("source") or UNKNOWN),
        )
        if label.kind not in KINDS:
            raise Quarantine(f"`kind` is {label.kind!r}: one of {', '.join(KINDS)}")
        if unknown := [one for one in (label.a, label.b) if one not in stories]:
            raise Quarantine(f"{unknown[0]!r} is no id of the stories")
        return label

    return list(_rows(source, pair, "pairs"))


def read_texts(source: str) -> dict[str, tuple[str, str]]:
    """Read reports: {"id", "text", "outlet"?} a line; return by id (outlet, text).

    Raises:
        Misconfigured: a line is no such report; says which and why.
    """

    def report(row: dict[str, Any]) -> tuple[str, tuple[str, str]]:
        name, text = row.get("id"), row.get("text")
        if not isinstance(name, str) or not isinstance(text, str) or not name:
            raise Quarantine("needs `id` and `text`")
        outlet = row.get("outlet") or row.get("source") or ""
        return name, (str(outlet) or UNNAMED, clean_text(text))

    return dict(_rows(source, report, "stories"))


def _rows(
    source: str, made: Callable[[dict[str, Any]], Row], what: str
) -> Iterator[Row]:
    """Yield what is made of each line.

    Raises:
        Misconfigured: of one nothing can be made, or there is none.
    """
    number = 0
    with open_lines(source) as file:
        for number, line in read_lines(file, source):
            try:
                if isinstance(line, Quarantine):
                    raise line
                yield made(json_object(line))
            except Quarantine as error:
                raise Misconfigured(f"{source}:{number}: {error}") from error
    if not number:
        raise Misconfigured(f"{source}: no {what} in it")
