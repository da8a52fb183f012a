"""Records that every log is tried with."""

from samestory.deploy.stream.log import (
    Message,
)


def messages(*texts: str) -> list[Message]:
    return [
        Message(key=t, value=t.encode(), headers={"n": str(i)})
        for i, t in enumerate(texts)
    ]


def keys(consumer, count: int, timeout_s: float = 20.0) -> list[str]:
    """Poll until there are `count` records."""
    found = []
    while len(found) < count:
        rows = consumer.poll(count - len(found), timeout_s)
        assert rows, f"only {found}"
        found += [row.key for row in rows]
    return found
