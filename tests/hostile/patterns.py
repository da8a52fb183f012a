"""Every regular expression of ours, each with the worst texts that are made from it.

They are found, not listed: compiled ones among the names of all modules, others in the
calls of `re` in their source. One that nobody thought of is tried all the same.
"""

import ast
import importlib
import pkgutil
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import fields
from functools import partial
from pathlib import Path
from types import ModuleType

from samestory.index.copies.citing import Citing, _known
from samestory.index.copies.outlet_names import _written
from samestory.index.decision.actors import _bank_names, _offices
from samestory.index.decision.denials import _known as _denials
from samestory.index.decision.denials import _patterns
from samestory.ingest.articles.page import CUT_OFF_TAIL
from samestory.ingest.articles.quality import (
    MAX_BOILERPLATE,
    MAX_OFFER,
)
from samestory.publishers import _names
from tests.hostile.pumps import Pump, pumps

STAGES = ("ingest", "embed", "index", "deploy")
PACKAGES = ("samestory", *(f"samestory.{name}" for name in STAGES))
SIZE = 100_000  # characters that each is tried on, or shown to pass fast
PARTS = (20, 5, 1)
CUTS = {  # what their callers cut, see `doors`
    "samestory.ingest.articles.page._CUT_OFF": CUT_OFF_TAIL,
    "samestory.ingest.articles.quality._BOILERPLATE": MAX_BOILERPLATE,
    "samestory.ingest.articles.quality._PRICE": MAX_OFFER,
}
OF_TABLES = frozenset(  # or of a question's words, which are escaped
    {
        "samestory.index.copies.citing",
        "samestory.index.copies.outlet_names",
        "samestory.index.decision.actors",
        "samestory.index.decision.denials",
        "samestory.index.store.query",
        "samestory.publishers",
    }
)
_USES = frozenset({"search", "match", "fullmatch", "finditer"})
_LIKE = {"findall": "finditer", "sub": "finditer", "split": "finditer"}
Found = tuple[str, str, re.Pattern]  # where it is, how it is used, it


def patterns() -> Iterator[Found]:
    """Yield all that our packages have and call."""
    yield from _of_tables()
    for module in _modules():
        tree = ast.parse(Path(module.__file__).read_text())
        yield from _with_names(module, tree)
        yield from _in_calls(module, tree)


def _of_tables() -> Iterator[Found]:
    """Yield those that are made of a table when they are first used."""
    for lang in _denials():
        for pattern in _patterns(lang):
            yield f"denials.toml, {lang}", "search", pattern
    for lang, offices in _offices().items():
        for what, pattern in offices.items():
            yield f"offices.toml, {lang}, {what}", "search", pattern
    yield "central_banks.toml", "finditer", _bank_names()[0]
    yield "samestory.publishers._names", "finditer", _names()
    for name in ("Le Monde diplomatique", "Rzeczpospolita", "Вечерний Маяк"):
        yield f"samestory.index.copies.outlet_names, {name}", "search", _written(name)
    for lang in _known()["language"]:
        for field in fields(Citing):
            pattern = getattr(Citing.of(lang), field.name)
            yield (
                f"samestory.index.copies.citing[{lang}].{field.name}",
                "search",
                pattern,
            )


def _modules() -> Iterator[ModuleType]:
    for package in map(importlib.import_module, PACKAGES):
        yield package
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith("__main__"):
                yield importlib.import_module(found.name)


def _with_names(module: ModuleType, tree: ast.Module) -> Iterator[Found]:
    for name, value in vars(module).items():
        several = value if isinstance(value, dict) else {"": value}
        for key, pattern in several.items():
            if isinstance(pattern, re.Pattern):
                where = f"{module.__name__}.{name}" + (f"[{key!r}]" if key else "")
                yield from ((where, use, pattern) for use in _uses(name, tree))


def _uses(name: str, tree: ast.Module) -> list[str]:
    """Return the methods that a module calls on a name; all of them if it does not."""
    used = {
        _LIKE.get(node.attr, node.attr)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == name
    }
    return sorted(used & _USES or _USES)


def _in_calls(module: ModuleType, tree: ast.Module) -> Iterator[Found]:
    """Yield the patterns that are written out where they are used."""
    on_import = {id(node) for node in _outside_functions(tree)}
    for node in ast.walk(tree):
        if id(node) in on_import or not _is_call_of_re(node):
            continue
        said = [ast.unparse(one) for one in (*node.args, *node.keywords)]
        flags = [one.split("=")[-1] for one in said[1:] if "re." in one]
        try:
            pattern = eval(f"re.compile({', '.join([said[0], *flags])})", vars(module))
        except NameError:
            if module.__name__ in OF_TABLES:
                continue
            raise
        use = _LIKE.get(node.func.attr, node.func.attr)
        where = f"{module.__name__}:{node.lineno}:{node.col_offset}"
        yield from ((where, one, pattern) for one in sorted({use} & _USES or _USES))


def _is_call_of_re(node: ast.AST) -> bool:
    is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    return (
        is_call and ast.unparse(node.func.value) == "re" and node.func.attr != "escape"
    )


def _outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what runs on import: a pattern that is compiled there has a name."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _outside_functions(child)


def _try(pattern: re.Pattern, use: str, pump: Pump, size: int) -> None:
    """Try it on a twentieth, on a fifth, and on the whole while that could take a second.

    What is quadratic takes 400 times as long on 20 times as much: of 2.5 ms it makes a
    second, of the budget's ten. What is worse does not pass a twentieth so fast:
    10,000 characters to the third power are hours.
    """
    for part in PARTS:
        begin = time.process_time()
        _use(pattern, use, pump.text(size // part))
        if (time.process_time() - begin) * part**2 < 1:
            return


def _use(pattern: re.Pattern, use: str, text: str) -> None:
    given = text.encode() if isinstance(pattern.pattern, bytes) else text
    found = getattr(pattern, use)(given)
    if use == "finditer":
        for _ in found:
            pass


def pieces() -> dict[str, Callable[[], None]]:
    """Return by name what is tried: each pattern on each text that is bad for it."""
    found = {}
    for where, use, pattern in patterns():
        size = CUTS.get(where, SIZE)
        for pump in pumps(pattern):
            name = f"{where}: {use} of {tuple(pump)}"
            found[name] = partial(_try, pattern, use, pump, size)
    return found
