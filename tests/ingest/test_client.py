"""The client against real servers on loopback."""

import gzip
import socket
import threading
import time

import pytest

from ingest.addresses import AddressRefused, is_open, parse_networks
from ingest.client import Client, FetchFailed, FetchRefused, HostAway, retry_after_s
from ingest.errors import Misconfigured
from ingest.robots import Robots
from ingest.sandbox import ParserFailed
from tests.conftest import serve


def test_a_page_is_fetched_through_redirects_with_its_final_url(client):
    """Relative redirects resolve; gzip is undone; headers come in lower case."""

    def answer(path, headers):
        if path == "/old":
            return 301, {"Location": "/new"}, b""
        assert headers["User-Agent"] == "samestory-tests"
        return 200, {"Content-Encoding": "gzip", "ETag": "x"}, gzip.compress(b"body")

    with serve(answer) as base:
        found = client.get(base + "/old", max_bytes=100)
    assert (found.url, found.status, found.body) == (base + "/new", 200, b"body")
    assert found.headers["etag"] == "x"


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        ((404, {}, b""), FetchRefused, "404"),
        ((503, {"Retry-After": "7"}, b""), FetchFailed, "503"),
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


def test_a_server_that_drips_is_cut_off_by_the_total_deadline(client):
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
        client.get(f"http://127.0.0.1:{listener.getsockname()[1]}/", max_bytes=9)
    assert time.monotonic() - begin < 4
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
    narrow = Client(user_agent="t", allowed=parse_networks(["127.0.0.1/32"]))
    target = {"Location": "http://127.0.0.2:1/"}
    with (
        serve(lambda *_: (302, target, b"")) as base,
        pytest.raises(AddressRefused, match=r"127\.0\.0\.2, which is closed"),
    ):
        narrow.get(base, max_bytes=9)
    with pytest.raises(AddressRefused, match="localhost is"):
        Client(user_agent="t").get("http://localhost:1/", max_bytes=9)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("8.8.8.8", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("224.0.0.1", False),
        ("0.0.0.0", False),
        ("::1", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("fe80::1", False),
        ("fec0::1", False),
        ("::127.0.0.1", False),
        ("192.0.0.192", False),
        ("2606:4700:4700::1111", True),
        ("192.168.7.7", True),
    ],
)
def test_public_addresses_are_open_and_the_rest_closed_unless_allowed(
    address, expected
):
    """192.168.7.0/24 was opened by the operator here; nothing else."""
    import ipaddress

    allowed = parse_networks(["192.168.7.0/24"])
    assert is_open(ipaddress.ip_address(address), allowed) is expected


def test_a_network_that_is_none_is_the_operators_mistake():
    """Named, with an example."""
    with pytest.raises(Misconfigured, match=r"use e\.g\. 10\.0\.0\.0/8"):
        parse_networks(["localhost"])


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, None), ("12", 12.0), ("soon", None), ("-5", None), ("9" * 9, 86_400.0)],
)
def test_retry_after_is_read_in_seconds_and_capped_at_a_day(value, expected):
    """A server that asks for years gets a day."""
    assert retry_after_s(value) == expected


def test_robots_are_asked_once_and_obeyed(client, sandbox):
    """One request for an origin; a missing file allows; a failing one postpones."""
    asked = []

    def answer(path, _):
        asked.append(path)
        return 200, {}, b"User-agent: *\nDisallow: /private\n"

    robots = Robots(client, sandbox, "samestory-tests")
    with serve(answer) as base:
        assert robots.allows(base + "/news/1")
        assert not robots.allows(base + "/private/2")
    assert asked == ["/robots.txt"]
    with serve(lambda *_: (404, {}, b"")) as base:
        assert robots.allows(base + "/x")
    with serve(lambda *_: (500, {}, b"")) as base, pytest.raises(FetchFailed):
        robots.allows(base + "/x")


def test_a_hostile_robots_file_costs_its_origin_alone(client, sandbox):
    """Protego keeps each rule for each agent: quadratic, and ended by the sandbox."""
    agents = b"".join(b"User-agent: a%d\n" % n for n in range(6_000))
    file = agents + b"Disallow: /x\n" * 6_000
    robots = Robots(client, sandbox, "samestory-tests")
    with (
        serve(lambda *_: (200, {}, file)) as base,
        pytest.raises(ParserFailed, match="is_allowed"),
    ):
        robots.allows(base + "/x")
