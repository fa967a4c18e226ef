"""What functions of the course check of their arguments."""

import operator

import numpy as np


def whole(name: str, value, least: int) -> int:
    """The value as an int.

    Raises:
        TypeError: it is not a whole number.
        ValueError: it is less than the least that is allowed.
    """
    try:
        value = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be a whole number, not {value!r}.") from None
    if value < least:
        raise ValueError(f"{name} must be at least {least}, not {value}.")
    return value


def generator(rng) -> np.random.Generator:
    """The random generator.

    Raises:
        TypeError: it is not a `numpy.random.Generator`.
    """
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"rng must be a numpy.random.Generator (np.random.default_rng(0)), not {rng!r}."
        )
    return rng
