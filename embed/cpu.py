"""What this machine's processor computes fast."""

import functools
from pathlib import Path
from typing import Final

FAST: Final = {  # flags of /proc/cpuinfo, any of which will do
    "bf16": frozenset({"avx512_bf16", "amx_bf16"}),
    "int8": frozenset({"avx512_vnni", "avx_vnni", "amx_int8"}),
}


@functools.cache
def is_fast(arithmetic: str) -> bool:
    """Tell whether the CPU has instructions for `bf16` or `int8`; any has `fp32`.

    Without them bf16 is computed as fp32, and int8 was slower than fp32 (AVX2 only: 23
    against 26 documents of 128 tokens a second).
    """
    return arithmetic == "fp32" or bool(FAST[arithmetic] & _flags())


@functools.cache
def name() -> str:
    """Return the processor's name as the system tells it."""
    return _field("model name") or "unknown CPU"


def cores() -> int:
    """Return how many cores we may use: by affinity, and by a container's CPU quota."""
    from joblib import cpu_count  # noqa: PLC0415  (0.3 s)

    return int(cpu_count())


def _flags() -> frozenset[str]:
    return frozenset(_field("flags").split())


def _field(key: str) -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:  # not Linux
        return ""
    for line in lines:
        label, _, value = line.partition(":")
        if label.strip() == key:
            return value.strip()
    return ""
