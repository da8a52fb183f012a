"""The product as its users run it: a state directory and the command line."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Run:
    """A state directory, and the command line on it."""

    state: Path

    def __call__(self, *arguments: str, stdin: str | None = None, expect: int = 0):
        """Run `samestory`; return (stdout, stderr)."""
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "samestory.deploy.cli",
                *arguments,
                "--state",
                self.state,
            ],
            capture_output=True,
            text=True,
            input=stdin,
            timeout=300,
            check=False,
            env=os.environ | {"HF_HUB_OFFLINE": "1"},
        )
        assert done.returncode == expect, done.stderr[-9000:]
        return done.stdout, done.stderr

    def rows(self, *arguments: str, expect: int = 0) -> list[dict]:
        """Run with --json; return its lines."""
        out, _ = self(*arguments, "--json", expect=expect)
        return [json.loads(line) for line in out.splitlines()]


LOCAL = ("--allow-network", "127.0.0.0/8", "--host-spacing", "0")
