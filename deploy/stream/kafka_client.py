"""The clients of kafka-python: made, asked and closed. The only file that imports it.

Every client is made with settings that were measured; what one raises gets our names.
"""

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from deploy.stream.log import Record
from ingest.errors import Misconfigured, Retry

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # importlib.resources, on 3.11
    import kafka
    from kafka import errors
    from kafka.admin import ConfigResource
    from kafka.structs import OffsetAndMetadata

__all__ = [
    "ConfigResource",
    "KafkaAddress",
    "OffsetAndMetadata",
    "asking",
    "close_client",
    "connected",
    "errors",
    "kafka",
    "record_of",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaAddress:
    """Where the brokers are and who we are there.

    Attributes:
        brokers: host:port, comma-separated.
        protocol: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL.
        mechanism: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512; "" without SASL.
        username: "" without SASL.
        password: never logged.
        ca_file: PEM of the authority that signed the brokers; "" for the system's.
        client_id: our name in the brokers' logs.
        prefix: put before each topic's and group's name.
        bootstrap_s: seconds that a first connection may take.
    """

    brokers: str
    protocol: str = "PLAINTEXT"
    mechanism: str = ""
    username: str = ""
    password: str = ""
    ca_file: str = ""
    client_id: str = "samestory"
    prefix: str = ""
    bootstrap_s: float = 10.0

    def options(self) -> dict[str, Any]:
        """Return what every client is made with."""
        found: dict[str, Any] = {
            "bootstrap_servers": self.brokers.split(","),
            "client_id": self.client_id,
            "security_protocol": self.protocol,
            "bootstrap_timeout_ms": int(self.bootstrap_s * 1000),
            # Its default of 30 s decides how long an outage lasts.
            "reconnect_backoff_max_ms": 1_000,
            "metadata_max_age_ms": 60_000,
        }
        if self.ca_file:
            found["ssl_cafile"] = self.ca_file
        if self.mechanism:
            found |= {
                "sasl_mechanism": self.mechanism,
                "sasl_plain_username": self.username,
                "sasl_plain_password": self.password,
            }
        return found


def connected(address: KafkaAddress, client: Callable[..., Any], **options: Any) -> Any:
    """Return a client that has found its brokers.

    Raises:
        Retry: no broker answers; says the last reason that the library logged.
        Misconfigured: an option is wrong.
    """
    with _last_words() as said:
        try:
            return client(**address.options(), **options)
        except errors.KafkaConfigurationError as error:
            raise Misconfigured(f"kafka: {error}") from error
        except (errors.KafkaError, OSError, RuntimeError) as error:
            why = said[-1] if said else str(error)
            raise Retry(
                f"cannot reach kafka at {address.brokers}: {why}"
                " (nobody there, wrong password, or wrong certificate authority)"
            ) from error


def record_of(topic: str, row: Any) -> Record:
    """Return what kafka-python read as a record of ours."""
    return Record(
        topic=topic,
        partition=row.partition,
        offset=row.offset,
        key=(row.key or b"").decode("utf-8", "replace"),
        value=row.value or b"",
        headers={
            name: (value or b"").decode("utf-8", "replace")
            for name, value in row.headers or ()
        },
        appended_at=row.timestamp / 1000,
    )


def close_client(client: Any) -> None:
    """Close what may have lost its broker: that raises, and matters to nobody."""
    if client is None:
        return
    try:
        if isinstance(client, kafka.KafkaProducer):
            client.close(timeout=1)
        else:
            client.close()
    except Exception as error:  # noqa: BLE001  (whatever; it is gone)
        logging.getLogger("samestory").debug("closing: %s", error)


@contextmanager
def asking() -> Iterator[None]:
    """Give what the admin client raises our names."""
    try:
        yield
    except errors.AuthorizationError as error:
        raise Misconfigured(f"kafka: not allowed: {error}") from error
    except (errors.KafkaError, OSError, RuntimeError) as error:
        raise Retry(f"kafka: {error}") from error


@contextmanager
def _last_words() -> Iterator[list[str]]:
    """Collect what kafka-python logs: the reason of a failed start is only there."""
    said: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage()[:300])

    handler = Keep(logging.WARNING)
    logger = logging.getLogger("kafka")
    logger.addHandler(handler)
    try:
        yield said
    finally:
        logger.removeHandler(handler)
