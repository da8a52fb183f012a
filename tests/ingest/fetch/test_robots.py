"""What robots.txt says is asked once, and obeyed."""

import pytest

from samestory.ingest.fetch.errors import FetchFailed
from samestory.ingest.fetch.robots import Disallowed, Robots
from samestory.ingest.fetch.sandbox import ParserFailed, Sandbox
from tests.conftest import serve


def test_robots_are_asked_once_and_obeyed(client, sandbox):
    """One request for an origin; a missing file allows; a failing one postpones."""
    asked = []

    def answer(path, _):
        asked.append(path)
        return 200, {}, b"User-agent: *\nDisallow: /private\n"

    robots = Robots(client, sandbox, "samestory-tests")
    with serve(answer) as base:
        assert not robots.knows(base + "/news/1")
        robots.check(base + "/news/1")
        with pytest.raises(Disallowed):
            robots.check(base + "/private/2")
        assert robots.knows(base + "/news/1")
    assert asked == ["/robots.txt"]
    with serve(lambda *_: (404, {}, b"")) as base:
        robots.check(base + "/x")
    with serve(lambda *_: (500, {}, b"")) as base, pytest.raises(FetchFailed):
        robots.check(base + "/x")


@pytest.mark.parametrize(
    "file",
    [
        b"\xef\xbb\xbfUser-agent: *\nDisallow: /\n",
        "User-agent: *\nDisallow: /\n".encode("utf-16"),
        b"User-agent: *\nDisallow: /\n" + b"# filler\n" * 80_000,
    ],
    ids=range(3),
)
def test_robots_are_read_with_marks_and_as_far_as_they_are_short(client, sandbox, file):
    """RFC 9309 asks for the first 500 KiB at least."""
    robots = Robots(client, sandbox, "samestory-tests")
    with serve(lambda *_: (200, {}, file)) as base, pytest.raises(Disallowed):
        robots.check(base + "/x")


def test_a_hostile_robots_file_costs_its_origin_alone(client):
    """Protego keeps each rule for each agent: quadratic, and ended by the sandbox."""
    agents = b"".join(b"User-agent: a%d\n" % n for n in range(6_000))
    file = agents + b"Disallow: /x\n" * 6_000
    with (
        Sandbox(1, timeout_s=2.0) as hurried,
        serve(lambda *_: (200, {}, file)) as base,
        pytest.raises(ParserFailed, match="is_allowed"),
    ):
        Robots(client, hurried, "samestory-tests").check(base + "/x")
