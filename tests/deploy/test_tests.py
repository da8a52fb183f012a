"""What holds for the tests themselves."""

import ast
import os

import pytest

from tests.conftest import ROOT

FILES = sorted((ROOT / "tests").rglob("*.py"))


def imported(tree: ast.AST) -> set[str]:
    """Return the modules that a file imports from, with the names it imports."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize(
    "path", FILES, ids=[str(path.relative_to(ROOT / "tests")) for path in FILES]
)
def test_nothing_is_imported_from_a_test_module(path):
    """What two of them need lies in a module of its own beside them."""
    names = imported(ast.parse(path.read_text("utf-8")))
    modules = [name.split(".") for name in names if name.startswith("tests.")]
    of_tests = [".".join(m) for m in modules if any(p.startswith("test_") for p in m)]
    assert of_tests == []


@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="in one process")
def test_tests_of_one_group_run_in_one_process(request):
    """xdist reads the groups: else each of its processes makes each fixture anew."""
    assert request.node.nodeid.endswith("@test_tests.py")
