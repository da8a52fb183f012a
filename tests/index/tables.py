"""The tables that topic `events` tells, and that a state holds."""

import json

from samestory.index.store.revisions import REASONS
from samestory.index.store.state import State


def table_of(values: list[bytes]) -> dict[str, list[str]]:
    """Rebuild who is in which event from records alone, as any consumer can."""
    latest: dict[str, dict] = {}
    for value in values:
        one = json.loads(value)
        assert one["reason"] in REASONS
        if one["revision"] > latest.get(one["event_id"], {"revision": 0})["revision"]:
            latest[one["event_id"]] = one
    return {e: sorted(one["members"]) for e, one in latest.items() if one["members"]}


def table_in(state: State) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for story, event in state.assignments().items():
        found.setdefault(event, []).append(story)
    return {event: sorted(stories) for event, stories in found.items()}


OWN = "Ministers agreed on new rules for grain ships on Monday after a night of talks."


PARAPHRASE = (
    "Grain ships will sail under rules settled by ministers before dawn on Monday."
)
