"""Errors are named after what the caller does next.

SamestoryError
 ├─ Retry          the same input may work later: back off, do not commit
 ├─ Quarantine     this input can never work: set it aside with the reason, go on
 └─ Misconfigured  a person must act: one line on stderr, exit 2
"""

from dataclasses import dataclass


class SamestoryError(Exception):
    """Base of every error that we raise on purpose."""


class Retry(SamestoryError):  # noqa: N818  (named after what the caller does)
    """The same input may work later: a time-out, a 503, a host that is away."""


class Quarantine(SamestoryError):  # noqa: N818
    """This input can never work: undecodable, wrong schema, unknown version."""


class Misconfigured(SamestoryError):  # noqa: N818
    """A person must act: wrong use, wrong setting, damaged or foreign state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """What could not become a story, for the quarantine.

    Attributes:
        reason: why.
        source: where it is from.
        detail: of it; may be empty.
        is_feed: a whole feed, which may be mended by itself.
    """

    reason: str
    source: str
    detail: str
    is_feed: bool = False
