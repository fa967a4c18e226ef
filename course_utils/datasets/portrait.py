"""How a portrait is drawn: layers of shapes, each from its signed distance."""

import functools

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


def paint(factors: dict[str, np.ndarray], pictures: np.ndarray, crisp: bool) -> None:
    """Draw people into pictures `(n, 3, size, size)`; factors as `faces.faces` describes them."""
    people = _People(factors, pictures, crisp)
    for layer in _LAYERS:
        layer(people)


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
