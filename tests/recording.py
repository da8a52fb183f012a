"""How the recorded journal was made: invented news, and what people said of it.

Deterministic but for the vectors, which are the real model's on the machine that made
them. Old forms are among the records, as a journal may hold them; some came twice, some
can't be applied, and a third of what was forgotten has left its tombstone only.
"""

import base64
import json
import os
import random
import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from samestory.deploy.stream.log import JOURNAL, STORIES
from tests.invented import Told, by_event, stories, story_id_of
from tests.recorded import publish, topic_of, work

SEED = "recorded 1"
CACHE = Path(__file__).parents[1] / ".run" / "cache"
NOBODY = "The Desk"
Dated = tuple[datetime, bytes]


def make_journal() -> list[bytes]:
    """Invent the news, embed it by the real model; return the journal's records."""
    told = stories(SEED)
    versions = list(_versions(told))
    news = sorted([*told, *versions], key=lambda one: one.at)
    vectors = _embedded([json.dumps(one.story).encode() for one in news])
    assert len(vectors) == len(news)
    rng = random.Random(f"{SEED} forms")
    records = []
    for one, value in zip(news, vectors, strict=True):
        kept = _former(value) if rng.random() < 0.07 else value
        records.append((one.at, kept))
        if rng.random() < 0.03:  # at least once is not once
            records.append((one.at + timedelta(hours=rng.uniform(0, 60)), kept))
    corrections = list(_corrections(told))
    forgets = list(_forgets(told, corrections))
    records += [*corrections, *forgets, *_junk(told, vectors), *_chain(told, vectors)]
    records.sort(key=lambda one: one[0])
    return _without_forgotten([value for _, value in records], forgets)


def _embedded(values: Sequence[bytes]) -> list[bytes]:
    """Return the records that the embed worker makes of stories, in their order."""
    os.environ["SAMESTORY_MODEL_CACHE"] = str(CACHE)
    os.environ["SAMESTORY_MODEL"] = "packaged"
    with tempfile.TemporaryDirectory() as folder:
        publish(Path(folder), STORIES, values)
        work(Path(folder), "embed", STORIES)
        return topic_of(Path(folder), JOURNAL)


def _former(value: bytes) -> bytes:
    """Return a record as a worker of before wrote it, which knew fewer fields."""
    found = json.loads(value)
    story = found["story"]
    if story["hearsay_of"] or story["agencies"] or story["correction"]:
        return value
    for name in ("byline", "agencies", "citing", "correction", "changes", "hearsay_of"):
        del story[name]
    story["version"] = found["version"] = "1.0"
    del found["vectors"]["made_by"]
    return json.dumps(found, ensure_ascii=False).encode()


def _versions(told: Sequence[Told]) -> Iterator[Told]:
    """Yield new versions: reworded, other figures, a notice, another happening."""
    rng = random.Random(f"{SEED} versions")
    for number, one in enumerate(rng.sample(told, 72)):
        story, other = dict(one.story), rng.choice(told).story
        hours = rng.choice((0.5, 3, 20, 50))
        if number % 6 == 0:
            story["title"] = f"Updated: {story['title']}"
        elif number % 6 == 1:
            story["text"] = (
                f"{rng.randrange(90, 200)} people are affected. {story['text']}"
            )
        elif number % 6 == 2:
            story["text"] += "\nCorrection: an earlier version misstated a name."
            story["correction"] = "an earlier version misstated a name"
            story["changes"] = ["a name"]
        elif number % 6 == 3:  # one page for whatever is newest
            story["title"], story["text"] = other["title"], other["text"]
        elif number % 6 == 4:
            story["title"] = f"{story['title']}, officials say"
            story["text"] = "\n".join(reversed(story["text"].split("\n")))
        else:  # older than what is there: it comes late
            story["text"] = story["text"][:200]
        at = one.at + timedelta(hours=hours)
        seen = one.at - timedelta(hours=1) if number % 6 == 5 else at
        yield Told(event=one.event, story=story | {"observed": seen.isoformat()}, at=at)


def _corrections(told: Sequence[Told]) -> Iterator[Dated]:
    """Yield what people said: right, wrong, contradicted, taken back, said twice."""
    rng = random.Random(f"{SEED} corrections")
    groups = [group for group in by_event(told).values() if len(group) > 1]
    chosen = rng.sample(groups, 48)
    for number, (group, next_one) in enumerate(pairwise(chosen)):
        kind = ("same", "different", "apart", "same", "different")[number % 5]
        first, last = group[0], group[-1]
        if number % 5 > 2:  # of an event with another that may be like it
            last = _neighbour(told, group) or next_one[0]
        at = max(first.at, last.at) + timedelta(hours=rng.uniform(1, 90))
        said = _said(number, kind, first, last, at)
        if kind == "apart":
            said["b"] = "e-" + first.story["story_id"][2:]
            said["a"] = last.story["story_id"]
            said["members"] = [one.story["story_id"] for one in group[:-1]]
            said["version"] = "1.1"
        yield at, _bytes(said)
        if number % 12 == 7:
            yield at + timedelta(hours=1), _bytes(said)
        if number % 8 == 1:
            other = "same" if kind == "different" else "different"
            later = at + timedelta(hours=2)
            yield later, _bytes(_said(100 + number, other, first, last, later))
        if number % 4 == 0:
            later = at + timedelta(hours=rng.uniform(3, 100))
            undo = _said(200 + number, "undo", first, last, later)
            yield later, _bytes(undo | {"a": "", "b": said["id"]})
    at = told[300].at
    yield at, _bytes(_said(300, "undo", told[0], told[1], at) | {"a": "", "b": "c-0"})
    yield at, _bytes(_said(301, "same", told[0], told[0], at))


def _neighbour(told: Sequence[Told], group: Sequence[Told]) -> Told | None:
    """Return the first report of another event of the family."""
    family = group[0].event.rsplit("-", 1)[0].split("-")[-1]
    return next(
        (
            one
            for one in told
            if one.event != group[0].event and f"-{family}-" in one.event
        ),
        None,
    )


def _said(
    number: int, kind: str, one: Told, other: Told, at: datetime
) -> dict[str, Any]:
    return {
        "type": "correction",
        "version": "1.1" if number % 2 else "1.0",
        "id": f"c-{number:016x}",
        "kind": kind,
        "a": one.story["story_id"],
        "b": other.story["story_id"],
        "who": NOBODY,
        "why": f"reason {number}",
        "at": at.isoformat(),
    }


def _forgets(told: Sequence[Told], corrections: Sequence[Dated]) -> Iterator[Dated]:
    """Yield requests to forget: of one or two stories, some of which people judged."""
    rng = random.Random(f"{SEED} forgets")
    chosen = [(one.at, one.story["story_id"]) for one in rng.sample(told, 27)]
    judged = [(at, json.loads(value)["a"]) for at, value in corrections]
    chosen += [one for one in judged if one[1]][::9]
    chosen.append((told[200].at, story_id_of("nobody told it")))
    for number, (since, story_id) in enumerate(chosen):
        at = since + timedelta(hours=rng.uniform(-2, 200))
        two = rng.choice(told).story["story_id"]
        request = {
            "type": "forget",
            "version": "1.0",
            "id": f"f-{number:016x}",
            "stories": [story_id, two] if number % 6 == 0 else [story_id],
            "who": NOBODY,
            "at": at.isoformat(),
        }
        yield at, _bytes(request)


def _without_forgotten(
    values: Sequence[bytes], forgets: Sequence[Dated]
) -> list[bytes]:
    """Return the records as a third of the requests left them in an embedded log.

    That has tombstones at once; Kafka keeps the records until it is trimmed.
    """
    requests = [json.loads(value) for _, value in forgets]
    gone = {story_id for one in requests[::3] for story_id in one["stories"]}
    return [_left_of(value, gone) for value in values]


def _left_of(value: bytes, gone: set[str]) -> bytes:
    if b'"story-vector"' in value[:40]:
        story_id = json.loads(value)["story"]["story_id"]
        tombstone = {"type": "forgotten", "version": "1.2", "story_id": story_id}
        return _bytes(tombstone) if story_id in gone else value
    if b'"correction"' in value[:40]:
        found = json.loads(value)
        if not gone.isdisjoint((found.get("a"), found.get("b"))):
            return _bytes(found | {"why": ""})
    return value


def _junk(told: Sequence[Told], vectors: Sequence[bytes]) -> Iterator[Dated]:
    """Yield what can't be applied, and a jump that nobody held."""
    strange = json.loads(vectors[50])
    strange["vectors"]["space"] = "v-of-another-model"
    strange["story"]["story_id"] = story_id_of("another model")
    yield told[100].at, b"junk"
    yield told[200].at, _bytes(strange)
    yield told[300].at, _bytes({"type": "correction", "version": "9.0"})
    at = told[400].at
    passing = {"type": "let-pass", "version": "1.0", "id": "p-0000000000000001"}
    to = f"{at + timedelta(days=1):%Y-%m-%d}"
    yield at, _bytes(passing | {"to": to, "who": NOBODY, "at": at.isoformat()})


def _chain(told: Sequence[Told], vectors: Sequence[bytes]) -> Iterator[Dated]:
    """Yield reports that hang together by one weak pair, and so come apart.

    Their vectors are made by hand: the angles (in degrees, within a plane) make the
    packaged model say .4 of the first two, and .03 of the ends.
    """
    reports = (
        ("Lighthouse keeper counts seals", "Northern Telegraph", 0.0),
        ("Choir sings at dawn", "Estrana Today", 47.5),
        ("Grey animals on sandbank", "Northern Telegraph", -6.0),
        ("Baritone catches cold", "Radio Nilsby", 62.0),
        ("Matins without organ", "Coastline Post", 62.5),
    )
    for number, (title, outlet, degrees) in enumerate(reports):
        found = json.loads(vectors[450])
        at = told[450].at + timedelta(minutes=number)
        row = np.zeros(found["vectors"]["shape"][1])
        row[:2] = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        data = np.stack([row, row]).astype("<f2").tobytes()
        found["vectors"]["data"] = base64.b64encode(data).decode()
        moments = ("published", "published_raw", "first_seen", "observed")
        found["story"] |= dict.fromkeys(moments, at.isoformat())
        url = f"https://chain.example/{number}"
        found["story"] |= {"story_id": story_id_of(url), "url": url, "text": ""}
        found["story"] |= {"title": title, "outlet": outlet, "hearsay_of": ""}
        yield at, _bytes(found)


def _bytes(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
