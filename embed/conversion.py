"""A sentence-transformers model -> a graph for the fast engines; once, then kept.

`converted` starts this file as a process of its own: torch takes 2 s and 400 MB that no
worker has to carry. A conversion is a folder named by the model's digest; it is whole
when its model.json is there. Nothing is fetched.
"""

import argparse
import contextlib
import fcntl
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from samestory.embed import canary, e5_weights
from samestory.embed.engines.graph import INT8, META, NEW, ONNX, GraphEngine
from samestory.embed.engines.splitter import TOKENIZER
from samestory.embed.models import ModelFiles
from samestory.errors import Misconfigured

NEVER: Final = 3  # exit code of a conversion that would fail again
NO_ROOM: Final = 4
LIMIT_S: Final = 900
FAILED: Final = "failed.txt"  # why a model could not be converted; not tried again
FORMAT: Final = 2  # counts on with what a conversion holds: older ones are left alone
LONGEST: Final = 1_000_000  # tokens: the model's own limit holds
LEAST_COSINE: Final = 0.9999  # of the graph with torch, on the canary sentences
LARGE: Final = 200_000_000  # bytes of a graph that is kept in half precision
CALIBRATION: Final = Path(__file__).with_name("calibration.txt")  # one passage a line


class NotConverted(Misconfigured):
    """There is no converted model; torch needs none."""


def folder_of(cache: Path, digest: str) -> Path:
    """Return where a model's conversions are, or will be."""
    return cache / f"{digest[:16]}-{FORMAT}"


def converted(model: ModelFiles, digest: str, cache: Path, *, int8: bool) -> Path:
    """Return the folder of the converted model; convert it if it is not there.

    Args:
        model: to convert.
        digest: of it.
        cache: of all conversions.
        int8: whether the static int8 graph is needed too.

    Raises:
        Misconfigured: it can't be converted, or not kept; says why.
    """
    folder = folder_of(cache, digest)
    wanted = folder / (INT8 if int8 else META)
    if wanted.exists():
        return folder
    if (folder / FAILED).exists():
        raise NotConverted((folder / FAILED).read_text("utf-8", "replace"))
    if int8 and importlib.util.find_spec("nncf") is None:
        raise NotConverted(
            "precision int8 needs NNCF to convert the model:"
            " pip install 'samestory[int8]', or set precision to exact"
        )
    with _locked(cache) as lock:
        if not wanted.exists():
            for left in cache.glob(f"{NEW}*"):  # of a conversion that was killed
                shutil.rmtree(left, ignore_errors=True)
            _convert_in_child(model, digest, folder, lock, int8=int8)
    return folder


@contextlib.contextmanager
def _locked(cache: Path) -> Iterator[int]:
    """Let one process convert at a time; yields the lock's descriptor."""
    try:
        cache.mkdir(parents=True, exist_ok=True)
        file = (cache / "lock").open("w")
    except OSError as error:
        raise NotConverted(
            f"converted models can't be kept in {cache}: {error.strerror};"
            " set `model_cache` to a folder that can be written"
        ) from error
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


def _convert_in_child(
    model: ModelFiles, digest: str, folder: Path, lock: int, *, int8: bool
) -> None:
    """Convert in a process that holds the lock too: it may outlive this one."""
    kind = "int8" if int8 else "fp32"
    sys.stderr.write(
        f"converting model {model.name} ({kind}) for the fast engines, once: it is kept"
        f" in {folder}\n"
    )
    command = [
        sys.executable,
        "-P",
        "-m",
        "samestory.embed.conversion",
        str(model.source),
    ]
    command += ["--digest", digest, "--into", str(folder)]
    if model.adapted_by is not None:
        command += ["--adapted-by", str(model.adapted_by)]
    try:
        done = subprocess.run(  # noqa: S603  (ourselves)
            command + ["--int8"] * int8,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=LIMIT_S,
            pass_fds=[lock],
            env=os.environ
            | {
                "HF_HUB_OFFLINE": "1",
                "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            },
        )
    except subprocess.TimeoutExpired:
        raise NotConverted(
            f"model {model.name} is not converted after {LIMIT_S} s"
        ) from None
    if done.returncode != 0:
        raise _failed(model, folder, done)


def _failed(
    model: ModelFiles, folder: Path, done: subprocess.CompletedProcess[str]
) -> NotConverted:
    """Return why a conversion failed; one that never can succeed is not tried again."""
    why = (done.stderr.strip().splitlines() or [f"exit {done.returncode}"])[-1]
    if done.returncode < 0:
        why = f"ended by signal {-done.returncode}, out of memory? start again"
    message = f"model {model.name} can't be converted: {why}"
    if done.returncode == NO_ROOM:
        message += (
            f"; it takes 120 MB, or 1 GB for the multilingual one, in {folder.parent}:"
            " make room, or set model_cache"
        )
    if done.returncode == NEVER:
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / FAILED).write_text(
                f"{message}; `samestory models convert` tries again\n", "utf-8"
            )
    return NotConverted(message)


# From here on in the child.


def export(
    source: Path, folder: Path, digest: str, adapted_by: Path | None = None
) -> None:
    """Write graph, tokenizer, canaries and meta of a sentence-transformers model.

    Args:
        source: the model's folder, or the file that it is unpacked from.
        folder: of its conversions; appears whole or not at all.
        digest: of the model.
        adapted_by: the file of what is merged into its weights; None for nothing.

    Raises:
        Misconfigured: the graph does not compute what torch does.
    """
    from samestory.embed.engines.torch_engine import TorchEngine  # noqa: PLC0415

    engine = TorchEngine(
        source, LONGEST, arithmetic="fp32", adapted_by=adapted_by, threads=2
    )
    rows = engine.encode(canary.SENTENCES)
    with _whole(folder) as new:
        meta = engine.export(new)
        if source.is_file():
            (new / TOKENIZER).unlink()
            file = e5_weights.read(source, with_tensors=False)
            e5_weights.write_splitter(file, new)
        canary.record(
            digest, rows, f"torch-fp32 {engine.version}", new / canary.RECORDS
        )
        (new / META).write_text(json.dumps(meta._asdict(), indent=1), "utf-8")
        if (new / ONNX).stat().st_size > LARGE:
            from samestory.embed.engines.openvino_engine import halve  # noqa: PLC0415

            halve(new)
        _compare(new, engine)


def _compare(folder: Path, reference: Any) -> None:
    """Refuse a graph that is not the model, e.g. one traced through a branch.

    On texts of all lengths up to the model's limit, or to 512 tokens.
    """
    texts = CALIBRATION.read_text("utf-8").splitlines()[::8]
    texts += [*canary.SENTENCES, " ".join(texts)[:4_000]]
    rows = reference.encode(texts)
    least = min(canary.cosines(fast_engine(folder).encode(texts), rows))
    if not least >= LEAST_COSINE:
        raise Misconfigured(f"the graph differs from torch: cosine {least:.5f}")


def fast_engine(folder: Path) -> GraphEngine:
    """Return an fp32 engine for a converted model, of those that are installed."""
    if importlib.util.find_spec("openvino"):
        from samestory.embed.engines.openvino_engine import OpenVinoEngine  # noqa: PLC0415

        return OpenVinoEngine(folder, LONGEST, arithmetic="fp32")
    from samestory.embed.engines.onnx_engine import OnnxEngine  # noqa: PLC0415

    return OnnxEngine(folder, LONGEST, arithmetic="fp32")


@contextlib.contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """Yield a new folder that takes the place of `folder` when all went well."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(dir=folder.parent, prefix=NEW))
    try:
        yield new
        new.chmod(0o755)
        shutil.rmtree(folder, ignore_errors=True)
        new.rename(folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def main() -> int:
    """Convert one model; the last line on stderr says why it failed."""
    parser = argparse.ArgumentParser(description="Convert a model's folder.")
    parser.add_argument("source", type=Path)
    parser.add_argument("--digest", required=True)
    parser.add_argument("--into", type=Path, required=True)
    parser.add_argument("--adapted-by", type=Path)
    parser.add_argument("--int8", action="store_true")
    args = parser.parse_args()
    try:
        if not (args.into / META).exists():
            export(args.source, args.into, args.digest, args.adapted_by)
        if args.int8:
            from samestory.embed.engines.openvino_engine import quantise  # noqa: PLC0415

            quantise(args.into, CALIBRATION.read_text("utf-8").splitlines())
    except Exception as error:  # noqa: BLE001  (an export may raise anything)
        why = " ".join(str(error).split())[:300]
        sys.stderr.write(f"\n{type(error).__name__}: {why}\n")
        if "No space left" in why or "quota" in why:
            return NO_ROOM
        # No memory, a missing library: another time it may go.
        return 2 if isinstance(error, (OSError, MemoryError, ImportError)) else NEVER
    return 0


if __name__ == "__main__":
    sys.exit(main())
