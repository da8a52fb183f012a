"""The recorded journal has the answers that it had, see `tests.recorded`."""

import json
from collections import Counter

import pytest

from tests.recorded import (
    ANSWERS_FILE,
    FOLDER,
    VARIANTS,
    answers,
    differences,
    read_answers,
    read_journal,
)

pytestmark = pytest.mark.slow
MOST_BYTES = 2_000_000


@pytest.mark.parametrize("name", VARIANTS)
def test_a_replay_of_the_recorded_journal_answers_what_it_answered(name, tmp_path):
    """Digest, events, confirmations, revisions, corrections, and each join's sum.

    A thousand records are decided, and each of 700 joins explained.
    """
    number, settings = VARIANTS[name]
    expected = read_answers()[name]
    found = answers(read_journal()[:number], tmp_path, settings, list(expected["why"]))
    said = differences(expected, found)
    assert not said, f"{ANSWERS_FILE.name}, {name}: {said}"


def test_the_recording_has_what_can_go_wrong_often_enough():
    """Hundreds of stories; corrections, forgets, versions, vetoes; no large file.

    No event is split here: `tests/index/grouping/test_reassessment.py` splits some.
    """
    found = read_answers()["kept for ever"]
    reasons = Counter(one["reason"] for one in found["revisions"].values())
    status = Counter(one["status"] for one in found["corrections"].values())
    said = Counter(
        json.loads(one)["type"] for one in read_journal() if one.startswith(b"{")
    )
    counts = {
        "stories": len(found["stories"]),
        "events of several": sum(
            len(e["reports"]) > 1 for e in found["events"].values()
        ),
        "confirmed": len(found["confirmed"]),
        "with vetoes": sum(bool(join["vetoed"]) for join in found["joins"].values()),
        "corrections": said["correction"],
        "forgets": said["forget"],
        "versions": reasons["updated"] + reasons["materially-updated"],
    }
    least = dict.fromkeys(counts, 20) | {"stories": 500, "events of several": 150}
    assert {name: n for name, n in counts.items() if n < least[name]} == {}
    assert {"moved", "merged", "forgotten", "corrected"} <= reasons.keys()
    assert {"accepted", "refused", "undone", "forgotten"} <= status.keys()
    expired = read_answers()["kept for 8 days"]["revisions"].values()
    assert {"expired", "closed"} <= {one["reason"] for one in expired}
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < MOST_BYTES
