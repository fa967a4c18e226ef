"""Pictures of digits: drawn by pen strokes for this course, or MNIST where its files are there."""

import hashlib
import http.client
import math
import os
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from course_utils.arguments import generator, whole
from course_utils.datasets import idx
from course_utils.pictures import as_path
from course_utils.training import progress

# The points that the pen passes as it writes 0 to 9, in hundredths of a digit's height: x to the
# right, y downward; at | it is lifted.
_PEN = (
    "50,4 14,27 14,73 50,96 86,73 86,27 50,4 30,12",
    "30,25 45,15 55,5 55,35 55,65 55,95",
    "15,25 25,8 55,4 82,20 75,42 45,68 12,93 45,92 88,92",
    "18,15 45,4 78,15 75,38 42,48 78,58 85,80 50,96 14,85",
    "62,4 40,32 12,64 50,64 92,63 | 68,35 68,65 67,96",
    "84,6 55,6 26,8 22,42 50,36 82,50 82,78 50,96 14,85",
    "72,5 40,25 16,60 25,90 55,96 82,80 74,58 45,52 20,70",
    "12,8 50,8 88,8 66,42 48,70 38,96",
    "76,20 50,5 24,18 34,40 68,58 78,82 50,96 22,82 34,58 66,40 76,20",
    "80,28 55,6 22,16 22,42 52,50 80,28 76,60 66,96",
)
_SIDE = 28  # a picture's side in the unit of the lengths below: a pixel of MNIST
_HEIGHT, _SOFT = 19, 0.45  # of a digit; of the edge of its lines
_STEPS = 8  # along the pen's path, from one point to the next
_CHUNK = 250  # pictures drawn at a time: the working set stays in the processor's cache

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
SHA256 = {
    "train-images-idx3-ubyte.gz": (
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"
    ),
    "train-labels-idx1-ubyte.gz": (
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"
    ),
    "t10k-images-idx3-ubyte.gz": (
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"
    ),
    "t10k-labels-idx1-ubyte.gz": (
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"
    ),
}
_TRIES, _PAUSE, _TIMEOUT = 3, 1.0, 20  # pause and timeout in seconds


def load(
    folder: str | Path | None = None,
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Digits to train on and to test on: `(x, y), (x, y)`, as `strokes` and `mnist` return them.

    The course's own 10,000 and 2,000 digits, always the same, drawn in a second; or MNIST where
    `folder`, or else the environment variable COURSE_MNIST, names the folder of its files.

    Raises:
        OSError, TypeError, ValueError: see `mnist`.
    """
    folder = folder or os.environ.get("COURSE_MNIST")
    if folder:
        return mnist(folder, "train"), mnist(folder, "test")
    return strokes(10_000, np.random.default_rng(0)), strokes(2_000, np.random.default_rng(1))


def strokes(n: int, rng: np.random.Generator, size: int = 28) -> tuple[np.ndarray, np.ndarray]:
    """Digits as a pen might write them: each its own shape, slant, proportions, place and pen.

    Args:
        n: how many; the digits 0 to 9 are equally probable.
        rng: the generator that everything random is drawn from.
        size: pixels on a side, at least 8. The same rng draws the same digits at every size.

    Returns x, float32 `(n, 1, size, size)` in [0, 1], white on black, row 0 at the top, and y,
    int64 `(n,)`.

    Raises:
        TypeError: n or size is not a whole number, or rng is not a `numpy.random.Generator`.
        ValueError: n is negative, or size is less than 8.

    Source: drawn for this course.
    """
    n, size, rng = whole("n", n, 0), whole("size", size, 8), generator(rng)
    x, y = np.empty((n, 1, size, size), np.float32), rng.integers(10, size=n)
    for digit, pen in enumerate(_PEN):
        places = np.flatnonzero(y == digit)
        for start in range(0, len(places), _CHUNK):
            part = places[start : start + _CHUNK]
            x[part, 0] = _ink(*_write(pen, len(part), rng), size)
    return x, y


def mnist(folder: str | Path, split: str = "train") -> tuple[np.ndarray, np.ndarray]:
    """MNIST, or a data set in its format, from the two files of a split, each gzipped or not.

    Args:
        folder: where the files are; `download` fetches them. `idx.find` says which names and
            sub-folders are understood.
        split: "train" (`train-images-idx3-ubyte`, `train-labels-idx1-ubyte`) or "test" (the same
            with `t10k`).

    Returns x, float32 `(n, 1, 28, 28)` in [0, 1], white on black, row 0 at the top, and y, int64
    `(n,)`. Files with the names of EMNIST hold each picture on its side; they are turned.

    Raises:
        FileNotFoundError: there is no such folder, or a file is not there.
        NotADirectoryError: it is a file of another kind.
        TypeError: it is no path.
        ValueError: another split, several data sets in the folder, or a file that is damaged, cut,
            or not what its name says.

    Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits" (1998).
    """
    if split not in ("train", "test"):
        raise ValueError(f'split must be "train" or "test", not {split!r}.')
    path, path_y = idx.find(folder, split)
    x, y = idx.read(path, "pictures"), idx.read(path_y, "labels")
    if len(x) == 0 or x.shape[1:] != (28, 28):
        raise ValueError(
            f"{path} holds {len(x)} pictures of {x.shape[1]} by {x.shape[2]} pixels instead of "
            "some of 28 by 28; put the files of MNIST there."
        )
    if len(x) != len(y):
        raise ValueError(
            f"{path_y} holds {len(y)} labels for {len(x)} pictures; put both files of one data set "
            "into the folder."
        )
    if y.max() > 9:
        raise ValueError(
            f"{path_y} holds the label {y.max()}, but labels are 0 to 9; put the files of MNIST, "
            "or of another set with ten classes, there."
        )
    if path.name.lower().startswith("emnist"):
        x = x.swapaxes(1, 2)
    return x[:, None] / np.float32(255), y.astype(np.int64)


def download(folder: str | Path) -> None:
    """Fetch the four files of MNIST, 12 MB, into a folder; files that are there stay.

    A file gets its name only when its SHA-256 is right, so none is ever half there.

    Raises:
        ConnectionError: a file could not be fetched from any mirror in three tries each.
        NotADirectoryError: `folder` is a file.
        OSError: the folder cannot be made or written to, or the disk is full.
        TypeError, ValueError: it is no path.
    """
    folder = as_path(folder)
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"{folder} is a file; name a folder to put MNIST's files into.")
    missing = {name: sha256 for name, sha256 in SHA256.items() if not _has(folder / name, sha256)}
    if not missing:
        return
    with _writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = tempfile.TemporaryDirectory(dir=folder)
    with unfinished as place:
        for name, sha256 in missing.items():
            data = _fetch(name, sha256, folder)
            with _writing(folder):
                (Path(place) / name).write_bytes(data)
                (Path(place) / name).replace(folder / name)


def _write(pen, n, rng):
    """Write a digit n times.

    Returns the middles and lengths of small steps along the pen's path, `(n, steps, 2)` and
    `(n, steps)`, and half the width of its line, `(n,)`; (0, 0) is the middle of the picture.
    """
    turn, slant = rng.normal(0, 0.12, (n, 1)), rng.normal(0, 0.2, (n, 1))
    scale = _HEIGHT * np.exp(rng.normal(0, 0.08, (n, 1, 1)))
    wide = np.exp(rng.normal(0, 0.14, (n, 1)))
    shift, width = rng.normal(0, 0.6, (n, 1, 2)), rng.uniform(1.0, 1.9, n)
    middles, lengths = [], []
    for stroke in pen.split("|"):
        points = np.array([point.split(",") for point in stroke.split()], float) / 100 - 0.5
        path = _spline(points + rng.normal(0, 0.035, (n, len(points), 2)))
        x, y = path[..., 0] * 0.78 * wide - slant * path[..., 1], path[..., 1] / np.sqrt(wide)
        x, y = np.cos(turn) * x - np.sin(turn) * y, np.sin(turn) * x + np.cos(turn) * y
        path = np.stack([x, y], axis=-1) * scale + shift
        middles.append((path[:, 1:] + path[:, :-1]) / 2)
        lengths.append(np.linalg.norm(np.diff(path, axis=1), axis=-1))
    return np.concatenate(middles, 1), np.concatenate(lengths, 1), width


def _spline(points):
    """The Catmull-Rom spline through the points `(n, k, 2)`: `(n, steps, 2)`, both ends too."""
    n, k, _ = points.shape
    before, after = 2 * points[:, :1] - points[:, 1:2], 2 * points[:, -1:] - points[:, -2:-1]
    p = np.concatenate([before, points, after], axis=1)[:, :, None]
    p0, p1, p2, p3 = (p[:, i : i + k - 1] for i in range(4))
    t = np.linspace(0, 1, _STEPS, endpoint=False)[:, None]
    path = p1 + t / 2 * (p2 - p0 + t * (2 * p0 - 5 * p1 + 4 * p2 - p3))
    path = path + t**3 / 2 * (3 * (p1 - p2) + p3 - p0)
    return np.concatenate([path.reshape(n, -1, 2), points[:, -1:]], axis=1)


def _ink(middles, lengths, width, size):
    """What `_write` returns, as pictures `(n, size, size)`: white nearer to the path than width.

    The integral of exp(-distance^2) along a straight path is sqrt(pi) exp(-d^2) at distance d from
    it, and so tells d. As exp(-x^2 - y^2) is a product, matrix products do it for all pixels.
    """
    finer = math.ceil(_SIDE / size)
    grid = (np.arange(size * finer) + 0.5) * _SIDE / (size * finer) - _SIDE / 2
    away = (middles[..., None] - grid).astype(np.float32)  # (n, steps, 2, pixels)
    near = np.exp(-np.minimum(away**2, 40))  # 40: no product is too small for a float32
    along = lengths[..., None].astype(np.float32) / np.sqrt(np.float32(np.pi))
    total = near[:, :, 1].swapaxes(1, 2) @ (near[:, :, 0] * along)
    distance = np.sqrt(np.maximum(-np.log(total), 0))
    ink = 1 / (1 + np.exp((distance - width[:, None, None].astype(np.float32)) / _SOFT))
    return ink.reshape(len(ink), size, finer, size, finer).mean((2, 4))


def _has(path, sha256):
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256


@contextmanager
def _writing(folder):
    """What fails in here gets a sentence that names the folder."""
    try:
        yield
    except OSError as error:
        raise OSError(
            f"MNIST's files cannot be written into the folder {folder} "
            f"({error.strerror or error}); name a folder of your own."
        ) from error


def _fetch(name, sha256, folder):
    """The bytes of a file, from whichever mirror has it right."""
    reason = ""
    for turn in range(_TRIES):
        time.sleep(_PAUSE if turn else 0)
        for mirror in MIRRORS:
            try:
                data = _get(mirror + name)
            except (OSError, http.client.HTTPException) as error:
                reason = f"{mirror} says: {getattr(error, 'reason', error)}"
            else:
                if hashlib.sha256(data).hexdigest() == sha256:
                    return data
                reason = f"what {mirror} sent is cut, or another file"
    raise ConnectionError(
        f"{name} could not be downloaded ({reason}); put the files {', '.join(SHA256)} into the "
        f"folder {folder} yourself, or go on without: the course runs on its own digits."
    )


def _get(url):
    data = bytearray()
    with (
        urllib.request.urlopen(url, timeout=_TIMEOUT) as response,
        progress(desc=Path(url).name, total=response.length, unit="B", unit_scale=True) as bar,
    ):
        while block := response.read(1 << 16):
            data += block
            bar.update(len(block))
    return data
