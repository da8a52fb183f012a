"""Which reports, from which outlets, tell the same event?

What programs may rely on is what this module names: `Reader` opens a state read-only,
a `Query` says what is wanted, `Event`, `Report` and `Listed` are the frozen results,
`SamestoryError` is what they raise. Everything else moves as it must.
"""

from importlib import import_module
from typing import Any, Final

_PUBLIC: Final = {
    "Event": "samestory.index.store.results",
    "Listed": "samestory.index.store.results",
    "Query": "samestory.index.store.query",
    "Reader": "samestory.index.store.reader",
    "Report": "samestory.index.store.results",
    "SamestoryError": "samestory.errors",
}
__all__ = tuple(_PUBLIC)


def __getattr__(name: str) -> Any:
    """Return what is public, loaded when it is asked for: a command needs little."""
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)
