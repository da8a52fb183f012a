"""Make embed/language_means.json: the mean vector of each language, from words alone.

    python -m bench.language_means --model multilingual

For each language that wordfreq knows: rows of words drawn by their frequency, as long
as headlines are, embedded; their mean. No text is needed, so that any language has one,
and none is of the sets that are scored. Needs `pip install wordfreq`. The same seed and
words give the same file.
"""

import argparse
import json
import random
import sys
from pathlib import Path

import numpy as np
from wordfreq import available_languages, get_frequency_dict

from samestory.deploy.config import load_settings
from samestory.embed.encoder import EncoderSpec
from samestory.embed.means import OTHERS, PACKAGED, encoded
from samestory.embed.models import model_files
from samestory.embed.opening import open_encoder

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
    parser.add_argument("--out", type=Path, default=PACKAGED)
    args = parser.parse_args()
    spec = EncoderSpec(
        model=args.model, cache=load_settings(file=None, overrides={}).models_home
    )
    encoder = open_encoder(spec)
    means = {}
    for lang in sorted(available_languages()):
        rows = encoder.encode(headlines(lang))
        means[lang] = rows.mean(axis=0)
        sys.stderr.write(f"{lang} {np.linalg.norm(means[lang]):.3f}\n")
    means[OTHERS] = np.mean(list(means.values()), axis=0)
    held = json.loads(args.out.read_text("utf-8")) if args.out.exists() else {}
    held[model_files(args.model).digest()] = {
        "made_by": encoder.made_by,
        "means": encoded(means),
    }
    args.out.write_text(json.dumps(held, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
