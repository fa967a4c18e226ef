"""Portraits of cartoon people, drawn from known factors: hair, eyes, mouth and a dozen more."""

import functools
import operator

import numpy as np

FACTORS = {
    "hair": ("black", "brown", "blonde", "red", "pink", "blue", "green", "purple"),
    "style": ("short", "bob", "long", "twintails", "buns", "spiky"),
    "fringe": ("straight", "swept", "parted", "zigzag"),
    "skin": ("pale", "light", "tan", "dark"),
    "eye": ("blue", "green", "brown", "red", "gold"),
    "mouth": ("smile", "open", "flat", "round"),
    "accessory": ("none", "glasses", "bow", "cat ears", "hairband"),
    "background": ("cream", "sky", "mint", "rose", "lilac", "dusk"),
    "pattern": ("plain", "disc", "stripes"),
    "cloth": ("navy", "red", "white", "teal"),
    "blush": ("no", "yes"),
}
_MEASURES = ("eye_size", "gaze_x", "gaze_y", "shift_x", "shift_y", "width")
_NAMES = (*FACTORS, "eye_right", *_MEASURES, "side", "tint")
_BARE = 0.36  # of all people wear no accessory
_CHUNK = 128  # pictures drawn at a time: the working set stays in the processor's cache


def _rgb(codes):
    return np.array([list(bytes.fromhex(code)) for code in codes.split()], np.float32) / 255


_COLOURS = {
    "hair": _rgb("262230 70422a eec862 c43e30 f48eac 4a76cc 54a676 9262be"),
    "skin": _rgb("ffe4d0 f4caa8 ce966e 8c5c42"),
    "eye": _rgb("3a80dc 2e9e5a 7a4a24 ce3842 e8a828"),
    "background": _rgb("faf0d6 bee2f6 ceeec8 fad0d6 dacef4 5c6e96"),
    "cloth": _rgb("424c78 d64854 f8f8f4 42968c"),
}
_WHITE, _INK, _LIP, _TONGUE, _ROSE = _rgb("ffffff 342634 96343a fa8c8c ff8084")
_FRAME, _EAR, _BOW = _rgb("292433 fab8bc ec3856")
_DARK, _DARK_SKIN = np.float32(0.72), np.array([0.86, 0.76, 0.76], np.float32)  # times a colour


def faces(
    n: int, rng: np.random.Generator, size: int = 32, crisp: bool = False, **fixed
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
    n = _whole("n", n, 0)
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"rng must be a numpy.random.Generator (np.random.default_rng(0)), not {rng!r}."
        )
    factors = {name: rng.integers(len(values), size=n) for name, values in FACTORS.items()}
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
    size = _whole("size", size, 8)
    if missing := [name for name in _NAMES if name not in factors]:
        raise ValueError(f"The factors must have {', '.join(missing)} too.")
    n = len(factors["tint"])
    factors = {name: _values(name, value, n) for name, value in factors.items()}
    x = np.empty((n, 3, size, size), np.float32)
    for start in range(0, n, _CHUNK):
        part = slice(start, start + _CHUNK)
        people = _People({name: value[part] for name, value in factors.items()}, x[part], crisp)
        for layer in _LAYERS:
            layer(people)
    return np.clip(x, 0, 1, out=x)


def _whole(name, value, least):
    try:
        value = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be a whole number, not {value!r}.") from None
    if value < least:
        raise ValueError(f"{name} must be at least {least}, not {value}.")
    return value


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


# Places are in half sides of the picture, (0, 0) its middle, x to the right, y downward. Distances
# are signed, negative inside a shape, and right near its edge.


class _People:
    """Some people, where the pixels of their pictures lie, and their colours."""

    def __init__(self, factors, pictures, crisp, who=slice(None)):
        self.factors, self.pictures, self.crisp, self.who = factors, pictures, crisp, who
        size = pictures.shape[-1]
        self.small = size < 24  # fewer details, and nearer
        zoom = 1.16 if self.small else 1.0
        self.sharp = zoom * size / 2  # pixels in a unit of distance
        self.grid = ((np.arange(size) + 0.5) / size * 2 - 1).astype(np.float32)
        self.x = (self.grid - 0.07 * self.number("shift_x")) / zoom
        self.y = (self.grid[:, None] - 0.05 * self.number("shift_y") + 0.06 * self.small) / zoom
        self.width = 1 + 0.06 * self.number("width")
        tint = 0 if crisp else 0.025 * factors["tint"]
        self.hair = np.clip(self.colour("hair") + tint, 0, 1)
        self.skin, self.cloth = self.colour("skin"), self.colour("cloth")

    def only(self, name, value):
        """Those whose factor has this value."""
        on = np.flatnonzero(self.factors[name] == FACTORS[name].index(value))
        factors = {key: values[on] for key, values in self.factors.items()}
        return _People(factors, self.pictures, self.crisp, on)

    def number(self, name):
        return self.factors[name].astype(np.float32)[:, None, None]

    def colour(self, name):
        return _COLOURS[name.removesuffix("_right")][self.factors[name]]

    def paint(self, distance, colour, opacity=1):
        """Lay a colour, `(3,)` or `(m, 3)`, over the shape that has these distances."""
        if self.crisp:
            cover = (distance < 0).astype(np.float32)
        else:
            cover = np.clip(0.5 - distance * self.sharp, 0, 1)
        under = self.pictures[self.who]
        over = colour[..., None, None] - under
        self.pictures[self.who] = under + opacity * cover[..., None, :, :] * over


def _ellipse(x, y, a, b):
    """To first order, the distance to (x/a)^2 + (y/b)^2 = 1."""
    u, v = x / a, y / b
    r = np.sqrt(u**2 + v**2) + 1e-6
    return (r - 1) * r / (np.sqrt((u / a) ** 2 + (v / b) ** 2) + 1e-6)


def _box(x, y, a, b, corner):
    """The distance to |x| < a, |y| < b with round corners."""
    x, y = np.abs(x) - (a - corner), np.abs(y) - (b - corner)
    outside = np.hypot(np.maximum(x, 0), np.maximum(y, 0))
    return outside + np.minimum(np.maximum(x, y), 0) - corner


def _within(*distances):
    """The distance to what lies in all of these shapes."""
    return functools.reduce(np.maximum, distances)


def _wave(x):
    """A triangle wave, 1 at whole numbers and 0 between them."""
    return np.abs(x % 1 - 0.5) * 2


# One function for each layer: p are the people of a chunk, and q some of them.


def _background(p):
    colour, x, y = p.colour("background"), p.grid, p.grid[:, None]
    light = 0.45 * colour + 0.55
    p.pictures[:] = colour[..., None, None] * (1 if p.crisp else 0.95 - 0.05 * y)
    q = p.only("pattern", "disc")
    q.paint(_ellipse(x, y + 0.1, 0.86, 0.86), light[q.who])
    q, period = p.only("pattern", "stripes"), 1 if p.small else 0.5
    q.paint((_wave((x + y) / period) - 0.504) * 0.35 * period, light[q.who], opacity=0.8)


def _hair_behind(p):
    p.paint(_ellipse(p.x, p.y + 0.12, 0.70 * p.width, 0.72), p.hair * _DARK)
    q = p.only("style", "bob")
    q.paint(_box(q.x, q.y - 0.22, 0.66 * q.width, 0.56, 0.28), q.hair * _DARK)
    q = p.only("style", "long")
    q.paint(_box(q.x, q.y - 0.62, 0.72 * q.width, 0.92, 0.30), q.hair * _DARK)
    q = p.only("style", "twintails")
    q.paint(_ellipse(abs(q.x) - 0.875 + 0.30 * q.y, q.y - 0.30, 0.20, 0.56), q.hair)
    q.paint(_ellipse(abs(q.x) - 0.68, q.y + 0.20, 0.12, 0.12), q.cloth)
    q = p.only("style", "buns")
    q.paint(_ellipse(abs(q.x) - 0.50, q.y + 0.70, 0.25, 0.25), q.hair)
    q.paint(_ellipse(abs(q.x) - 0.50, q.y + 0.70, 0.12, 0.12), q.hair * _DARK, opacity=0.7)
    q = p.only("style", "spiky")
    rim = 0.66 + 0.26 * _wave(np.arctan2(q.x, -q.y - 0.08) * (11 / (2 * np.pi)))
    spikes = (np.hypot(q.x / q.width, q.y + 0.08) - rim) * 0.62
    q.paint(_within(spikes, q.y - 0.42), q.hair)
    q = p.only("accessory", "cat ears")
    ears = abs(abs(q.x) - 0.40 + 0.10 * q.y) * 0.80 - 0.40 * q.y - 0.408
    q.paint(_within(ears, q.y + 0.40), q.hair * _DARK)
    q.paint(_within(ears + 0.10, q.y + 0.40), _EAR)


def _head(p):
    p.paint(_box(p.x, p.y - 0.72, 0.17, 0.30, 0.05), p.skin * _DARK_SKIN)  # neck
    p.paint(_ellipse(p.x, p.y - 1.16, 0.66, 0.38), p.cloth)
    p.paint(_ellipse(p.x, p.y - 0.80, 0.19, 0.14), p.skin * _DARK_SKIN)
    p.paint(_ellipse(abs(p.x) - 0.56 * p.width, p.y - 0.12, 0.10, 0.14), p.skin * _DARK_SKIN)
    narrower = 1 - 0.34 * np.clip((p.y - 0.12) / 0.62, 0, 1) ** 1.6  # towards the chin
    p.paint(_ellipse(p.x / (narrower * p.width), p.y - 0.04, 0.56, 0.66), p.skin)
    q = p.only("blush", "yes")
    q.paint(_ellipse(abs(q.x) - 0.36, q.y - 0.42, 0.12, 0.07), _ROSE, opacity=0.5)
    if not p.small:
        p.paint(_ellipse(p.x, p.y - 0.37, 0.028, 0.028), p.skin * _DARK_SKIN * 0.9)  # nose


def _eyes(p):
    a, b = 0.168 + 0.018 * p.number("eye_size"), 0.208 + 0.042 * p.number("eye_size")
    for name, middle in (("eye", -0.285), ("eye_right", 0.285)):
        colour, x, y = p.colour(name), p.x - middle, p.y - 0.12
        white = _ellipse(x, y, a, b)
        p.paint(white, _WHITE)
        u, v = x - 0.05 * p.number("gaze_x"), y - 0.02 - 0.04 * p.number("gaze_y")
        p.paint(_within(_ellipse(u, v, 0.78 * a, 0.84 * b), white), colour * 0.85)
        if not p.small:
            p.paint(_ellipse(u, v - 0.10, 0.52 * a, 0.38 * b), 0.65 * colour + 0.35)
        p.paint(_ellipse(u, v, (0.40 if p.small else 0.34) * a, 0.46 * b), _INK)
        p.paint(_ellipse(u + 0.045, v + 0.45 * b, 0.042, 0.050), _WHITE)
        below = _ellipse(x, y - 0.055, a + 0.03, b + 0.03)
        p.paint(_within(_ellipse(x, y, a + 0.035, b + 0.035), -below, y + 0.02), _INK)  # lashes
        if not p.small:
            brow = _within(abs(y + b + 0.125 - 1.2 * x**2) - 0.022, abs(x) - 0.13)
            p.paint(brow, p.hair * _DARK * 0.8, opacity=0.9)


def _mouth(p):
    thick = 0.045 if p.small else 0.026
    q = p.only("mouth", "smile")
    q.paint(_within(abs(q.y - 0.565 + 1.6 * q.x**2) - thick, abs(q.x) - 0.145), _LIP)
    q = p.only("mouth", "open")
    inside = _within(_ellipse(q.x, q.y - 0.49, 0.135, 0.135), 0.49 - q.y)
    q.paint(inside, _LIP)
    q.paint(_within(_ellipse(q.x, q.y - 0.62, 0.085, 0.050), inside), _TONGUE)
    q = p.only("mouth", "flat")
    q.paint(_within(abs(q.y - 0.54) - thick, abs(q.x) - 0.105), _LIP)
    q = p.only("mouth", "round")
    q.paint(_ellipse(q.x, q.y - 0.545, 0.060, 0.068), _LIP)


def _glasses(p):
    q = p.only("accessory", "glasses")
    rim, bridge = (0.055, 0.060) if p.crisp and p.small else (0.024, 0.022)
    rims = abs(_ellipse(abs(q.x) - 0.285, q.y - 0.13, 0.235, 0.255)) - rim
    q.paint(np.minimum(rims, _within(abs(q.y - 0.10) - bridge, abs(q.x) - 0.07)), _FRAME)


def _hair_in_front(p):
    for style in ("bob", "long"):
        q = p.only("style", style)
        q.paint(_ellipse(abs(q.x) - 0.585 * q.width, q.y - 0.22, 0.085, 0.46), q.hair)
    cap = _ellipse(p.x, p.y + 0.14, 0.685 * p.width, 0.70)
    q = p.only("fringe", "straight")
    nicks = 0.07 * np.maximum(0, 1 - abs(abs(q.x) - 0.20) / 0.05)
    q.paint(_within(cap[q.who], (q.y + 0.17 - 0.35 * q.x**2 + nicks) * 0.8), q.hair)
    q = p.only("fringe", "swept")
    edge = (q.y + 0.22 + 0.42 * q.x * q.number("side") - 0.30 * q.x**2) * 0.9
    q.paint(_within(cap[q.who], np.minimum(edge, q.y + 0.42)), q.hair)
    q = p.only("fringe", "parted")
    edge, top = (q.y + 0.52 - 0.62 * abs(q.x)) * 0.82, _within(cap[q.who], q.y + 0.42) + 0.06
    q.paint(np.minimum(_within(cap[q.who], edge), top), q.hair)
    q = p.only("fringe", "zigzag")
    q.paint(_within(cap[q.who], (q.y + 0.08 + 0.24 * _wave(q.x / 0.34)) * 0.65), q.hair)
    if not (p.crisp and p.small):
        ring = abs(_ellipse(p.x, p.y + 0.06, 0.46 * p.width, 0.50)) - 0.035
        shine = _within(ring, p.y + 0.36, abs(abs(p.x + 0.04) - 0.22) - 0.16)
        p.paint(shine, 0.62 * p.hair + 0.38, opacity=0.9)


def _on_top(p):
    q = p.only("accessory", "hairband")
    band = abs(_ellipse(q.x, q.y + 0.06, 0.62 * q.width, 0.60)) - 0.045
    q.paint(_within(band, q.y + 0.22), q.cloth)
    q = p.only("accessory", "bow")
    away = abs(q.x * q.number("side") - 0.42)
    q.paint(_within(abs(q.y + 0.60) - 0.06 - 0.50 * away, away - 0.24) * 0.85, _BOW)
    q.paint(_ellipse(away, q.y + 0.60, 0.085, 0.085), _BOW * 0.72)


_LAYERS = (_background, _hair_behind, _head, _eyes, _mouth, _glasses, _hair_in_front, _on_top)
