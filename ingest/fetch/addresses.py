"""Which network addresses may be connected to, decided on the address itself.

The check sits where the socket is opened, so a name that answers with a public address
first and a private one later (DNS rebinding) gains nothing; nor does a redirect.
"""

import contextlib
import ipaddress
import socket
import threading
import time
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any, Final

import httpcore2

from samestory.errors import Misconfigured, Quarantine

Network = IPv4Network | IPv6Network
# Hosts of the internet are in this block alone; NAT64, IPv4-translated and -compatible
# addresses, discard, segment routing and site-local ones are outside of it.
UNICAST: Final = IPv6Network("2000::/3")
# is_global is True for these, on some Pythons or all, though they lead elsewhere: IETF
# protocols (Teredo, ORCHID, benchmarking), examples, 6to4 and its relays, the block of
# some clouds' metadata, and another cloud's wire server.
CLOSED: Final = tuple(
    ipaddress.ip_network(n)
    for n in (
        *("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"),
        *("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32"),
    )
)
# IPv6 forms of an IPv4 address; whoever opens the one opens the other.
MAPPED: Final = IPv6Network("::ffff:0:0/96")
TRANSLATED: Final = IPv6Network("::ffff:0:0:0/96")


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
    inner = IPv4Address(int(address) & 0xFFFF_FFFF)
    has_inner = address in MAPPED or address in TRANSLATED
    named = (address, inner) if has_inner else (address,)
    if any(one in net for one in named for net in allowed):
        return True
    real = inner if address in MAPPED else address
    if any(real in net for net in CLOSED) or real.is_multicast:
        return False
    return real.is_global and (real.version == 4 or real in UNICAST)  # noqa: PLR2004


class Deadline(threading.local):
    """The moment at which the request that this thread makes has to end.

    `at` is in seconds of time.monotonic. A connection that is kept open serves requests
    of many threads, each by its own deadline.
    """

    at = float("inf")

    def left(self, timeout: float | None) -> float:
        """Return the seconds left, at most `timeout`.

        Raises:
            httpcore2.ReadTimeout: there are none left.
        """
        left = self.at - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout("total time is up")
        return left if timeout is None else min(timeout, left)


class _DeadlineStream(httpcore2.NetworkStream):
    """A stream whose every read and write ends with the request's deadline."""

    def __init__(self, stream: httpcore2.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._left = deadline.left
        self._deadline = deadline

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
    """Opens sockets to permitted addresses only, within the thread's deadline.

    Args:
        allowed: networks that an operator opened.
        deadline: of the thread's request.
        proxy: a host that may be anywhere: the operator's own; "" for none.
    """

    def __init__(
        self, allowed: tuple[Network, ...], deadline: Deadline, proxy: str = ""
    ) -> None:
        self._allowed = allowed
        self._deadline = deadline
        self._proxy = proxy
        self._inner = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,  # noqa: ARG002  (part of the protocol)
        socket_options: Any = None,  # noqa: ARG002
    ) -> httpcore2.NetworkStream:
        """Resolve once, refuse unless every address is open, connect to one that is up.

        Raises:
            AddressRefused: one of the host's addresses is closed.
        """
        addresses = _resolve(host, port)
        if host.rstrip(".") != self._proxy:
            refuse_closed(host, addresses, self._allowed)
        for address in addresses[:-1]:  # e.g. IPv6 where only IPv4 leads out
            with contextlib.suppress(httpcore2.ConnectError, httpcore2.ConnectTimeout):
                return self._connect(address, port, (timeout or 10.0) / len(addresses))
        return self._connect(addresses[-1], port, timeout)

    def _connect(
        self, address: str, port: int, timeout: float | None
    ) -> httpcore2.NetworkStream:
        left = self._deadline.left(timeout)
        stream = self._inner.connect_tcp(address, port, left)
        return _DeadlineStream(stream, self._deadline)


def _resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host, at least one, the preferred first."""
    try:
        rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore2.ConnectError(f"cannot resolve {host}: {error}") from error
    return list(dict.fromkeys(str(row[4][0]) for row in rows))


def refuse_closed(
    host: str, addresses: Iterable[str], allowed: Iterable[Network]
) -> None:
    """Refuse a host that has a closed address.

    Raises:
        AddressRefused: names the host and the address.
    """
    allowed = tuple(allowed)
    for address in addresses:
        if not is_open(ipaddress.ip_address(address.split("%")[0]), allowed):
            raise AddressRefused(
                f"{host} is {address}, which is closed; "
                f"--allow-network {address} opens it"
            )


def refuse_closed_target(host: str, allowed: Iterable[Network]) -> None:
    """Refuse a host that a proxy would connect to, as far as we can see its address.

    A name that does not resolve here is the proxy's matter.

    Raises:
        AddressRefused: it leads into a closed network.
    """
    with contextlib.suppress(httpcore2.ConnectError):
        refuse_closed(host, _resolve(host, 0), allowed)
