"""The client against real servers on loopback."""

import gzip
import socket
import threading
import time
import zlib

import brotli
import pytest
from backports import zstd

from samestory.errors import Misconfigured
from samestory.ingest.fetch.addresses import AddressRefused, parse_networks
from samestory.ingest.fetch.client import Client, ClientOptions, Validators
from samestory.ingest.fetch.errors import (
    BotWall,
    FetchFailed,
    FetchRefused,
    HostAway,
    HostSlow,
)
from samestory.ingest.fetch.headers import retry_after_s
from tests.conftest import open_client, serve


@pytest.fixture
def hurried():
    """A client that gives a request two seconds in all."""
    with open_client(total_s=2.0) as found:
        yield found


def test_a_page_is_fetched_through_redirects_with_its_final_url(client):
    """Relative ones and blanks resolve; gzip is undone; headers are in lower case."""

    def answer(path, headers):
        if path == "/old":
            return 301, {"Location": " /new place"}, b""
        assert path == "/new%20place"
        assert headers["User-Agent"] == "samestory-tests"
        return 200, {"Content-Encoding": "gzip", "ETag": "x"}, gzip.compress(b"body")

    with serve(answer) as base:
        found = client.get(base + "/old", max_bytes=100)
    assert (found.url, found.status, found.body) == (
        base + "/new%20place",
        200,
        b"body",
    )
    assert found.headers["etag"] == "x"


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        ((404, {}, b""), FetchRefused, "404"),
        ((503, {"Retry-After": "7"}, b""), FetchFailed, "503"),
        ((202, {"X-Amzn-Waf-Action": "challenge"}, b""), BotWall, "bot wall: AWS WAF"),
        ((200, {}, b"x" * 101), FetchRefused, "more than 100 bytes"),
        (
            (200, {"Content-Encoding": "gzip"}, gzip.compress(b"0" * 10_000_000)),
            FetchRefused,
            "more than 100 bytes",
        ),
        (
            (200, {"Content-Encoding": "gzip"}, b"not gzip"),
            FetchRefused,
            "header|gzip|decod",
        ),
        ((302, {"Location": "file:///etc/passwd"}, b""), FetchRefused, "nowhere"),
        ((302, {"Location": "/again?"}, b""), FetchRefused, "redirect"),
    ],
)
def test_what_can_not_be_fetched_says_why(client, answer, error, says):
    """Each failure is a named error with the URL in it."""
    with (
        serve(lambda *_: answer) as base,
        pytest.raises(error, match=says) as raised,
    ):
        client.get(base + "/x", max_bytes=100)
    assert base in str(raised.value)
    if "503" in says:
        assert raised.value.retry_after_s == 7


def test_a_server_that_drips_is_cut_off_by_the_total_deadline(hurried):
    """A byte now and then defeats read time-outs, not the deadline."""
    listener = socket.create_server(("127.0.0.1", 0))
    done = threading.Event()

    def drip():
        connection, _ = listener.accept()
        with connection:
            connection.recv(1000)
            while not done.wait(0.05):
                try:
                    connection.sendall(b"H")
                except OSError:
                    return

    thread = threading.Thread(target=drip)
    thread.start()
    begin = time.monotonic()
    with pytest.raises(FetchFailed, match="time-out|Protocol"):
        hurried.get(f"http://127.0.0.1:{listener.getsockname()[1]}/", max_bytes=9)
    assert time.monotonic() - begin < 60  # the bytes never end
    done.set()
    thread.join()
    listener.close()


def test_a_host_without_connection_is_away(client):
    """Nobody listens: every other URL of the host will fail too."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(HostAway, match="no connection"):
        client.get(f"http://127.0.0.1:{port}/", max_bytes=9)


def test_closed_networks_are_refused_at_the_socket_also_after_a_redirect():
    """A redirect from an opened address into a closed one is not followed."""
    narrow = Client(
        ClientOptions(user_agent="t", allowed=parse_networks(["127.0.0.1/32"]))
    )
    target = {"Location": "http://127.0.0.2:1/"}
    with (
        narrow,
        serve(lambda *_: (302, target, b"")) as base,
        pytest.raises(AddressRefused, match=r"127\.0\.0\.2, which is closed"),
    ):
        narrow.get(base, max_bytes=9)
    with pytest.raises(AddressRefused, match="localhost is"):
        Client(ClientOptions(user_agent="t")).get("http://localhost:1/", max_bytes=9)


def test_a_network_that_is_none_is_the_operators_mistake():
    """Named, with an example."""
    with pytest.raises(Misconfigured, match=r"use e\.g\. 10\.0\.0\.0/8"):
        parse_networks(["localhost"])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", None),
        ("12", 12.0),
        ("soon", None),
        ("-5", None),
        ("9" * 9, 86_400.0),
        ("Tue, 10 Mar 2020 12:02:00 GMT", 120.0),
        ("Tue, 10 Mar 2020 11:00:00 GMT", None),
        ("Tue, 10 Mar 2033 11:00:00 GMT", 86_400.0),
    ],
    ids=range(8),
)
def test_retry_after_is_read_and_capped_at_a_day(value, expected):
    """Seconds or a date by the server's own clock; years become a day."""
    headers = {"retry-after": value, "date": "Tue, 10 Mar 2020 12:00:00 GMT"}
    assert retry_after_s(headers) == expected


def test_validators_go_to_the_url_that_they_are_of(client):
    """Not to the feed that redirects there, not to where it leads next."""
    seen = []

    def answer(path, headers):
        seen.append((path, headers.get("If-None-Match")))
        if path == "/old":
            return 302, {"Location": "/new"}, b""
        return (304 if headers.get("If-None-Match") else 200), {}, b"body"

    with serve(answer) as base:
        known = Validators(url=base + "/new", etag='"1"', last_modified=None)
        found = client.get(base + "/old", max_bytes=9, validators=known)
        other = Validators(url=base + "/else", etag='"1"', last_modified=None)
        assert client.get(base + "/new", max_bytes=9, validators=other).body == b"body"
    assert found.status == 304
    assert seen == [("/old", None), ("/new", '"1"'), ("/new", None)]


@pytest.mark.parametrize(
    ("codes", "moved"),
    [((301,), "/1"), ((308, 301), "/2"), ((301, 302), "/1"), ((302, 301), None)],
)
def test_where_permanent_redirects_alone_lead_is_told(client, codes, moved):
    """What stands behind a temporary one is no new address."""

    def answer(path, _):
        at = int(path[1:] or 0)
        if at < len(codes):
            return codes[at], {"Location": f"/{at + 1}"}, b""
        return 200, {}, b"body"

    with serve(answer) as base:
        found = client.get(base + "/", max_bytes=9)
    assert found.moved_to == (base + moved if moved else None)


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (403, {"cf-mitigated": "challenge"}, b""),
        (503, {}, b"<html><head><title>Just a moment...</title></head></html>"),
        (403, {}, b"<title>Access Denied</title>"),
        (401, {}, b"<script src='https://geo.captcha-delivery.com/c.js'></script>"),
        (429, {}, b"<html><title>Are you a robot?</title>"),
    ],
    ids=range(5),
)
def test_a_wall_is_named_and_not_tried_again_at_once(client, status, headers, body):
    """Its own kind of failure, not one of the server's."""
    with (
        serve(lambda *_: (status, headers, body)) as base,
        pytest.raises(BotWall, match=f"{status}, bot wall"),
    ):
        client.get(base, max_bytes=1_000_000)


@pytest.mark.parametrize("status", [403, 429, 503, 520])
def test_whoever_says_when_to_come_again_is_obeyed(client, status):
    """Retry-After counts with any refusal; the wall is named all the same."""
    body = b"<title>Just a moment...</title>"
    with (
        serve(lambda *_: (status, {"Retry-After": "90"}, body)) as base,
        pytest.raises(FetchFailed, match="bot wall: Cloudflare") as raised,
    ):
        client.get(base, max_bytes=1_000)
    assert (raised.value.retry_after_s, raised.value.host) == (90, "127.0.0.1")


@pytest.mark.parametrize("status", [408, 425, 429, 500, 501, 520, 521, 530, 599])
def test_what_comes_and_goes_is_tried_again(client, status):
    """Every 5xx: for robots.txt they mean "do not", for pages "later"."""
    with serve(lambda *_: (status, {}, b"")) as base, pytest.raises(FetchFailed):
        client.get(base, max_bytes=9)


def test_the_deadline_holds_for_what_a_redirect_has_to_be_checked_with(hurried):
    """Asking for robots.txt on the way buys no new time."""

    asked = []

    def check(url):
        hurried.get(url + "?robots", max_bytes=9)

    def answer(path, _):
        asked.append(path)
        time.sleep(0.4)
        if "?" in path:
            return 200, {}, b""
        return 302, {"Location": path + "x"}, b""

    with serve(answer) as base, pytest.raises(HostSlow):
        hurried.get(base + "/", max_bytes=9, check=check)
    assert len(asked) <= 6  # what two seconds hold, and the one that was cut short


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "deflate", "x-own"])
def test_plain_bytes_under_the_name_of_a_coding_are_read_all_the_same(client, coding):
    """Asked once more, for the plain body."""
    asked = []

    def answer(_, headers):
        asked.append(headers["Accept-Encoding"])
        coded = {"Content-Encoding": coding}
        return 200, {} if asked[-1] == "identity" else coded, b"<rss>plain</rss>"

    with serve(answer) as base:
        assert client.get(base, max_bytes=100).body == b"<rss>plain</rss>"
    assert len(asked) <= 2


@pytest.mark.parametrize("coding", ["br", "zstd", "deflate"])
def test_every_coding_that_is_asked_for_can_be_read_and_is_capped(client, coding):
    """1 MB of zeros in some bytes: over the cap, and refused."""
    body = {
        "br": brotli.compress,
        "zstd": zstd.compress,
        "deflate": zlib.compress,
    }[coding]
    table = {"/small": body(b"text"), "/bomb": body(b"0" * 1_000_000)}

    def answer(path, _):
        return 200, {"Content-Encoding": coding}, table[path]

    with serve(answer) as base:
        assert client.get(base + "/small", max_bytes=99).body == b"text"
        with pytest.raises(FetchRefused, match="more than 99,000 bytes"):
            client.get(base + "/bomb", max_bytes=99_000)


def test_credentials_go_to_their_own_site_alone():
    """Not to the host that it redirects to, not to other paths."""
    seen = []

    def answer(path, headers):
        seen.append((headers["Host"].split(":")[0], path, headers.get("Authorization")))
        if path == "/paid/feed":
            return 302, {"Location": other[0]}, b""
        return 200, {}, b"body"

    other = []
    with serve(answer) as base:
        other.append(base.replace("127.0.0.1", "localhost") + "/paid/else")
        options = ClientOptions(
            user_agent="t",
            allowed=parse_networks(["127.0.0.0/8", "::1/128"]),
            headers={f"{base}/paid/": {"Authorization": "Bearer x"}},
        )
        own = Client(options)
        own.get(base + "/paid/feed", max_bytes=9)
        own.get(base + "/free", max_bytes=9)
        own.close()
    assert seen == [
        ("127.0.0.1", "/paid/feed", "Bearer x"),
        ("localhost", "/paid/else", None),
        ("127.0.0.1", "/free", None),
    ]


def test_no_cookie_comes_back_and_no_request_tells_of_another(client):
    """Nothing but the name, what is accepted, and the host."""
    seen = []

    def answer(_, headers):
        seen.append(headers)
        return 200, {"Set-Cookie": "id=1; Path=/"}, b"body"

    with serve(answer) as base:
        client.get(base + "/1", max_bytes=9)
        client.get(base + "/2", max_bytes=9)
    expected = {"Host", "User-Agent", "Accept", "Accept-Encoding"}
    assert {name.title() for name in seen[1]} == expected
    assert seen[0] == seen[1]


def test_a_proxy_is_used_and_closed_networks_stay_closed():
    """The operator's own proxy may be anywhere; what it is asked for may not."""
    seen = []

    def answer(path, headers):
        seen.append((path, headers.get("Proxy-Authorization")))
        return 200, {}, b"through the proxy"

    with serve(answer) as base:
        address = base.removeprefix("http://")
        proxied = Client(ClientOptions(user_agent="t", proxy=f"http://me:x@{address}"))
        found = proxied.get("http://93.184.215.14/feed", max_bytes=99)
        assert found.body == b"through the proxy"
        with pytest.raises(AddressRefused, match="169.254.169.254 is"):
            proxied.get("http://169.254.169.254/latest", max_bytes=99)
        proxied.close()
    assert seen == [("http://93.184.215.14/feed", "Basic bWU6eA==")]
    with pytest.raises(Misconfigured, match="--proxy: no URL as") as refused:
        Client(ClientOptions(user_agent="t", proxy="ftp://me:hidden@x"))
    assert "hidden" not in str(refused.value)


def test_redirects_are_checked_one_by_one(client):
    """What robots.txt of the target forbids is not fetched."""

    def check(url):
        raise FetchRefused(f"{url}: no")

    with (
        serve(lambda *_: (302, {"Location": "/private"}, b"")) as base,
        pytest.raises(FetchRefused, match="/private: no"),
    ):
        client.get(base, max_bytes=9, check=check)
