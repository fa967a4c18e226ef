"""Whatever is wrong with an argument or a file: a sentence refuses it, or the result is right.

Every public function of the package stands in CALLS, with arguments that fit, or in APART.
"""

import ast
import errno
import importlib
import inspect
import os
import pkgutil
import re
import shutil
import signal
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays, scalar_dtypes
from PIL import Image
from traitlets import TraitError

import course_utils
from course_utils import (
    arguments,
    checkpoints,
    checks,
    compute,
    density,
    diffusion,
    judge,
    metrics,
    pictures,
    plots,
    sphere,
    training,
    watching,
)
from course_utils.datasets import bezier, digits, faces, folder, moon
from course_utils.density import PICTURES, ImageDensity
from course_utils.keeping import Kept
from course_utils.models import MLP, PixelCNN, UNet
from course_utils.widgets.completer import Completer
from course_utils.widgets.decoder import Decoder
from course_utils.widgets.drifter import Drifter
from course_utils.widgets.filters import Filters
from course_utils.widgets.gallery import Gallery
from course_utils.widgets.latent import Latent, in_steps
from course_utils.widgets.maps import Maps, Waved
from course_utils.widgets.painter import Painter, grey_of, library
from course_utils.widgets.player import Player
from course_utils.widgets.trainer import Trainer
from course_utils.widgets.ways import Ways
from publish.notebooks import select
from tests.notebook_rules import code_cells, read

torch.manual_seed(0)
RNG, ALT = np.random.default_rng(0), "One sentence that says what is to be seen."
DISCS, DISC = ImageDensity.from_file("two_discs", size=64), PICTURES / "two_discs.png"
X, T, K = RNG.random((30, 2)), RNG.random(30), np.arange(4)
FACES, FACTORS = RNG.random((7, 3, 16, 16)).astype(np.float32), faces.faces(3, RNG, 8)[1]
W, B, W_2, B_2 = RNG.random((2, 8)), RNG.random(8), RNG.random((8, 4)), RNG.random(4)
NET, RGB, SMALL = PixelCNN(4, 4, 4, 3), RNG.random((4, 3)), np.zeros((2, 4, 4), int)
W_3, FRAMES = RNG.random((3, 7)), RNG.random((2, 4, 4, 3))
COMPLETER = Completer(NET, RGB, SMALL, ALT)
DECODER = Decoder([(W, B), (W_2, B_2)], X, None, ALT)
FILTERS = Filters({"a": (W_3, 0.5)})
WAYS = Ways(DISCS.pdf, [0.2, 0.6], ALT, 2)
TIMED = RNG.random((3, 2)), B_2[:2]
MAPS = Maps(Waved([TIMED], 0, 0, (0,)), {"a": Waved([TIMED], 0, 0, (0,))}, DISCS.pdf, ALT)
LATENT = Latent([(W, B), (W_2[:, :2], B_2[:2])], X, ALT)
BALL, NONE = sphere.spiral(25), np.zeros(30, int)


def bulge(x):
    return torch.nn.functional.normalize(torch.cat([x, 0 * x[:, :1] + 1], 1))


CALLS = {
    "arguments.whole": lambda value=3: arguments.whole("n", value, 0),
    "arguments.number": lambda value=0.5: arguments.number("p", value, 0, 1),
    "arguments.generator": partial(arguments.generator, rng=RNG),
    "arguments.real": lambda value=X: arguments.real("x", value).shape,
    "arguments.array": lambda value=X: arguments.array("x", value, "n", 2),
    "arguments.shown": partial(arguments.shown, value=X),
    "checks.start": partial(checks.start, lesson="01"),
    "checks.claim": partial(checks.claim, statement="A", holds=True, measured="b"),
    "checks.compare": lambda answer=X: checks.compare(answer, X),
    "checks.grade": partial(checks.grade, exercise_name="01 marginal", answer=None),
    "checks.check": partial(checks.check, exercise_name="01 marginal", answer=None),
    "compute.machine": compute.machine,
    "compute.device": lambda needs=1.0: str(compute.device(False, needs)),
    "compute.scale": partial(compute.scale, compute.REHEARSED, small=4, large=9),
    "datasets.bezier.bernstein": partial(bezier.bernstein, t=T),
    "datasets.bezier.basis": partial(bezier.basis, points=5, samples=9),
    "datasets.bezier.curves": partial(bezier.curves, parameters=X, points=5),
    "datasets.bezier.cut": partial(bezier.cut, curves=X, starts=K[:2].repeat(15), length=1),
    "datasets.digits.strokes": partial(digits.strokes, n=3, rng=RNG, size=8),
    "datasets.digits.mnist": partial(digits.mnist, folder="no such", split="train"),
    "datasets.faces.faces": partial(
        faces.faces, n=3, rng=RNG, size=8, hair=K[:3], width=0.5, tint=np.ones((3, 3))
    ),
    "datasets.faces.draw": lambda size=8, **one: faces.draw(FACTORS | one, size),
    "datasets.folder.read": partial(folder.read, folder=PICTURES / "star", size=8),
    "datasets.folder.read_classes": partial(folder.read_classes, folder=PICTURES, size=8),
    "datasets.moon.moon": partial(moon.moon, phase=T, size=8),
    "density.course_pictures": density.course_pictures,
    "density.ImageDensity": partial(ImageDensity, pdf=DISCS.pdf, mass=1.0),
    "density.ImageDensity.from_array": partial(ImageDensity.from_array, a=X),
    "density.ImageDensity.from_file": partial(ImageDensity.from_file, path=DISC, size=8),
    "density.ImageDensity.sample": partial(DISCS.sample, n=3, rng=RNG),
    "density.ImageDensity.log_prob": lambda points=X: np.exp(DISCS.log_prob(points)),
    "density.ImageDensity.cell_mass": partial(DISCS.cell_mass, k=3),
    "density.alias_table": partial(density.alias_table, p=T),
    "density.find": partial(density.find, path="bat"),
    "density.find_folder": partial(density.find_folder, path="star"),
    "pictures.as_path": partial(pictures.as_path, path=DISC),
    "pictures.listed": lambda folder=PICTURES: len(pictures.listed(folder).pictures),
    "pictures.endings": pictures.endings,
    "pictures.square": partial(pictures.square, path=DISC, size=8),
    "judge.judge": judge.judge,
    "judge.look": partial(judge.look, x=FACES),
    "judge.accuracy": lambda x=FACES, hair=NONE[:7]: judge.accuracy(x, {"hair": hair}),
    "judge.report": partial(judge.report, x=FACES, real=FACES[::-1]),
    "metrics.cell_counts": partial(metrics.cell_counts, points=X, k=4),
    "metrics.chi_square": partial(metrics.chi_square, points=X, mass=np.full((2, 2), 0.25)),
    "metrics.total_variation": partial(metrics.total_variation, counts=SMALL + 1, mass=SMALL / 2),
    "metrics.measure": partial(metrics.measure, points=X, density=DISCS, rng=RNG),
    "metrics.floor": partial(metrics.floor, density=DISCS, n=9, rng=RNG, draws=2),
    "metrics.sliced_wasserstein": partial(metrics.sliced_wasserstein, x=X, y=X / 2, directions=4),
    "metrics.frechet": partial(metrics.frechet, a=X, b=X / 2),
    "metrics.precision_recall": partial(metrics.precision_recall, real=X, fake=X / 2, k=2),
    "metrics.nearest": partial(metrics.nearest, x=FACES, to=FACES / 2),
    "plots.planes": partial(plots.planes, columns=2, rows=1, size=3.0),
    "sphere.lattice": partial(sphere.lattice, N=3),
    "sphere.spiral": partial(sphere.spiral, n=9),
    "sphere.measure": partial(sphere.measure, u=BALL),
    "sphere.hole": partial(sphere.hole, u=BALL),
    "sphere.colours": partial(sphere.colours, path="bat", N=4),
    "sphere.balls": lambda rgb=RGB, turn=90.0, side=8: sphere.balls(bulge, rgb, [turn], side),
    "sphere.facing": lambda: sphere.facing(bulge),
    "training.Steps": lambda n=3: [*zip(training.Steps(n), range(2), strict=False)],
    "watching.field": lambda k=4: watching.field(MLP(1, 2, 1), k),
    "widgets.completer.Completer": partial(
        Completer,
        NET,
        palette=RGB,
        pictures=SMALL,
        alt=ALT,
        temperature=1.0,
        seed=0,
        covered=1 - SMALL[0],
    ),
    "widgets.completer.Completer.logits": partial(COMPLETER.logits, x=SMALL),
    "widgets.decoder.Decoder": lambda W=W, B=B, codes=X, labels=NONE, alt=ALT, z=X[0]: Decoder(
        [(W, B), (W_2, B_2)], codes, labels, alt, z=z
    ),
    "widgets.decoder.Decoder.decode": partial(DECODER.decode, z=X[0]),
    "widgets.drifter.Drifter": lambda p=X, q=X, alt=ALT, tau=0.5: Drifter(p, q, alt, tau),
    "widgets.drifter.Drifter.V": Drifter(X, X, ALT).V,
    "widgets.filters.Filters": lambda w=W_3, b=0.5, z=T[:3]: Filters({"a": (w, b)}, z),
    "widgets.filters.Filters.decode": partial(FILTERS.decode, z=T[:3]),
    "widgets.filters.Filters.scaled": partial(FILTERS.scaled, z=T[:3]),
    "widgets.gallery.Gallery": lambda frames=FRAMES, alt=ALT: Gallery(frames, {"n": [1, 2]}, alt),
    "widgets.latent.Latent": lambda W=W, B=B, z=X, alt=ALT, picture=DISCS.pdf, slope=0.2: Latent(
        [(W, B), (W_2[:, :2], B_2[:2])], z, alt, (), picture, slope
    ),
    "widgets.maps.Maps": lambda W=TIMED[0], B=TIMED[1], t=T[:1], picture=DISCS.pdf, alt=ALT: Maps(
        Waved([TIMED], 0, 0, (0,)), {"a": Waved([(W, B)], 0, 0, t)}, picture, alt
    ),
    "widgets.maps.Maps.path": partial(MAPS.path, z=X[:2]),
    "widgets.maps.Maps.images": partial(MAPS.images, z=X[:2]),
    "widgets.latent.in_steps": lambda picture=DISCS.pdf: in_steps(picture, 32),
    "widgets.latent.Latent.G": partial(LATENT.G, z=X, c=T[:0]),
    "widgets.ways.Ways": lambda picture=DISCS.pdf, times=T[:2], alt=ALT, points=2: Ways(
        picture, times, alt, points
    ),
    "widgets.ways.Ways.paths": partial(WAYS.paths, z=X[:2]),
    "widgets.trainer.Trainer": partial(Trainer, DISCS, alt=ALT),
    "widgets.painter.grey_of": partial(grey_of, DISCS),
    "widgets.painter.library": library,
    "widgets.painter.Painter": partial(Painter, picture="bat", keep="damage"),
    "widgets.painter.Painter.load": partial(Painter("bat").load, picture="star"),
    "widgets.painter.Painter.save": partial(Painter("bat").save, path="mine.png"),
    "widgets.player.Player": partial(
        Player, points=RNG.random((3, 5, 2)), alt=ALT, field=RNG.random((3, 4, 4)), unit="step"
    ),
}
READ = "takes what read_picture returned; checked in test_picture_files.py"
TAUGHT = "stands in a lesson word by word, as test_models.py checks"
DEVICES = "takes what compute.device returned; checked in test_compute.py"
APART = {
    "exercises": "the right answers; `check` alone calls them, on its own inputs",
    "models": TAUGHT,
    "diffusion": TAUGHT + "; what keeps a training is checked in test_diffusion.py",
    "plots": "draws what matplotlib checks; its own demands are checked in test_plots.py",
    "memory": "its functions take nothing; checked in test_memory.py",
    "live": "gets from plots.live what it needs; its own demands are checked in test_live.py",
    "saved": "gets a whole notebook from Jupyter; files of all kinds are tried in test_saved.py",
    "spatial": "takes a plotly figure; its own demands are checked in test_plots.py",
    "widgets.maps.Waved": "a record; Maps checks what it holds",
    "pictures.Listing": "a record; its methods make the sentences of folder.read",
    "pictures.fitted": READ,
    "decoding.read_picture": "reads what density.find, pictures.listed and pictures.square found",
    "decoding.opened": READ,
    "decoding.advice": READ,
    "decoding.brightest": READ,
    "decoding.white": READ,
    "decoding.own_white": READ,
    "decoding.about_white": READ,
    "decoding.scaled": READ,
    "watching": "watches functions of lesson 02; its numbers come from metrics.measure",
    "widgets.base": "what widgets share; reached through every one of them",
    "checkpoints": "below, with files",
    "output": "prints and writes what the course itself gives it; checked in test_output.py",
    "keeping": "a training's file; tried with files in test_keeping.py",
    "datasets.portrait": "paints the factors that faces.draw has checked",
    "datasets.digits.load": "strokes, or mnist",
    "datasets.idx": "the files of digits.mnist, which checks what it is given",
    "datasets.digits.download": "needs a server, and has one in test_digits.py",
    "compute.fast_type": DEVICES,
    "compute.autocast": DEVICES,
    "compute.compiled": DEVICES,
    "compute.timed": DEVICES,
    "compute.peak": DEVICES,
    "compute.name": DEVICES,
    "compute.speed_test": "runs as many seconds as it is told",
    "checks.contrast": "calls the condition that a lesson gives it, then claim",
    "checks.Exercise": "a record, without code",
    "judge.Judge": "a network; look checks what it gets",
    "widgets.completer.Completer.complete": "takes nothing",
    "training.Steps.show": "shows numbers of the loop",
    "training.progress": "takes what tqdm takes",
}
ANYTHING = [None, ..., "", "no such", "3", "a\0b", b"x", {}, [], (), [3], [[1, 2], [3]], object()]
ANYTHING += [0, -1, 2.5, 1j, np.nan, np.inf, -np.inf, 1e308, True, 10**15, 10**30, -(10**30), len]
ANYTHING += [np.int64(3), np.float32(3), Path("no such"), np.zeros(0), np.zeros((2, 3)), "ü" * 5000]


def public():
    """The names of what the package offers: functions, classes, and their methods."""
    for module in pkgutil.walk_packages(course_utils.__path__, "course_utils."):
        for name, thing in vars(importlib.import_module(module.name)).items():
            own = getattr(thing, "__module__", "") == module.name and name[0] != "_"
            if callable(thing) and own:
                name = f"{module.name}.{name}".removeprefix("course_utils.")
                yield name
                for key, method in vars(thing).items() if inspect.isclass(thing) else ():
                    if key[0] != "_" and (
                        inspect.isfunction(method) or type(method) is classmethod
                    ):
                        yield f"{name}.{key}"


def test_every_public_function_is_tried_or_set_apart():
    names = {*public()}
    apart = {name for name in names for key in APART if f"{name}.".startswith(f"{key}.")}
    assert len(names) > 130 and CALLS.keys() <= names
    assert names - apart - CALLS.keys() == set()


def fitting(call):
    """The arguments of a call that can be damaged, by name."""
    given = {name: p.default for name, p in inspect.signature(call).parameters.items()}
    given |= getattr(call, "keywords", {})
    kinds = np.ndarray, int, float, str, Path, np.random.Generator
    return {k: v for k, v in given.items() if isinstance(v, kinds) and not isinstance(v, bool)}


def damages(value):
    """What may be given instead of a value that fits."""
    text = isinstance(value, str | Path)
    yield from (x for x in ANYTHING if not (text and isinstance(x, np.ndarray)))
    if not isinstance(value, np.ndarray):
        return
    yield from (
        value[None],
        value[..., None],
        value.ravel()[1:],
        value[:0],
        value[..., :0],
        value.T,
    )
    yield from (np.ones(()), value.tolist(), torch.tensor(value.copy()), value[::-1])
    yield from (np.asfortranarray(value), np.repeat(value, 2, 0)[::2])
    yield torch.tensor(value.copy()).bfloat16()
    with np.errstate(all="ignore"):
        yield from map(value.astype, ["f2", ">f8", "i1", bool, complex, str, object])
        for bad in (np.nan, np.inf, -np.inf, 1e308, -1e308, -1.0, 3.5, 1e9, 0.0):
            one = value.astype(float)
            one.flat[-1:] = bad
            yield from (one, np.full(value.shape, bad), np.full(value.shape, bad, "f4"))
    fixed = value.copy()
    fixed.flags.writeable = False
    yield fixed


def finite(x):
    if isinstance(x, dict):
        x = [*x.values()]
    if isinstance(x, list | tuple):
        return all(map(finite, x))
    if isinstance(x, ImageDensity):
        return finite([x.pdf, x.mass])
    return not isinstance(x, float | np.ndarray | torch.Tensor) or bool(np.isfinite(x).all())


def problem(call, **change):
    """What is wrong with what a call does: neither a finite result nor a sentence; or None."""
    # a TypeError or TraitError may be Python's own, all others are the course's
    before = {k: v.copy() for k, v in change.items() if isinstance(v, np.ndarray)}
    try:
        found = None if finite(call(**change)) else "the result is not finite"
    except (ValueError, TypeError, OSError, TraitError, AssertionError) as error:
        text, python = str(error), isinstance(error, TypeError | TraitError)
        whole = python or text.endswith((".", ": b")) or getattr(error, "filename", None)
        odd = isinstance(error, np._core._exceptions.UFuncTypeError) or "\n" in text
        found = None if whole and not odd else repr(error)
    except Exception as error:
        found = repr(error)
    spoilt = [name for name, array in before.items() if array.tobytes() != change[name].tobytes()]
    return f"it wrote into {spoilt[0]}" if spoilt else found


@pytest.fixture(autouse=True)
def quiet(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COURSE_MNIST", raising=False)
    monkeypatch.delenv("COURSE_CLAIMS", raising=False)
    yield
    plots.plt.close("all")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[pytest.mark.slow] if "completer" in n else []) for n in CALLS],
)
def test_a_damaged_argument_gets_a_sentence(name):
    assert problem(CALLS[name]) is None
    for argument, value in fitting(CALLS[name]).items():
        for bad in damages(value):
            found = problem(CALLS[name], **{argument: bad})
            assert found is None, f"{argument}={arguments.shown(bad)}: {found}"


ARRAYS = [(n, k) for n in CALLS for k, v in fitting(CALLS[n]).items() if isinstance(v, np.ndarray)]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@settings(max_examples=15, suppress_health_check=[*HealthCheck])
@pytest.mark.parametrize("name, argument", ARRAYS, ids=map(".".join, ARRAYS))
@given(arrays(scalar_dtypes(), array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=4)))
def test_any_array_gets_a_result_or_a_sentence(name, argument, bad):
    assert problem(CALLS[name], **{argument: bad}) is None


# ---- files


def test_paths_may_have_spaces_and_any_letters(tmp_path, monkeypatch):
    place = tmp_path / "Bilder für Zoë" / "月 и свет"
    place.mkdir(parents=True)
    picture = Path(shutil.copy(DISC, place / "zwei Scheiben ☾.png"))
    assert np.array_equal(ImageDensity.from_file(picture).pdf, ImageDensity.from_file(DISC).pdf)
    assert folder.read(place, 8).shape == (1, 3, 8, 8)
    assert sphere.colours(str(picture), 4).shape == (16, 3)
    assert Painter(picture).density.pdf.shape == (128, 128)
    checkpoints.write("ein Netz ☾", {"Gewicht ü": torch.ones(3)}, {"von": "Zoë"}, place)
    assert checkpoints.read("ein Netz ☾", str(place))["Gewicht ü"].tolist() == [1, 1, 1]
    monkeypatch.setenv("COURSE_CLAIMS", str(place / "claims ☾.jsonl"))
    checks.claim("α", True)
    assert "α" in (place / "claims ☾.jsonl").read_text("utf-8")
    with pytest.raises(FileNotFoundError, match="月 и свет"):
        digits.mnist(place)


@pytest.mark.slow
@settings(max_examples=40)
@pytest.mark.parametrize(
    "name", sorted(path.stem for path in checkpoints.FOLDER.glob("[!.]*.saf*"))
)
@given(data=st.data())
def test_a_changed_or_cut_checkpoint_is_refused(name, data, tmp_path_factory):
    place = tmp_path_factory.getbasetemp() / "checkpoints"
    place.mkdir(exist_ok=True)
    whole = (checkpoints.FOLDER / f"{name}.safetensors").read_bytes()
    at = data.draw(st.integers(0, 200) | st.integers(0, len(whole) - 1))
    other = bytes([whole[at] ^ data.draw(st.integers(1, 255))])
    for damaged in (whole[:at] + other + whole[at + 1 :], whole[:at], whole + other):
        (place / f"{name}.safetensors").write_bytes(damaged)
        shutil.copy(checkpoints.FOLDER / f"{name}.sha256", place)
        with pytest.raises(ValueError, match=rf"^{name}\.safetensors is damaged: .*\.$"):
            checkpoints.read(name, place)


def test_a_checkpoint_that_does_not_fit_is_refused(tmp_path):
    checkpoints.write("net", torch.nn.Linear(2, 3).state_dict(), {}, tmp_path)
    with pytest.raises(
        ValueError, match=r"net does not fit this network; it holds .*weight \(3, 2\)"
    ):
        checkpoints.restore(torch.nn.Linear(3, 3), "net", tmp_path)
    with pytest.raises(ValueError, match="b must not have NaN"):
        checkpoints.write("net", {"a": torch.ones(1), "b": torch.tensor([np.nan])}, {}, tmp_path)
    (tmp_path / "net.sha256").write_bytes(b"")
    with pytest.raises(ValueError, match="damaged"):
        checkpoints.read("net", tmp_path)


@pytest.mark.slow
@settings(max_examples=60)
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ["png", "jpg", "gif", "bmp", "tif", "webp"])
@given(at=st.integers(0, 60) | st.integers(0, 400), bits=st.integers(0, 255), cut=st.booleans())
def test_a_damaged_picture_is_refused_or_read(kind, at, bits, cut, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / f"damaged.{kind}"
    Image.fromarray(np.uint8(255 * FACES[0].transpose(1, 2, 0))).save(path)
    content = bytearray(path.read_bytes())
    content[at % len(content)] ^= bits
    path.write_bytes(content[: at % len(content)] if cut else content)
    for call in (ImageDensity.from_file, partial(pictures.square, size=8)):
        assert problem(call, path=path) is None


def full_disk(*given):
    target = next(x for x in given if isinstance(x, Path))
    target.write_text("half of it")
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))


def test_a_full_disk_leaves_the_old_file_whole(tmp_path, monkeypatch, capsys):
    checkpoints.write("net", {"a": torch.ones(3)}, {}, tmp_path)
    run = Kept(tmp_path / "run.pt", {"net": torch.nn.Linear(2, 2)}, torch.ones(3), torch.ones(3), 2)
    run.losses.append(1.0)
    run.save()
    monkeypatch.setattr(Path, "write_bytes", full_disk)
    with pytest.raises(OSError, match="No space left"):
        checkpoints.write("net", {"a": torch.zeros(3)}, {}, tmp_path)
    run.losses.append(2.0)
    run.save()
    assert "run.pt cannot be written (No space left on device)" in capsys.readouterr().out
    assert checkpoints.read("net", tmp_path)["a"].tolist() == [1, 1, 1]
    assert torch.load(tmp_path / "run.pt")["losses"] == [1.0]
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"net.safetensors", "net.sha256", "run.pt"}


def test_a_folder_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    place = tmp_path / "file" / "folder"
    monkeypatch.setenv("COURSE_CLAIMS", str(place / "claims"))
    for call in (
        lambda: checkpoints.write("net", {}, {}, place),
        lambda: digits.download(place),
    ):
        with pytest.raises(OSError, match="file"):
            call()
    with pytest.warns(UserWarning, match="file.*not recorded"):
        checks.claim("A", True)


# ---- a training that is stopped


@pytest.mark.slow
def test_a_stopped_training_keeps_all_and_goes_on(tmp_path, capsys):
    x, c, calls = torch.rand(9, 3, 8, 8), torch.zeros(9, dtype=torch.int64), []

    def loss(*items):
        calls.append(len(items))
        if len(calls) == 3:
            signal.raise_signal(signal.SIGINT)
        return diffusion.picture_loss(*items)

    path = tmp_path / "run.pt"
    run = partial(diffusion.train_kept, UNet(1, 8), x_0=x, c=c, steps=6, batch=2, path=path)
    net, losses = run(loss)
    assert len(losses) == 3 and "What was learnt until here is kept" in capsys.readouterr().out
    assert all(p.isfinite().all() for p in net.parameters())
    assert torch.load(path)["losses"] == losses
    assert run(diffusion.picture_loss)[1][:3] == losses and len(torch.load(path)["losses"]) == 6


@pytest.mark.parametrize("number", [path.name[:2] for path in select()])
def test_every_training_loop_of_a_lesson_can_be_stopped(number):
    learns = re.compile(r"\.backward\(|\.step\(|\b[dg]_step\(")
    for cell in code_cells(read(number)[0]):
        inside = set()
        bars = {*re.findall(r"^ *(\w+) = Steps\(", cell.source, re.MULTILINE)}
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.For | ast.While) and learns.search(ast.unparse(node)):
                over = ast.unparse(node.iter if isinstance(node, ast.For) else node.test)
                safe = node in inside or "Steps(" in over or over in bars
                assert safe, cell.source
                inside |= {*ast.walk(node)}
