"""One polite GET: total deadline, size caps, hop-by-hop redirects, closed networks."""

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

import httpcore2
import httpx2

from samestory.errors import Misconfigured
from samestory.ingest.fetch.addresses import (
    Deadline,
    GuardedBackend,
    Network,
    refuse_closed_target,
)
from samestory.ingest.fetch.errors import (
    BotWall,
    Elsewhere,
    FetchFailed,
    FetchRefused,
    HostAway,
    HostSlow,
)
from samestory.ingest.fetch.headers import retry_after_s
from samestory.ingest.text.bot_walls import wall_of
from samestory.urls import absolute_url, host_of, origin_of

MAX_HOPS: Final = 8  # RFC 9110 names no number; browsers stop at 20, curl at 50
MAX_FEED_BYTES: Final = 10_000_000  # 4 times the largest real feed seen
MAX_PAGE_BYTES: Final = 5_000_000  # real news pages: p99 1.6 MB
MAX_ROBOTS_BYTES: Final = 512_000  # RFC 9309 asks for at least 500 KiB
MAX_REFUSAL_BYTES: Final = 200_000  # of an error's body, to tell a wall
RETRYABLE: Final = frozenset({408, 425, 429})  # with all of 500 to 599
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
PERMANENT: Final = frozenset({301, 308})
KEEP_OPEN_S: Final = 15.0  # an idle connection; most servers close theirs after 5 to 75
KEEP_OPEN: Final = 256  # idle connections, a host has at most one


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """An answer with its whole body; `headers` have lower-case names.

    `moved_to` is where permanent redirects alone lead, None if there were none.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    moved_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What makes a GET conditional; sent to the URL that they are of, to no other."""

    url: str
    etag: str | None
    last_modified: str | None

    def headers(self, url: str) -> dict[str, str]:
        """Return the headers for a request to this URL."""
        named = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {n: v for n, v in named.items() if v and url == self.url}


NO_VALIDATORS: Final = Validators(url="", etag=None, last_modified=None)


def nothing_against(_: str) -> None:
    """Let any URL be fetched."""


class _Transport(httpx2.HTTPTransport):
    """httpx2's transport over our own sockets."""

    def __init__(self, backend: GuardedBackend, proxy: str) -> None:
        shared: dict[str, Any] = {
            "ssl_context": httpx2.create_ssl_context(),
            "network_backend": backend,
            "max_connections": None,
            "max_keepalive_connections": KEEP_OPEN,
            "keepalive_expiry": KEEP_OPEN_S,
        }
        if proxy:
            known = httpx2.Proxy(proxy)
            url = httpcore2.URL(str(known.url))
            self._pool = httpcore2.HTTPProxy(url, proxy_auth=known.raw_auth, **shared)
        else:
            self._pool = httpcore2.ConnectionPool(**shared)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientOptions:
    """How the client goes out.

    Attributes:
        user_agent: sent with each request.
        allowed: networks that may be connected to though they are not public.
        total_s: seconds for a whole fetch, redirects included.
        connect_s: seconds for a connection.
        read_s: seconds between two pieces of an answer.
        proxy: http(s) URL of a proxy; "" for none.
        headers: by URL prefix, what is sent to the URLs that begin with it.
    """

    user_agent: str
    allowed: tuple[Network, ...] = ()
    total_s: float = 25.0
    connect_s: float = 10.0
    read_s: float = 15.0
    proxy: str = ""
    headers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


class Client:
    """Fetches URLs of strangers. Safe to use from several threads.

    Connections are kept open and shared; cookies, referrers and whatever else tells one
    request from another are not.
    """

    def __init__(self, options: ClientOptions) -> None:
        """Open nothing yet.

        Raises:
            Misconfigured: the proxy's URL is none.
        """
        self._options = options
        self._deadline = Deadline()
        backend = GuardedBackend(
            options.allowed, self._deadline, host_of(options.proxy)
        )
        try:
            self._transport = _Transport(backend, options.proxy)
        except (ValueError, httpx2.InvalidURL) as error:
            # What was given may hold a password.
            raise Misconfigured("--proxy: no URL as http://host:3128") from error

    def get(
        self,
        url: str,
        *,
        max_bytes: int,
        validators: Validators = NO_VALIDATORS,
        check: Callable[[str], None] = nothing_against,
        cut: bool = False,
        one_host: bool = False,
    ) -> Fetched:
        """Fetch a URL, following redirects that stay on http(s) and open addresses.

        Args:
            url: absolute, http or https.
            max_bytes: cap on the body, before and after decompression.
            validators: of an earlier answer.
            check: called with the URL of each redirect before it is followed; raises
                what `get` is to raise.
            cut: take the first `max_bytes` of a larger body, instead of refusing it.
            one_host: follow no redirect to another host.

        Returns:
            The answer of the last hop: 2xx or 304.

        Raises:
            FetchFailed: the same URL may work later.
            FetchRefused: it won't; BotWall: it would for a person.
            AddressRefused: it leads into a closed network.
            Elsewhere: to another host, with `one_host`.
        """
        outer = self._deadline.at  # of a fetch that waits for this one, e.g. for robots
        self._deadline.at = min(outer, time.monotonic() + self._options.total_s)
        try:
            return self._follow(
                url, max_bytes, validators, check, cut=cut, one_host=one_host
            )
        finally:
            self._deadline.at = outer

    def _follow(
        self,
        url: str,
        max_bytes: int,
        validators: Validators,
        check: Callable[[str], None],
        *,
        cut: bool,
        one_host: bool,
    ) -> Fetched:
        moved_to, moved = None, True
        encoding = "gzip, deflate, br, zstd"
        for _ in range(MAX_HOPS):
            headers = validators.headers(url) | {"Accept-Encoding": encoding}
            try:
                fetched = self._hop(url, max_bytes, headers, cut=cut)
            except httpx2.DecodingError as error:
                if encoding == "identity":
                    raise FetchRefused(f"{url}: {error}") from error
                encoding = "identity"  # some servers say gzip of what is none
                continue
            if fetched.status not in REDIRECTS:
                return _checked(fetched, moved_to)
            # As browsers do: some servers write blanks into it.
            location = fetched.headers.get("location", "").strip().replace(" ", "%20")
            target = absolute_url(location, url)
            if target is None or target == url:
                raise FetchRefused(f"{url}: redirect to nowhere", fetched.status)
            moved = moved and fetched.status in PERMANENT
            moved_to = target if moved else moved_to
            if one_host and host_of(target) != host_of(url):
                raise Elsewhere(target, moved_to)
            check(target)
            url = target
        raise FetchRefused(f"{url}: more than {MAX_HOPS} redirects")

    def _hop(
        self, url: str, max_bytes: int, headers: dict[str, str], *, cut: bool
    ) -> Fetched:
        """Fetch one URL without following it, with our names for what fails."""
        try:
            return self._exchange(url, max_bytes, headers, cut=cut)
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            raise HostAway(f"{url}: no connection: {error}", host_of(url)) from error
        except httpx2.TimeoutException as error:
            limit = f"time-out, at most {self._options.total_s:.0f} s in all"
            raise HostSlow(f"{url}: {limit}", host_of(url)) from error
        except httpx2.TransportError as error:
            raise FetchFailed(f"{url}: {type(error).__name__}: {error}") from error
        except (httpx2.InvalidURL, UnicodeError, ValueError) as error:
            raise FetchRefused(f"{url}: {error}") from error

    def _exchange(
        self, url: str, max_bytes: int, headers: dict[str, str], *, cut: bool
    ) -> Fetched:
        options = self._options
        if options.proxy:
            refuse_closed_target(host_of(url), options.allowed)
        limits = httpx2.Timeout(options.read_s, connect=options.connect_s)
        request = httpx2.Request(
            "GET",
            url,
            headers={"User-Agent": options.user_agent, "Accept": "*/*"}
            | headers
            | self._own_headers(url),
            extensions={"timeout": limits.as_dict()},
        )
        answer = self._transport.handle_request(request)
        with contextlib.closing(answer):
            refused = not httpx2.codes.is_success(answer.status_code)
            limit = min(max_bytes, MAX_REFUSAL_BYTES) if refused else max_bytes
            body = bytearray()
            for piece in answer.iter_bytes():
                body += piece
                if max(len(body), answer.num_bytes_downloaded) > limit:
                    if refused or cut:
                        break
                    raise FetchRefused(f"{url}: more than {max_bytes:,} bytes")
            return Fetched(
                url=url,
                status=answer.status_code,
                headers={k.lower(): v for k, v in answer.headers.items()},
                body=bytes(body[:limit]),
            )

    def _own_headers(self, url: str) -> dict[str, str]:
        """Return what an operator set for this URL; another origin never gets it."""
        own: dict[str, str] = {}
        for prefix, headers in self._options.headers.items():
            if url.startswith(prefix) and origin_of(url) == origin_of(prefix):
                own.update(headers)
        return own

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _checked(fetched: Fetched, moved_to: str | None) -> Fetched:
    status = fetched.status
    if status == httpx2.codes.ACCEPTED and (wall := wall_of(fetched.headers, b"")):
        raise BotWall(f"{fetched.url}: {status}, bot wall: {wall}", status)
    if status == httpx2.codes.NOT_MODIFIED or httpx2.codes.is_success(status):
        return Fetched(
            url=fetched.url,
            status=status,
            headers=fetched.headers,
            body=fetched.body,
            moved_to=moved_to,
        )
    wait = retry_after_s(fetched.headers)
    wall = wall_of(fetched.headers, fetched.body)
    said = f"{fetched.url}: {status}" + (f", bot wall: {wall}" if wall else "")
    if status in {404, 410}:
        raise FetchRefused(said, status)
    is_later = status >= 500 or status in RETRYABLE  # noqa: PLR2004
    if wait or (is_later and not wall):
        raise FetchFailed(said, wait, host_of(fetched.url))
    raise (BotWall if wall else FetchRefused)(said, status)
