"""Mutation fuzzing of every parser of ours: nothing but our own errors may escape.

    python -m tests.fuzz [--minutes 10] [--only NAME]

Each parser (`fuzz_targets`) gets inputs that are cut, spliced, repeated and seeded with
what has broken parsers before, for so long; in `make test` a fixed number of them. An
input takes at most SLOW_S seconds of the processor, or it is a finding too.
"""

import argparse
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable

from samestory.errors import SamestoryError
from tests.fuzz_targets import MAX_INPUT, TARGETS, Target

TOKENS = [
    *(
        "&#8;",
        "&#xD800;",
        "&#99999999999999",
        "&amp;",
        "<![CDATA[",
        "]]>",
        "<!--",
        "-->",
    ),
    *(
        "<rss>",
        "</item>",
        "<a:b xmlns:a='x'>",
        "\0",
        "\ufeff",
        "\u202e",
        "\ud83d",
        "]]",
    ),
    *(
        "9" * 400,
        "-1",
        "1e999",
        "{",
        "[[[[",
        '"',
        "\\u0000",
        "null",
        "%",
        "://",
        "@",
        "#",
    ),
    *(
        "javascript:",
        "http://[",
        "//x:y@z:99999/",
        "?a=b&" * 9,
        "../" * 9,
        " | ",
        " - ",
    ),
    *("24:00", "+9999", "0000-00-00", "32 Foo", "CET", "GMT+99", "\r\n", "\u2028", "Ж"),
    *(
        "charset=utf-7",
        "charset=idna",
        "<?xml encoding='zlib'?>",
        "<base href='http://['>",
    ),
    *("<!DOCTYPE x [<!ENTITY a 'b'>]>", "&a;", "<![x y]>", "<p>" * 99, "</width>"),
]


def mutated(seed: bytes, others: list[bytes], rng: random.Random) -> bytes:
    """Return an input made from a seed by one to six changes."""
    body = bytearray(seed)
    for _ in range(rng.randint(1, 6)):
        at = rng.randint(0, len(body))
        end = min(len(body), at + rng.choice((1, 2, 9, 80, 900)))
        match rng.randrange(7):
            case 0:
                del body[at:end]
            case 1:
                body[at:at] = body[at:end] * rng.choice((1, 2, 30))
            case 2:
                body[at:at] = rng.choice(TOKENS).encode("utf-8", "surrogatepass")
            case 3:
                other = rng.choice(others)
                start = rng.randint(0, len(other))
                body[at:end] = other[start : start + rng.choice((9, 200))]
            case 4 if body:
                body[min(at, len(body) - 1)] = rng.randrange(256)
            case 5:
                del body[at:]
            case _:
                body[at:at] = rng.randbytes(rng.choice((1, 3, 40)))
    return bytes(body[:MAX_INPUT])


def attack(target: Target, rng: random.Random, go_on: Callable[[int], bool]) -> int:
    """Feed mutated inputs to a parser as long as `go_on(count)`; return how many.

    Raises:
        AssertionError: an input got something else out of it than our own errors, or
            took too long; it is in the message.
    """
    count = 0
    while go_on(count):
        body = mutated(rng.choice(target.seeds), target.seeds, rng)
        took = _timed(target.parse, body)
        if took >= target.slow_s:  # again: the first input pays for imports and tables
            took = _timed(target.parse, body)
        assert took < target.slow_s, f"{took:.0f} s for {body[:3000]!r}"
        count += 1
    return count


def _timed(parse: Callable[[bytes], object], body: bytes) -> float:
    begin = time.process_time()
    try:
        parse(body)
    except SamestoryError:
        pass
    except Exception as error:
        raise AssertionError(f"{error!r} of {body[:3000]!r}") from error
    return time.process_time() - begin


def main() -> int:
    """Attack each parser for some minutes; 1 if anything escaped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--only", action="append", choices=TARGETS)
    parser.add_argument("--seed", type=int, default=time.time_ns())
    args = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    failed = False
    for name in args.only or TARGETS:
        end = time.monotonic() + 60 * args.minutes
        try:
            rng = random.Random(args.seed)
            count = attack(TARGETS[name], rng, lambda _, e=end: time.monotonic() < e)
            print(f"{name}: {count} inputs, nothing escaped", flush=True)
        except AssertionError:
            failed = True
            print(f"{name}: seed {args.seed}", flush=True)
            traceback.print_exc()
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
