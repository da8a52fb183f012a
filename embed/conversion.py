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
from typing import Final

from embed import canary
from embed.engines.graph import INT8, META, GraphEngine
from embed.models import ModelFiles
from ingest.errors import Misconfigured

FAILED: Final = "failed.txt"  # why a model could not be converted; not tried again
LONGEST: Final = 1_000_000  # tokens: the model's own limit holds
LEAST_COSINE: Final = 0.9999  # of the graph with torch, on the canary sentences
CALIBRATION: Final = Path(__file__).with_name("calibration.txt")  # one passage a line


def folder_of(cache: Path, digest: str) -> Path:
    """Return where a model's conversions are, or will be."""
    return cache / digest[:16]


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
        raise Misconfigured((folder / FAILED).read_text("utf-8", "replace"))
    if int8 and importlib.util.find_spec("nncf") is None:
        raise Misconfigured(
            "precision int8 needs NNCF to convert the model:"
            " pip install 'samestory[int8]', or set precision to exact"
        )
    with _locked(cache):
        if not wanted.exists():
            _convert_in_child(model, digest, folder, int8=int8)
    return folder


@contextlib.contextmanager
def _locked(cache: Path) -> Iterator[None]:
    """Let one process convert at a time."""
    try:
        cache.mkdir(parents=True, exist_ok=True)
        file = (cache / "lock").open("w")
    except OSError as error:
        raise Misconfigured(
            f"converted models can't be kept in {cache}: {error.strerror};"
            " set `model_cache` to a folder that can be written"
        ) from error
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _convert_in_child(
    model: ModelFiles, digest: str, folder: Path, *, int8: bool
) -> None:
    kind = "int8" if int8 else "fp32"
    sys.stderr.write(
        f"converting model {model.name} ({kind}) for the fast engines, once: it is kept"
        f" in {folder}\n"
    )
    command = [sys.executable, "-m", "embed.conversion", str(model.folder)]
    command += ["--digest", digest, "--into", str(folder)]
    done = subprocess.run(  # noqa: S603  (ourselves)
        command + ["--int8"] * int8,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        env=os.environ
        | {
            "HF_HUB_OFFLINE": "1",
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        },
    )
    if done.returncode == 0:
        return
    why = (done.stderr.strip().splitlines() or [f"exit {done.returncode}"])[-1]
    if done.returncode < 0:  # killed: the next one may fare better
        raise Misconfigured(f"converting {model.name}: ended by {-done.returncode}")
    told = f"model {model.name} can't be converted: {why}"
    if not int8 and "No space left" not in why:
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / FAILED).write_text(told, "utf-8")
    raise Misconfigured(told)


# From here on in the child.


def export(source: Path, folder: Path, digest: str) -> None:
    """Write graph, tokenizer, canaries and meta of a sentence-transformers model.

    Args:
        source: the model's folder.
        folder: of its conversions; appears whole or not at all.
        digest: of the model.

    Raises:
        Misconfigured: the graph does not compute what torch does.
    """
    from embed.engines.torch_engine import VERSION, TorchEngine  # noqa: PLC0415

    engine = TorchEngine(source, LONGEST, arithmetic="fp32", threads=2)
    rows = engine.encode(canary.SENTENCES)
    with _whole(folder) as new:
        meta = engine.export(new)
        canary.record(digest, rows, f"torch-fp32 {VERSION}", new / canary.RECORDS)
        (new / META).write_text(json.dumps(meta._asdict(), indent=1), "utf-8")
        _compare(new, rows)


def _compare(folder: Path, rows: canary.Rows) -> None:
    """Refuse a graph that is not the model, e.g. one traced through a branch."""
    engine = fast_engine(folder)
    least = min(canary.cosines(engine.encode(canary.SENTENCES), rows))
    if not least >= LEAST_COSINE:
        raise Misconfigured(f"the graph differs from torch: cosine {least:.5f}")


def fast_engine(folder: Path) -> GraphEngine:
    """Return an fp32 engine for a converted model, of those that are installed."""
    if importlib.util.find_spec("openvino"):
        from embed.engines.openvino_engine import OpenVinoEngine  # noqa: PLC0415

        return OpenVinoEngine(folder, LONGEST, arithmetic="fp32")
    from embed.engines.onnx_engine import OnnxEngine  # noqa: PLC0415

    return OnnxEngine(folder, LONGEST, arithmetic="fp32")


@contextlib.contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """Yield a new folder that takes the place of `folder` when all went well."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(dir=folder.parent, prefix=folder.name))
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
    parser.add_argument("--int8", action="store_true")
    args = parser.parse_args()
    try:
        if not (args.into / META).exists():
            export(args.source, args.into, args.digest)
        if args.int8:
            from embed.engines.openvino_engine import quantise  # noqa: PLC0415

            quantise(args.into, CALIBRATION.read_text("utf-8").splitlines())
    except Exception as error:  # noqa: BLE001  (an export may raise anything)
        sys.stderr.write(f"\n{type(error).__name__}: {str(error).splitlines()[0]}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
