"""Which stories are in which event, in memory: for what is measured."""

from collections.abc import Collection, Iterable


class InMemory:
    """See `Membership`."""

    def __init__(self) -> None:
        self._event_of: dict[int, str] = {}
        self._members: dict[str, dict[int, None]] = {}
        self._outlets: dict[int, str] = {}

    def events_of(self, seqs: Collection[int]) -> dict[int, str]:
        """See `Membership.events_of`."""
        return {seq: self._event_of[seq] for seq in seqs}

    def members(self, event_id: str) -> list[int]:
        """See `Membership.members`."""
        return list(self._members.get(event_id, ()))

    def outlets_of(self, seqs: Collection[int]) -> dict[int, str]:
        """See `Membership.outlets_of`."""
        return {seq: self._outlets[seq] for seq in seqs}

    def put(self, seq: int, event_id: str, outlet: str) -> None:
        """See `Membership.put`."""
        self.remove([seq])
        self._event_of[seq], self._outlets[seq] = event_id, outlet
        self._members.setdefault(event_id, {})[seq] = None

    def move(self, seq: int, event_id: str) -> None:
        """See `Membership.move`."""
        self.put(seq, event_id, self._outlets[seq])

    def remove(self, seqs: Iterable[int]) -> None:
        """See `Membership.remove`."""
        for seq in seqs:
            before = self._event_of.pop(seq, None)
            if before is not None:
                del self._members[before][seq]
                if not self._members[before]:
                    del self._members[before]
