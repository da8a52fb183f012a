"""Texts that every encoder is tried with."""

from pathlib import Path

from samestory import embed

ODD = [
    "",
    " ",
    "a",
    "\x00\x01\x02",
    "🇺🇦🕊️ 和平 سلام שלום",
    "word " * 40,
    "x" * 100_000,
    "Ministers met. " * 8_000,
    "e" + "\u0301" * 500,
    "[CLS] [SEP] [MASK] [PAD] [UNK]",
]


def passages_of(name: str) -> list[str]:
    return Path(embed.__file__).with_name(name).read_text("utf-8").splitlines()
