"""Fit the pair model on labelled stories; write it and the word counts to index/.

    python bench/fit_pair_model.py LABELLED.jsonl.gz... [--leave-out N] [--cut WORDS]

Rows: {"id", "published", "title", "text", "cluster", "uncertain"?}. Pairs are those
that the index would look at: the nearest earlier stories within the window. Each file
is a stream of its own; --cut adds a copy of each, cut to title and that many words, so
that short texts count too; files after --short are short already, e.g. feed entries.
FILE*20 weighs a file's pairs 20 times. --leave-out keeps the events of the first N
stories of the first file out of the fit, to measure on them. Words are counted in the
uncut files and in those of --count; the pairs of one half of the events are fitted with
the counts of the other half, since words counted in the very stories that are fitted
on look more telling than they are (quality.md 7). The first file counts once more as if
in a language that neither the model nor the word counts know. The threshold is
the best B-cubed F1 in online passes over the half of the events that was not fitted
on, among those that keep a mean precision of 0.915: precision comes first. The first
run embeds (minutes); the vectors are kept in --cache.
"""

import argparse
import gzip
import hashlib
import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from embed.encoder import SentenceTransformerEncoder
from embed.passage import passages
from index.decision import NEAREST_MEMBERS, Pair, PairModel, decide
from index.evaluation import b_cubed
from index.events import CANDIDATES, WINDOW_S
from index.features import FEATURES, crowdedness, pair_features, view
from index.neighbours import combine
from index.terms import Rarity, count_words
from ingest.story import Story

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("files", nargs="+", metavar="FILE[*WEIGHT]")
parser.add_argument("--short", nargs="*", default=[], metavar="FILE[*WEIGHT]")
parser.add_argument("--count", nargs="*", default=[], metavar="FILE")
parser.add_argument("--leave-out", type=int, default=0)
parser.add_argument("--cut", type=int, default=0)
parser.add_argument("--cache", type=Path, default=Path(".run/fit"))
parser.add_argument("--out", type=Path, default=Path("index/pair_model.json"))
COUNTS = "word_counts.txt.gz"
MIN_PRECISION = 0.915  # dense titles alone pull the mean down
NO_COUNTS = Rarity(10_000, {})
THRESHOLDS = [0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5]


def rows_of(path, cut):
    """Return the file's rows in time order, those with a date and a text."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    rows = [r for r in rows if r.get("published") and r.get("text")]
    for row in rows:
        at = datetime.fromisoformat(row["published"])
        row["at"] = at if at.tzinfo else at.replace(tzinfo=UTC)
        if cut:
            row["text"] = " ".join(row["text"].split()[:cut])
    return sorted(rows, key=lambda r: (r["at"], r["id"]))


def embedded(rows, cache, encoder):
    """Return fp16 vectors, shape (n, 2, dim), from the cache where they are."""
    name = hashlib.sha256(json.dumps([r["id"] + r["text"] for r in rows]).encode())
    path = cache / f"{name.hexdigest()[:16]}.npy"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        texts = [p for r in rows for p in passages(r.get("title") or "", r["text"])]
        found = encoder().encode(texts).astype(np.float16)
        np.save(path, found.reshape(len(rows), 2, -1))
    return np.load(path)


class Stream:
    """One labelled stream, with the views of its stories."""

    def __init__(self, name, cut, cache, encoder, *, foreign=False):
        path, _, weight = name.partition("*")
        self.weight = float(weight or 1)
        self.rows = rows_of(path, cut)
        self.cut, self.foreign = cut, foreign
        self.vectors = embedded(self.rows, cache, encoder)
        self.views = []
        self.unit = np.stack([combine(v) for v in self.vectors])
        self.hours = np.array([row["at"].timestamp() / 3600 for row in self.rows])

    def look(self, masks, rarities):
        """Prepare the stories of each mask, with its rarities of words."""
        self.views = [None] * len(self.rows)
        for mask, rarity in zip(masks, rarities, strict=True):
            for at in np.flatnonzero(mask):
                self.views[at] = view(
                    _story(self.rows[at]),
                    self.vectors[at],
                    known=not self.foreign,
                    rarity=NO_COUNTS if self.foreign else rarity,
                )

    def near(self, at, earlier):
        """Return [(similarity, index)] of the nearest earlier stories, best first."""
        inside = earlier[self.hours[earlier] >= self.hours[at] - WINDOW_S / 3600]
        if not len(inside):
            return []
        found = self.unit[inside] @ self.unit[at]
        best = np.argsort(-found, kind="stable")
        return [(float(found[b]), int(inside[b])) for b in best]


def _story(row):
    return Story(
        story_id="s-" + row["id"],
        url=None,
        outlet=row.get("source") or "",
        title=(row.get("title") or "")[:500],
        text=row["text"],
        lang="en",
        published=row["at"],
        published_raw=None,
        date_quality="exact",
        first_seen=row["at"],
        observed=row["at"],
        text_from="import",
    )


def pairs(stream, kept):
    """Return features, labels and weights of the pairs that the index would see."""
    size = Counter(row["cluster"] for row in stream.rows)
    features, same, weights = [], [], []
    places = np.flatnonzero(kept)
    for n, at in enumerate(places):
        near = stream.near(at, places[:n])[:CANDIDATES]
        crowd = crowdedness([s for s, _ in near])
        views = [stream.views[other] for _, other in near]
        numbers = pair_features(stream.views[at], views, crowd)
        for (_, other), values in zip(near, numbers, strict=True):
            if stream.rows[other]["id"] in stream.rows[at].get("uncertain", []):
                continue
            one = stream.rows[at]["cluster"] == stream.rows[other]["cluster"]
            features.append(values)
            same.append(one)
            # Else big events own the pairs (quality.md section 7).
            fair = 1 / (size[stream.rows[at]["cluster"]] - 1) if one else 1.0
            weights.append(stream.weight * fair)
    return np.array(features), np.array(same), np.array(weights)


def fitted(parts, threshold=0.5):
    """Return the pair model of these pairs."""
    x, y, w = (np.concatenate(column) for column in zip(*parts, strict=True))
    spread = x.std(axis=0)  # so that the penalty means the same for every feature
    found = LogisticRegression(C=10.0, max_iter=2_000).fit(
        x / spread, y, sample_weight=w
    )
    return PairModel(
        name="",
        bias=float(found.intercept_[0]),
        weights=tuple(float(v) for v in found.coef_[0] / spread),
        threshold=threshold,
    )


def online(stream, kept, model):
    """Return B-cubed of one pass in time order, decided by the product's code."""
    event_of, members = {}, {}
    places = np.flatnonzero(kept)
    for n, at in enumerate(places):
        near = stream.near(at, places[:n])
        crowd = crowdedness([s for s, _ in near[:CANDIDATES]])
        similarity = {i: s for s, i in near}
        found = []
        for event in dict.fromkeys(event_of[i] for _, i in near[:CANDIDATES]):
            inside = sorted(
                (i for i in members[event] if i in similarity),
                key=lambda i: -similarity[i],
            )
            inside = inside[:NEAREST_MEMBERS]
            views = [stream.views[i] for i in inside]
            found += [
                Pair(story_id=str(i), event_id=event, features=values)
                for i, values in zip(
                    inside, pair_features(stream.views[at], views, crowd), strict=True
                )
            ]
        event_of[at] = decide(found, model).event_id or f"e-{at}"
        members.setdefault(event_of[at], []).append(at)
    gold = {str(at): stream.rows[at]["cluster"] for at in places}
    return b_cubed({str(at): event_of[at] for at in places}, gold)


def fold_of(row):
    """Return 0 or 1, the same for all reports of an event."""
    return hashlib.sha256(row["cluster"].encode()).digest()[0] % 2


def tuned(streams, masks, parts):
    """Return the threshold, from passes over what each fold was not fitted on."""
    f1, precision = Counter(), Counter()
    for f in (0, 1):
        model = fitted([p[f] for p in parts])
        for threshold in THRESHOLDS:
            tried = replace(model, threshold=threshold)
            for stream, mask in zip(streams, masks, strict=True):
                found = online(stream, mask[1 - f], tried)
                print(f, threshold, *(f"{value:.3f}" for value in found), flush=True)
                if stream.foreign:
                    continue
                f1[threshold] += found.f1
                precision[threshold] += found.precision / (2 * (len(streams) - 1))
    careful = [t for t in THRESHOLDS if precision[t] >= MIN_PRECISION]
    return max(careful or THRESHOLDS, key=lambda t: f1[t])


def counted(files, streams, masks, fold):
    """Return documents and word counts of one fold, None for both, and of the files."""
    total, words = count_words(
        (row.get("title") or "", row["text"]) for f in files for row in rows_of(f, 0)
    )
    for stream, both in zip(streams, masks, strict=True):
        mask = both[0] | both[1] if fold is None else both[fold]
        if not (stream.cut or stream.foreign):
            texts = (stream.rows[at] for at in np.flatnonzero(mask))
            more, counts = count_words((r.get("title") or "", r["text"]) for r in texts)
            total += more
            words.update(counts)
    return total, words


def write_counts(path, total, words):
    """Write the words of two documents or more; return the digest's beginning."""
    kept = sorted((word, n) for word, n in words.items() if n > 1)
    lines = [f"documents {total}", *(f"{word} {n}" for word, n in kept)]
    data = "\n".join(lines).encode()
    path.write_bytes(gzip.compress(data, mtime=0))
    return hashlib.sha256(data).hexdigest()[:8]


def names(files):
    """Return the files' names without their folders."""
    return " ".join(Path(f).name for f in files)


def main():
    """Fit, tune, measure, write."""
    args = parser.parse_args()
    encoder = cache(lambda: SentenceTransformerEncoder("packaged", threads=2))
    cuts = (0, args.cut) if args.cut else (0,)
    streams = [Stream(f, cut, args.cache, encoder) for cut in cuts for f in args.files]
    streams += [Stream(f, 0, args.cache, encoder) for f in args.short]
    streams.append(Stream(args.files[0], 0, args.cache, encoder, foreign=True))
    rows = streams[0].rows
    out = {r["cluster"] for r in rows[: args.leave_out]}
    masks = [
        [
            np.array([r["cluster"] not in out and fold_of(r) == f for r in s.rows])
            for f in (0, 1)
        ]
        for s in streams
    ]
    counts = [counted(args.count, streams, masks, f) for f in (0, 1)]
    for s, both in zip(streams, masks, strict=True):
        s.look(both, [Rarity(*counts[1 - f]) for f in (0, 1)])
    parts = [
        [pairs(s, mask) for mask in both]
        for s, both in zip(streams, masks, strict=True)
    ]
    best = tuned(streams, masks, parts)
    model = fitted([part for both in parts for part in both], best)
    total, words = counted(args.count, streams, masks, None)
    if out:
        kept = np.array([i < args.leave_out for i in range(len(rows))])
        streams[0].look([kept], [Rarity(total, words)])
        print("left out:", online(streams[0], kept, model))
    weights = {k: round(v, 4) for k, v in zip(FEATURES, model.weights, strict=True)}
    artefact = {
        "bias": round(model.bias, 4),
        "weights": weights,
        "thresholds": {
            "tight": round(best + 0.2, 3),
            "balanced": best,
            "loose": best / 2,
        },
        "provenance": f"bench/fit_pair_model.py {names(args.files)}"
        f" --short {names(args.short)}"
        f" --cut {args.cut} --count {names(args.count)}"
        f" --leave-out {args.leave_out}; all-MiniLM-L6-v2 fp32",
        "word_counts": write_counts(args.out.with_name(COUNTS), total, words),
    }
    name = hashlib.sha256(json.dumps(artefact).encode()).hexdigest()[:8]
    text = json.dumps({"name": f"pair-{name}", **artefact}, indent=2)
    args.out.write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
