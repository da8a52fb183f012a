"""Logs on a real broker, with topics that no other test has."""

import contextlib
import uuid

from samestory.deploy.stream.kafka import KafkaLog
from samestory.deploy.stream.kafka_address import KafkaAddress
from samestory.deploy.stream.kafka_client import kafka


@contextlib.contextmanager
def opening(broker, **defaults):
    """Yield a function that opens logs of one prefix; all are closed at the end."""
    logs, prefix = [], f"t{uuid.uuid4().hex[:8]}."
    address = KafkaAddress(brokers=broker.bootstrap, prefix=prefix)

    def open_log(**options):
        logs.append(KafkaLog(address, **(defaults | options)))
        return logs[-1]

    open_log.prefix = prefix
    yield open_log
    for log in logs:
        log.close()


@contextlib.contextmanager
def admin(broker):
    """Yield an admin client."""
    client = kafka.KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    yield client
    client.close()
