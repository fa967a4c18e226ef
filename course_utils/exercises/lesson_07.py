"""Exercises of lesson 07, pixel by pixel."""

from itertools import pairwise
from typing import Any

import numpy as np

from course_utils.checks import Exercise


def bits(tables: list[np.ndarray], picture: np.ndarray) -> float:
    log_p, beginning = 0.0, 0
    for table, pixel in zip(tables, picture, strict=True):
        log_p += np.log2(table[beginning] if pixel else 1 - table[beginning])
        beginning = 2 * beginning + int(pixel)
    return -log_p / len(picture)


def column_mask(h: int, w: int, kind: str) -> np.ndarray:
    mask = np.zeros((h, w))
    mask[:, : w // 2] = 1
    mask[: h // 2 + (kind == "B"), w // 2] = 1
    return mask


def augment(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    turned = rng.random(len(x)) < 0.5
    y = np.where(turned[:, None, None, None], x[..., ::-1], x)
    return np.clip(y * rng.uniform(0.9, 1.1, (len(x), 1, 1, 1)), 0, 1)


def nucleus(p: np.ndarray, P: float) -> np.ndarray:
    order = np.argsort(-p)
    before = np.cumsum(p[order]) - p[order]
    kept = np.zeros_like(p)
    best = order[before < P]
    kept[best] = p[best]
    return kept / kept.sum()


def table_step(W: np.ndarray, x: np.ndarray, rate: float) -> np.ndarray:
    gradient = np.zeros(W.shape)
    for before, now in pairwise(x):
        p = np.exp(W[before] - W[before].max())
        gradient[before] += p / p.sum()
        gradient[before, now] -= 1
    return W - rate * gradient / (len(x) - 1)


def draw_row(W: np.ndarray, u: np.ndarray, T: float) -> np.ndarray:
    before = W.shape[1]
    x = np.zeros(len(u), int)
    for i in range(len(u)):
        logits = W[before] / T
        p = np.exp(logits - logits.max())
        p = p / p.sum()
        before = x[i] = (p.cumsum() <= u[i]).sum()
    return x


def compare_augmented(
    answer: Any, expected: np.ndarray, x: np.ndarray, rng: np.random.Generator
) -> str | None:
    """What is wrong with pictures that should be x, some of them mirrored, times a number each."""
    y = np.asarray(answer, float)
    if y.shape != x.shape:
        return f"expected shape {x.shape}, but got shape {y.shape}"
    if not (y.min() >= 0 and y.max() <= 1):
        return f"expected values in [0, 1], but got {y.min():.3g} to {y.max():.3g}"
    as_is, mirrored = (
        [_factor(*pair) for pair in zip(y, v, strict=True)] for v in (x, x[..., ::-1])
    )
    turned, factors = np.isnan(as_is), np.where(np.isnan(as_is), mirrored, as_is)
    if np.isnan(factors).any():
        k = int(np.isnan(factors).argmax())
        return f"expected picture {k} or its mirror image, times one number"
    low, high = factors.min(), factors.max()
    if not 0.9 - 1e-6 <= low <= high <= 1.1 + 1e-6:
        return f"expected brightness times 0.9 to 1.1, but got {low:.2f} to {high:.2f}"
    if len(x) < 100:
        return None
    if not 0.35 < turned.mean() < 0.65:
        return f"expected about half of the pictures mirrored, but got {turned.mean():.0%}"
    if high - low < 0.15:
        return f"expected brightness times 0.9 to 1.1, but got only {low:.2f} to {high:.2f}"
    if abs(np.corrcoef(turned, factors)[0, 1]) > 0.4:
        return "expected mirroring and brightness drawn independently, but they hang together"
    return None


def _factor(y, x):
    """The number that x was multiplied by to give y, cut to [0, 1], or NaN."""
    inside = x < 0.85
    factor = float(np.median(y[inside] / x[inside]))
    return factor if np.allclose(y, np.clip(x * factor, 0, 1), atol=1e-5) else np.nan


_rng = np.random.default_rng(7)
_LOGITS = 2 * _rng.standard_normal((6, 5))
_TABLES = [_rng.uniform(0.1, 0.9, 2**i) for i in range(6)]

EXERCISES = {
    "bits": Exercise(
        bits,
        [
            ([np.array([0.25])], np.array([1])),
            ([np.array([0.25])], np.array([0])),
            ([np.array([0.5]), np.array([0.5, 0.125])], np.array([1, 1])),
            ([np.array([0.5]), np.array([0.25, 0.5])], np.array([0, 0])),
            (_TABLES, np.array([1, 0, 1, 1, 0, 0])),
            (_TABLES, np.array([0, 1, 1, 0, 1, 1])),
        ],
        "one pixel, two, and six that need every kind of beginning.",
    ),
    "column mask": Exercise(
        column_mask,
        [(3, 3, "A"), (3, 3, "B"), (5, 3, "A"), (3, 5, "B"), (1, 3, "B"), (5, 1, "A")],
        "both kinds, square filters, wide ones and tall ones.",
    ),
    "augment": Exercise(
        augment,
        [
            (_rng.uniform(0.1, 0.8, (2, 3, 1, 2)), np.random.default_rng(0)),
            (_rng.uniform(0.1, 0.8, (400, 3, 3, 5)), np.random.default_rng(1)),
            (_rng.uniform(0.1, 1.0, (400, 3, 4, 4)), np.random.default_rng(2)),
        ],
        "two pictures, 400 with room above, and 400 so bright that they must be cut.",
        compare_augmented,
    ),
    "nucleus": Exercise(
        nucleus,
        [
            (np.array([0.6, 0.4]), 0.5),
            (np.array([0.2, 0.5, 0.3]), 0.6),
            (np.array([0.05, 0.15, 0.46, 0.34]), 0.9),
            (_rng.dirichlet(np.ones(8)), 0.3),
            (_rng.dirichlet(np.ones(64)), 0.95),
        ],
        "two colours, three, one that just passes P, few of eight, and most of 64.",
    ),
    "table step": Exercise(
        table_step,
        [
            (np.zeros((2, 2)), np.array([0, 1]), 1.0),
            (np.zeros((3, 3)), np.array([2, 0, 0, 1, 0]), 0.5),
            (_LOGITS[:5], _rng.integers(5, size=40), 0.3),
            (100 * _LOGITS[:5] + 900, _rng.integers(5, size=40), 2.0),
        ],
        "one prediction, four, forty, and logits so large that exp alone would overflow.",
    ),
    "draw row": Exercise(
        draw_row,
        [
            (np.array([[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]), np.array([0.7]), 1.0),
            (np.array([[0.0, 3.0], [3.0, 0.0], [3.0, 0.0]]), np.array([0.2, 0.5, 0.8]), 1.0),
            (_LOGITS, _rng.random(30), 1.0),
            (_LOGITS, _rng.random(30), 0.4),
        ],
        "one pixel, a row that must alternate, and thirty pixels at two temperatures.",
    ),
}
