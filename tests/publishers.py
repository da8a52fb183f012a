"""Publishers on loopback, each at an address of its own, with a clock that tests set.

One server listens on all of 127.0.0.0/8; a site is an address of it. What they were
asked is kept, so that a test can judge the manners of whoever asked.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ITEM = "<item><title>{0}</title><link>{1}</link><description>{0} summary.</description></item>"
Answer = tuple[int, dict[str, str], bytes]


@dataclass(frozen=True)
class Raw:
    """Bytes for the socket as they are, piece by piece; then it closes."""

    pieces: Callable[[], Iterator[bytes]]


@dataclass(frozen=True)
class Request:
    """What was asked, when by the tests' clock, and with what status it was answered."""

    at: float
    host: str
    path: str
    headers: dict[str, str]
    status: int


Site = Callable[[str, dict[str, str]], Answer | Raw]


@dataclass
class Publishers:
    """Sites by address; `now` is the time by which they answer."""

    now: float = 0.0
    port: int = 0
    sites: dict[str, Site] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)

    def add(self, site: Site) -> str:
        """Open a site at an address of its own; return its base URL."""
        number = len(self.sites) + 1
        address = f"127.1.{number // 250}.{number % 250 + 1}"
        self.sites[address] = site
        return f"http://{address}:{self.port}"

    def asked(self, base: str, path: str = "") -> list[Request]:
        """Return what one site was asked, or one path of it."""
        host = base.split("/")[2].split(":", maxsplit=1)[0]
        return [r for r in self.requests if r.host == host and path in {"", r.path}]


@contextmanager
def publishing(now: float = 0.0) -> Iterator[Publishers]:
    """Serve until the context ends."""
    found = Publishers(now)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 20

        def do_GET(self) -> None:
            host = self.request.getsockname()[0]
            site = found.sites.get(host)
            headers = {k.lower(): v for k, v in self.headers.items()}
            answer = site(self.path, headers) if site else (404, {}, b"")
            status = 0 if isinstance(answer, Raw) else answer[0]
            found.requests.append(Request(found.now, host, self.path, headers, status))
            with suppress(OSError):
                self._send(answer)

        def _send(self, answer: Answer | Raw) -> None:
            if isinstance(answer, Raw):
                self.close_connection = True
                for piece in answer.pieces():
                    self.wfile.write(piece)
                return
            status, headers, body = answer
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status not in {204, 304}:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(b"" if status in {204, 304} else body)

        def date_time_string(self, timestamp: float | None = None) -> str:
            return super().date_time_string(timestamp or found.now or None)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 256  # many ask at once, on few cores

    server = Server(("0.0.0.0", 0), Handler)
    server.daemon_threads = True
    found.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()


def rss(*links: str) -> bytes:
    items = "".join(ITEM.format(f"Story {i}", link) for i, link in enumerate(links))
    return (
        f"<rss version='2.0'><channel><title>F</title>{items}</channel></rss>".encode()
    )


def led(world, codes, *, end):
    """Open sites that redirect one to the next, and at last to `end`; return the first."""
    for code in reversed(codes):
        move = (code, {"Location": end}, b"")
        end = world.add(lambda *_, move=move: move) + "/f"
    return end
