"""Workers under their supervisor: restarted, stopped, and what they set aside."""

import json
import os
import re
import shutil
import signal
import threading

import pytest
from safetensors.numpy import load_file, save_file

from samestory.deploy.loop import patiently
from samestory.deploy.stream.embedded import EmbeddedLog
from samestory.deploy.stream.log import JOURNAL, STORIES, Message, behind
from samestory.embed.models import model_files
from samestory.errors import Retry
from tests.conversions import put_conversion
from tests.processes import has_state, start, wait_for
from tests.product import CACHE, LOCAL, Run

pytestmark = [pytest.mark.model, pytest.mark.slow]


def test_a_worker_that_dies_is_started_again(newsroom, tmp_path):
    """The supervisor says so and goes on; the others never stop."""
    process = start(tmp_path, "run", "--feeds", newsroom.opml_url, *LOCAL)
    run = Run(tmp_path)

    def workers():
        if not has_state(tmp_path):
            return {}
        return run.rows("status")[0]["workers"]

    try:
        wait_for(lambda: all(workers().get(n) for n in ("ingest", "embed", "index")))
        before = workers()
        os.kill(before["embed"], signal.SIGKILL)
        wait_for(lambda: workers()["embed"] not in {None, before["embed"]})
        after = workers()
        assert (after["ingest"], after["index"]) == (before["ingest"], before["index"])
    finally:
        process.terminate()
        assert process.wait(90) == 0


def test_a_worker_that_needs_a_person_ends_the_run_with_its_reason(newsroom, tmp_path):
    """A folder that holds no model: exit 2, and what to set."""
    none = str(tmp_path)
    arguments = ("--feeds", newsroom.opml_url, "--model", none, *LOCAL)
    _, said = Run(tmp_path / "s")("run", *arguments, expect=2)
    assert f"model '{none}' can't be loaded" in said
    assert re.search("the (embed|index) worker can't go on, see above", said)
    assert "leaked" not in said


def test_poison_in_the_log_is_set_aside_with_its_place_and_the_rest_goes_on(tmp_path):
    """Junk in `stories` and in `journal`, quarantined by the stage that met it."""
    log = EmbeddedLog(tmp_path / "log.db")
    log.publish(STORIES, [Message(key="x", value=b"\xff junk")])
    log.publish(JOURNAL, [Message(key="x", value=b'{"type":"story-vector"}')])
    log.close()
    run = Run(tmp_path)
    out, _ = run.process("import", "-", stdin=json.dumps({"text": "The rest goes on."}))
    assert out == "1 new, 0 known, 0 refused\n"
    held = run.rows("status")[0]["quarantine"]
    assert held["by_stage"] == {"embed": 1, "index": 1}
    places = {row["where"]: row["reason"] for row in held["latest"]}
    assert "not JSON" in places["stories:0:0"]
    assert "version None not known" in places["journal:0:0"]


def test_a_mirror_of_the_position_that_a_crash_left_behind_is_mended(tmp_path):
    """Killed between the state's commit and the log's: nothing waits for ever."""
    run = Run(tmp_path)
    run("import", "-", stdin=json.dumps({"text": "One."}))
    log = EmbeddedLog(tmp_path / "log.db")
    log.consumer("index", JOURNAL).commit({0: 0})
    assert behind(log, "index", JOURNAL) == 1
    out, _ = run("import", "-", stdin=json.dumps({"text": "One."}))
    assert out == "0 new, 1 known, 0 refused\n"
    assert behind(log, "index", JOURNAL) == 0
    log.close()


def test_two_imports_at_once_share_the_workers(tmp_path):
    """Neither fights for a lock; both are grouped."""
    rows = [json.dumps({"text": f"Report number {n}."}) for n in range(40)]
    files = [tmp_path / "a.jsonl", tmp_path / "b.jsonl"]
    files[0].write_text("\n".join(rows[:20]))
    files[1].write_text("\n".join(rows[20:]))
    state = tmp_path / "state"
    processes = [start(state, "import", str(file)) for file in files]
    assert [process.wait(120) for process in processes] == [0, 0]
    assert len(Run(state).rows("stories")) == 40


def test_another_model_is_refused_before_it_makes_vectors(tmp_path):
    """The state keeps working with the model that it was made with."""
    other = tmp_path / "other"
    shutil.copytree(model_files("packaged").folder, other)
    weights = load_file(other / "model.safetensors")
    half = {name: tensor.astype("float16") for name, tensor in weights.items()}
    save_file(half, other / "model.safetensors", metadata={"format": "pt"})
    put_conversion(str(other), CACHE / "models")
    run = Run(tmp_path / "state")
    run("import", "-", stdin=json.dumps({"text": "One."}))
    story = json.dumps({"text": "Two."})
    _, said = run("import", "-", "--model", str(other), stdin=story, expect=2)
    assert "use the model, precision and embed_tokens that they were made with" in said
    assert f"stories --json --state {run.state} | samestory import -" in said
    out, _ = run("import", "-", stdin=story)
    assert out == "0 new, 1 known, 0 refused\n"  # it was safe in the log
    assert len(run.rows("stories")) == 2
    taken, _ = run("stories", "--json")
    anew = Run(tmp_path / "anew")
    assert anew("import", "-", "--model", str(other), stdin=taken)[0].startswith(
        "2 new"
    )


def test_another_space_is_refused_before_the_index_has_read(tmp_path, monkeypatch):
    """The journal says which it is; else half of it could never be grouped."""
    run = Run(tmp_path)
    run("import", "-", "--no-wait", stdin=json.dumps({"text": "One."}))
    log = EmbeddedLog(tmp_path / "log.db")
    worker = start(tmp_path, "embed")
    wait_for(lambda: log.count(JOURNAL) == 1)
    worker.terminate()
    assert worker.wait(60) == 0
    run("import", "-", "--no-wait", stdin=json.dumps({"text": "Two."}))
    monkeypatch.setenv("SAMESTORY_EMBED_TOKENS", "64")
    _, said = run("embed", expect=2)
    assert "64 tokens) makes v-" in said
    monkeypatch.delenv("SAMESTORY_EMBED_TOKENS")
    run.process("import", "/dev/null")
    assert len(run.rows("stories")) == 2
    log.close()


def test_a_dependency_that_is_away_is_waited_for_and_a_stop_ends_the_wait():
    """Nothing is given up but by a stop."""
    tries = []

    def away_twice():
        tries.append(1)
        if len(tries) < 3:
            raise Retry("disk full")

    patiently(away_twice, lambda: False)
    assert len(tries) == 3

    def away():
        raise Retry("disk full")

    stop = threading.Event()
    threading.Timer(0.2, stop.set).start()
    with pytest.raises(Retry, match="disk full"):
        patiently(away, stop.is_set)


def test_a_second_signal_ends_at_once(newsroom, tmp_path):
    """Nobody has to wait for a batch."""
    process = start(tmp_path, "run", "--feeds", newsroom.opml_url, *LOCAL)
    wait_for((tmp_path / "index" / "state.db").exists)
    process.send_signal(signal.SIGSTOP)
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGCONT)
    assert process.wait(90) in {130, 143}
