"""Whose work is installed beside ours, and under which licences.

`python -m samestory.deploy.licenses FOLDER` writes a list and every licence's text;
the container image is built with it.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Final

from samestory.embed.models import known_models

_TEXT: Final = re.compile(r"licen[cs]e|copying|notice", re.IGNORECASE)
_OF_A_LINE: Final = 60  # characters; where there are more, it is the licence's text
_OSI: Final = "License ::"


def license_of(package: Distribution) -> str:
    """Return what a distribution says its licence is; "not said" if it doesn't."""
    about = package.metadata
    for expression in about.get_all("License-Expression") or ():
        return str(expression)
    stated = about.get_all("License") or []
    stated += [
        text for text in about.get_all("Classifier") or () if text.startswith(_OSI)
    ]
    short = (text for text in stated if text and len(text) <= _OF_A_LINE)
    return next(short, "not said").rpartition(" :: ")[2]


def table(installed: Iterable[Distribution]) -> str:
    """Return names and licences, also of the models' weights, as a Markdown table."""
    rows = sorted((one.name.lower(), license_of(one)) for one in installed)
    lines = ["| package | licence |", "|---|---|"]
    lines += [f"| {name} | {licence} |" for name, licence in rows]
    lines += ["", "| weights of | in package | licence |", "|---|---|---|"]
    for about in known_models().values():
        name, _, licence = about["about"].partition("; ")
        lines.append(f"| {name} | {about['package']} | {licence} |")
    return "\n".join(lines) + "\n"


def texts(package: Distribution) -> Iterator[Path]:
    """Yield the files of a distribution that hold its licences."""
    for file in package.files or ():
        path = Path(str(package.locate_file(file)))
        if _TEXT.search(file.name) and file.suffix != ".py" and path.is_file():
            yield path


def main(folder: Path) -> None:
    """Write the list, and the texts in a folder for each distribution."""
    installed = list(distributions())
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "LICENSES.md").write_text(table(installed), "utf-8")
    for one in installed:
        for number, path in enumerate(texts(one)):
            target = folder / f"{one.name}-{one.version}" / f"{number}-{path.name}"
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(path.read_bytes())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
