"""`samestory event`: who told it when, who copied whom, and what each report adds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Final

from cyclopts import Parameter

from samestory.counted import counted
from samestory.deploy import wiring
from samestory.deploy.cli.naming import event_named
from samestory.deploy.cli.options import Json
from samestory.deploy.cli.output import moment_of, print_json, print_lines
from samestory.deploy.config import Settings
from samestory.index.answers.additions import Addition, additions_of, most_telling
from samestory.index.answers.near_misses import NearMiss, near_misses
from samestory.index.decision.stance import DENIES, WITHDRAWN
from samestory.index.messages.correction import NOTE, Correction
from samestory.index.store.results import Event, headline
from samestory.message import iso
from samestory.publishers import is_own_voice

MAX_FACTS: Final = 6  # figures and names of a report that are shown
MAX_ADDED: Final = 2  # sentences of a copy's own that are shown
MAX_SENTENCE: Final = 200  # characters of one
_STANCES: Final = {DENIES: ("denies it",), WITHDRAWN: ("taken back by its outlet",)}


@dataclass(frozen=True, kw_only=True)
class ShowEvent(Json):
    """Show one event as a timeline: who told it, who copied whom.

    Its reports by the time that they state, each copy below what it copies, and
    what each adds to those before it: sentences, figures, names. Last the events
    that it nearly was one with, and what joins them.

    Examples:
      samestory event e-9c41
      samestory event https://example.org/news/1     the event of the report there
      samestory event @3 --json     with every sentence, figure, name and quotation
    """

    is_read: ClassVar[bool] = True

    event: Annotated[
        str,
        Parameter(
            metavar="EVENT|STORY|URL",
            help="its id, or a beginning of it; or a story of it by id, URL or title;"
            " @7",
        ),
    ] = field(kw_only=False)

    def run(self, settings: Settings) -> int:
        """Print one event."""
        state = wiring.read_state(settings)
        with state.reading():
            one = state.event(event_named(state, self.event))
            added = additions_of(state, one.event_id)
            marks = state.corrections.marks([r.story_id for r in one.reports])
            missed = near_misses(state, one)
        if self.json:
            copies = [one.copied.to_json() for one in added if one.copied]
            additions = [one.to_json() for one in added]
            more = {"copies": copies, "additions": additions}
            more |= {"marks": [*map(_mark_json, marks)]}
            more |= {"near_misses": [miss.to_json() for miss in missed]}
            print_json(one.to_json() | more)
        else:
            print_lines(_lines(one, added, marks))
            print_lines(_missed_lines(one, missed))
        return 0


def _mark_json(one: Correction) -> dict[str, Any]:
    text = one.why if one.kind == NOTE else None
    said = {"id": one.correction_id, "kind": one.kind, "story_id": one.a}
    return said | {"text": text, "who": one.who, "at": iso(one.at)}


def _mark(one: Correction) -> str:
    """Return a star or a note in a line."""
    said = f"note: {one.why}" if one.kind == NOTE else "starred"
    return f"  * {said} ({one.who}, {moment_of(one.at)}; {one.correction_id[:10]})"


def _lines(
    one: Event, added: Sequence[Addition], marks: Sequence[Correction]
) -> Iterator[str]:
    """Yield what a person reads of an event."""
    yield one.title
    yield _counts(one)
    yield f"voices: {', '.join(_voices(one)) or 'none'}"
    if second := one.confirmed_by:
        when = moment_of(second.event_time, is_day=second.is_day)
        seen = "" if second.published else "seen "
        yield (
            f"confirmed by {second.attribution}, {seen}{when} ({second.story_id[:10]})"
        )
    passed_on = dict(zip((r.story_id for r in one.reports), one.passed_on, strict=True))
    if len(one.voices) > 1 and not one.confirmed_by:
        yield f"not confirmed: {_why_not_confirmed(one)}"
    yield ""
    stances = {report.story_id: report.stance for report in one.reports}
    times = {
        at: moment_of(report.story.published, is_day=report.story.is_day)
        for at, report in enumerate(added)
    }
    width = 2 + max(map(len, times.values()))
    for at, report in _in_turn(added):
        lines = _of_report(report, at, passed_on.get(report.story.story_id, ""))
        yield f"{times[at]:<{width}}{next(lines)}"
        stance = _STANCES.get(stances.get(report.story.story_id, ""), ())
        told = (_mark(mark) for mark in marks if mark.a == report.story.story_id)
        yield from (" " * width + line for line in (*stance, *lines, *told))


def _why_not_confirmed(one: Event) -> str:
    if any(report.stance for report in one.reports):
        return "who denies it, or takes it back, confirms nothing"
    source = next(filter(None, one.passed_on), one.first.outlet)
    return f"all that is told is known from {source}"


def _of_report(one: Addition, at: int, passed_on: str) -> Iterator[str]:
    """Yield a report's headline, what it adds, whose knowledge, and where it is."""
    yield from _copy_lines(one) if one.copied else _own_lines(one, at)
    if passed_on and not one.copied:
        yield f"passes on {passed_on}"
    if one.story.correction:
        yield one.story.correction[:MAX_SENTENCE]
    if one.story.changes:
        yield f"changed: {one.story.changes[0][:MAX_SENTENCE]}"
    below = "  " * bool(one.copied)
    yield f"{below}{one.story.story_id[:10]}  {one.story.url or ''}".rstrip()


def _missed_lines(one: Event, missed: Sequence[NearMiss]) -> Iterator[str]:
    """Yield what was near, and the commands that join it."""
    if missed:
        yield ""
        yield "Nearly this event, and kept apart; this joins them:"
    for miss in missed:
        other, first = miss.event, miss.event.first
        when = moment_of(first.event_time, is_day=first.is_day)
        yield f"  {other.title} (first {first.attribution}, {when})"
        why = f"{miss.probability:.2f} that it is the same"
        yield f"    {why}{f', but {miss.veto}' if miss.veto else ''}"
        yield f"    samestory same {one.event_id[:10]} {other.event_id[:10]}"


def _counts(one: Event) -> str:
    counts = [
        counted(len(some), name)
        for some, name in (
            (one.reports, "report"),
            (one.outlets, "outlet"),
            (one.voices, "independent voice"),
        )
    ]
    told_in = f", in {', '.join(one.languages)}" if len(one.languages) > 1 else ""
    translated = "; translations are not compared" if told_in else ""
    return (
        f"{one.event_id}: {counts[0]} by {counts[1]}, {counts[2]}{told_in}{translated}"
    )


def _voices(one: Event) -> Iterator[str]:
    """Yield the voices; an agency of which no report of its own is there says so."""
    outlets = {report.outlet for report in one.reports if not report.hearsay_of}
    for voice in one.voices:
        is_here = any(is_own_voice(voice, outlet) for outlet in outlets)
        yield voice if is_here else f"{voice} (not seen here)"


def _in_turn(added: Sequence[Addition]) -> Iterator[tuple[int, Addition]]:
    """Yield the reports by time, with their place, each copy behind what it copies."""
    here = {one.story.story_id for one in added}
    below: dict[str, list[tuple[int, Addition]]] = {}
    for at, one in enumerate(added):
        source = one.copied.of_id if one.copied and one.copied.of_id in here else ""
        below.setdefault(source, []).append((at, one))
    seen = set[str]()
    waiting = [*reversed([*enumerate(added)]), *reversed(below.get("", []))]
    while waiting:  # last those that credit each other, which are below none
        at, one = waiting.pop()
        if one.story.story_id not in seen:
            seen.add(one.story.story_id)
            yield at, one
            waiting += reversed(below.get(one.story.story_id, []))


def _own_lines(one: Addition, at: int) -> Iterator[str]:
    yield f"{one.story.attribution}: {headline(one.story.title, one.story.text)}"
    facts = [*one.figures, *one.names][:MAX_FACTS]
    if not at:  # the first has it all
        return
    adds = f"first in {one.story.lang}" if one.is_first else f"adds {_sentences(one)}"
    yield f"{adds}{': ' * bool(facts)}{'; '.join(facts)}"


def _copy_lines(one: Addition) -> Iterator[str]:
    kept = one.copied
    if kept is None:
        raise AssertionError(one.story.story_id)
    copied = kept.copied
    source = copied.source or kept.of_outlet
    if source != kept.of_outlet:  # an agency that both credit
        source += f" as {kept.of_outlet} has it"
    if copied.is_round_up:
        source = f"{counted(copied.sources, 'report')}, most of {source}"
    order = "" if copied.ground else ", which was first is not known"
    yield (
        f"  {one.story.attribution}: copy of {source}, {copied.share:.0%}"
        f"{order}, adds {_sentences(one)}"
    )
    for sentence in most_telling(one, MAX_ADDED):
        yield f"    + {sentence[:MAX_SENTENCE]}"


def _sentences(one: Addition) -> str:
    return counted(len(one.sentences), "sentence") if one.sentences else "nothing"
