"""What functions of the course check of their arguments, and the sentence that says what is wrong.

Raises, all of them:
    TypeError: the argument is of another kind.
    ValueError: it has another shape, or a value that is not allowed.
"""

import operator
from typing import SupportsIndex

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

HUGE = np.float64(1e18)  # of values of an array: squares and sums of more overflow a float32


def whole(name: str, value: SupportsIndex, least: int, most: int = 10**9) -> int:
    """A whole number from `least` to `most`, as an int."""
    try:
        value = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be a whole number, not {shown(value)}.") from None
    if value < least:
        raise ValueError(f"{name} must be at least {least}, not {value}.")
    if value > most:
        raise ValueError(f"{name} must be at most {most}, not {value}.")
    return value


def number(name: str, value: ArrayLike, least: float, most: float) -> float:
    """A number from `least` to `most`, as a float."""
    x = real(name, value)
    if x.ndim or not least <= x <= most:
        raise ValueError(f"{name} must be from {least:g} to {most:g}, not {shown(value)}.")
    return float(x)


def generator(rng: object) -> np.random.Generator:
    """A random generator."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"rng must be a numpy.random.Generator (np.random.default_rng(0)), not {shown(rng)}."
        )
    return rng


def real(name: str, value: ArrayLike) -> np.ndarray:
    """Real numbers of any shape, an array, a list, or a tensor from any device, as an array."""
    try:
        a = np.asarray(value.detach().cpu() if hasattr(value, "detach") else value)
    except (TypeError, ValueError):  # a list of rows of several lengths, a tensor of bfloat16
        a = np.array(None)
    if a.dtype.kind not in "buif":
        raise TypeError(f"{name} must hold real numbers in an array, not {shown(value)}.")
    return a


def array(
    name: str,
    value: ArrayLike,
    *shape: int | str,
    least: int = 0,
    kind: DTypeLike | None = np.float64,
) -> np.ndarray:
    """Finite real numbers of a shape, as an array of a kind; None leaves the kind as it is.

    In the shape, a word leaves the length open; the first is at least `least`.
    """
    a = real(name, value)
    pairs = {*zip(shape, a.shape, strict=False)}  # the same word stands for the same length
    fits = a.ndim == len(shape) and len(pairs) == len({*shape}) and (a.ndim == 0 or len(a) >= least)
    if not fits or any(k != n for k, n in pairs if isinstance(k, int)):
        wanted = f"shape ({', '.join(map(str, shape))}{',' * (len(shape) == 1)})"
        wanted += f" with {shape[0]} at least {least}" if least else ""
        raise ValueError(f"{name} must have {wanted if shape else 'one value'}, not {a.shape}.")
    if not (np.isfinite(a) & (abs(a) <= HUGE)).all():
        raise ValueError(f"{name} has values that are NaN or infinite, or beyond {HUGE:g}.")
    return a if kind is None else a.astype(kind, copy=False)


def shown(value: object) -> str:
    """What an argument is, in a line."""
    text = " ".join(repr(value).split())
    return text if len(text) < 80 else f"{text[:60]} ..."
