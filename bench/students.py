"""Cheaper models than the packaged one: what they would save, and what they miss.

    python -m bench.students --out DIR --learn FILE.jsonl.gz... --labelled FILE.jsonl.gz
        [--texts 12000] [--epochs 2]

Writes sentence-transformers folders into DIR: `exit-K`, the packaged model that ends
after layer K of its 6 (early exit at a fixed layer); `student-3`, three of its layers
that learnt, on the passages of the --learn files, to give the vectors of all six
(distillation, the loss is 1 - cosine). What a folder is worth is then asked of
`samestory train`, which fits a pair model for it, and `samestory eval` with both.

Prints what a first filter would save on LABELLED ({"title", "text", "published",
"cluster"} a line): a story whose vector of the filter is under a cosine to all others
of the week before and after needs no more of the model. The cosine is the one under
which that share of the pairs of one event within a week would be missed; "at most" is
the upper end of its 95 % Wilson interval. The filters are `exit-3`, the whole model
(what no filter can be better than, if its own vectors are the truth), and a static
table: a word's vector is what the model makes of it alone, a text's their mean weighed
by 1e-3 / (1e-3 + frequency), less the first principal component (Arora, Liang, Ma 2017,
SIF).
"""

import argparse
import gzip
import json
import math
import random
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer

from samestory.embed.models import model_files
from samestory.embed.passage import TOKENS, passages

EXITS = (3, 4, 5)
KEPT = (0, 2, 4)  # layers that the student begins with
LEARNT_TOKENS = 64
BATCH = 32
RATE = 1e-4
WEEK_S = 7 * 86_400
MISSED = (0.001, 0.005, 0.02)  # shares that a filter may miss


def rows_of(file: Path) -> list[dict[str, Any]]:
    """Return the lines of a file."""
    with gzip.open(file, "rt") as lines:
        return [json.loads(line) for line in lines]


def teacher() -> SentenceTransformer:
    """Return the packaged model."""
    return SentenceTransformer(str(model_files("packaged").folder), device="cpu")


def with_layers(layers: Sequence[int]) -> SentenceTransformer:
    """Return the packaged model with these of its layers only."""
    model = teacher()
    inner = model[0].auto_model
    inner.encoder.layer = torch.nn.ModuleList(inner.encoder.layer[n] for n in layers)
    inner.config.num_hidden_layers = len(layers)
    return model


def vectors(model: SentenceTransformer, texts: Sequence[str]) -> torch.Tensor:
    """Return unit vectors, shape (n, dim), with gradients where the model learns."""
    fed = model.tokenize(list(texts))
    return torch.nn.functional.normalize(model(fed)["sentence_embedding"], dim=1)


def distilled(texts: Sequence[str], epochs: int, rng: random.Random) -> Any:
    """Return a student of three layers that learnt from the packaged model."""
    student, guide = with_layers(KEPT), teacher()
    for model in (student, guide):
        model.max_seq_length = LEARNT_TOKENS
    student.train()
    optimizer = torch.optim.AdamW(student.parameters(), lr=RATE)
    steps = epochs * (len(texts) // BATCH)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.05, steps)
    losses: list[float] = []
    for step, batch in zip(range(steps), endless(texts, rng), strict=False):
        with torch.no_grad():
            wanted = vectors(guide, batch)
        loss = 1 - (vectors(student, batch) * wanted).sum(dim=1).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(float(loss))
        if step % 50 == 0:
            told = {"step": step, "of": steps, "loss": np.mean(losses[-50:]).round(4)}
            print(json.dumps(told, default=float), file=sys.stderr, flush=True)
    student.max_seq_length = teacher().max_seq_length
    return student.eval()


def endless(texts: Sequence[str], rng: random.Random) -> Iterator[list[str]]:
    """Yield batches, in another order each time round."""
    while True:
        order = rng.sample(texts, len(texts))
        for at in range(0, len(order) - BATCH + 1, BATCH):
            yield order[at : at + BATCH]


def static(texts: Sequence[str]) -> NDArray[np.float32]:
    """Return unit vectors of texts from a table of words, shape (n, dim)."""
    model = teacher()
    tokenizer = model.tokenizer
    size = len(tokenizer)
    first, last = tokenizer.cls_token_id, tokenizer.sep_token_id
    table = np.empty((size, 384), np.float32)
    with torch.inference_mode():
        for at in range(0, size, 256):
            ids = torch.tensor(
                [[first, n, last] for n in range(at, min(at + 256, size))]
            )
            fed = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
            found = model(fed)["sentence_embedding"]
            table[at : at + 256] = found.numpy()
    tokens = [
        tokenizer.encode(t, add_special_tokens=False, truncation=True, max_length=128)
        for t in texts
    ]
    counts = np.bincount(np.concatenate([*map(np.array, tokens)]), minlength=size)
    weights = 1e-3 / (1e-3 + counts / counts.sum())
    rows = np.stack([(weights[t, None] * table[t]).mean(axis=0) for t in tokens])
    _, _, axes = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    rows -= rows @ axes[:1].T @ axes[:1]
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def filtered(rows: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield what each first filter would save, by what it may miss."""
    texts = [passages(r["title"], r.get("text") or "")[1] for r in rows]
    filters = {"static": static(texts)}
    for name, layers in (("exit-3", 3), ("the whole model", 6)):
        model = with_layers(range(layers))
        model.max_seq_length = TOKENS
        filters[name] = model.encode(texts, normalize_embeddings=True)
    times = np.array([datetime.fromisoformat(r["published"]).timestamp() for r in rows])
    events = np.unique([str(r["cluster"]) for r in rows], return_inverse=True)[1]
    near = np.abs(times[:, None] - times[None]) <= WEEK_S
    np.fill_diagonal(near, val=False)
    mates = near & (events[:, None] == events[None])
    pairs = int(mates.sum()) // 2
    for (name, found), share in product(filters.items(), MISSED):
        cosines = found @ found.T
        cosine = float(np.quantile(cosines[mates], share))
        under = cosines < cosine
        missed = int((mates & under).sum()) // 2
        yield {
            "filter": name,
            "cosine": round(cosine, 3),
            "saved": round(float((~near | under).all(axis=1).mean()), 4),
            "pairs": pairs,
            "missed": round(missed / pairs, 4),
            "at most": round(wilson(missed, pairs), 4),
        }


def wilson(hits: int, of: int, z: float = 1.96) -> float:
    """Return the upper end of Wilson's 95 % interval of a share (Wilson 1927)."""
    share = hits / of
    root = math.sqrt(share * (1 - share) / of + (z / (2 * of)) ** 2)
    return (share + z**2 / (2 * of) + z * root) / (1 + z**2 / of)


def main() -> int:
    """Make the folders, print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--learn", type=Path, nargs="+", required=True)
    parser.add_argument("--labelled", type=Path, required=True)
    parser.add_argument("--texts", type=int, default=12_000)
    parser.add_argument("--epochs", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(1)
    for number in EXITS:
        with_layers(range(number)).save(str(args.out / f"exit-{number}"))
    for row in filtered(rows_of(args.labelled)):
        print(json.dumps(row), flush=True)
    rng = random.Random(7)
    known = {
        text
        for file in args.learn
        for row in rows_of(file)
        for text in passages(row.get("title") or "", row.get("text") or "")
        if text
    }
    texts = rng.sample(sorted(known), min(args.texts, len(known)))
    distilled(texts, args.epochs, rng).save(str(args.out / "student-3"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
