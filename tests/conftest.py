"""What the tests share: the real model, the sample newsroom, servers, and what is missing."""

import json
import os
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest
from coverage import Coverage
from hypothesis import settings
from tokenizers import AddedToken, Tokenizer

from samestory.deploy import cli
from samestory.deploy.newsroom.server import Newsroom
from samestory.embed.models import model_files
from samestory.ingest.fetch.addresses import parse_networks
from samestory.ingest.fetch.client import Client, ClientOptions
from samestory.ingest.fetch.sandbox import Sandbox
from samestory.story import Story, story_id_from
from tests.broker import Broker, Running, libs
from tests.conversions import put_conversion
from tests.product import CACHE, LOCAL, Run, encoder_here
from tests.shared import ServedElsewhere, built_once

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
ROOT = Path(__file__).parents[1]
os.environ["SAMESTORY_MODEL_CACHE"] = str(CACHE)  # for all that the tests start
# Half as much work as the default, which has tests of its own.
os.environ["SAMESTORY_MODEL"] = "packaged"
# Of the model and of the parsers one process each: what several of them do has tests of
# its own, and each takes a second to start.
os.environ["SAMESTORY_EMBED_PROCESSES"] = os.environ["SAMESTORY_PARSE_WORKERS"] = "1"

# The same examples in each run of CI, and 60 of the 100 that are tried elsewhere.
settings.register_profile("ci", derandomize=True, deadline=None, max_examples=60)
settings.register_profile("here", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "here")


# Of what tests start as processes these alone are covered: a process takes 0.2 s more for
# it, one with workers 3 s, and what others start runs the same.
COVERED = {"test_product.py"}
# What these compute, again and again, others cover: under coverage it takes twice as long.
UNCOVERED = {
    *("faults", "hostile", "test_flood.py", "test_fuzz.py", "test_retention.py"),
    *("test_recorded.py", "test_politeness.py", "test_encoder.py"),
    *("test_event_index.py", "test_apply_correction.py", "test_query.py"),
    *("test_screens.py", "test_readers.py"),
    # These of files whose other tests cover the same, on less.
    "test_a_model_of_ones_own_is_fitted_told_and_used",
    "test_what_is_left_out_is_not_learnt_from",
    "test_eval_gives_the_same_bytes_twice_and_tells_what_the_index_does",
}


@pytest.fixture(autouse=True)
def _uncovered_processes(request, monkeypatch):
    if request.path.name not in COVERED:
        monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)


def pytest_collection_finish() -> None:
    """Import what commands import late while it is covered.

    Else the first test that runs a command decides for its process whether the lines of
    its module count, and that may be one that UNCOVERED names.
    """
    if Coverage.current() is not None:
        for module in iter_modules(cli.__path__, f"{cli.__name__}."):
            if not module.name.endswith(".__main__"):
                import_module(module.name)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    """Leave what UNCOVERED names out of what is covered, with its fixtures."""
    covering = Coverage.current()
    names = {item.path.name, item.path.parent.name, item.originalname}
    if covering is None or names.isdisjoint(UNCOVERED):
        return (yield)
    covering.stop()
    try:
        return (yield)
    finally:
        covering.start()


@pytest.fixture(scope="session")
def encoder():
    """The packaged model, loaded once."""
    return encoder_here()


@pytest.fixture(scope="session")
def failing(tmp_path_factory):
    """The model with one word more than it has vectors for: it fails on that word."""
    folder = tmp_path_factory.mktemp("failing") / "model"
    shutil.copytree(model_files("packaged").folder, folder)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.add_tokens([AddedToken("boomword", single_word=True)])
    tokenizer.save(str(folder / "tokenizer.json"))
    put_conversion(str(folder), CACHE / "models")
    return folder


@pytest.fixture(scope="session")
def newsroom(request):
    """The sample newsroom on any free port, the same for all processes of a run."""
    if hasattr(request.config, "workerinput"):
        yield ServedElsewhere(request.config.workerinput["newsroom"])
        return
    with Newsroom(0) as found:
        yield found


@pytest.fixture(scope="session")
def news(newsroom, tmp_path_factory):
    """The sample newsroom, read until idle by `samestory run`."""

    def read(folder: Path) -> None:
        Run(folder)("run", "--feeds", newsroom.opml_url, "--until-idle", *LOCAL)

    return Run(built_once(tmp_path_factory, "newsroom", read))


@pytest.fixture(scope="session")
def labelled_in_five_languages(news, newsroom, tmp_path_factory):
    """The newsroom's stories as rows with their gold events."""
    gold = newsroom.gold()
    rows = [
        {
            "id": story["story_id"],
            "cluster": gold[story["url"].split("?")[0]],
            **{n: story[n] for n in ("title", "text", "published", "outlet", "lang")},
        }
        for story in news.rows("stories")
    ]
    path = tmp_path_factory.mktemp("labelled") / "newsroom_in_five_languages.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture(scope="session")
def labelled(labelled_in_five_languages):
    """The rows in English, which alone the packaged model knows."""
    lines = labelled_in_five_languages.read_text().splitlines(keepends=True)
    path = labelled_in_five_languages.with_name("newsroom.jsonl")
    path.write_text("".join(line for line in lines if '"lang": "en"' in line))
    return path


@pytest.fixture(scope="session")
def sandbox():
    """One parsing process, with a short time limit."""
    with Sandbox(1, timeout_s=10.0) as found:
        yield found


@pytest.fixture
def client():
    """A client that may fetch from loopback."""
    with open_client() as found:
        yield found


def open_client(**options) -> Client:
    """Return a client that may fetch from loopback, however slow the machine is."""
    allowed = parse_networks(["127.0.0.0/8"])
    values = {"user_agent": "samestory-tests", "allowed": allowed, "total_s": 30.0}
    return Client(ClientOptions(**(values | options)))


@pytest.fixture(scope="session")
def broker(tmp_path_factory):
    """An Apache Kafka node for all tests that do not harm it."""
    running = os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
    if running:
        yield Running(running)
        return
    libs()
    home = tmp_path_factory.mktemp("kafka")
    found = Broker(home / "node")
    try:
        yield found.start()
    finally:
        found.stop()


Answer = tuple[int, dict[str, str], bytes]


@contextmanager
def serve(answer: Callable[[str, dict[str, str]], Answer]) -> Iterator[str]:
    """Serve answer(path, headers) on loopback; yields the base URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = answer(self.path, dict(self.headers))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def make_story(name: str = "a", **changes) -> Story:
    """Return a story with everything filled in."""
    values = {
        "story_id": story_id_from(name),
        "url": f"https://example.org/{name}",
        "outlet": "example.org",
        "title": f"Title {name}",
        "text": f"Text of {name}.",
        "lang": "en",
        "published": NOW,
        "published_raw": NOW.isoformat(),
        "date_quality": "exact",
        "first_seen": NOW,
        "observed": NOW,
        "text_from": "page",
    }
    return Story(**(values | changes))


SERVED = pytest.StashKey[Newsroom]()
# Tests that take seconds each and share no fixture of their file: any process may have
# any of them. All others stay with their file, whose fixtures are then made once.
APART = {"faults", "pipeline"}
TOGETHER = {
    *("test_cluster.py", "test_bare_process.py", "test_train.py", "test_screens.py"),
}
TORCH = {"test_encoder.py", "test_conversion.py"}  # five seconds to import, 700 MB


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node) -> None:
    """Serve one newsroom for all xdist processes, whose states name its addresses."""
    config = node.config
    if SERVED not in config.stash:
        room = config.stash[SERVED] = Newsroom(0).__enter__()
        config.add_cleanup(lambda: room.__exit__(None, None, None))
    node.workerinput["newsroom"] = config.stash[SERVED].port


# What takes longest in one process begins first, then what takes seconds a test, so that
# nothing is waited for at last.
LONG = ("kafka", "torch", "test_cluster.py", "test_feeds.py", "test_pages.py")


@pytest.hookimpl(tryfirst=True)  # before xdist reads the marks
def pytest_collection_modifyitems(items) -> None:
    """Say which tests have to run in one process, for `--dist loadgroup`."""
    for item in items:
        name = item.path.name
        if item.get_closest_marker("xdist_group"):
            continue
        if name in TORCH:
            group = "torch"
        elif "broker" in item.fixturenames:
            group = "kafka"  # one broker for all of them
        elif item.path.parent.name not in APART or name in TOGETHER:
            group = name
        else:
            continue
        item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=_turn)


def _turn(item) -> int:
    mark = item.get_closest_marker("xdist_group")
    if mark and mark.args[0] in LONG:
        return LONG.index(mark.args[0])
    return len(LONG) + (item.path.parent.name not in APART)


# What a suite needs and the machine lacks is named at the end, with the number of tests
# that did not run; in CI that is a failure. A test says so by skipping "needs X: ...".
_missing: Counter[str] = Counter()


def pytest_runtest_logreport(report) -> None:
    """Count tests that did not run for want of something."""
    if report.skipped and isinstance(report.longrepr, tuple):
        reason = report.longrepr[2].removeprefix("Skipped: ")
        if reason.startswith("needs "):
            _missing[reason] += 1


def pytest_sessionfinish(session) -> None:
    """Write what was missing; fail in CI. One of several processes has the whole sum."""
    if hasattr(session.config, "workerinput"):
        return
    folder = ROOT / ".run"
    folder.mkdir(exist_ok=True)
    lines = [f"{count} tests did not run: {why}\n" for why, count in _missing.items()]
    (folder / "needs.txt").write_text("".join(lines) or "everything ran\n")
    if _missing and os.environ.get("CI"):
        session.exitstatus = 1
