"""A model so slow that a group on Kafka would give its worker up."""

import os
import signal
import time
import uuid

import pytest

from samestory.deploy.embed_worker import EmbedStage
from samestory.deploy.stream.kafka import KafkaLog
from samestory.deploy.stream.kafka_address import KafkaAddress
from samestory.deploy.stream.log import JOURNAL, STORIES, Fenced, Message, behind
from samestory.embed.copies import RememberingEncoder
from samestory.embed.encoder import EncoderSpec
from samestory.embed.processes import EncoderProcesses
from samestory.story_vector import StoryVector
from tests.conftest import CACHE, make_story

pytestmark = [pytest.mark.kafka, pytest.mark.model, pytest.mark.slow]
SESSION_S = 3.0
BATCH_S = 4.0  # the group waits so long for a sign of life


def first_batch(consumer):
    """Return what a consumer reads first; it joins its group for it."""
    end = time.monotonic() + 120
    while not (found := consumer.poll(10, 1.0)):
        assert time.monotonic() < end, "nothing came"
    return found


def test_a_slow_model_loses_neither_its_place_nor_its_batch(broker):
    """Its process is frozen for long; a member that says nothing meanwhile is out.

    Three times as long as its group would wait for a sign of life: 21 s.
    """
    address = KafkaAddress(brokers=broker.bootstrap, prefix=f"t{uuid.uuid4().hex[:8]}.")
    log = KafkaLog(
        address,
        partitions={STORIES: 1},
        session_s=SESSION_S,
        batch_s=BATCH_S,
        answer_s=60.0,
    )
    stories = [make_story(f"port-{n}") for n in range(5)]
    log.publish(STORIES, [Message(key=s.story_id, value=s.encode()) for s in stories])
    processes = EncoderProcesses(
        EncoderSpec(model="packaged", cache=CACHE / "models"), 1
    )
    worker = log.consumer("embed", STORIES, "worker")
    silent = log.consumer("silent", STORIES, "silent")
    batch = first_batch(worker)
    assert len(first_batch(silent)) == len(batch) == len(stories)
    (model,) = processes._pool._processes
    os.kill(model, signal.SIGSTOP)
    until = time.monotonic() + 3 * (SESSION_S + BATCH_S)

    def stop() -> bool:
        if time.monotonic() > until:
            os.kill(model, signal.SIGCONT)
        return False

    try:
        stage = EmbedStage(log, worker, RememberingEncoder(processes), stop)
        assert stage.handle(batch)
        assert time.monotonic() > until
        worker.commit({0: len(stories)})
        with pytest.raises(Fenced):
            silent.commit({0: len(stories)})
        found = [StoryVector.decode(r.value) for r in log.read(JOURNAL, 0, 0, 100)]
        assert [one.story for one in found] == stories
        assert behind(log, "embed", STORIES) == 0
    finally:
        os.kill(model, signal.SIGCONT)
        processes.close()
        log.close()
