"""`python -m samestory.deploy.newsroom`: the sample newsroom, or the whole product."""

import argparse
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import Final

from samestory.deploy.newsroom.outlets import OUTLETS
from samestory.deploy.newsroom.reports import load_reports
from samestory.deploy.newsroom.server import LIST_ADDRESS, PORT, Newsroom
from samestory.errors import Misconfigured

QUESTION: Final = "Minister tells allies that Quon is arming Tarsk"
_NEXT: Final = """
That was the sample newsroom. Now with your own feeds:
  .venv/bin/samestory init      (a contact, feeds: a list comes along, a place)
  .venv/bin/samestory run
  .venv/bin/samestory events    (in another terminal)"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve, or run the demonstration; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m samestory.deploy.newsroom")
    parser.add_argument("action", choices=["serve", "demo"])
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--state", default=".run/state", help="for demo")
    args = parser.parse_args(arguments)
    try:
        with Newsroom(args.port) as newsroom:
            count = f"{len(load_reports())} reports by {len(OUTLETS)} outlets"
            sys.stderr.write(f"sample newsroom: {count}, {newsroom.opml_url}\n")
            if args.action == "demo":
                return demo(newsroom, args.state)
            threading.Event().wait()
    except Misconfigured as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        pass
    return 0


def demo(newsroom: Newsroom, state: str) -> int:
    """Run the pipeline, print the events and one with a reprint, ask one question."""
    reprint = next(iter(newsroom.reprints()))
    where = ["--state", state]
    networks = [LIST_ADDRESS, *(outlet.address for outlet in OUTLETS)]
    allowed = [part for a in networks for part in ("--allow-network", f"{a}/32")]
    allowed += ["--host-spacing", "0"]
    steps: list[tuple[str, list[str]]] = [
        (
            f"samestory run --feeds {newsroom.opml_url} --until-idle --state {state} …",
            ["run", "--feeds", newsroom.opml_url, "--until-idle", *where, *allowed],
        ),
        (
            f"samestory events --min-voices 3 --limit 5 --state {state}",
            ["events", "--min-voices", "3", "--limit", "5", *where],
        ),
        (f"samestory event {reprint} --state {state}", ["event", reprint, *where]),
        (
            f'samestory near "{QUESTION}" -k 5 --state {state}',
            ["near", QUESTION, "-k", "5", *where],
        ),
    ]
    for shown, command in steps:
        sys.stderr.write(f"\n$ {shown}\n")
        sys.stderr.flush()
        code = subprocess.run(  # noqa: S603
            [sys.executable, "-P", "-m", "samestory.deploy.cli", *command],
            check=False,
            env=os.environ | {"PAGER": "cat"},  # all of it on one screen
        ).returncode
        if code:
            return code
    sys.stderr.write(_NEXT + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
