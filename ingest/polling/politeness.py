"""How publishers are asked, as the operator sets it."""

from dataclasses import dataclass, field

from samestory.ingest.polling.intervals import Limits
from samestory.ingest.polling.shards import Shard


@dataclass(frozen=True, slots=True, kw_only=True)
class Politeness:
    """How hosts are asked: settings of the operator.

    Attributes:
        limits: between which the interval of a feed stays.
        spacing_s: seconds between requests to a host, at the least.
        shard: the feeds that are ours.
    """

    limits: Limits = field(default_factory=Limits)
    spacing_s: float = 2.0
    shard: Shard = field(default_factory=Shard)
