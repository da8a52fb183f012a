"""`samestory forget`: what must leave, and never come back."""

import re
import secrets
import shlex
import sys
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from samestory.cleaning import clean_line
from samestory.counted import counted
from samestory.days import utc_now
from samestory.deploy import wiring
from samestory.deploy.cli.journal import submit
from samestory.deploy.cli.options import Deciding, Json, Kafka, Who
from samestory.deploy.cli.output import plain, print_json
from samestory.deploy.config import Settings, user_name
from samestory.deploy.forgotten import forgetting, story_in
from samestory.deploy.loop import patiently, until
from samestory.deploy.process import running
from samestory.deploy.stream.embedded import EmbeddedLog
from samestory.deploy.stream.log import (
    JOURNAL,
    QUARANTINE,
    STORIES,
    Log,
    ends,
    short_of,
)
from samestory.errors import Misconfigured
from samestory.index.messages.forget import MOST_STORIES, Forget
from samestory.index.store.reader import Reader
from samestory.ingest.frontier.frontier import Frontier
from samestory.story import story_id_from
from samestory.story_keys import ids_at

NOT_DONE = 1
_PART = re.compile(r"(?:\.partial)?(?:-wal|-shm|-journal)?$")


@dataclass(frozen=True, kw_only=True)
class ForgetStories(Who, Json, Kafka, Deciding):
    """Remove a story, or all of an outlet, for ever.

    Texts, titles, addresses and vectors leave the index, the frontier, the log and
    the quarantine at once, their events tell a revision without them, and whatever
    brings one of them again is refused. Corrections that name them lose their
    reason (--why), too, and hold no longer for them; who made them is kept. Of each
    story its id alone is kept, which is a hash of its address.

    Examples:
      samestory forget s-ID      one story
      samestory forget URL       the story at an address, known or not
      samestory forget OUTLET    every story so far of an outlet; `samestory feeds
                                 remove` stops new ones

    Without --yes it only tells what it would remove. Other stories stay where they
    are. On Kafka the bytes leave when the topics are trimmed by their retention; no
    replay shows them before. States that `samestory restore` kept beside still hold
    what they held: each is named with the command that removes it. So do snapshots
    of `samestory backup`, and directories of `samestory replay --into`: forgetting
    is repeated when a snapshot is replayed, but the files themselves are yours to
    remove.
    """

    target: Annotated[str, Parameter(metavar="STORY|URL|OUTLET")] = field(kw_only=False)
    yes: Annotated[bool, Parameter(help="do it")] = False

    def run(self, settings: Settings) -> int:
        """Resolve, remove everywhere, tell."""
        wiring.must_have_log(settings)
        log, state = wiring.open_log(settings), wiring.read_made_state(settings)
        patience = until(wiring.wait_of(settings), lambda: False)
        frontier = wiring.open_frontier(settings)
        targets = sorted(_targets(self.target, frontier, log, state))
        if not targets:
            raise Misconfigured(
                f"{self.target!r}: no story of an outlet of this name; give the id of"
                " a story (s-...), an address, or an outlet as `samestory stories`"
                " lists it"
            )
        if not self.yes:
            frontier.close()
            _tell_plan(targets, state, self)
            return NOT_DONE
        ids = sorted({*targets, *frontier.names_of(targets), *_held_at(targets, state)})
        # From the door inwards, behind what may be on its way; at last once more.
        patiently(partial(frontier.forget, ids), patience)
        frontier.close()
        overwrite = partial(_overwrite, log, frozenset(ids), state, patience)
        records = overwrite(STORIES)
        _let_embed_pass(log, settings, patience)
        try:
            removed = _remove(ids, self, settings, state)
        finally:  # also if the index does not come to it in time
            records += sum(overwrite(topic) for topic in (STORIES, JOURNAL, QUARANTINE))
            if isinstance(log, EmbeddedLog):
                patiently(log.scrub, patience)
            log.close()
        state.close()
        _tell(targets, removed, records, self, settings)
        return 0


def _tell(
    ids: list[str],
    removed: int,
    records: int,
    args: ForgetStories,
    settings: Settings,
) -> None:
    left = _left_beside(wiring.state_path(settings))
    if args.json:
        summary = {"stories": ids, "removed": removed, "records": records, "left": left}
        print_json(summary)
    else:
        print(
            f"forgot {len(ids)}: {counted(removed, 'story')} removed,"
            f" {counted(records, 'log record')}"
        )
    for one in left:
        sys.stderr.write(f"{one['file']} still holds what it held: {one['remove']}\n")
    if settings.brokers:
        sys.stderr.write(
            "in Kafka's topics the bytes of stories, and of reasons that corrections"
            " give, leave when retention trims them; no replay shows them\n"
        )


def _left_beside(path: Path) -> list[dict[str, str]]:
    """Return the states that `restore` kept beside, each with what removes it."""
    parts: dict[str, list[str]] = {}  # of each, also where a kill left some of them
    for one in sorted(path.parent.glob("*before-restore*.db*")):
        parts.setdefault(_PART.sub("", str(one)), []).append(str(one))
    return [{"file": of[0], "remove": shlex.join(["rm", *of])} for of in parts.values()]


def _remove(
    ids: list[str], args: ForgetStories, settings: Settings, state: Reader
) -> int:
    """Let the index forget the stories; return how many of them it had."""
    removed = 0
    for at in range(0, len(ids), MOST_STORIES):
        one = Forget(
            forget_id="f-" + secrets.token_hex(8),
            story_ids=tuple(ids[at : at + MOST_STORIES]),
            who=clean_line(args.who or user_name()),
            at=utc_now(),
        )
        removed += submit(
            settings,
            one.forget_id,
            one.encode(),
            partial(state.forgotten.removed_by, one.forget_id),
        )
    return removed


def _overwrite(
    log: Log,
    ids: frozenset[str],
    state: Reader,
    patience: Callable[[], bool],
    topic: str,
) -> int:
    """Put tombstones for these stories into a topic; return for how many records."""
    if not isinstance(log, EmbeddedLog):
        return 0
    corrections = state.corrections.naming(ids)
    known = ids | {one.correction.correction_id for one in corrections}
    change = forgetting(topic, known)
    return patiently(partial(log.rewrite, topic, change), patience)


def _let_embed_pass(log: Log, settings: Settings, patience: Callable[[], bool]) -> None:
    """Wait until the embed worker, if one runs, has nothing older in hand."""
    target = ends(log, "embed", STORIES)
    while running(settings.home, "embed") is not None and not patience():
        if not short_of(log, "embed", STORIES, target):
            return
        time.sleep(0.1)


def _targets(target: str, frontier: Frontier, log: Log, state: Reader) -> set[str]:
    if target.startswith("s-"):
        return {target if state.known(target) else _resolved(state, target)}
    at = set(ids_at(target)) if "://" in target else set()
    if at:
        in_log = _ids_in(log, lambda story: _is_at(at, story.get("url")))
        return {*at, *state.addresses.at_addresses(at), *in_log}
    known = {*state.addresses.of_outlet(target), *frontier.stories.of_outlet(target)}
    return known | _ids_in(log, partial(_is_of, target.casefold()))


def _held_at(story_ids: Collection[str], state: Reader) -> set[str]:
    """Return the ids of the addresses that these stories had, which may bring them.

    Not of hearsay, whose address is another's, nor of an address that others share.
    """
    at_place: set[str] = set()
    wanted = set(story_ids)
    for story_id in story_ids:
        member = state.member(story_id)
        versions = [one.story for one in state.history.versions(story_id)]
        for story in [*versions, *([member.story] if member else [])]:
            ids = ids_at(story.url or "") if not story.hearsay_of else ()
            if story_id in ids or state.addresses.at_url(story.url or "") <= wanted:
                at_place.update(ids)
    return at_place


def _is_at(ids: set[str], url: object) -> bool:
    return isinstance(url, str) and not ids.isdisjoint(ids_at(url))


def _ids_in(log: Log, matches: Callable[[dict[str, Any]], bool]) -> set[str]:
    """Return the stories that match in our own log, also those no worker could take."""
    if not isinstance(log, EmbeddedLog):
        return set()
    topics = (STORIES, JOURNAL, QUARANTINE)
    stories = (story for topic in topics for story in _stories(log, topic))
    ids = (str(story["story_id"]) for story in stories if matches(story))
    return {one.encode("utf-8", "replace").decode() for one in ids}


def _is_of(outlet: str, story: dict[str, Any]) -> bool:
    name = story.get("outlet")
    return isinstance(name, str) and name.casefold() == outlet


def _resolved(state: Reader, target: str) -> str:
    """Return the id that begins so; a whole one also if no such story is here."""
    whole = len(target) == len(story_id_from(""))
    try:
        return state.resolve(target)
    except Misconfigured:
        if whole:
            return target
        raise


def _stories(log: Log, topic: str) -> Iterator[dict[str, Any]]:
    for part in range(log.partitions(topic)):
        position = 0
        while records := log.read(topic, part, position, 500):
            position = records[-1].offset + 1
            yield from (s for one in records if (s := story_in(one.value)))


def _tell_plan(ids: list[str], state: Reader, args: ForgetStories) -> None:
    titles = {one: m.story.title for one in ids[:10] if (m := state.member(one))}
    if args.json:
        print_json({"stories": ids, "removed": 0, "records": 0})
    else:
        for one in ids[:10]:
            print(plain(f"{one} {titles.get(one, 'not in the index')}"))
        if len(ids) > len(titles):
            print(f"{len(ids)} in all")
    sys.stderr.write("nothing is removed yet: add --yes to forget them for ever\n")
