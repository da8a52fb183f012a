"""Work that must not blow up: each piece has its own budget of processor time.

Run as a program, it does the pieces of a module one by one and names each before it
begins. What exceeds its budget is killed by the kernel, in the middle of a regular
expression too, and a machine that is busy with something else does not matter. Sound
work takes less than a tenth of the budget; only what is quadratic or worse exceeds it.
"""

import importlib
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping

BUDGET_S = 10  # of processor time


def first_over_budget(module: str, budget_s: int = BUDGET_S) -> str:
    """Return the first of a module's pieces that exceeds the budget or fails; or ""."""
    command = [sys.executable, "-m", "tests.hostile.budget", module, f"{budget_s}"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    begun = ended.stdout.splitlines() or ["none began"]
    return f"{begun[-1]} {ended.stderr[-500:]}" if ended.returncode else ""


def do_all(pieces: Mapping[str, Callable[[], object]], budget_s: int) -> None:
    """Do each within the budget."""
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    for name, piece in pieces.items():
        print(name, flush=True)
        used = resource.getrusage(resource.RUSAGE_SELF)
        limit = int(used.ru_utime + used.ru_stime) + budget_s
        resource.setrlimit(resource.RLIMIT_CPU, (limit, most))
        piece()
        resource.setrlimit(resource.RLIMIT_CPU, (most, most))


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    do_all(importlib.import_module(sys.argv[1]).pieces(), int(sys.argv[2]))
