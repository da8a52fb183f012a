"""Vectors of unit length, for hypothesis."""

import numpy as np


def unit_vectors(seed: int, dim: int = 384):
    rows = np.random.default_rng(seed).normal(size=(2, dim))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)
