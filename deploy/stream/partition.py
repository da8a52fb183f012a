"""Which partition a key is in: as Kafka's own clients decide, on every backend."""

_M = 0x5BD1E995
_MASK = 0xFFFFFFFF


def partition_of(key: str, partitions: int) -> int:
    """Return the partition of a key, in [0, partitions)."""
    return (murmur2(key.encode("utf-8", "replace")) & 0x7FFFFFFF) % partitions


def murmur2(data: bytes) -> int:
    """Return the 32-bit MurmurHash2 with Kafka's seed, as an unsigned number.

    Source: org.apache.kafka.common.utils.Utils.murmur2; a test compares the two.
    """
    h = 0x9747B28C ^ len(data)
    whole = len(data) - len(data) % 4
    for at in range(0, whole, 4):
        k = int.from_bytes(data[at : at + 4], "little") * _M & _MASK
        h = (h * _M & _MASK) ^ ((k ^ k >> 24) * _M & _MASK)
    if tail := data[whole:]:
        h = (h ^ int.from_bytes(tail, "little")) * _M & _MASK
    h = (h ^ h >> 13) * _M & _MASK
    return h ^ h >> 15
