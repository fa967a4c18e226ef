"""Portraits of cartoon people, drawn from known factors: hair, eyes, mouth and a dozen more."""

import numpy as np
from numpy.typing import ArrayLike

from course_utils.arguments import generator, whole
from course_utils.datasets.portrait import FACTORS, paint

_MEASURES = ("eye_size", "gaze_x", "gaze_y", "shift_x", "shift_y", "width")
_NAMES = (*FACTORS, "eye_right", *_MEASURES, "side", "tint")
_BARE = 0.36  # of all people wear no accessory
_CHUNK = 128  # pictures drawn at a time: the working set stays in the processor's cache


def faces(
    n: int, rng: np.random.Generator, size: int = 32, crisp: bool = False, **fixed: ArrayLike
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Portraits of people, and the factors that each was drawn from.

    The factors are independent, and the values of each equally probable; only the accessories are
    not (36 % wear none), and a person's eyes have one colour.

    Args:
        n: how many.
        rng: the generator that all factors are drawn from. The same rng draws the same people at
            every size; and if some factors are fixed, all others stay as they were.
        size: pixels on a side, at least 8.
        crisp: pixel art, in few colours and with hard edges.
        **fixed: factors to set, as in `hair="blue"`: a value's name or index, or a number, or an
            array of n. `eye` sets both eyes, and `eye_right` the one on the right.

    Returns x, float32 `(n, 3, size, size)` in [0, 1], row 0 at the top, and the factors by name:
        those in `FACTORS` and `eye_right`: int64 `(n,)`, indices into the names of their values;
        `eye_size`, `gaze_x`, `gaze_y`, `shift_x`, `shift_y`, `width` (of the head): float32
            `(n,)`, from -1 to 1; x to the right, y downward;
        `side`: int64 `(n,)`, 1 for a bow on the right or a fringe longer on the left, else -1;
        `tint`: float32 `(n, 3)`, standard normal, how the hair's red, green and blue deviate.

    Raises:
        TypeError: n or size is not a whole number, or rng is not a `numpy.random.Generator`.
        ValueError: n is negative, size is less than 8, or a fixed factor has another name, value or
            shape.

    Source: drawn for this course.
    """
    n, rng = whole("n", n, 0), generator(rng)
    factors: dict[str, np.ndarray] = {
        name: rng.integers(len(values), size=n) for name, values in FACTORS.items()
    }
    worn = rng.integers(1, len(FACTORS["accessory"]), size=n)
    factors["accessory"] = np.where(rng.random(n) < _BARE, 0, worn)
    factors |= {name: rng.uniform(-1, 1, n).astype(np.float32) for name in _MEASURES}
    factors["side"] = rng.integers(2, size=n) * 2 - 1
    factors["tint"] = rng.standard_normal((n, 3), np.float32)
    for name, value in fixed.items():
        factors[name] = _values(name, value, n)
    factors.setdefault("eye_right", factors["eye"].copy())
    factors = {name: factors[name] for name in _NAMES}
    return draw(factors, size, crisp), factors


def draw(factors: dict[str, np.ndarray], size: int = 32, crisp: bool = False) -> np.ndarray:
    """The portraits of people with given factors, as `faces` returns and describes them.

    Returns float32 `(n, 3, size, size)` in [0, 1], row 0 at the top.

    Raises:
        TypeError: size is not a whole number.
        ValueError: size is less than 8, or a factor is missing or has another name, value or shape.
    """
    size = whole("size", size, 8)
    if missing := [name for name in _NAMES if name not in factors]:
        raise ValueError(f"The factors must have {', '.join(missing)} too.")
    n = len(factors["tint"])
    factors = {name: _values(name, value, n) for name, value in factors.items()}
    x = np.empty((n, 3, size, size), np.float32)
    for start in range(0, n, _CHUNK):
        part = slice(start, start + _CHUNK)
        paint({name: value[part] for name, value in factors.items()}, x[part], crisp)
    return np.clip(x, 0, 1, out=x)


def _values(name, value, n):
    """The values of a factor for n people, from what was given for it."""
    if name not in _NAMES:
        raise ValueError(f"There is no factor {name!r}; the factors are {', '.join(_NAMES)}.")
    a, shape = np.asarray(value), (n, 3) if name == "tint" else (n,)
    if a.shape not in ((), shape[1:], shape):
        raise ValueError(f"{name} must be one value or an array of shape {shape}, not {a.shape}.")
    names, right = FACTORS.get(name.removesuffix("_right")), np.zeros(a.shape, bool)
    if names:
        allowed = f"{', '.join(names)}, or an index from 0 to {len(names) - 1}"
        if a.dtype.kind == "U":
            right = np.isin(a, names)
        elif a.dtype.kind in "iu":
            right = (a >= 0) & (a < len(names))
    elif name == "side":
        allowed, right = "-1 or 1", np.isin(a, (-1, 1))
    else:
        limit = 10 if name == "tint" else 1
        allowed = f"numbers from {-limit} to {limit}"
        if a.dtype.kind in "iuf":
            right = abs(a) <= limit
    if not right.all():
        raise ValueError(f"{name} must be {allowed}, not {a[~right].tolist()[0]!r}.")
    if a.dtype.kind == "U":
        a = (a[..., None] == names).argmax(-1)
    kind = np.int64 if names or name == "side" else np.float32
    return np.broadcast_to(a, shape).astype(kind)
