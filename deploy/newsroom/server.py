"""The outlets' web servers, each at an address of its own on loopback."""

import hashlib
import json
import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Final, Self

from samestory.deploy.newsroom.outlets import OUTLETS, Outlet
from samestory.deploy.newsroom.reports import Report, load_reports
from samestory.deploy.newsroom.site import feed_of, page_of
from samestory.errors import Misconfigured
from samestory.ingest.feeds.opml import FeedRef, to_opml

PORT: Final = 8801  # fixed, so that a second run finds the same URLs
LIST_ADDRESS: Final = "127.0.0.1"  # serves /feeds.opml and /gold.jsonl


class Newsroom:
    """All outlets, serving while the context lasts."""

    def __init__(
        self, port: int = PORT, reports: Sequence[Report] | None = None
    ) -> None:
        """Take the addresses.

        Args:
            port: 0 takes any that is free on all of them.
            reports: None for all of the sample.

        Raises:
            Misconfigured: the port is taken; says what to do.
        """
        self._reports = load_reports() if reports is None else tuple(reports)
        self._servers: list[ThreadingHTTPServer] = []
        self.port = port
        for address in (LIST_ADDRESS, *(o.address for o in OUTLETS)):
            try:
                server = ThreadingHTTPServer((address, self.port), _handler(self))
            except OSError as error:
                self._close()
                raise Misconfigured(
                    f"newsroom: {address}:{self.port}: {error.strerror}; is another"
                    " newsroom running? Stop it, or choose another --port"
                    " (systems other than Linux need the addresses"
                    " 127.0.0.11 to 127.0.0.28 added to loopback first)"
                ) from error
            server.daemon_threads = True
            self.port = server.server_address[1]
            self._servers.append(server)

    @property
    def opml_url(self) -> str:
        """Where the list of all feeds is."""
        return f"http://{LIST_ADDRESS}:{self.port}/feeds.opml"

    def feed_url(self, outlet: Outlet) -> str:
        """Return where an outlet's feed is."""
        return f"{self._base(outlet.address)}/feed"

    def gold(self) -> dict[str, str]:
        """Return the gold event of each report, by URL."""
        return {self.url(r): r.event for r in self._reports}

    def reprints(self) -> dict[str, str]:
        """Return whom each reprint reprints, by URLs."""
        return {self.url(r): self.url(r.source) for r in self._reports if r.source}

    def url(self, report: Report) -> str:
        """Return the URL of a report's page."""
        return self._base(report.outlet.address) + report.path

    def _base(self, address: str) -> str:
        return f"http://{address}:{self.port}"

    def answer(self, address: str, path: str) -> tuple[str, bytes] | None:
        """Return (content type, body) of a path; None if there is no such page."""
        if address == LIST_ADDRESS:
            return self._lists(path)
        reports = [r for r in self._reports if r.outlet.address == address]
        if path == "/feed":
            outlet = next(o for o in OUTLETS if o.address == address)
            return feed_of(outlet, reports, self._base(address))
        if path == "/robots.txt":
            return "text/plain", b"User-agent: *\nAllow: /\n"
        for report in reports:
            if report.path == path:
                return "text/html; charset=utf-8", page_of(report, reports)
        return None

    def _lists(self, path: str) -> tuple[str, bytes] | None:
        if path == "/feeds.opml":
            feeds = [
                FeedRef(url=self.feed_url(o), title=o.name, lang=o.lang)
                for o in OUTLETS
            ]
            return "text/x-opml", to_opml(feeds)
        if path == "/gold.jsonl":
            copies = self.reprints()
            rows = (
                {"url": url, "cluster": event, "copy_of": copies.get(url)}
                for url, event in self.gold().items()
            )
            lines = "".join(json.dumps(row) + "\n" for row in rows)
            return "application/jsonl", lines.encode()
        return None

    def __enter__(self) -> Self:
        for server in self._servers:
            threading.Thread(
                target=server.serve_forever, args=(0.05,), daemon=True
            ).start()
        return self

    def __exit__(
        self,
        _: type[BaseException] | None,
        __: BaseException | None,
        ___: TracebackType | None,
    ) -> None:
        for server in self._servers:
            server.shutdown()
        self._close()

    def _close(self) -> None:
        for server in self._servers:
            server.server_close()


def _handler(newsroom: Newsroom) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            address = self.connection.getsockname()[0]
            answer = newsroom.answer(address, self.path.split("?")[0])
            kind, body = answer or ("text/plain", b"not here\n")
            tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
            if answer and self.headers.get("If-None-Match") == tag:
                self.send_response(304)
                body = b""
            else:
                self.send_response(200 if answer else 404)
                self.send_header("Content-Type", kind)
            self.send_header("ETag", tag)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Stay silent."""

    return Handler
