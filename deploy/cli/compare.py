"""`samestory compare`: two reports side by side, with the passages that they share."""

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from samestory.deploy import wiring
from samestory.deploy.cli.output import (
    add_command,
    console,
    day_and_time,
    isolated,
    plain,
    print_json,
)
from samestory.deploy.config import Settings
from samestory.errors import Misconfigured
from samestory.index.copies.comparison import PARTIAL, Shared, compare_texts
from samestory.index.copies.reading import Reading, read
from samestory.index.copies.sources import COMMON, UNKNOWN, A, B, credited, source_of
from samestory.index.copies.spans import BOILERPLATE, COPY, QUOTATION, Span
from samestory.story import Story

if TYPE_CHECKING:
    from rich.text import Text

_ABOUT: Final = """\
Show two reports side by side, with the passages that they share in brackets: [1c: ...]
is the first of them, on both sides. c is copied, q is quoted by one or both, b is what
their houses print; what is in no bracket is each one's own.

  samestory compare s-89a2 s-0c39
  samestory compare s-89a2 s-0c39 --json     with the place of each passage"""
MARKS: Final = {COPY: "c", QUOTATION: "q", BOILERPLATE: "b"}
STYLES: Final = {COPY: "bold", QUOTATION: "italic", BOILERPLATE: "dim"}


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add compare."""
    parser = add_command(
        commands,
        common,
        "compare",
        run_compare,
        help="two reports side by side, and what they share",
        description=_ABOUT,
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("a", metavar="STORY", help="its id, or the beginning of it")
    parser.add_argument("b", metavar="STORY", help="another story")


def run_compare(args: argparse.Namespace, settings: Settings) -> int:
    """Compare and print."""
    state = wiring.read_state(settings)
    stories = []
    with state.reading():
        for given in (args.a, args.b):
            if not given.startswith("s-"):
                raise Misconfigured(f"{given!r} is no story id: those begin with s-")
            member = state.member(state.resolve(given))
            if member is None:
                raise Misconfigured(f"{given}: no such story")
            stories.append(member.story)
    one, other = stories
    a, b = read(one.text), read(other.text)
    shared = compare_texts(a, b)
    credits_a, credits_b = (credited(story.text, story.outlet) for story in stories)
    is_one_text = shared.kind in {COPY, PARTIAL}
    source = source_of(credits_a, credits_b) if is_one_text else UNKNOWN
    if args.json:
        ids = {"a": one.story_id, "b": other.story_id}
        said = ids | shared.to_json() | {"source": source}
        print_json(said | {"spans": _spans(a, b, shared)})
    else:
        _print((one, a), (other, b), shared, source)
    return 0


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
    return one.begins[begin], one.ends[end]


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
        when = day_and_time(story.published)
        table.add_column(
            plain(f"{story.story_id[:10]} {story.outlet}, {when}"), ratio=1
        )
    table.add_row(
        _marked(one[1], shared, is_a=True), _marked(other[1], shared, is_a=False)
    )
    out.print(table)


def _said(one: Story, other: Story, shared: Shared, source: str) -> Iterator[str]:
    """Yield what a person reads first."""
    yield f"{shared.kind}: {shared.a.contained:.0%} of the own words of {one.outlet}"
    yield f"  and {shared.b.contained:.0%} of those of {other.outlet} are the other's"
    whose = {A: one.outlet, B: other.outlet}.get(source, source.removeprefix(COMMON))
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
