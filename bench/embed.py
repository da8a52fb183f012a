"""The embedding engines beside sentence-transformers, all in one run.

    python -m bench.embed FILE.jsonl.gz [--model FOLDER] [--cache DIR] [--rounds 5]
        [--texts 64] [--json]

FILE holds articles, {"title", "text"} a line; those of 128 tokens and more are taken,
the first of each text. The naive way is sentence-transformers with 128 tokens,
`model.encode(text)` for each message. Every contender is a process of its own with one
thread; they take turns, round by round, and each row is the median of the rounds'
ratios, in seconds of the processor. The mixed row takes title, and title with lead, of
each article in the order of the file, in windows of 64. The rows on two cores are on
the wall's clock, beside a third process that only counts.
"""

import argparse
import gzip
import json
import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ |= {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}

import numpy as np

from samestory.embed import cpu
from samestory.embed.conversion import converted
from samestory.embed.encoder import EncoderSpec
from samestory.embed.models import model_files
from samestory.embed.opening import ENGINES, candidates, open_encoder
from samestory.embed.passage import TOKENS, passages
from samestory.embed.processes import EncoderProcesses
from samestory.errors import Misconfigured

WINDOW = 64
FLOP_A_TEXT = TOKENS * (21.2e6 + 9_216 * TOKENS)  # of all-MiniLM-L6-v2
GOALS = {
    "int8": 4.0,
    "bf16": 2.6,
    "mixed": 3.5,
    "mixed, list": 5.0,
    "peak int8": 0.50,
    "peak bf16": 0.68,
    "peak fp32": 0.80,
    "processes": 1.15,
}
_held: dict[str, Any] = {}  # in a contender's process


def _naive(folder: str) -> Any:
    if "naive" not in _held:
        import torch
        from sentence_transformers import SentenceTransformer

        torch.set_num_threads(1)
        _held["naive"] = SentenceTransformer(folder, device="cpu")
        _held["naive"].max_seq_length = TOKENS
    return _held["naive"]


def naive(folder: str, texts: Sequence[str], batch: int) -> float:
    """Return the CPU seconds of encode(text) each, or encode(window, batch)."""
    model = _naive(folder)
    begin = time.process_time()
    if batch:
        for at in range(0, len(texts), WINDOW):
            model.encode(
                list(texts[at : at + WINDOW]),
                batch_size=batch,
                show_progress_bar=False,
            )
    else:
        for text in texts:
            model.encode(text, show_progress_bar=False)
    return time.process_time() - begin


def ours(spec: EncoderSpec, texts: Sequence[str]) -> float:
    """Return the CPU seconds of an engine, window by window."""
    if "ours" not in _held:
        _held["ours"] = open_encoder(spec)
    begin = time.process_time()
    for at in range(0, len(texts), WINDOW):
        _held["ours"].encode(texts[at : at + WINDOW])
    return time.process_time() - begin


def gemm(arithmetic: str) -> float:
    """Return the operations a second of the best of some products, on one thread."""
    import torch

    torch.set_num_threads(1)
    best = 0.0
    for m, n, k in ((1024, 1536, 384), (1024, 1024, 1024), (2048, 2048, 2048)):
        a, b = torch.rand(m, k), torch.rand(k, n)
        if arithmetic == "int8":
            a, b = (a * 100).to(torch.int8), (b * 100).to(torch.int8)
            product: Callable[[Any, Any], Any] = torch._int_mm  # noqa: SLF001  (there is no other)
        else:
            kind = torch.bfloat16 if arithmetic == "bf16" else torch.float32
            a, b, product = a.to(kind), b.to(kind), torch.matmul
        product(a, b)
        times = max(1, int(3e10 / (2 * m * n * k)))
        begin = time.process_time()
        for _ in range(times):
            product(a, b)
        took = time.process_time() - begin
        best = max(best, times * 2 * m * n * k / took)
    return best


def hog(seconds: float) -> None:
    """Keep one core busy."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def two_threads(spec: EncoderSpec, texts: Sequence[str]) -> float:
    """Return the wall seconds of one engine with two threads."""
    if "two" not in _held:
        from samestory.embed.engines.openvino_engine import OpenVinoEngine

        model = model_files(spec.model)
        arithmetic = ENGINES[spec.engine].arithmetic
        folder = converted(model, model.digest(), spec.cache, int8=arithmetic == "int8")
        _held["two"] = OpenVinoEngine(folder, TOKENS, arithmetic=arithmetic, threads=2)
        _held["two"].encode(texts)
    begin = time.perf_counter()
    _held["two"].encode(texts)
    return time.perf_counter() - begin


class Contenders:
    """A process for each contender, started once."""

    def __init__(self) -> None:
        self._pools: dict[str, ProcessPoolExecutor] = {}

    def run(self, name: str, function: Callable[..., float], *args: Any) -> float:
        """Return what the function returns in the contender's process."""
        if name not in self._pools:
            context = multiprocessing.get_context("spawn")
            self._pools[name] = ProcessPoolExecutor(1, mp_context=context)
        return self._pools[name].submit(function, *args).result()

    def close(self) -> None:
        """End the processes."""
        for pool in self._pools.values():
            pool.shutdown()


def articles(file: str, spec: EncoderSpec, number: int) -> list[tuple[str, str]]:
    """Return (title, text) of distinct articles of TOKENS tokens and more."""
    from tokenizers import Tokenizer

    path = model_files(spec.model).folder / "tokenizer.json"
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    found: dict[str, tuple[str, str]] = {}
    with gzip.open(file, "rt") as lines:
        for line in lines:
            row = json.loads(line)
            title, text = row.get("title") or "", row.get("text") or ""
            long = len(tokenizer.encode(passages(title, text)[1]).ids) >= TOKENS
            if title and long and text[:200] not in found:
                found[text[:200]] = title, text
            if len(found) == number:
                break
    return list(found.values())


def rows(args: argparse.Namespace, spec: EncoderSpec) -> Iterator[dict[str, Any]]:
    """Yield a row for each thing measured."""
    whole = articles(args.file, spec, args.texts)
    words = statistics.median(len(text.split()) for _, text in whole)
    folder = str(model_files(spec.model).folder)
    yield {"texts": len(whole), "median words": words, "cpu": cpu.name()}
    full = [f"{title}. {text}" for title, text in whole]
    cut = [passages(title, text)[1] for title, text in whole]
    mixed = [one for title, text in whole for one in passages(title, text)]
    names = [n for n in candidates(spec) if n != "torch-fp32"]
    try:
        names += candidates(replace(spec, precision="int8"))
    except Misconfigured as error:
        sys.stderr.write(f"{error}\n")
    specs = {n: replace(spec, engine=n, precision=ENGINES[n].precision) for n in names}
    contenders = Contenders()
    work: dict[str, tuple[str, Callable[..., float], tuple[Any, ...]]] = {
        "naive": ("naive", naive, (folder, full, 0)),
        "naive, mixed": ("naive", naive, (folder, mixed, 0)),
        "naive, mixed, list": ("naive", naive, (folder, mixed, 32)),
    }
    for name, one in specs.items():
        work[name] = (name, ours, (one, cut))
        work[f"{name}, mixed"] = (name, ours, (one, mixed))
    for arithmetic in dict.fromkeys(ENGINES[n].arithmetic for n in names):
        if not cpu.is_fast(arithmetic):  # torch's product is then no measure
            continue
        work[f"gemm {arithmetic}"] = ("gemm", gemm, (arithmetic,))
    found: dict[str, list[float]] = {name: [] for name in work}
    for number in range(args.rounds + 1):  # the first one warms up
        for name, (process, function, given) in work.items():
            took = contenders.run(process, function, *given)
            if number:
                found[name].append(took)
        sys.stderr.write(f"round {number} of {args.rounds}\n")
    yield from _told(found, specs, len(cut), len(mixed))
    yield from _two_cores(contenders, specs, cut, args.rounds)
    contenders.close()


def _told(
    found: dict[str, list[float]],
    specs: dict[str, EncoderSpec],
    texts: int,
    mixed: int,
) -> Iterator[dict[str, Any]]:
    rate = texts / statistics.median(found["naive"])
    yield {"row": "encode(text), texts a second", "value": rate}
    for name in specs:
        arithmetic = ENGINES[name].arithmetic
        yield {
            "row": f"{name}, texts a second",
            "value": texts / statistics.median(found[name]),
        }
        yield _ratio(f"{name} / encode(text)", found["naive"], found[name], arithmetic)
        yield _ratio(
            f"{name}, mixed / encode(text)",
            *(found["naive, mixed"], found[f"{name}, mixed"], "mixed"),
        )
        yield _ratio(
            f"{name}, mixed / encode(list, 32)",
            *(found["naive, mixed, list"], found[f"{name}, mixed"], "mixed, list"),
        )
        if not cpu.is_fast(arithmetic):
            continue
        peak = [
            texts * FLOP_A_TEXT / took / best
            for took, best in zip(found[name], found[f"gemm {arithmetic}"], strict=True)
        ]
        yield {
            "row": f"{name}, share of the {arithmetic} GEMM peak",
            "value": statistics.median(peak),
            "goal": GOALS[f"peak {arithmetic}"],
        }
    for name, rates in found.items():
        if name.startswith("gemm"):
            yield {"row": f"{name}, GFLOP/s", "value": statistics.median(rates) / 1e9}
    yield {"row": "passages of the mixed rows", "value": mixed}


def _ratio(
    row: str, slow: Sequence[float], fast: Sequence[float], goal: str
) -> dict[str, Any]:
    found = [a / b for a, b in zip(slow, fast, strict=True)]
    told = {"row": row, "value": statistics.median(found)}
    spread = f"{min(found):.2f} to {max(found):.2f}"
    return told | {"rounds": spread} | ({"goal": GOALS[goal]} if goal in GOALS else {})


def _two_cores(
    contenders: Contenders,
    specs: dict[str, EncoderSpec],
    texts: Sequence[str],
    rounds: int,
) -> Iterator[dict[str, Any]]:
    """Compare two processes of one thread with one of two, beside a busy one.

    All are kept to two cores, so that the third process is in the way.
    """
    cores = sorted(os.sched_getaffinity(0))[:2]
    os.sched_setaffinity(0, cores)
    texts = list(texts) * 12  # some seconds: a time slice of the hog must not count
    for name in [n for n in specs if n.startswith("openvino")]:
        spec = specs[name]
        encoder = EncoderProcesses(spec, 2)
        encoder.encode(texts)
        two, one = [], []
        for _ in range(rounds):
            busy = multiprocessing.get_context("spawn").Process(target=hog, args=(120,))
            busy.start()
            time.sleep(1.0)  # it has to start
            one.append(contenders.run(f"two {name}", two_threads, spec, texts))
            begin = time.perf_counter()
            encoder.encode(texts)
            two.append(time.perf_counter() - begin)
            busy.kill()
            busy.join()
        encoder.close()
        yield _ratio(f"{name}: 2 processes / 2 threads, a hog", one, two, "processes")
    os.sched_setaffinity(0, range(os.cpu_count() or 1))


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file")
    parser.add_argument("--model", default="packaged")
    parser.add_argument("--cache", type=Path, default=Path(".run/cache/models"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--texts", type=int, default=64)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    spec = EncoderSpec(cache=args.cache.absolute(), model=args.model)
    for row in rows(args, spec):
        if args.json or "row" not in row:
            print(json.dumps(row), flush=True)
            continue
        value, goal = row["value"], row.get("goal")
        told = "" if goal is None else f"  (goal {goal}: {_met(value, goal)})"
        spread = f"  [{row['rounds']}]" if "rounds" in row else ""
        print(f"{row['row']:<55}{value:10.2f}{told}{spread}", flush=True)
    return 0


def _met(value: float, goal: float) -> str:
    return "met" if value >= goal and np.isfinite(value) else "NOT met"


if __name__ == "__main__":
    sys.exit(main())
