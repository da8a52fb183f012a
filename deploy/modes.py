"""Who may read a state that is there: its owner alone, but for what a setting opens."""

import contextlib
import logging
import os
import stat
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

from samestory.deploy.config import Settings
from samestory.errors import Misconfigured

READERS: Final = {"owner": 0o700, "group": 0o750, "all": 0o755}  # of index/
# What we make in a state's directory, which may be a directory of other things too.
_OURS: Final = (
    *("frontier.db*", "log.db*", "run.lock", "ingest.lock", "embed.lock", "index.lock"),
    *("eval/*.npy", "index/state.*", "index/state.vectors/*"),
)

_log = logging.getLogger("samestory")


def keep_modes(settings: Settings) -> None:
    """Let a state's files have the modes that the settings say, as far as we own them.

    Files made since have them from the start; earlier ones were as open as the umask
    let them be.

    Raises:
        Misconfigured: the setting is none.
    """
    index = READERS.get(settings.index_readable)
    if index is None:
        raise Misconfigured(
            f"index_readable {settings.index_readable!r}: use {', '.join(READERS)}"
        )
    changed = [path for path, mode in _wanted(settings.home, index) if _set(path, mode)]
    if changed:
        _log.warning(
            "%s: %d files and folders are no longer open to others than their owner;"
            " index_readable opens index/ to readers",
            *(settings.home, len(changed)),
        )


def _wanted(home: Path, index: int) -> Iterator[tuple[Path, int]]:
    """Yield what is there of a state, with its mode."""
    ours = {path for pattern in _OURS for path in home.glob(pattern)}
    folders = {path.parent for path in ours} - {home}
    for path in ours | folders:
        mode = index if path.relative_to(home).parts[0] == "index" else 0o700
        yield path, mode if path.is_dir() else mode & 0o666
    if ours and home.stat().st_uid == os.geteuid():  # others need not list it
        yield home, _mode_of_home(home, ours | folders) | index & 0o011


def _mode_of_home(home: Path, ours: Collection[Path]) -> int:
    """Return 0700 for a directory of ours alone; any other keeps the mode it has."""
    is_ours = all(path in ours for path in home.iterdir())
    return 0o700 if is_ours else home.stat().st_mode & 0o777


def _set(path: Path, mode: int) -> bool:
    """Give a path of ours its mode for others; tell whether that closed something."""
    with contextlib.suppress(OSError):  # it is gone; or the file system has no modes
        info = path.stat()
        new = info.st_mode & ~0o077 | mode & 0o077
        if info.st_uid == os.geteuid() and new != info.st_mode:
            path.chmod(stat.S_IMODE(new))
            return bool(info.st_mode & ~new)
    return False
