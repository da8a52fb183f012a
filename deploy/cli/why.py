"""`samestory why`: what joins two reports, or keeps them apart."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any, ClassVar, Final

from cyclopts import Parameter

from samestory.deploy import wiring
from samestory.deploy.cli.naming import named
from samestory.deploy.cli.options import Deciding, Json
from samestory.deploy.cli.output import (
    console,
    moment_of,
    print_json,
    print_lines,
    print_table,
)
from samestory.deploy.cli.side_by_side import comparison_json, print_comparison
from samestory.deploy.config import Settings
from samestory.errors import Misconfigured
from samestory.index.answers.explanation import (
    Explanation,
    Link,
    why_event,
    why_pair,
    why_story,
)
from samestory.index.answers.most_alike import most_alike
from samestory.index.decision.pair_model import PairModel
from samestory.index.store.reader import Reader
from samestory.index.store.rows import Member
from samestory.story import Story

MEANING: Final = {
    "similarity": "likeness of title and opening",
    "near_in_time": "nearness in time",
    "crowd": "crowded topic",
    "shared_number": "a number in both openings",
    "rare_words": "rare words in both",
    "word_overlap": "share of words in both",
    "length": "how much text there is",
    "foreign": "a language unknown to the model",
    "foreign_overlap": "share of words in both",
    "undated": "no date in one of them",
    "uncounted": "a language whose words are not counted",
    "similarity_uncounted": "likeness in such a language",
    "overlap_uncounted": "share of words in such a language",
    "two_languages": "two languages",
    "other_numbers": "other numbers, in two languages",
    "shared_names": "names in both, in two languages",
    "one_explains": "one reports, one explains",
    "one_reacts": "one reports, one answers it",
    "one_outlet": "both of one outlet, which seldom tells a thing twice",
}
OPENED: Final = "opened the event"  # as a reason begins
MIN_SAID: Final = 0.5  # of the logit: less is not said in words
_LONG: Final = "_long"  # what a feature adds in long texts is shown with the feature


@dataclass(frozen=True, kw_only=True)
class Why(Json, Deciding):
    """Tell why stories are in one event, or why not.

      why STORY STORY   the chain of compared pairs from one to the other and its
                        weakest link, and what the two are to each other; for
                        stories of two events, what kept them apart; then both
                        texts side by side, with what they share in brackets
      why STORY EVENT   the same, of the report of that event that is most like it;
                        so of two events
      why STORY         why it joined its event, or opened it
      why EVENT         the pair by which each of its stories came in

    In words first; --sum shows what they are made of. Each pair is a sum: what
    every feature contributed, and the bias, add up to the logit, from which the
    probability comes (--json has them one by one). Told from the records of the
    decisions themselves. A veto keeps two reports apart whatever the sum says.

    Examples:
      samestory why s-89a2 s-0c39
      samestory why @3 --json
    """

    is_read: ClassVar[bool] = True

    first: Annotated[
        str,
        Parameter(
            metavar="STORY|EVENT", help="its id, or the beginning; a URL, a title, @7"
        ),
    ] = field(kw_only=False)
    second: Annotated[
        str | None, Parameter(metavar="STORY|EVENT", help="another story or event")
    ] = field(default=None, kw_only=False)

    sum: Annotated[
        bool, Parameter(help="show each sum: what every feature contributed")
    ] = False

    def run(self, settings: Settings) -> int:
        """Explain and print."""
        state = wiring.read_state(settings)
        open_model = partial(wiring.open_pair_model, settings)
        with state.reading():
            first = named(state, self.first)
            explanation = _explained(state, first, self.second, open_model)
        stories = [member.story for member in explanation.stories]
        is_pair = self.second is not None
        if self.json:
            shared = {"shared": comparison_json(*stories)} if is_pair else {}
            print_json(explanation.to_json() | shared)
        else:
            is_event = not is_pair and first.startswith("e-")
            _print(explanation, is_event=is_event, with_sum=self.sum)
            if is_pair:
                console().print("\nWhat the two texts share:")
                print_comparison(*stories)
        return 0


def _explained(
    state: Reader,
    first: str,
    second: str | None,
    open_model: Callable[[], PairModel],
) -> Explanation:
    if second is None:
        if first.startswith("e-"):
            return why_event(state, first)
        return why_story(state, _member(state, first))
    sides = [_members(state, name) for name in (first, named(state, second))]
    return why_pair(state, *most_alike(*sides), open_model)


def _members(state: Reader, name: str) -> list[Member]:
    """Return the one story of that name, or those of the event."""
    if name.startswith("e-"):
        return state.members_of(name)
    return [_member(state, name)]


def _member(state: Reader, story_id: str) -> Member:
    member = state.member(story_id)
    if member is None:
        raise Misconfigured(f"no story {story_id}")
    return member


def _print(explanation: Explanation, *, is_event: bool, with_sum: bool) -> None:
    def say(text: str = "") -> None:
        print_lines(text.split("\n"))

    say(_sentence(explanation, is_event=is_event))
    if not is_event:
        say()
        for member in explanation.stories:
            say(f"{member.story.story_id}  {_named(member.story)}")
    if not explanation.event_id and explanation.chain:
        say("\nCompared with each other, whatever else there was:")
    for number, link in enumerate(explanation.chain, 1):
        say()
        is_apart = explanation.event_id is None
        _print_link(link, number, say, is_apart=is_apart, with_sum=with_sum)
    for line in _about_chain(explanation):
        say(f"\n{line}")
    if explanation.chain and not with_sum:
        say("\nThe sums: --sum")


def _about_chain(explanation: Explanation) -> Iterator[str]:
    """Yield where a chain is weakest, and what its ends are to each other."""
    if explanation.weakest and len(explanation.chain) > 1:
        weakest = explanation.chain.index(explanation.weakest) + 1
        yield f"The weakest link is {weakest}: {explanation.weakest.probability:.2f}."
    if direct := explanation.direct:
        against = f", and {direct.veto}" if direct.veto else ""
        yield f"By themselves: {direct.probability:.2f} that the two tell one{against}."


def _sentence(explanation: Explanation, *, is_event: bool) -> str:
    """Return the answer in one plain sentence."""
    if is_event:
        return f"Event {explanation.event_id}: {explanation.reason}."
    if len(explanation.stories) == 1:
        event = f"event {explanation.event_id}"
        if explanation.reason.startswith(OPENED):
            return f"It opened {event}{explanation.reason.removeprefix(OPENED)}."
        return f"It is in {event}: {explanation.reason}."
    if explanation.event_id:
        said = f"They tell one event, {explanation.event_id}: {explanation.reason}"
    else:
        said = f"They tell two events: {explanation.reason}"
    weakest = explanation.weakest
    if weakest and explanation.event_id:
        said += f", {weakest.probability:.2f} that they do at the weakest link"
    return f"{said}."


def _print_link(
    link: Link, number: int, say: Any, *, is_apart: bool, with_sum: bool
) -> None:
    say(f"{number}. {_named(link.story)}")
    say(f"   {_named(link.other)}")
    say(
        f"   {link.probability:.2f} that both tell one event;"
        f" {_span(link.hours_apart)} apart"
    )
    if shared := link.shared:
        say(f"   in both texts: {', '.join(shared)}")
    adds = _adds(link)
    for word, parts in (
        ("for", [name for name, part in adds.items() if part >= MIN_SAID]),
        ("against", [name for name, part in adds.items() if part <= -MIN_SAID]),
    ):
        if parts:
            ranked = sorted(parts, key=lambda name: -abs(adds[name]))
            said = dict.fromkeys(MEANING.get(name, name) for name in ranked)
            say(f"   {word} it: {', '.join(said)}")
    if with_sum:
        _print_sum(link, adds)
    if not is_apart:
        second = (
            f"; the second-best event had {link.runner_up[1]:.2f} ({link.runner_up[0]})"
            if link.runner_up
            else "; no other event came near"
        )
        say(
            f"   with its nearest members the event had {link.joined:.2f},"
            f" {link.threshold:.2f} was needed{second}"
        )


def _adds(link: Link) -> dict[str, float]:
    """Return what each feature adds, with what it adds in long texts."""
    adds: dict[str, float] = {}
    for name, _, part in link.features:
        base = name.removesuffix(_LONG)
        adds[base] = adds.get(base, 0.0) + part
    return adds


def _print_sum(link: Link, adds: Mapping[str, float]) -> None:
    rows: list[Sequence[str]] = [
        [f"   {MEANING.get(name, name)}", f"{value:.3f}", f"{adds[name]:+.2f}"]
        for name, value, _ in link.features
        if adds.get(name)
    ]
    rows.append(["   to begin with (bias)", "", f"{link.bias:+.2f}"])
    rows.append(["   sum (logit)", "", f"{link.logit:+.2f}"])
    right = {"justify": "right"}
    print_table([("", {}), ("value", right), ("adds", right)], rows)


def _named(story: Story) -> str:
    when = moment_of(story.event_time, is_day=story.is_day)
    title = story.title or story.text[:80].split("\n")[0]
    return f"“{title}” ({story.attribution}, {when})"


def _span(hours: float) -> str:
    return f"{hours:.1f} hours" if hours < 48 else f"{hours / 24:.1f} days"  # noqa: PLR2004
