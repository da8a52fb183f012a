"""The embed worker: stories in, vectors out, in the order of their partition."""

import contextlib
import logging
import socket
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from samestory.deploy import wiring
from samestory.deploy.config import Settings
from samestory.deploy.loop import consume, patiently
from samestory.deploy.quarantine import history, set_aside
from samestory.deploy.stream.log import (
    JOURNAL,
    PUBLISHED_AT,
    STORIES,
    Consumer,
    Fenced,
    Log,
    Message,
    Record,
)
from samestory.embed.copies import RememberingEncoder
from samestory.embed.embedding import embed_stories
from samestory.embed.space import EmbeddingSpace
from samestory.errors import Misconfigured, Quarantine, Retry
from samestory.story import Story, is_tombstone
from samestory.story_vector import StoryVector

LOOK_BACK: Final = 100  # records of the journal

_log = logging.getLogger("samestory")


class _StoppedError(Exception):
    """The stop came in the middle of a batch; it comes again."""


def run_embed(settings: Settings, log: Log, stop: Callable[[], bool]) -> None:
    """Embed what topic stories brings, until told to stop."""

    def leave_if_asked() -> None:
        if stop():
            raise _StoppedError

    opening = partial(wiring.open_stream_encoder, settings, leave_if_asked)
    try:
        encoder = patiently(opening, stop)
    except _StoppedError:
        return
    try:
        _embed(settings, log, encoder, stop)
    finally:
        encoder.close()


def _embed(
    settings: Settings, log: Log, encoder: RememberingEncoder, stop: Callable[[], bool]
) -> None:
    space = encoder.space
    _refuse_other_model(settings, log, space)
    _log.info(
        "model %s engine=%s precision=%s space=%s dim=%d",
        *(space.model, encoder.made_by, space.precision, space.space_id, space.dim),
    )
    member = settings.member or socket.gethostname()
    consumer = patiently(partial(log.consumer, "embed", STORIES, member), stop)
    stage = EmbedStage(log, consumer, encoder, stop)
    consume(
        consumer,
        limit=settings.embed_batch,
        stop=stop,
        handle=stage.handle,
        set_aside=stage.set_aside,
    )
    consumer.close()


def _refuse_other_model(settings: Settings, log: Log, space: EmbeddingSpace) -> None:
    """Stop before vectors are made that the index could not take."""
    held = _space_of_state(settings) or _space_of_journal(log)
    if held and held != space.space_id:
        raise Misconfigured(
            f"the stories in {settings.home} are in space {held}, model"
            f" {space.model!r} ({space.precision}, {space.tokens} tokens) makes"
            f" {space.space_id}: use the model, precision and embed_tokens that they"
            " were made with (--model packaged if nobody chose one and an earlier"
            " samestory made them: see its CHANGELOG), or another --state; this takes"
            f" them over: samestory stories --json --state {settings.home} |"
            " samestory import - --state NEW"
        )


def _space_of_state(settings: Settings) -> str | None:
    if not wiring.state_path(settings).exists():
        return None
    state = wiring.open_state(settings)
    held = state.meta.space()
    state.close()
    return held and held[0]


def _space_of_journal(log: Log) -> str | None:
    """Return the space of its last vectors; the index may not have read them yet."""
    end = log.count(JOURNAL)
    for record in reversed(log.read(JOURNAL, 0, max(0, end - LOOK_BACK), LOOK_BACK)):
        with contextlib.suppress(Quarantine):
            return StoryVector.decode(record.value).space_id
    return None


class EmbedStage:
    """Handles batches of topic stories."""

    def __init__(
        self,
        log: Log,
        consumer: Consumer,
        encoder: RememberingEncoder,
        stop: Callable[[], bool],
    ) -> None:
        self._log, self._consumer = log, consumer
        self._encoder, self._stop = encoder, stop

    def handle(self, records: Sequence[Record]) -> bool:
        """Publish the vectors of a batch; False if the stop came half-way."""
        begin, copies = time.monotonic(), self._encoder.copies
        stories = self._decoded(records)
        try:
            vectors = patiently(
                partial(self._embed, [story for _, story in stories]),
                self._stop,
                self._consumer.keep,
            )
        except Fenced:
            raise
        except (_StoppedError, Retry):  # Retry: the stop came while waiting
            return False
        messages = []
        for (record, _), vector in zip(stories, vectors, strict=True):
            if isinstance(vector, Quarantine):
                self.set_aside(record, str(vector))
            else:
                messages.append(_message(record, vector))
        publish = partial(self._log.publish, JOURNAL, messages)
        patiently(publish, self._stop, self._consumer.keep)
        _log.info(
            "embedded stories=%d batch_s=%.2f copies=%d",
            *(len(messages), time.monotonic() - begin, self._encoder.copies - copies),
        )
        return True

    def set_aside(self, record: Record, reason: str) -> None:
        """Quarantine a record."""
        set_aside(self._log, "embed", self._stop, record, reason)

    def _decoded(self, records: Sequence[Record]) -> list[tuple[Record, Story]]:
        stories = []
        for record in records:
            try:
                if not is_tombstone(record.value):
                    stories.append((record, Story.decode(record.value)))
            except Quarantine as error:
                self.set_aside(record, str(error))
        return stories

    def _embed(self, stories: Sequence[Story]) -> list[StoryVector | Quarantine]:
        return embed_stories(stories, self._encoder, self._meanwhile)

    def _meanwhile(self) -> None:
        self._consumer.keep()
        if self._stop():
            raise _StoppedError


def _message(record: Record, vector: StoryVector) -> Message:
    headers = {PUBLISHED_AT: f"{record.appended_at:.3f}"}
    return Message(
        key=vector.story.story_id,
        value=vector.encode(),
        headers=history(record) | headers,
    )
