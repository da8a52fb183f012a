"""What of this machine is ours."""

import os
import subprocess
import sys

import pytest

CODE = "from samestory.embed.cpu import cores; print(cores())"


@pytest.mark.parametrize("number", [1, 2])
def test_as_many_cores_as_we_may_use(number):
    """By the affinity that we were started with, as in a container with a CPU set."""
    ours = sorted(os.sched_getaffinity(0))
    if len(ours) < number:
        pytest.skip(f"this machine lets us use {len(ours)}")
    limited = f"import os; os.sched_setaffinity(0, {ours[:number]}); {CODE}"
    found = subprocess.check_output([sys.executable, "-c", limited], text=True)
    assert int(found) == number
