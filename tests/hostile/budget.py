"""Work that must not blow up: each piece has its own budget of processor time.

Run as a program, it does pieces one by one and names each before it begins. A piece
over its budget is killed with the process, by the kernel: neither a regular expression
nor a machine that is busy with something else changes that. The budget is thousands of
times what sound work takes, so only what is quadratic or worse exceeds it.
"""

import importlib
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping

BUDGET_S = 10


def over_budget(module: str) -> list[str]:
    """Return which of a module's PIECES, by name, exceed the budget or fail."""
    found: list[str] = []
    begun = 0
    while True:
        command = [sys.executable, "-m", "tests.hostile.budget", module, str(begun)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        names = ended.stdout.splitlines()
        if ended.returncode == 0:
            return found
        if not names:
            raise RuntimeError(ended.stderr)
        found.append(f"{names[-1]} {ended.stderr[-500:]}".strip())
        begun += len(names)


def _do(pieces: Mapping[str, Callable[[], object]], begin: int) -> None:
    for name, piece in list(pieces.items())[begin:]:
        print(name, flush=True)
        used = resource.getrusage(resource.RUSAGE_SELF)
        limit = int(used.ru_utime + used.ru_stime) + BUDGET_S
        _, most = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (limit, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        piece()


if __name__ == "__main__":
    _do(importlib.import_module(sys.argv[1]).PIECES, int(sys.argv[2]))
