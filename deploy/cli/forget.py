"""`samestory forget`: what must leave, and never come back."""

import argparse
import re
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from deploy import wiring
from deploy.cli.journal import submit
from deploy.cli.output import json_option, print_json
from deploy.config import Settings, user_name
from deploy.importing import utc_now
from deploy.loop import patiently, until
from deploy.process import running
from deploy.stream.embedded import EmbeddedLog
from deploy.stream.log import (
    JOURNAL,
    QUARANTINE,
    STORIES,
    Log,
    Message,
    Record,
    ends,
    short_of,
)
from index.forgetting import MOST_STORIES, Forget
from index.state import State
from ingest.errors import Misconfigured, Quarantine
from ingest.story import clean_line, json_object, story_id_from, tombstone
from ingest.urls import absolute_url, story_ids_of

NOT_DONE = 1
_URL = re.compile(rb'"url"\s*:\s*"([^"\\]{1,2000})"')
_ABOUT = """\
Forget stories for ever: their texts, titles, addresses and vectors leave the index,
the frontier, the log and the quarantine at once, their events tell a revision without
them, and whatever brings one of them again is refused. Of each its id alone is kept,
which is a hash of its address.

  forget s-ID      one story
  forget URL       the story at an address, known or not
  forget OUTLET    every story so far of an outlet; `samestory feeds remove` stops
                   new ones

Without --yes it only tells what it would remove. Other stories stay where they are. On
Kafka the bytes in the topics leave with their retention. Snapshots that you made by
`samestory backup` still hold the stories: forgetting is repeated when one of them is
replayed, but the file itself is yours to remove."""


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add forget."""
    parser = commands.add_parser(
        "forget",
        parents=[common],
        help="remove a story, or all of an outlet, for ever",
        description=_ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("target", metavar="STORY|URL|OUTLET")
    parser.add_argument("--yes", action="store_true", help="do it")
    parser.add_argument("--who", metavar="NAME", help="who says so (your user name)")
    json_option(parser)
    parser.set_defaults(run=run_forget)


def run_forget(args: argparse.Namespace, settings: Settings) -> int:
    """Resolve, remove everywhere, tell."""
    log, state = wiring.open_log(settings), wiring.open_state(settings)
    patience = until(wiring.wait_of(settings), lambda: False)
    ids = sorted(_targets(args.target, settings, log, state))
    if not ids:
        raise Misconfigured(
            f"{args.target!r}: no story of an outlet of this name; give the id of a"
            " story (s-...), an address, or an outlet as `samestory stories` lists it"
        )
    if not args.yes:
        _tell_plan(ids, state, args)
        return NOT_DONE
    # From the door inwards, behind what may be on its way; at last once more.
    frontier = wiring.open_frontier(settings)
    patiently(partial(frontier.forget, ids), patience)
    frontier.close()
    overwrite = partial(_overwrite, log, frozenset(ids), patience)
    records = overwrite(STORIES)
    _let_embed_pass(log, settings, patience)
    try:
        removed = _remove(ids, args, settings, state)
    finally:  # also if the index does not come to it in time
        records += sum(overwrite(topic) for topic in (STORIES, JOURNAL, QUARANTINE))
        if isinstance(log, EmbeddedLog):
            patiently(log.scrub, patience)
        log.close()
    state.close()
    for kept in sorted(wiring.state_path(settings).parent.glob("*before-restore*.db")):
        sys.stderr.write(f"{kept} is of before and still holds what it held\n")
    if args.json:
        print_json({"stories": ids, "removed": removed, "records": records})
    else:
        print(f"forgot {len(ids)}: {removed} stories removed, {records} log records")
    if not isinstance(log, EmbeddedLog):
        sys.stderr.write("the bytes in Kafka's topics leave with their retention\n")
    return 0


def _remove(
    ids: list[str], args: argparse.Namespace, settings: Settings, state: State
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
            partial(state.history.removed_by, one.forget_id),
        )
    return removed


def _overwrite(
    log: Log, ids: frozenset[str], patience: Callable[[], bool], topic: str
) -> int:
    """Put tombstones for these stories into a topic; return for how many records."""
    if not isinstance(log, EmbeddedLog):
        return 0
    change = _forgetting(topic, ids)
    return patiently(partial(log.rewrite, topic, change), patience)


def _let_embed_pass(log: Log, settings: Settings, patience: Callable[[], bool]) -> None:
    """Wait until the embed worker, if one runs, has nothing older in hand."""
    target = ends(log, "embed", STORIES)
    while running(settings.home, "embed") is not None and not patience():
        if not short_of(log, "embed", STORIES, target):
            return
        time.sleep(0.1)


def _targets(target: str, settings: Settings, log: Log, state: State) -> set[str]:
    if target.startswith("s-"):
        story_id = target if state.known(target) else _resolved(state, target)
        member = state.member(story_id)
        url = absolute_url(member.story.url or "", "") if member else None
        ids = story_ids_of(url) if url else ()  # the log may have it by another
        return {story_id, *(ids if story_id in ids else ())}
    url = absolute_url(target, "") if "://" in target else None
    if url is not None:
        return {*story_ids_of(url), *state.of_url(url), *state.of_url(target)}
    found = set(state.of_outlet(target))
    frontier = wiring.open_frontier(settings)
    found.update(frontier.of_outlet(target))
    frontier.close()
    if isinstance(log, EmbeddedLog):
        for topic in (STORIES, JOURNAL):
            found.update(
                str(story["story_id"])
                for story in _stories(log, topic)
                if str(story.get("outlet")).casefold() == target.casefold()
            )
    return found


def _resolved(state: State, target: str) -> str:
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
            yield from (s for one in records if (s := _story(one.value)))


def _story(value: bytes) -> dict[str, Any] | None:
    """Return the story of a record of `stories` or `journal`; None if it is no such."""
    try:
        found = json_object(value)
    except Quarantine:
        return None
    story = found.get("story", found)
    is_story = isinstance(story, dict) and isinstance(story.get("story_id"), str)
    return story if is_story and "text" in story else None


def _forgetting(topic: str, ids: frozenset[str]) -> Callable[[Record], Message | None]:
    """Return what takes the place of a topic's records that tell these stories."""

    def change(record: Record) -> Message | None:
        story = _story(record.value)
        story_id = str(story["story_id"]) if story else ""
        if topic == QUARANTINE and not story:
            story_id = next((i for i in _ids_of_input(record) if i in ids), "")
        if story_id not in ids:
            return None
        headers = {"status": "dropped", "reason": "forgotten"}
        return Message(
            key=record.key,
            value=tombstone(story_id),
            headers=headers if topic == QUARANTINE else {},
        )

    return change


def _ids_of_input(record: Record) -> Iterator[str]:
    """Yield the story ids that a refused feed, page or import line may be of."""
    urls = [record.headers.get("url", "")]
    urls += [m.decode("utf-8", "replace") for m in _URL.findall(record.value)]
    for url in urls:
        if "://" in url and (whole := absolute_url(url, "")):
            yield from story_ids_of(whole)


def _tell_plan(ids: list[str], state: State, args: argparse.Namespace) -> None:
    titles = {one: m.story.title for one in ids[:10] if (m := state.member(one))}
    if args.json:
        print_json({"stories": ids, "removed": 0, "records": 0})
    else:
        for one in ids[:10]:
            print(f"{one} {titles.get(one, 'not in the index')}")
        if len(ids) > len(titles):
            print(f"{len(ids)} in all")
    sys.stderr.write("nothing is removed yet: add --yes to forget them for ever\n")
