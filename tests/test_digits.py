"""Digits drawn by strokes, MNIST's files read and every damage named, and downloads that fail."""

import gzip
import hashlib
import http.server
import threading
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_utils.datasets import digits
from course_utils.datasets.digits import download, load, mnist, strokes

NAMES = [name.removesuffix(".gz") for name in digits.SHA256]


def rng(seed=0):
    return np.random.default_rng(seed)


# ---- strokes


@pytest.fixture(scope="module")
def drawn():
    return strokes(4000, rng())


def test_shapes_and_ranges(drawn):
    x, y = drawn
    assert x.shape == (4000, 1, 28, 28) and x.dtype == np.float32
    assert y.shape == (4000,) and y.dtype == np.int64
    assert x.min() >= 0 and 0.9 < x.max() <= 1
    assert set(y) == set(range(10)) and np.bincount(y).min() > 300


def test_white_digits_in_the_middle_of_black(drawn):
    x = drawn[0][:, 0]
    assert np.median(x) < 0.01
    ink = x.sum((1, 2))
    assert ink.min() > 25 and ink.max() < 350 and 100 < ink.mean() < 140  # MNIST: 104
    border = np.concatenate([x[:, [0, -1]].ravel(), x[..., [0, -1]].ravel()])
    assert border.mean() < 0.005
    place = np.arange(28) - 13.5
    assert abs(x.sum((0, 1)) @ place) / ink.sum() < 0.5
    assert abs(x.sum((0, 2)) @ place) / ink.sum() < 0.5


def test_row_0_is_the_top():
    """A 7 has its bar on top, and the stem of a 9 stands under its ring."""
    x, y = strokes(500, rng(1))
    for digit in (7, 9):
        mean = x[y == digit, 0].mean(0)
        assert mean[:14].sum() > 1.1 * mean[14:].sum()
    assert x[y == 7, 0, :, 14:].sum() > x[y == 7, 0, :, :14].sum()


def test_labels_name_what_is_drawn(drawn):
    """The nearest of 3,000 pictures has the label of nearly all of 1,000 others."""
    x, y = drawn[0].reshape(4000, -1), drawn[1]
    old, new = x[:3000], x[3000:]
    distance = (old**2).sum(1) - 2 * new @ old.T
    assert (y[:3000][distance.argmin(1)] == y[3000:]).mean() > 0.95


def test_no_two_are_alike(drawn):
    assert len(np.unique(drawn[0].reshape(4000, -1), axis=0)) == 4000


def test_the_same_generator_draws_the_same(drawn):
    x, y = strokes(4000, rng())
    assert (x == drawn[0]).all() and (y == drawn[1]).all()
    assert (strokes(100, rng(1))[1] != y[:100]).any()


def test_sizes_show_the_same_digits():
    x, y = strokes(60, rng(2))
    half, double = strokes(60, rng(2), 14), strokes(60, rng(2), 56)
    assert (half[1] == y).all() and (double[1] == y).all()
    np.testing.assert_allclose(half[0], x.reshape(60, 1, 14, 2, 14, 2).mean((3, 5)), atol=1e-6)
    smaller = double[0].reshape(60, 1, 28, 2, 28, 2).mean((3, 5))
    assert abs(smaller - x).max() < 0.15 and abs(smaller - x).mean() < 0.01


@given(st.integers(0, 12), st.integers(8, 64), st.integers(0, 2**32))
def test_any_number_and_size(n, size, seed):
    x, y = strokes(n, rng(seed), size)
    assert x.shape == (n, 1, size, size) and y.shape == (n,)
    assert ((x >= 0) & (x <= 1)).all()
    assert n == 0 or 0.05 < x.mean() < 0.4


@pytest.mark.parametrize(
    "n, generator, size, error, words",
    [
        (-1, rng(), 28, ValueError, "at least 0"),
        (3, rng(), 7, ValueError, "at least 8"),
        (2.5, rng(), 28, TypeError, "whole number"),
        (3, rng(), "28", TypeError, "whole number"),
        (3, 0, 28, TypeError, "numpy.random.Generator"),
    ],
)
def test_bad_calls_of_strokes(n, generator, size, error, words):
    with pytest.raises(error, match=words):
        strokes(n, generator, size)


# ---- mnist and load


def idx(a):
    """An array of bytes as an IDX file."""
    header = bytes([0, 0, 8, a.ndim]) + np.array(a.shape, ">u4").tobytes()
    return header + a.astype(np.uint8).tobytes()


PICTURES = {name: rng(n).integers(0, 256, (n, 28, 28)) for name, n in (("train", 5), ("t10k", 3))}
LABELS = {"train": np.array([3, 1, 4, 1, 9]), "t10k": np.array([0, 5, 2])}


@pytest.fixture
def folder(tmp_path):
    """A tiny MNIST, one half of it gzipped."""
    for name in ("train", "t10k"):
        (tmp_path / f"{name}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(PICTURES[name])))
        (tmp_path / f"{name}-labels-idx1-ubyte").write_bytes(idx(LABELS[name]))
    return tmp_path


@pytest.mark.parametrize("split, name", [("train", "train"), ("test", "t10k")])
def test_mnist_is_read(folder, split, name):
    x, y = mnist(str(folder), split)
    assert x.shape == (len(y), 1, 28, 28) and x.dtype == np.float32 and y.dtype == np.int64
    np.testing.assert_allclose(x[:, 0] * 255, PICTURES[name], atol=1e-4)
    assert 0.99 < x.max() <= 1
    assert (y == LABELS[name]).all()


def test_load_takes_the_folder_or_the_environment_variable(folder, monkeypatch):
    monkeypatch.delenv("COURSE_MNIST", raising=False)
    (x, y), (x_test, y_test) = load(folder)
    assert len(x) == len(y) == 5 and len(x_test) == len(y_test) == 3
    monkeypatch.setenv("COURSE_MNIST", str(folder))
    assert (load()[1][0] == x_test).all()
    monkeypatch.setenv("COURSE_MNIST", str(folder / "nowhere"))
    with pytest.raises(FileNotFoundError, match="nowhere"):
        load()


@pytest.mark.slow
def test_load_draws_without_a_folder(monkeypatch):
    monkeypatch.setenv("COURSE_MNIST", "")
    train, test = load()
    assert train[0].shape == (10_000, 1, 28, 28) and test[0].shape == (2_000, 1, 28, 28)
    assert len(train[1]) == 10_000 and len(test[1]) == 2_000
    assert (train[0][:2000] != test[0]).any((1, 2, 3)).all()
    assert (load()[0][0] == train[0]).all()


def test_gzipped_or_not_is_seen_by_the_bytes_not_by_the_name(folder):
    (folder / "t10k-images-idx3-ubyte.gz").write_bytes(idx(PICTURES["t10k"]))
    (folder / "t10k-labels-idx1-ubyte").write_bytes(gzip.compress(idx(LABELS["t10k"])))
    assert len(mnist(folder, "test")[0]) == 3


def test_missing_files_are_named(folder):
    (folder / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(FileNotFoundError, match="and no t10k-labels-idx1-ubyte in"):
        mnist(folder, "test")
    with pytest.raises(FileNotFoundError, match="fetch it"):
        mnist(folder / "nowhere")
    with pytest.raises(ValueError, match="split"):
        mnist(folder, "validation")


images, labels = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
x, y = idx(PICTURES["train"]), idx(LABELS["train"])
zipped = gzip.compress(x)
DAMAGE = {
    "a byte short": (images, x[:-1], "3920 bytes should follow its header, but 3919 do"),
    "a byte more": (images, x + b"\0", "but 3921 do"),
    "half a header": (images, x[:10], "does not begin"),
    "empty": (images, b"", "does not begin"),
    "swapped": (images, y, "does not begin as a file of pictures"),
    "swapped back": (labels, x, "does not begin as a file of labels"),
    "floats": (images, b"\0\0\x0d\3" + x[4:], "does not begin"),
    "a page": (images, b"<html>Sign in to the network</html>", "does not begin"),
    "gzip cut": (images, zipped[:-20], "cut or damaged"),
    "gzip's header cut": (images, b"\x1f\x8b", "cut or damaged"),
    "gzip damaged": (images, zipped[:99] + bytes([zipped[99] ^ 255]) + zipped[100:], "cut or dam"),
    "gzip's sum damaged": (images, zipped[:-6] + bytes([zipped[-6] ^ 1]) + zipped[-5:], "CRC"),
    "huge": (images, x[:4] + b"\xff" * 12, "cut or damaged"),
    "no pictures": (images, idx(np.zeros((0, 28, 28))), "0 pictures"),
    "another size": (images, idx(np.zeros((5, 20, 28))), "20 by 28"),
    "labels cut": (labels, y[:-2], "cut or damaged"),
    "too few labels": (labels, idx(LABELS["t10k"]), "3 labels for 5 pictures"),
    "letters": (labels, idx(np.array([3, 1, 4, 1, 10])), "label 10"),
}


@pytest.mark.parametrize("name, data, words", DAMAGE.values(), ids=DAMAGE)
def test_damage_is_named(folder, name, data, words):
    for path in folder.glob(f"{name}*"):
        path.unlink()
    (folder / name).write_bytes(data)
    with pytest.raises(ValueError, match=words) as error:
        mnist(folder)
    assert name in str(error.value) and str(error.value).count(". ") == 0


@given(st.data())
def test_a_changed_byte_or_a_cut_is_refused_or_read(tmp_path_factory, data):
    """Whatever happens to a file: a ValueError, or arrays in their ranges."""
    folder = tmp_path_factory.mktemp("mnist")
    small = idx(PICTURES["train"][:1])
    whole = data.draw(st.sampled_from([small, gzip.compress(small)]))
    place = data.draw(st.integers(0, len(whole) - 1))
    byte = data.draw(st.binary(max_size=1))
    rest = b"" if data.draw(st.booleans()) else whole[place + 1 :]
    (folder / images).write_bytes(whole[:place] + byte + rest)
    (folder / labels).write_bytes(idx(np.array([7])))
    try:
        x, y = mnist(folder)
    except ValueError:
        return
    assert x.shape == (1, 1, 28, 28) and x.min() >= 0 and x.max() <= 1 and y == [7]


# ---- the names that people have


def rename(folder, change):
    """The folder of the fixture, with each file at another place or under another name."""
    for path in [*folder.iterdir()]:
        moving, new = path.rename(folder / "moving"), folder / change(path.name)
        new.parent.mkdir(parents=True, exist_ok=True)
        moving.rename(new)


NAMED = {
    "a dot": lambda name: name.replace("-idx", ".idx"),
    "a dot for each": lambda name: name.replace("-", "."),
    "a dot, and unpacked": lambda name: name.replace("-idx", ".idx").removesuffix(".gz"),
    "capital letters": lambda name: name.replace(".gz", ".GZ"),
    "all capital": str.upper,
    "a browser's number": lambda name: name.replace("ubyte", "ubyte (1)"),
    "another browser's": lambda name: name.replace("ubyte", "ubyte(2)"),
    "a number before the dot": lambda name: name.replace("-idx", " (1).idx"),
    "a number at the end": lambda name: f"{name} (3)",
    "torchvision": lambda name: f"MNIST/raw/{name}",
    "torchvision's other sets": lambda name: f"FashionMNIST/raw/{name}",
    "a folder for each file": lambda name: f"{name.removesuffix('.gz')}/{name}",
    "Kaggle": lambda name: f"{name.replace('-idx', '.idx')}/{name}",
}


@pytest.mark.parametrize("change", NAMED.values(), ids=NAMED)
def test_names_that_people_have_are_found(folder, change, capsys):
    rename(folder, change)
    (x, y), (_, y_test) = load(folder)
    assert (y == LABELS["train"]).all() and (y_test == LABELS["t10k"]).all()
    np.testing.assert_allclose(x[:, 0] * 255, PICTURES["train"], atol=1e-4)
    assert capsys.readouterr().out == ""


def test_a_file_or_its_folder_may_be_named(folder):
    name = "train-images-idx3-ubyte"
    assert len(mnist(folder / f"{name}.gz")[0]) == 5
    rename(folder, lambda name: f"{name.removesuffix('.gz')}/{name}")
    assert len(mnist(folder / name)[0]) == 5 and len(mnist(folder / name, "test")[0]) == 3


def test_quotes_and_the_home_folder_are_understood(folder, monkeypatch):
    assert len(mnist(f'"{folder}" ')[0]) == 5
    monkeypatch.setenv("HOME", str(folder.parent))
    monkeypatch.setenv("USERPROFILE", str(folder.parent))
    assert len(mnist(f"~/{folder.name}")[0]) == 5
    monkeypatch.setenv("COURSE_MNIST", f"'~/{folder.name}'")
    assert len(load()[1][0]) == 3


def test_companion_files_are_passed_over(folder):
    for path in [*folder.iterdir()]:
        path.with_name(f"._{path.name}").write_bytes(b"Mac OS X")
        (folder / "__MACOSX").mkdir(exist_ok=True)
        (folder / "__MACOSX" / path.name).write_bytes(b"Mac OS X")
    assert len(mnist(folder)[0]) == 5 and len(mnist(folder, "test")[0]) == 3


def test_of_two_files_the_one_without_a_number_is_read(folder, capsys):
    good = folder / "train-images-idx3-ubyte.gz"
    (folder / "train-images-idx3-ubyte").write_bytes(idx(PICTURES["train"]))
    mnist(folder)
    assert capsys.readouterr().out == ""  # the same, unpacked
    (folder / "train-images-idx3-ubyte (1).gz").write_bytes(b"half of it")
    assert len(mnist(folder)[0]) == 5
    said = capsys.readouterr().out
    assert said.startswith("train-images-idx3-ubyte.gz is read, and not ") and "(1).gz" in said
    good.unlink()
    (folder / "train-images-idx3-ubyte").unlink()
    with pytest.raises(ValueError, match="does not begin"):
        mnist(folder)


def test_what_lies_nearest_is_read(folder):
    other = folder / "FashionMNIST" / "raw"
    other.mkdir(parents=True)
    for name in NAMES:
        (other / name).write_bytes(b"another")
    assert len(mnist(folder)[0]) == 5
    for path in folder.glob("t10k-labels*"):
        path.unlink()
    with pytest.raises(
        FileNotFoundError, match=r"no t10k-labels-idx1-ubyte in .* \(FashionMNIST, "
    ):
        mnist(folder, "test")  # and not the labels of other pictures


def test_two_data_sets_are_refused(folder):
    rename(folder, lambda name: f"MNIST/raw/{name}")
    other = folder / "KMNIST" / "raw"
    other.mkdir(parents=True)
    (other / "train-images-idx3-ubyte").write_bytes(b"another")
    words = r"Several data sets lie in .*KMNIST.raw.*MNIST.raw.*; name the folder of one"
    with pytest.raises(ValueError, match=words):
        mnist(folder)
    assert len(mnist(folder / "MNIST")[0]) == 5


def test_pictures_of_emnist_are_turned(folder):
    rename(folder, lambda name: f"gzip/emnist-digits-{name.replace('t10k', 'test')}")
    x, y = mnist(folder)
    np.testing.assert_allclose(x[:, 0] * 255, PICTURES["train"].swapaxes(1, 2), atol=1e-4)
    assert (y == LABELS["train"]).all() and len(mnist(folder, "test")[0]) == 3
    for name in ("train-images-idx3", "train-labels-idx1"):
        (folder / "gzip" / f"emnist-letters-{name}-ubyte").touch()
    with pytest.raises(ValueError, match=r"emnist-digits-.*emnist-letters-"):
        mnist(folder)


def test_a_class_may_be_missing_and_the_sets_be_tiny(folder):
    x, y = mnist(folder, "test")
    assert len(x) == 3 and 9 not in y


def test_what_lies_in_the_folder_is_said(folder, monkeypatch):
    empty = folder / "empty"
    empty.mkdir()
    with pytest.raises(FileNotFoundError, match="which has nothing; fetch it with"):
        mnist(empty)
    (empty / "archive.zip").touch()
    for number in range(13):
        (empty / f"mnist_{number:02}.csv").touch()
    words = r"has 14 files and folders \(archive.zip, mnist_00.csv, .* and 4 more\); unpack archive"
    with pytest.raises(FileNotFoundError, match=words):
        mnist(empty)
    monkeypatch.chdir(empty)
    with pytest.raises(FileNotFoundError, match=r"There is no folder minst in or from .*empty; f"):
        mnist("minst")
    with pytest.raises(NotADirectoryError, match="is a file"):
        mnist(empty / "archive.zip")


# ---- download

FILES = {f"{name}.gz": gzip.compress(name.encode() * 3000, mtime=0) for name in NAMES}


@pytest.fixture
def mirror(monkeypatch):
    """A mirror that can be told, name by name, what to do wrong in the next answers.

    `faults[name]` is a list: "error" (500), "other" (another file), "cut" (half of it), "reset"
    (no answer). `asked` counts the requests.
    """
    faults, asked = {}, Counter()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            name = self.path.removeprefix("/mnist/")
            asked[name] += 1
            fault = faults[name].pop(0) if faults.get(name) else None
            if fault == "reset":
                return
            if fault == "error":
                self.send_error(500)
                return
            data = b"another file" if fault == "other" else FILES[name]
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[: len(data) // 2] if fault == "cut" else data)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(digits, "MIRRORS", (f"http://127.0.0.1:{server.server_port}/mnist/",))
    monkeypatch.setattr(digits, "_PAUSE", 0)
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in FILES.items()}
    monkeypatch.setattr(digits, "SHA256", hashes)
    yield faults, asked
    server.shutdown()
    server.server_close()


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_download_fetches_what_is_not_there(tmp_path, mirror, capsys):
    folder = tmp_path / "a" / "mnist"
    download(folder)
    assert contents(folder) == FILES
    bar = capsys.readouterr().err
    assert all(name in bar for name in FILES) and "B/s" in bar
    first, second = list(FILES)[:2]
    (folder / first).write_bytes(FILES[first][:-1])
    (folder / second).unlink()
    download(str(folder))
    assert contents(folder) == FILES
    assert mirror[1] == {name: 1 + (name in (first, second)) for name in FILES}


@pytest.mark.parametrize("fault", ["error", "other", "cut", "reset"])
def test_download_tries_again(tmp_path, mirror, fault):
    name = list(FILES)[1]
    mirror[0][name] = [fault] * 2
    download(tmp_path)
    assert contents(tmp_path) == FILES
    assert mirror[1][name] == 3


@pytest.mark.parametrize(
    "fault, words",
    [
        ("error", "Internal Server Error"),
        ("other", "another file"),
        ("cut", "is cut"),
        ("reset", "closed"),
    ],
)
def test_download_gives_up(tmp_path, mirror, fault, words):
    first, second = list(FILES)[:2]
    mirror[0][second] = [fault] * 3
    with pytest.raises(ConnectionError, match=words) as error:
        download(tmp_path)
    message = str(error.value)
    assert second in message and "yourself" in message and str(tmp_path) in message
    assert contents(tmp_path) == {first: FILES[first]}
    assert mirror[1][second] == 3


def test_download_goes_on_to_the_next_mirror(tmp_path, mirror, monkeypatch):
    monkeypatch.setattr(digits, "MIRRORS", ("http://127.0.0.1:9/", *digits.MIRRORS))
    download(tmp_path)
    assert contents(tmp_path) == FILES


def test_download_without_a_network(tmp_path, mirror, monkeypatch):
    monkeypatch.setattr(digits, "MIRRORS", ("http://127.0.0.1:9/", "http://127.0.0.1:9/too/"))
    monkeypatch.setattr(digits, "_TRIES", 1)
    with pytest.raises(ConnectionError, match="yourself, or go on without"):
        download(tmp_path)
    assert contents(tmp_path) == {}


def test_download_needs_a_folder(tmp_path, mirror):
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError, match="is a file"):
        download(tmp_path / "file")
    assert not mirror[1]


def test_a_folder_that_is_read_only_is_found_before_the_download(tmp_path, mirror, monkeypatch):
    def refused(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(digits.tempfile, "TemporaryDirectory", refused)
    with pytest.raises(OSError, match=r"into the folder .* \(Permission denied\); name a folder"):
        download(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"into the folder .*file.mnist \(Not a directory\)"):
        download(tmp_path / "file" / "mnist")
    assert not mirror[1] and contents(tmp_path) == {"file": b""}
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data)
    download(tmp_path)  # all is there


def test_a_disk_that_is_full_leaves_nothing_half_there(tmp_path, mirror, monkeypatch):
    def full(path, data):
        path.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match=r"No space left on device\); name a folder of your own"):
        download(tmp_path)
    assert contents(tmp_path) == {}


def test_mirrors_are_asked_safely_for_the_four_files():
    assert all(mirror.startswith("https://") and mirror.endswith("/") for mirror in digits.MIRRORS)
    assert len(digits.SHA256) == 4 and {len(sha256) for sha256 in digits.SHA256.values()} == {64}
