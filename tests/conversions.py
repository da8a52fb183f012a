"""Conversions that are put where they belong: making one takes ten seconds of torch."""

import contextlib
import shutil
import tempfile
from pathlib import Path

from samestory.embed import canary
from samestory.embed.conversion import folder_of
from samestory.embed.engines.splitter import TOKENIZER
from samestory.embed.models import model_files
from tests.product import CACHE, encoder_here


def put_conversion(model: str, cache: Path) -> Path:
    """Put the packaged model's conversion where that of another model belongs.

    Args:
        model: `packaged`, or a folder of the same network and another tokenizer.
        cache: of conversions; what is there stays.

    Returns:
        The conversion's folder.
    """
    encoder_here()  # so it is converted
    packaged, files = model_files("packaged").digest(), model_files(model)
    kept, digest = folder_of(CACHE / "models", packaged), files.digest()
    place = folder_of(cache, digest)
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache.parent) as name:
        new = Path(name) / "conversion"
        shutil.copytree(kept, new, ignore=shutil.ignore_patterns("int8*"))
        if digest != packaged:
            shutil.copy(files.folder / TOKENIZER, new)
            rows = canary.recorded(packaged, kept)
            canary.record(digest, rows, "packaged", new / canary.RECORDS)
        with contextlib.suppress(OSError):  # another process of the run was first
            new.rename(place)
    return place
