"""Workers killed in a flow of stories, on both logs; `make campaign` is the long form."""

import random
import uuid

import pytest

from samestory.deploy.stream.embedded import EmbeddedLog
from samestory.deploy.worker import NAMES
from tests.endless_stream import drain, flowing, kill_often, outcome, wait_until
from tests.faults.leaving import LEAVE_S

pytestmark = [pytest.mark.model, pytest.mark.slow]
SEED = 4


@pytest.mark.parametrize(
    "backend", ["embedded", pytest.param("kafka", marks=pytest.mark.kafka)]
)
def test_each_worker_leaves_when_asked_is_killed_twice_and_nothing_is_lost(
    backend, request, tmp_path
):
    """At random moments, while the feed grows: every story is there, once.

    Six lives of up to two seconds, three leaves, and what the feed told meanwhile.
    """
    environment, rng = {}, random.Random(SEED)
    if backend == "kafka":
        broker = request.getfixturevalue("broker")
        environment = {
            "SAMESTORY_BROKERS": broker.bootstrap,
            "SAMESTORY_KAFKA_PREFIX": f"t{uuid.uuid4().hex[:8]}.",
        }
    with flowing(tmp_path, 4.0, environment) as (feed, pipeline):
        assert wait_until(pipeline.indexed, 180, pipeline.tend)
        for name in NAMES:
            assert pipeline.ask_to_leave(name, LEAVE_S) == 0
            kill_often(pipeline, name, 2, rng, 2.0)
        drain(feed, pipeline, 300)
        log = open_log(tmp_path, environment)
        found = outcome(feed, pipeline, log)
        log.close()
    assert found["stories"] > 20
    told = dict.fromkeys(
        ("missing", "twice", "foreign", "quarantined", "tracebacks"), 0
    )
    assert {count: found[count] for count in told} == told, pipeline.said()
    assert found["ended by themselves"] == []
    assert found["kills"] == dict.fromkeys(NAMES, 2)


def open_log(state, environment):
    if not environment:
        return EmbeddedLog(state / "log.db")
    from samestory.deploy.stream.kafka import KafkaLog
    from samestory.deploy.stream.kafka_address import KafkaAddress

    return KafkaLog(
        KafkaAddress(
            brokers=environment["SAMESTORY_BROKERS"],
            prefix=environment["SAMESTORY_KAFKA_PREFIX"],
        )
    )
