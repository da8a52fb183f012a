"""What tells a story that must be forgotten, in whatever form, and what replaces it.

- A record that tells it becomes a tombstone with its id alone: a replay passes over it,
  and the story can't come back.
- What can't be read may tell of it too: any address or id in it counts.
- A correction that names it stays without its reason, which a person wrote in their own
  words: a replay decides the same.
"""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from itertools import islice
from typing import Any, Final

from samestory.cleaning import clean_line
from samestory.deploy.importing import MAX_ID, id_before, id_of_named
from samestory.deploy.stream.log import JOURNAL, QUARANTINE, Message, Record
from samestory.errors import Quarantine
from samestory.index.messages.correction import TYPE as CORRECTION
from samestory.index.messages.correction import Correction
from samestory.index.messages.forget import TYPE as FORGET
from samestory.index.messages.forget import Forget
from samestory.index.messages.journal import decode_journal
from samestory.message import json_object
from samestory.story import is_tombstone, tombstone
from samestory.story_keys import ids_at
from samestory.urls import MAX_URL

_URL: Final = re.compile(r"https?://[^\s\"'<>,\\]{1,2000}", re.IGNORECASE)
_ESCAPED: Final = re.compile(r"\\u([0-9a-fA-F]{4})")
MOST_URLS: Final = 200  # of something torn that are looked at
MAX_SCHEME: Final = 100  # characters, with blanks before, until an address says ://
_ID: Final = re.compile(r"\b[sc]-[0-9a-f]{16}\b")


def ids_of_refused(value: bytes, url: str = "") -> set[str]:
    """Return the ids of stories that something refused may be of, as far as it tells.

    Args:
        value: an import line, a feed's entry or a message, whole or torn.
        url: where it came from.
    """
    text = value.decode("utf-8", "replace")
    ids = {i for one in (url, text[: MAX_URL + 1]) for i in ids_at(one)}
    try:
        row = json_object(value)
    except Quarantine:  # torn: any address in it may be its own
        plain = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
        urls = [
            match[0]
            for match in islice(_URL.finditer(plain.replace("\\/", "/")), MOST_URLS)
        ]
        ids |= {i for one in urls for i in ids_at(one)}
    else:
        ids |= _ids_of_line(row)
    return ids | set(_ID.findall(text))


def _ids_of_line(row: dict[str, Any]) -> set[str]:
    """Return the ids that an import line names, by its address or within its outlet."""
    texts = {name: "" if value is None else str(value) for name, value in row.items()}
    urls = [one for one in texts.values() if "://" in one[:MAX_SCHEME]]
    name = clean_line(texts.get("id", ""), MAX_ID)
    said = texts.get("outlet", ""), texts.get("outlet") or texts.get("source", "")
    outlets = {one.encode("utf-8", "replace").decode() for one in said if name}
    named = {each(one, name) for one in outlets for each in (id_of_named, id_before)}
    return {i for url in urls for i in ids_at(url)} | named


def story_in(value: bytes) -> dict[str, Any] | None:
    """Return the story of a record of `stories` or `journal`; None if it is no such."""
    try:
        message = json_object(value)
    except Quarantine:
        return None
    story = message.get("story", message)
    is_story = isinstance(story, dict) and isinstance(story.get("story_id"), str)
    return story if is_story and "text" in story else None


def forgetting(topic: str, ids: frozenset[str]) -> Callable[[Record], Message | None]:
    """Return what takes the place of a topic's records that tell these stories.

    Args:
        topic: of the records, which come in their order.
        ids: of the stories, and of corrections that name them.
    """
    known = set(ids)

    def change(record: Record) -> Message | None:
        story = story_in(record.value)
        if not story and is_tombstone(record.value):
            return None
        said = _said(record.value) if topic == JOURNAL and not story else None
        if said is not None:
            return _without_why(record, said, known)
        named = {str(story["story_id"])} if story else _ids_in(record)
        if known.isdisjoint(named):
            return None
        headers = {"status": "dropped", "reason": "forgotten"}
        return Message(
            key=record.key,
            value=tombstone(min(named & known)),
            headers=headers if topic == QUARANTINE else {},
        )

    return change


def _ids_in(record: Record) -> set[str]:
    """Return what a record that can't be read may tell of, also by its key."""
    keys = {record.key, record.headers.get("key", "")}
    return keys | ids_of_refused(record.value, record.headers.get("url", ""))


def _said(value: bytes) -> Correction | Forget | None:
    """Return what a person said; None if a record is something else, or torn."""
    with suppress(Quarantine):
        if json_object(value).get("type") in (CORRECTION, FORGET):
            said = decode_journal(value)
            return said if isinstance(said, (Correction, Forget)) else None
    return None


def _without_why(
    record: Record, said: Correction | Forget, known: set[str]
) -> Message | None:
    """Return a correction that names what is known without its reason.

    A replay makes the same of it. It is known itself from now on, by what undoes it.
    """
    if isinstance(said, Forget) or known.isdisjoint(said.names):
        return None
    known.add(said.correction_id)
    if not said.why:
        return None
    message = json_object(record.value) | {"why": ""}
    value = json.dumps(message, ensure_ascii=False).encode()
    return Message(key=record.key, value=value, headers=record.headers)
