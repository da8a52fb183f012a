"""Which network addresses may be connected to, decided on the address itself.

The check sits where the socket is opened, so a name that answers with a public address
first and a private one later (DNS rebinding) gains nothing; nor does a redirect.
"""

import ipaddress
import socket
import time
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any, Final

import httpcore2

from ingest.errors import Misconfigured, Quarantine

Network = IPv4Network | IPv6Network
# is_global is True for these, on some Pythons or all, though they lead elsewhere:
# NAT64, 6to4, IPv4-compatible, site-local, and the block of some clouds' metadata.
CLOSED: Final = tuple(
    ipaddress.ip_network(n)
    for n in (
        *("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "::/96", "fec0::/10"),
        "192.0.0.0/24",
    )
)


class AddressRefused(Quarantine):
    """The host leads to an address that is closed (loopback, private, metadata)."""


def parse_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Return the networks an operator opened.

    Raises:
        Misconfigured: one of them is not in CIDR form.
    """
    try:
        return tuple(ipaddress.ip_network(text, strict=False) for text in texts)
    except ValueError as error:
        raise Misconfigured(f"--allow-network: {error}; use e.g. 10.0.0.0/8") from error


def is_open(address: IPv4Address | IPv6Address, allowed: Iterable[Network]) -> bool:
    """Tell whether a connection to this address is permitted."""
    mapped = getattr(address, "ipv4_mapped", None)
    real = mapped or address
    if any(real.version == net.version and real in net for net in allowed):
        return True
    if any(real.version == net.version and real in net for net in CLOSED):
        return False
    return real.is_global and not real.is_multicast


class _DeadlineStream(httpcore2.NetworkStream):
    """A stream whose every read and write ends with the request's deadline."""

    def __init__(self, stream: httpcore2.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def _left(self, timeout: float | None) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout("total time is up")
        return left if timeout is None else min(timeout, left)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: Any,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        tls = self._stream.start_tls(ssl_context, server_hostname, self._left(timeout))
        return _DeadlineStream(tls, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class GuardedBackend(httpcore2.NetworkBackend):
    """Opens sockets to permitted addresses only, for one request with one deadline."""

    def __init__(self, allowed: tuple[Network, ...], deadline: float) -> None:
        self._allowed = allowed
        self._deadline = deadline
        self._inner = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore2.NetworkStream:
        """Resolve once, refuse unless every address is open, connect to the first.

        Raises:
            AddressRefused: one of the host's addresses is closed.
        """
        address = self._resolve(host, port)
        left = max(0.001, self._deadline - time.monotonic())
        stream = self._inner.connect_tcp(
            address,
            port,
            left if timeout is None else min(timeout, left),
            local_address,
            socket_options,
        )
        return _DeadlineStream(stream, self._deadline)

    def _resolve(self, host: str, port: int) -> str:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore2.ConnectError(f"cannot resolve {host}: {error}") from error
        addresses = [str(row[4][0]) for row in found]
        for address in addresses:
            if not is_open(ipaddress.ip_address(address.split("%")[0]), self._allowed):
                raise AddressRefused(
                    f"{host} is {address}, which is closed; "
                    f"--allow-network {address} opens it"
                )
        return addresses[0]
