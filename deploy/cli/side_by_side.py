"""Two reports side by side, with the passages that they share in brackets."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from samestory.deploy.cli.output import console, isolated, moment_of, plain
from samestory.index.copies.comparison import PARTIAL, Shared, compare_texts
from samestory.index.copies.kept import COMMON, UNKNOWN, A, B
from samestory.index.copies.reading import Reading, read
from samestory.index.copies.sources import credited, source_of
from samestory.index.copies.spans import BOILERPLATE, COPY, QUOTATION, Span
from samestory.story import Story

if TYPE_CHECKING:
    from rich.text import Text

MARKS: Final = {COPY: "c", QUOTATION: "q", BOILERPLATE: "b"}
STYLES: Final = {COPY: "bold", QUOTATION: "italic", BOILERPLATE: "dim"}


def comparison_json(one: Story, other: Story) -> dict[str, Any]:
    """Return what two reports share, as `compare --json` prints it."""
    a, b = read(one.text), read(other.text)
    shared = compare_texts(a, b)
    ids = {"a": one.story_id, "b": other.story_id}
    said = ids | shared.to_json() | {"source": _source(one, other, shared)}
    return said | {"spans": _spans(a, b, shared)}


def print_comparison(one: Story, other: Story) -> None:
    """Print two reports side by side, with what they share in brackets."""
    a, b = read(one.text), read(other.text)
    shared = compare_texts(a, b)
    _print((one, a), (other, b), shared, _source(one, other, shared))


def _source(one: Story, other: Story, shared: Shared) -> str:
    if shared.kind not in {COPY, PARTIAL}:
        return UNKNOWN
    return source_of(*(credited(story.text, story.outlet) for story in (one, other)))


def _spans(a: Reading, b: Reading, shared: Shared) -> list[dict[str, Any]]:
    """Return the passages, with their places in characters of each text in NFKC."""
    return [
        {
            "kind": span.kind,
            "words": span.size,
            "a": list(_place(a, span, is_a=True)),
            "b": list(_place(b, span, is_a=False)),
            "text": a.text[slice(*_place(a, span, is_a=True))],
        }
        for span in shared.spans
    ]


def _place(one: Reading, span: Span, *, is_a: bool) -> tuple[int, int]:
    """Return where a passage begins and ends, in characters."""
    first, last = span.pieces[0], span.pieces[-1]
    begin = first.begin_a if is_a else first.begin_b
    end = (last.begin_a if is_a else last.begin_b) + last.size - 1
    return int(one.begins[begin]), int(one.ends[end])


def _print(
    one: tuple[Story, Reading],
    other: tuple[Story, Reading],
    shared: Shared,
    source: str,
) -> None:
    from rich import box  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    out = console()
    for line in _said(one[0], other[0], shared, source):
        out.print(plain(line), soft_wrap=True, markup=False, highlight=False)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, expand=True)
    for story, _ in (one, other):
        when = moment_of(story.published, is_day=story.is_day)
        table.add_column(
            plain(f"{story.story_id[:10]} {story.outlet}, {when}"),
            ratio=1,
            overflow="fold",  # a line of Chinese is one word
        )
    table.add_row(
        _marked(one[1], shared, is_a=True), _marked(other[1], shared, is_a=False)
    )
    out.print(table)


def _said(one: Story, other: Story, shared: Shared, source: str) -> Iterator[str]:
    """Yield what a person reads first."""
    a, b = (
        (one.story_id[:10], other.story_id[:10])
        if one.outlet == other.outlet
        else (one.outlet, other.outlet)
    )
    yield f"{shared.kind}: {shared.a.contained:.0%} of the own words of {a}"
    yield f"  and {shared.b.contained:.0%} of those of {b} are the other's"
    whose = {A: a, B: b}.get(source, source.removeprefix(COMMON))
    if source != UNKNOWN:
        yield f"  the text is credited to {whose}"
    counts = shared.a.own_sentences, shared.b.own_sentences
    yield f"  sentences of their own: {counts[0]} and {counts[1]}"


def _marked(one: Reading, shared: Shared, *, is_a: bool) -> "Text":
    """Return a text with its shared passages in numbered brackets."""
    from rich.text import Text  # noqa: PLC0415

    places = sorted(
        (*_place(one, span, is_a=is_a), number, span.kind)
        for number, span in enumerate(shared.spans, 1)
    )
    found, at = Text(), 0
    for begin, end, number, kind in places:
        if begin < at:  # within another passage, as a refrain is
            continue
        found.append(isolated(plain(one.text[at:begin])))
        inside = isolated(plain(one.text[begin:end]))
        found.append(f"[{number}{MARKS[kind]}: {inside}]", style=STYLES[kind])
        at = end
    found.append(isolated(plain(one.text[at:])))
    return found
