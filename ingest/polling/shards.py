"""Which of several ingest workers polls a feed: `--shard I/N`."""

import re
import zlib
from dataclasses import dataclass
from typing import Self

from samestory.errors import Misconfigured
from samestory.publishers import domain_of
from samestory.urls import host_of


@dataclass(frozen=True, slots=True)
class Shard:
    """The feeds of one worker of `of`, whose number is `number`, from 1.

    All feeds of a registered domain are one worker's, so that one gate spaces the
    requests for them; other domains that feeds of several workers lead to have one
    gate in each. The worker of a feed is a matter of its URL and `of` alone.
    """

    number: int = 1
    of: int = 1

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read I/N; "" is 1/1.

        Raises:
            Misconfigured: it is not of this form, or I is not from 1 to N.
        """
        match = re.fullmatch(r"([1-9]\d{0,3})/([1-9]\d{0,3})", text.strip() or "1/1")
        if match is None or int(match[1]) > int(match[2]):
            raise Misconfigured(
                f"--shard {text!r}: must be I/N, e.g. 2/3 for the second of three"
            )
        return cls(int(match[1]), int(match[2]))

    def owns(self, url: str) -> bool:
        """Tell whether a feed is this worker's."""
        domain = domain_of(url) or host_of(url)
        return zlib.crc32(domain.encode()) % self.of == self.number - 1
