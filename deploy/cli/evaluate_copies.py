"""`samestory eval --copies`: how well it is told who copied whom."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samestory.counted import counted
from samestory.deploy.cli.output import print_json, print_table
from samestory.deploy.labelled_copies import read_copies, read_texts
from samestory.disk import named
from samestory.errors import Misconfigured
from samestory.index.measure.copies import (
    Found,
    Measured,
    find_copies,
    of_copies,
    of_kinds,
    of_sources,
)

if TYPE_CHECKING:
    from samestory.deploy.cli.evaluate import Eval


def eval_copies(args: "Eval", pairs: str) -> None:
    """Compare the pairs of --copies, and print how well they are told."""
    if args.file is None:
        raise Misconfigured(
            "eval --copies PAIRS: give the stories too, as STORIES.jsonl[.gz]"
        )
    texts = read_texts(args.file)
    found = find_copies(read_copies(pairs, texts), texts)
    if args.out:
        _write(Path(args.out), found)
    copies, kinds = of_copies(found), of_kinds(found)
    right, claimed, asked = of_sources(found)
    macro = sum(one.f1 for one in kinds.values()) / len(kinds)
    if args.json:
        for name, one in copies.items():
            print_json({"name": "copy or not", "way": name} | _figures(one))
        for kind, one in kinds.items():
            print_json({"name": "kind", "kind": kind} | _figures(one))
        print_json({"name": "kinds", "macro_f1": round(macro, 4)})
        source = {"right": right, "claimed": claimed, "asked": asked}
        print_json({"name": "source"} | source)
        return
    print(f"{counted(len(found), 'pair')}. Copy or not:")
    _print(copies)
    print("\nKinds, by samestory:")
    _print(kinds)
    print(
        f"\nMacro F1 of the kinds: {100 * macro:.1f} %. Whose text it is: of {asked}"
        f" copies and partial copies claimed for {claimed}, right for {right}."
    )


def _figures(one: Measured) -> dict[str, float]:
    return {
        "precision": round(one.precision, 4),
        "recall": round(one.recall, 4),
        "f1": round(one.f1, 4),
    }


def _print(rows: Mapping[str, Measured]) -> None:
    right = {"justify": "right", "no_wrap": True}
    print_table(
        [("", {}), *((name, right) for name in ("P", "R", "F1"))],
        [
            [name, *(f"{100 * x:.1f}" for x in (one.precision, one.recall, one.f1))]
            for name, one in rows.items()
        ],
    )


def _write(path: Path, found: Sequence[Found]) -> None:
    lines = (json.dumps(_row(one)) + "\n" for one in found)
    with named(f"--out {path}"):
        path.write_text("".join(lines), "utf-8")


def _row(one: Found) -> dict[str, Any]:
    said = one.shared.to_json() | {"source": one.source}
    return {"id": one.label.pair_id} | said
