"""Sentences whose vectors are on record: embedded at each start, compared with them.

A library, a processor or a conversion that computes something else is noticed before
it mixes its vectors with those that are there.
"""

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from samestory.errors import Misconfigured
from samestory.private import replaced

SENTENCES: Final = (
    "Velund expels six Kesmark diplomats over spying",
    "Wheat slides on plan for naval escorts",
    (
        "The foreign minister warned his counterparts on Thursday that the supply of"
        " tools would prolong the war, and announced that the talks on the border would"
        " go on in the spring, whatever came of the vote in the upper house."
    ),
    "Совет Безопасности собрался на экстренное заседание",
    "7 dead, 12 hurt",
)
LEAST: Final = {"exact": 0.999, "int8": 0.95}  # cosine with the recorded fp32 vector
RECORDS: Final = "canaries.json"  # in the package, and beside a converted model

Rows = NDArray[np.float32]


def recorded(digest: str, folder: Path) -> Rows | None:
    """Return the vectors on record for a model; None where there are none.

    Args:
        digest: of the model.
        folder: of its conversions.
    """
    for path in (Path(__file__).with_name(RECORDS), folder / RECORDS):
        try:
            record = json.loads(path.read_text("utf-8"))[digest]
            data = np.frombuffer(base64.b64decode(record["vectors"]), "<f2")
            return data.reshape(len(SENTENCES), -1).astype(np.float32)
        except (OSError, KeyError, ValueError, TypeError):
            continue
    return None


def record(digest: str, rows: Rows, made_by: str, path: Path) -> None:
    """Add a model's vectors to a file of records; one that can't be written is none."""
    try:
        records = json.loads(path.read_text("utf-8")) if path.exists() else {}
        data = base64.b64encode(rows.astype("<f2").tobytes()).decode()
        records[digest] = {"made_by": made_by, "vectors": data}
        path.parent.mkdir(parents=True, exist_ok=True)
        with replaced(path) as new:
            new.write_text(json.dumps(records, indent=1) + "\n", "utf-8")
    except (OSError, ValueError):
        return


def check(rows: Rows, held: Rows, precision: str, made_by: str, hint: str = "") -> None:
    """Compare canaries with those on record.

    Args:
        rows: of the engine, for SENTENCES.
        held: those on record.
        precision: the class, which says how far they may be apart.
        made_by: the engine, for the message.
        hint: what else may be the cause, for the message.

    Raises:
        Misconfigured: another model, or an engine that computes something else.
    """
    least = LEAST[precision]
    similar = cosines(rows, held) if rows.shape == held.shape else [0.0]
    if not min(similar) >= least:
        raise Misconfigured(
            f"{made_by} embeds the canary sentences otherwise than recorded (cosine"
            f" {min(similar):.4f}, {least} wanted): it would mix two kinds of vectors."
            " Install the versions of constraints.txt, force another engine by"
            f" --engine{hint}"
        )


def cosines(rows: Rows, held: Rows) -> Sequence[float]:
    """Return the cosine of each row with its counterpart."""
    lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(held, axis=1)
    return [float(x) for x in (rows * held).sum(axis=1) / lengths]
