"""The clients of kafka-python: made, asked and closed. The only file that imports it.

Every client is made with settings that were measured; what one raises gets our names.
"""

import base64
import json
import logging
import shlex
import subprocess
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any, Final

from samestory.deploy.config import users_environment
from samestory.deploy.stream.kafka_address import KafkaAddress, knock
from samestory.deploy.stream.log import Record
from samestory.errors import Misconfigured, Retry

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # importlib.resources, on 3.11
    import kafka
    from kafka import codec, errors
    from kafka.admin import ConfigResource
    from kafka.net.sasl import get_sasl_mechanism
    from kafka.net.sasl.oauth import AbstractTokenProvider
    from kafka.structs import OffsetAndMetadata

__all__ = [
    "ConfigResource",
    "OffsetAndMetadata",
    "asking",
    "close_client",
    "connected",
    "errors",
    "kafka",
    "mechanism_of",
    "record_of",
    "warn_of_missing_libraries",
]

CODECS: Final = ("snappy", "lz4", "zstd")
TOKEN_S: Final = 20.0  # a token command may take so long
TOKEN_AGE_S: Final = 300.0  # a token that does not say when it expires
TOKEN_SPARE_S: Final = 30.0

_log = logging.getLogger("samestory")


def mechanism_of(address: KafkaAddress) -> Any:
    """Return our side of a SASL exchange, fresh; None without SASL."""
    if not address.mechanism:
        return None
    return get_sasl_mechanism(address.mechanism)(**options_of(address))


def options_of(address: KafkaAddress) -> dict[str, Any]:
    """Return what every client is made with."""
    options: dict[str, Any] = {
        "bootstrap_servers": [f"{host}:{port}" for host, port in address.nodes()],
        "client_id": address.client_id,
        "security_protocol": address.protocol,
        "bootstrap_timeout_ms": int(address.bootstrap_s * 1000),
        # Its default of 30 s decides how long an outage lasts.
        "reconnect_backoff_max_ms": 1_000,
        "metadata_max_age_ms": 60_000,
    }
    if address.ca_file:
        options["ssl_cafile"] = address.ca_file
    if address.mechanism:
        options["sasl_mechanism"] = address.mechanism
    if address.mechanism == "OAUTHBEARER":
        options["sasl_oauth_token_provider"] = CommandToken(address.token_command)
    elif address.mechanism:
        options["sasl_plain_username"] = address.username
        options["sasl_plain_password"] = address.password
    return options


class CommandToken(AbstractTokenProvider):  # type: ignore[misc]  # untyped
    """A token for OAUTHBEARER from a command, kept until shortly before it expires."""

    def __init__(self, command: str) -> None:
        super().__init__()
        self._command = command
        self._token, self._until = "", 0.0

    def token(self) -> str:
        """Return a token that holds.

        Raises:
            Misconfigured: the command fails or prints nothing.
        """
        if time.time() >= self._until:
            self._token = self._run()
            self._until = _expiry(self._token) - TOKEN_SPARE_S
        return self._token

    def _run(self) -> str:
        try:
            done = subprocess.run(  # noqa: S603  (the operator's own setting)
                shlex.split(self._command),
                capture_output=True,
                text=True,
                timeout=TOKEN_S,
                check=True,
                env=users_environment(),
            )
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            raise Misconfigured(f"kafka_token_command: {error}") from error
        if not done.stdout.strip():
            raise Misconfigured("kafka_token_command printed no token")
        return done.stdout.strip()


def _expiry(token: str) -> float:
    """Return when a JWT expires (RFC 7519, `exp`), else in TOKEN_AGE_S."""
    try:
        claims = token.split(".")[1]
        payload = base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4))
        return float(json.loads(payload)["exp"])
    except (IndexError, ValueError, KeyError, TypeError):
        return time.time() + TOKEN_AGE_S


def warn_of_missing_libraries() -> None:
    """Name what makes us slow, and which compressions we can't read."""
    if find_spec("crc32c") is None:
        _log.warning("kafka: crc32c is not installed: all of it takes 15 times as long")
    for name in CODECS:
        if not getattr(codec, f"has_{name}")():
            _log.warning(
                "kafka: no library for %s: records that a producer compressed so can't"
                " be read; pip install 'kafka-python[%s]'",
                *(name, name),
            )


def connected(address: KafkaAddress, client: Callable[..., Any], **options: Any) -> Any:
    """Return a client that has found its brokers.

    Raises:
        Retry: no broker answers.
        Misconfigured: an option is wrong, or a broker does not let us in.
    """
    try:
        return client(**options_of(address), **options)
    except errors.KafkaConfigurationError as error:
        raise Misconfigured(f"kafka: {error}") from error
    except (errors.KafkaError, OSError, RuntimeError) as error:
        knock(address, mechanism_of(address))  # has the reason, if there is one
        raise Retry(f"cannot reach kafka at {address.brokers}: {error}") from error


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
        _log.debug("closing: %s", error)


@contextmanager
def asking() -> Iterator[None]:
    """Give what the admin client raises our names."""
    try:
        yield
    except errors.AuthorizationError as error:
        raise Misconfigured(f"kafka: not allowed: {error}") from error
    except (errors.KafkaError, OSError, RuntimeError) as error:
        raise Retry(f"kafka: {error}") from error
