"""What is noted beside a committed position on Kafka.

The worker's own note first; then which topic the position counts in, how many
partitions it had, and who reads it alone. A position of before has less of it.
"""

import secrets
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """Beside one position.

    Attributes:
        note: of the worker.
        made: the topic's fingerprint; "" if none was noted.
        partitions: that the topic had; 0 if that was not noted.
        beat: another one at each commit: it tells a holder that lives.
        holder: who reads the topic alone; "" if nobody does.
    """

    note: str = ""
    made: str = ""
    partitions: int = 0
    beat: str = ""
    holder: str = ""

    def __str__(self) -> str:
        about = f"{self.made} {self.partitions} {secrets.token_hex(4)} {self.holder}"
        return f"{self.note}\n{about}"

    @classmethod
    def read(cls, text: str) -> Self:
        """Return what a commit's metadata says; also that of a samestory before."""
        note, _, about = text.partition("\n")
        made, number, beat, holder = [*about.split(" ", 3), "", "", ""][:4]
        return cls(
            note=note,
            made=made,
            partitions=int(number) if number.isdecimal() else 0,
            beat=beat,
            holder=holder,
        )
