"""A current directory whose files have the names of ours, and of Python's own."""

import json
import os
import subprocess
from pathlib import Path

OURS = ("deploy/__init__.py", "embed.py", "index.py", "ingest/__init__.py")
PYTHONS = ("queue.py", "multiprocessing.py", "secrets.py", "samestory/__init__.py")
_TELL = "import pathlib\nwith open({told!r}, 'a') as file:\n    file.write(__file__ + '\\n')\n"


class ForeignFolder:
    """A folder to run commands in, with such files; each tells when it is executed.

    PYTHONPATH names another folder, with those that have our folders' names.
    """

    def __init__(self, folder: Path) -> None:
        self.here, self.named = folder / "here", folder / "named"
        self._told = folder / "executed.txt"
        for where, names in ((self.here, OURS + PYTHONS), (self.named, OURS)):
            for name in names:
                path = where / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(_TELL.format(told=str(self._told)))

    def run(self, *command: str | Path, timeout_s: float = 300) -> str:
        """Run a command here; return its output.

        Raises:
            RuntimeError: it failed, with what it said.
        """
        done = subprocess.run(
            command,
            cwd=self.here,
            env=os.environ | {"PYTHONPATH": str(self.named), "HF_HUB_OFFLINE": "1"},
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{command}: {done.returncode}\n{done.stderr[-5000:]}")
        return done.stdout

    def executed(self) -> list[str]:
        """Return the files that were executed."""
        return self._told.read_text().splitlines() if self._told.exists() else []

    def lines(self) -> Path:
        """Write a story to import; return its file."""
        path = self.here / "one.jsonl"
        story = {"title": "Velund expels envoys", "text": "Velund expelled six envoys."}
        path.write_text(json.dumps(story) + "\n")
        return path
