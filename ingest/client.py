"""One polite GET: total deadline, size caps, hop-by-hop redirects, closed networks."""

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import httpcore2
import httpx2

from ingest.addresses import GuardedBackend, Network
from ingest.errors import Quarantine, Retry
from ingest.urls import absolute_url, host_of

MAX_HOPS: Final = 8  # RFC 9110 names no number; browsers stop at 20, curl at 50
MAX_FEED_BYTES: Final = 10_000_000  # 4 times the largest real feed seen
MAX_PAGE_BYTES: Final = 5_000_000  # real news pages: p99 1.6 MB
MAX_ROBOTS_BYTES: Final = 512_000  # RFC 9309 asks for at least 500 KiB
MAX_RETRY_AFTER_S: Final = 86_400.0  # a server once asked for 88 h
RETRYABLE: Final = frozenset({408, 425, 429, 500, 502, 503, 504, 522, 524})


class FetchFailed(Retry):
    """The server is away, slow or asks to wait; `retry_after_s` if it said how long."""

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class HostAway(FetchFailed):
    """No connection to `host`: every other URL of it will fail too."""

    def __init__(self, message: str, host: str) -> None:
        super().__init__(message)
        self.host = host


class HostSlow(HostAway):
    """No answer from `host` in time; the page may be to blame as well."""


class FetchRefused(Quarantine):
    """This URL will not work: 404, too large, a redirect that leads nowhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """An answer with its whole body; `headers` have lower-case names."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


class _Transport(httpx2.HTTPTransport):
    """httpx2's transport over our own sockets."""

    def __init__(self, backend: GuardedBackend, context: ssl.SSLContext) -> None:
        self._pool = httpcore2.ConnectionPool(
            ssl_context=context, network_backend=backend, http1=True
        )


class Client:
    """Fetches URLs of strangers. Safe to use from several threads."""

    def __init__(
        self,
        *,
        user_agent: str,
        allowed: tuple[Network, ...] = (),
        total_s: float = 25.0,
        connect_s: float = 10.0,
    ) -> None:
        self._headers = {"User-Agent": user_agent, "Accept": "*/*"}
        self._allowed = allowed
        self._total_s = total_s
        self._connect_s = connect_s
        self._context = httpx2.create_ssl_context()

    def get(
        self, url: str, *, max_bytes: int, headers: Mapping[str, str] | None = None
    ) -> Fetched:
        """Fetch a URL, following redirects that stay on http(s) and open addresses.

        Args:
            url: absolute, http or https.
            max_bytes: cap on the body, before and after decompression.
            headers: sent beside our own, e.g. If-None-Match.

        Returns:
            The answer of the last hop: 2xx or 304.

        Raises:
            FetchFailed: the same URL may work later.
            FetchRefused: it won't.
            AddressRefused: it leads into a closed network.
        """
        deadline = time.monotonic() + self._total_s
        for _ in range(MAX_HOPS):
            found = self._hop(url, max_bytes, dict(headers or {}), deadline)
            if found.status not in {301, 302, 303, 307, 308}:
                return _checked(found)
            target = absolute_url(found.headers.get("location", ""), url)
            if target is None or target == url:
                raise FetchRefused(f"{url}: redirect to nowhere")
            url = target
        raise FetchRefused(f"{url}: more than {MAX_HOPS} redirects")

    def _hop(
        self, url: str, max_bytes: int, headers: dict[str, str], deadline: float
    ) -> Fetched:
        """Fetch one URL without following it, with our names for what fails."""
        try:
            return self._exchange(url, max_bytes, headers, deadline)
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            raise HostAway(f"{url}: no connection: {error}", host_of(url)) from error
        except httpx2.TimeoutException as error:
            limit = f"time-out, at most {self._total_s:.0f} s in all"
            raise HostSlow(f"{url}: {limit}", host_of(url)) from error
        except httpx2.TransportError as error:
            raise FetchFailed(f"{url}: {type(error).__name__}: {error}") from error
        except (httpx2.DecodingError, httpx2.InvalidURL, UnicodeError) as error:
            raise FetchRefused(f"{url}: {error}") from error

    def _exchange(
        self, url: str, max_bytes: int, headers: dict[str, str], deadline: float
    ) -> Fetched:
        left = max(0.001, deadline - time.monotonic())
        limits = httpx2.Timeout(left, connect=min(self._connect_s, left))
        backend = GuardedBackend(self._allowed, deadline)
        with (
            httpx2.Client(
                transport=_Transport(backend, self._context),
                headers=self._headers,
                timeout=limits,
                follow_redirects=False,
                trust_env=False,
            ) as client,
            client.stream("GET", url, headers=headers) as answer,
        ):
            body = bytearray()
            for piece in answer.iter_bytes(65_536):
                body += piece
                if max(len(body), answer.num_bytes_downloaded) > max_bytes:
                    raise FetchRefused(f"{url}: more than {max_bytes:,} bytes")
            return Fetched(
                url=url,
                status=answer.status_code,
                headers={k.lower(): v for k, v in answer.headers.items()},
                body=bytes(body),
            )


def _checked(found: Fetched) -> Fetched:
    if found.status in RETRYABLE:
        wait = retry_after_s(found.headers.get("retry-after"))
        raise FetchFailed(f"{found.url}: {found.status}", wait)
    if found.status != httpx2.codes.NOT_MODIFIED and not 200 <= found.status < 300:  # noqa: PLR2004
        raise FetchRefused(f"{found.url}: {found.status}")
    return found


def retry_after_s(value: str | None) -> float | None:
    """Return Retry-After in seconds, capped at a day; None if absent or no number.

    The date form is left to the issue on polling: few servers send it.
    """
    text = (value or "").strip()
    if not (text.isascii() and text.isdigit()):
        return None
    return min(float(text), MAX_RETRY_AFTER_S)
