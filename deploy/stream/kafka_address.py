"""Where the brokers are, who we are there, and why one of them does not let us in.

kafka-python gives one time-out for every failed start, whatever the reason. So we knock
first, with a connection of our own, and can name it.
"""

import socket
import ssl
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Protocol

from samestory.errors import Misconfigured, Retry

KNOCK_S: Final = 5.0
PROTOCOLS: Final = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS: Final = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER")
MIN_ANSWER: Final = 4  # bytes; its correlation id
MAX_ANSWER: Final = 1_000_000
API_VERSIONS: Final = 18  # https://kafka.apache.org/protocol#protocol_api_keys
SASL_HANDSHAKE: Final = 17
SASL_AUTHENTICATE: Final = 36
TLS_ALERT: Final = b"\x15\x03"  # RFC 8446, section 5.1


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaAddress:
    """Where the brokers are and who we are there.

    Attributes:
        brokers: host:port, comma-separated.
        protocol: one of PROTOCOLS.
        mechanism: one of MECHANISMS; "" without SASL.
        username: "" without SASL.
        password: never logged.
        token_command: for OAUTHBEARER: prints a token on its standard output.
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
    token_command: str = ""
    ca_file: str = ""
    client_id: str = "samestory"
    prefix: str = ""
    bootstrap_s: float = 10.0

    def nodes(self) -> list[tuple[str, int]]:
        """Return (host, port) of each broker.

        Raises:
            Misconfigured: one of them is not host:port.
        """
        nodes = []
        for text in self.brokers.split(","):
            host, _, port = text.strip().rpartition(":")
            if not host or not port.isdigit():
                raise Misconfigured(f"--brokers {text!r}: must be host:port")
            nodes.append((host.strip("[]"), int(port)))
        return nodes

    def check(self) -> None:
        """Refuse settings that can't work together.

        Raises:
            Misconfigured: says which.
        """
        self.nodes()
        if self.protocol not in PROTOCOLS:
            raise Misconfigured(
                f"kafka_protocol {self.protocol!r}: use one of {', '.join(PROTOCOLS)}"
            )
        if not self.protocol.startswith("SASL"):
            if self.mechanism:
                raise Misconfigured(
                    f"kafka_mechanism {self.mechanism} needs kafka_protocol"
                    " SASL_PLAINTEXT or SASL_SSL"
                )
            return
        if self.mechanism not in MECHANISMS:
            raise Misconfigured(
                f"kafka_mechanism {self.mechanism!r}: use one of"
                f" {', '.join(MECHANISMS)}"
            )
        if self.mechanism == "OAUTHBEARER":
            if not self.token_command:
                raise Misconfigured("OAUTHBEARER needs kafka_token_command")
        elif not self.username or not self.password:
            raise Misconfigured(
                f"{self.mechanism} needs kafka_username and SAMESTORY_KAFKA_PASSWORD"
            )


class Mechanism(Protocol):
    """One side of a SASL exchange, as kafka-python's mechanisms are."""

    def auth_bytes(self) -> bytes:
        """Return what to send next."""
        ...

    def receive(self, auth_bytes: bytes) -> None:
        """Take the answer."""
        ...

    def is_done(self) -> bool:
        """Tell whether nothing is left to be sent."""
        ...


def knock(address: KafkaAddress, mechanism: Mechanism | None) -> None:
    """Connect to the brokers, one after the other, until one lets us in.

    Args:
        address: checked.
        mechanism: for SASL, fresh; None without.

    Raises:
        Retry: nobody answers at any of them; may be over soon.
        Misconfigured: one answers and does not let us in; says why.
    """
    said = []
    for host, port in address.nodes():
        try:
            _knock(address, host, port, mechanism)
            return
        except OSError as error:
            said.append(f"{host}:{port}: {error.strerror or error}")
    raise Retry(f"cannot reach kafka at {'; '.join(said)}")


def _knock(
    address: KafkaAddress, host: str, port: int, mechanism: Mechanism | None
) -> None:
    where = f"kafka at {host}:{port}"
    with _connected(address, host, port, where) as link:
        _ask(link, API_VERSIONS, 0, b"")
        if mechanism:
            _authenticate(link, address, mechanism, where)
            return
        try:  # a listener that wants SASL answers only the first
            _ask(link, API_VERSIONS, 0, b"")
        except ConnectionError as error:
            raise Misconfigured(
                f"{where} wants SASL: set kafka_protocol to SASL_PLAINTEXT or SASL_SSL"
            ) from error


@contextmanager
def _connected(
    address: KafkaAddress, host: str, port: int, where: str
) -> Iterator[socket.socket]:
    with socket.create_connection((host, port), KNOCK_S) as plain:
        if not address.protocol.endswith("SSL"):
            yield plain
            return
        try:
            context = ssl.create_default_context(cafile=address.ca_file or None)
        except OSError as error:  # ssl.SSLError is one
            raise Misconfigured(f"kafka_ca_file {address.ca_file}: {error}") from error
        try:
            secure = context.wrap_socket(plain, server_hostname=host)
        except ssl.SSLCertVerificationError as error:
            raise Misconfigured(
                f"{where}: {error.verify_message}: set kafka_ca_file to the PEM of the"
                " authority that signed it"
            ) from error
        except OSError:
            _refuse_if_plain(host, port, where)
            raise
        with secure:
            yield secure


def _refuse_if_plain(host: str, port: int, where: str) -> None:
    with socket.create_connection((host, port), KNOCK_S) as plain:
        _ask(plain, API_VERSIONS, 0, b"")
    raise Misconfigured(
        f"{where} does not speak TLS: use kafka_protocol PLAINTEXT or SASL_PLAINTEXT,"
        " or its TLS port"
    )


def _authenticate(
    link: socket.socket, address: KafkaAddress, mechanism: Mechanism, where: str
) -> None:
    name = address.mechanism.encode()
    answer = _ask(link, SASL_HANDSHAKE, 1, struct.pack(">h", len(name)) + name)
    if struct.unpack(">h", answer[:2])[0]:
        raise Misconfigured(f"{where} has no SASL mechanism {address.mechanism}")
    while not mechanism.is_done():
        sent = mechanism.auth_bytes()
        answer = _ask(link, SASL_AUTHENTICATE, 0, struct.pack(">i", len(sent)) + sent)
        code, length = struct.unpack(">hh", answer[:4])
        text = answer[4 : 4 + max(0, length)].decode("utf-8", "replace")
        if code:
            raise Misconfigured(
                f"{where} refuses {address.username or 'our token'}: {text}"
            )
        mechanism.receive(answer[4 + max(0, length) + 4 :])


def _ask(link: socket.socket, api: int, version: int, body: bytes) -> bytes:
    """Send a request, return the body of its answer."""
    request = struct.pack(">hhih", api, version, 1, len(b"samestory")) + b"samestory"
    request += body
    link.sendall(struct.pack(">i", len(request)) + request)
    head = _exactly(link, 4)
    size = struct.unpack(">i", head)[0]
    if head.startswith(TLS_ALERT):
        raise Misconfigured(
            "kafka wants TLS there: set kafka_protocol to SSL or SASL_SSL"
        )
    if not MIN_ANSWER <= size <= MAX_ANSWER:
        raise Misconfigured(f"no Kafka there: it answers {head!r}")
    return _exactly(link, size)[4:]


def _exactly(link: socket.socket, count: int) -> bytes:
    received = b""
    while len(received) < count:
        part = link.recv(count - len(received))
        if not part:
            raise ConnectionError("it closed the connection")
        received += part
    return received
