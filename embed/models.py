"""Where a model's files are, which model they are, which languages it knows."""

import hashlib
import importlib.util
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from samestory.embed.adaptation import FILE as ADAPTATION
from samestory.embed.adaptation import Adaptation, load_adaptation
from samestory.errors import Misconfigured

DEFAULT: Final = "multilingual"
EVERY: Final = "*"  # among the languages of a model that knows all
UNKNOWN_LANGUAGES: Final = ("en",)  # of a model that does not say
# What decides a vector: weights, settings, words. Not cards, licences and records of
# the training, nor copies of the weights for other programs.
_OF_THE_MODEL: Final = frozenset({".safetensors", ".bin", ".json", ".txt", ".model"})
_BESIDE: Final = re.compile(r"data_config|train|eval|all_results|LICENSE|README|\.")
_COPIES: Final = frozenset({"onnx", "openvino", "tf", "flax"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFiles:
    """A model as it lies on the disk.

    Attributes:
        name: as the setting gives it.
        folder: in sentence-transformers' format, but for the multilingual one's.
        files: of the folder that decide a vector, one so far; None for all.
        languages: ISO 639-1 codes that it knows; ("*",) for all.
        without: libraries that can't run it.
        adapted_by: the file of what is added to it.
    """

    name: str
    folder: Path
    files: tuple[str, ...] | None
    languages: tuple[str, ...]
    without: frozenset[str] = frozenset()
    adapted_by: Path | None = None

    @property
    def adaptation(self) -> Adaptation | None:
        """What is added to it.

        Raises:
            Misconfigured: its file can't be read.
        """
        return load_adaptation(self.adapted_by) if self.adapted_by else None

    @property
    def source(self) -> Path:
        """What it is converted from: the folder, or the one file that is the model."""
        return self.folder / self.files[0] if self.files else self.folder

    @property
    def base(self) -> str:
        """The name of the model without what is added, wherever it is asked for."""
        if self.adaptation is not None:
            return self.adaptation.base
        if self.name not in known_models() and Path(self.name).is_dir():
            return str(Path(self.name).resolve())
        return self.name

    def digest(self) -> str:
        """Return the sha256 over the files' names and bytes and what is added, hex."""
        total = hashlib.sha256()
        for path in sorted(self._paths()):
            total.update(f"{path.relative_to(self.folder)}\0".encode())
            about = path.stat()
            total.update(_sha256(path, about.st_size, about.st_mtime_ns))
        if self.adaptation is not None:
            total.update(self.adaptation.digest.encode())
        return total.hexdigest()

    def _paths(self) -> Iterator[Path]:
        if self.files is not None:
            yield from (self.folder / name for name in self.files)
            return
        for path in self.folder.rglob("*"):
            parts = path.relative_to(self.folder).parts
            is_copy = any(part in _COPIES or part[0] == "." for part in parts)
            is_old = path.suffix == ".bin" and any(path.parent.glob("*.safetensors"))
            if (
                path.suffix in _OF_THE_MODEL
                and path.is_file()
                and not (is_copy or is_old or _BESIDE.match(path.name))
            ):
                yield path


@cache
def _sha256(path: Path, _size: int, _mtime_ns: int) -> bytes:
    """Return the sha256 of a file, read once as long as it stays as it is."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def known_models() -> dict[str, dict[str, Any]]:
    """Return the models that PyPI packages carry, by name: `models.json`."""
    models = json.loads(Path(__file__).with_name("models.json").read_text("utf-8"))
    return dict(models)


@cache
def model_files(model: str) -> ModelFiles:
    """Return the files of `packaged`, `multilingual`, a folder, or a name of the hub.

    Raises:
        Misconfigured: there is no such model; says what to do.
    """
    known = known_models().get(model)
    if known is not None:
        return _of_package(model, known)
    path = Path(model).expanduser()
    if not path.is_dir():
        if model.startswith(("/", ".", "~")):
            raise Misconfigured(f"model {model!r}: there is no such folder")
        path = _from_hub(model)
    if (path / ADAPTATION).is_file():
        named = load_adaptation(path / ADAPTATION).base
        if (Path(named) / ADAPTATION).is_file():
            raise Misconfigured(
                f"model {model!r}: what it adapts, {named}, is itself an adaptation"
            )
        base = model_files(named)
        return replace(base, name=model, adapted_by=path / ADAPTATION)
    if not (path / "modules.json").is_file() and not (path / "config.json").is_file():
        raise Misconfigured(
            f"model {model!r} can't be loaded: {path} holds no modules.json, no"
            f" config.json and no {ADAPTATION}; set `model` to a folder that holds a"
            " sentence-transformers model"
        )
    languages = card_languages(path) or UNKNOWN_LANGUAGES
    return ModelFiles(name=model, folder=path, files=None, languages=languages)


def _of_package(model: str, known: dict[str, Any]) -> ModelFiles:
    package = importlib.util.find_spec(known["module"])
    if package is None or package.origin is None:
        raise Misconfigured(
            f"model {model!r}: install it with pip install {known['package']}"
        )
    files = known.get("files")
    model_here = ModelFiles(
        name=model,
        folder=Path(package.origin).parent / known["folder"],
        files=None if files is None else tuple(files),
        languages=tuple(known["languages"]),
        without=frozenset(known.get("without", ())),
    )
    digest = known.get("digest")
    if digest is not None and model_here.digest() != digest:
        raise Misconfigured(
            f"model {model!r}: {model_here.source} is not the file that is known;"
            f" install {known['package']} in the version that constraints.txt names"
        )
    if "adaptation" in known:
        path = Path(__file__).with_name(known["adaptation"])
        return replace(model_here, adapted_by=path)
    return model_here


def _from_hub(model: str, only: list[str] | None = None) -> Path:
    """Return a hub model's folder; from the local cache where it is there.

    Args:
        model: its name.
        only: patterns of the files that are wanted; None for all.
    """
    from huggingface_hub import snapshot_download  # noqa: PLC0415  (0.3 s)
    from huggingface_hub.errors import HfHubHTTPError  # noqa: PLC0415

    name = model if "/" in model else f"sentence-transformers/{model}"
    skip = ["onnx/*", "openvino/*", "*.h5", "*.ot", "*.msgpack"]
    failed = ""
    for local in (True, False):
        try:
            folder = snapshot_download(
                name,
                local_files_only=local,
                allow_patterns=only,
                ignore_patterns=skip,
            )
            return Path(folder)
        except (OSError, ValueError, HfHubHTTPError) as error:
            failed = str(error).split("\n", maxsplit=1)[0]
    raise Misconfigured(
        f"model {model!r} can't be loaded: {failed}; set `model` to a folder that holds"
        " a sentence-transformers model"
    )


def card_languages(folder: Path) -> tuple[str, ...]:
    """Return the languages that a model's card names; empty if it names none.

    They are in the card's front matter, as `language: en` or as a list below it.
    """
    try:
        lines = (folder / "README.md").read_text("utf-8", "replace").splitlines()
    except OSError:
        return ()
    named: list[str] = []
    is_inside = False
    for line in lines[1:] if lines[:1] == ["---"] else []:
        if line.strip() == "---":
            break
        if line.startswith("language:"):
            named += re.findall(r"[A-Za-z]+", line.partition(":")[2])
            is_inside = True
        elif is_inside and (item := re.fullmatch(r"\s*-\s*([A-Za-z]+)\s*", line)):
            named.append(item[1])
        else:
            is_inside = False
    if any(name.lower() in {"multilingual", "mul"} for name in named):
        return ("*",)
    return tuple(name.lower() for name in named if len(name) == 2)  # noqa: PLR2004


def languages_of(model: str) -> tuple[str, ...]:
    """Return the languages a model knows, without its weights if they are away.

    Raises:
        Misconfigured: there is no such model.
    """
    if known := known_models().get(model):
        return tuple(known["languages"])  # its files are read by who opens them
    if _is_folder(model):
        return model_files(model).languages
    return card_languages(_from_hub(model, only=["README.md"])) or UNKNOWN_LANGUAGES


def _is_folder(model: str) -> bool:
    return model.startswith(("/", ".", "~")) or Path(model).is_dir()
