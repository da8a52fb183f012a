"""The mean vector of each language of a model, from words alone, as an adaptation.

    python -m bench.language_means --model multilingual --out DIR

For each language that wordfreq knows: rows of words drawn by their frequency, as long
as headlines are, embedded by the model as it is before anything is added to it; their
mean. No text is needed, so that any language has one, and none is of the sets that are
scored. `samestory train --space --model DIR` then learns with them taken out. Needs
`pip install wordfreq`. The same seed and words give the same file.
"""

import argparse
import random
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from wordfreq import available_languages, get_frequency_dict

from samestory.embed.adaptation import FILE, Adaptation
from samestory.embed.engines.torch_engine import TorchEngine
from samestory.embed.means import OTHERS, LanguageMeans
from samestory.embed.models import model_files
from samestory.embed.passage import TOKENS

WORDS = 5_000
ROWS = 400
LENGTH = range(6, 14)  # words of a headline
SEED = 20261128


def headlines(lang: str) -> list[str]:
    """Return rows of words as they come in a language."""
    rng = random.Random(f"{SEED} {lang}")
    known = get_frequency_dict(lang)
    words = sorted(known, key=lambda word: (-known[word], word))[:WORDS]
    weights = [known[word] for word in words]
    blank = "" if lang in ("zh", "ja") else " "
    return [
        blank.join(rng.choices(words, weights, k=rng.choice(LENGTH)))
        for _ in range(ROWS)
    ]


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="multilingual")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    model = replace(model_files(args.model), adapted_by=None)
    engine = TorchEngine(model.source, TOKENS, arithmetic="fp32", threads=2)
    means = {}
    for lang in sorted(available_languages()):
        means[lang] = engine.encode(headlines(lang)).mean(axis=0)
        sys.stderr.write(f"{lang} {np.linalg.norm(means[lang]):.3f}\n")
    means[OTHERS] = np.mean(list(means.values()), axis=0)
    args.out.mkdir(parents=True, exist_ok=True)
    Adaptation(
        base=args.model,
        thin={},
        means=LanguageMeans(means),
        about=f"python -m bench.language_means --model {args.model}",
    ).save(args.out / FILE)


if __name__ == "__main__":
    main()
