"""Trains the networks in data/checkpoints with the code of the lessons.

python -m tools.train_checkpoints 02 03 04 05 06 07 08 09 10 11 12 judge student

Two hours, two cores; `student` learns from the network of 08.
"""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from skimage.data import camera

from course_utils import checkpoints
from course_utils.datasets import bezier, digits
from course_utils.datasets.faces import FACTORS, faces
from course_utils.density import PICTURES, ImageDensity, course_pictures
from course_utils.judge import ANSWERS, Judge
from course_utils.models import PatchAutoencoders
from course_utils.training import Steps
from tools import distil_faces, train_diffusion, train_families, train_one_call, train_pixels
from tools.lessons import definitions
from tools.train_families import FAMILIES


def lesson_02(steps: int = 4000) -> dict[str, Any]:
    """Seven GANs side by side, one for each picture."""
    lesson = definitions("02")
    rng = np.random.default_rng(0)
    torch.manual_seed(0)
    pictures = [ImageDensity.from_file(name) for name in course_pictures()]
    players = lesson["players"](len(pictures))
    return {"02_gan_2d": lesson["train"](*players, pictures, rng, steps=steps)}


def lesson_03(steps: int = 4000) -> dict[str, Any]:
    """A conditional GAN of the three arms of the spiral."""
    lesson = definitions("03")
    rng = np.random.default_rng(0)
    torch.manual_seed(0)
    data = lesson["read_classes"](PICTURES / "spiral")
    E = lesson["train"](data, *lesson["players"](1, 3), rng, steps, n=512)
    return {"03_conditional_gan": E}


def article_passes(net: PatchAutoencoders, x: torch.Tensor, epochs: Iterable[int]) -> Iterator[int]:
    """Train a stack on patches x (n, 7) as lesson 04's article does, a pass at a time."""
    optimizer = torch.optim.Adam(net.parameters(), 1e-4, fused=True)
    S = len(net.get_parameter("b"))
    for epoch in epochs:
        order = torch.stack([torch.randperm(len(x)) for _ in range(S)])
        for batch in order.split(128, dim=1):
            optimizer.zero_grad()
            (net(x[batch]) - x[batch]).square().mean((1, 2)).sum().backward()
            optimizer.step()
        yield epoch


def lesson_04(epochs: int = 5000) -> dict[str, Any]:
    """Ten autoencoders of patches, by the schedule of the lesson's article."""
    rng = np.random.default_rng(0)
    torch.manual_seed(0)
    data = bezier.curves(rng.uniform(-1, 1, (16_384, 2)))
    x = torch.tensor(bezier.cut(data, rng.integers(9, size=len(data)))).float()
    net = PatchAutoencoders(10)
    for _ in article_passes(net, x, Steps(epochs)):
        pass
    return {"04_transposed_convolution": net}


def lesson_05() -> dict[str, Any]:
    """Twenty autoencoders of patches of curves, without noise and with, and three of pictures."""
    lesson = definitions("05")
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    data = bezier.curves(rng.uniform(-1, 1, (16_384, 2)))
    x = torch.tensor(bezier.cut(data, rng.integers(9, size=len(data)))).float()
    kinds = torch.tensor([[0, 0, 0], [0.1, 0.01, 0.001]])
    curves = lesson["from_start"](PatchAutoencoders(20), PatchAutoencoders(10))
    lesson["train"](curves, x, kinds.repeat_interleave(10, 0)[:, None])
    pictures = lesson["Mixed"](3, [torch.nn.Identity()], 4, 256)
    noise = torch.tensor([1, 0.5, 0.25, 0.1]).expand(3, 1, 4)
    pixels = lesson["picture_patches"](camera(), 16, rng)
    lesson["train"](pictures, pixels, noise, price=0.03, steps=20_000)
    return {"05_noise_regularization": curves, "05_picture_patches": pictures}


def lesson_06() -> dict[str, Any]:
    """The decoder of a VAE with two numbers, with codes; that of a convolutional VAE."""
    lesson = definitions("06")
    torch.manual_seed(0)
    (x, y), _ = digits.load()
    x, y = 2 * torch.tensor(x).flatten(1) - 1, torch.tensor(y)

    def loss(net, x):
        x_hat, mu, logvar = net(x)
        return lesson["squared"](x, x_hat) + lesson["KL"](mu, logvar).mean()

    mlp, VAE, train = lesson["mlp"], lesson["VAE"], lesson["train"]
    decoder = torch.nn.Sequential(mlp(2, 128, 128, 784), torch.nn.Tanh())
    plane = train(VAE(mlp(784, 256, 128, 4), decoder), loss, x, steps=12_000)
    linear = [layer for layer in decoder[0].children() if isinstance(layer, torch.nn.Linear)]
    tensors = {f"W{k}": layer.weight.T for k, layer in enumerate(linear)}
    tensors |= {f"b{k}": layer.bias for k, layer in enumerate(linear)}
    tensors |= {"codes": plane.encode(x[:1000])[0], "labels": y[:1000]}
    encoder, paint = lesson["convolutional"]()
    train(VAE(encoder, paint), loss, x, steps=6000)
    return {"06_autoencoder_to_vae": tensors, "06_convolutional": paint}


def lesson_07() -> dict[str, Any]:
    """PixelCNNs for faces of 16 and of 32 pixels, and what the lesson compares on small ones."""
    lesson, nets = definitions("07"), {}
    rng = np.random.default_rng(0)
    torch.manual_seed(0)
    larger = {"C": 48, "D": (1, 2, 4, 8, 1, 2, 4)}
    for name, size, more, steps in [
        ("07_pixel_rnn", 16, {}, 12_000),
        ("07_faces_32", 32, larger, 6000),
    ]:
        x, unseen = np.split(faces(20_000, rng, size, crisp=True)[0], [19_968])
        palette = lesson["find_palette"](x, 64, rng)
        x, unseen = (torch.tensor(lesson["encode"](v, palette)).long() for v in (x, unseen))
        net = lesson["PixelCNN"](64, 64, size, **more)
        lesson["train"](net, lesson["guess"], x, steps, 16)
        nets[name] = net.state_dict() | {"palette": torch.tensor(palette).float()}
        if size == 16:
            nets[name]["pictures"] = unseen.byte()
        else:
            nets[name] = {key: value.half() for key, value in nets[name].items()}
    few = nets["07_pixel_rnn"]["palette"]
    return nets | train_pixels.compared(lesson, few) | {"07_codes": train_pixels.codes()}


def lesson_08(steps: int = 50_000) -> dict[str, Any]:
    """The U-Net that draws faces of 32 pixels; faces and errors of the small ones it compares."""
    path = checkpoints.FOLDER.parents[1] / "build" / "08.pt"
    path.parent.mkdir(exist_ok=True)
    net, _ = train_diffusion.main(["--steps", str(steps), "--planes", "64", "--path", str(path)])
    parts = train_diffusion.compare()
    return {
        "08_faces": {key: value.half() for key, value in net.state_dict().items()},
        "08_parts": parts,
    }


def lesson_09() -> dict[str, Any]:
    """One map of the pinched square; ten networks of the article, by its own recipe."""
    lesson = definitions("09")
    train, pair_loss = lesson["train"], lesson["pair_loss"]
    torch.manual_seed(0)
    net = lesson["Wrap"](1, lesson["pinch"])
    train(net, lesson["coulomb"], 1000)
    torch.manual_seed(0)
    articles = lesson["Articles"](10)
    recipe = {"points": 1000, "lr": 0.05, "fall": lesson["stairs"], "after": lesson["clamp"]}
    train(articles, pair_loss, 10_000, S=10, **recipe)
    return {"09_sphere_mapping": net, "09_articles": articles}


def lesson_10(effort: float = 6.0) -> dict[str, Any]:
    """2,500 points of the spiral and of each family; the table of all families over ten seeds."""
    torch.manual_seed(0)
    lesson, spiral = definitions("10"), ImageDensity.from_file("spiral")
    lesson["Family"].S = 1
    data = lesson["Points"](spiral, np.random.default_rng(0), S=1)
    x = data(10_000)
    kernels, mixture = lesson["KDE"](x, 0.01), lesson["em"](x, 50)[0]
    points = {"true points": data(2500)[0]}
    points |= {"KDE": kernels.sample(2500)[0], "mixture": mixture.sample(2500)[0]}
    for name, (family, steps) in FAMILIES.items():
        if name != "conditional GAN":
            model = lesson["fit"](lesson[family](), data, round(effort * steps))
            points[name] = model.sample(2500)[0]
    points = {name: ((x + 2) / 4).half() for name, x in points.items()}
    return {"10_points": points, "10_seeds": train_families.table()}


def lesson_11(steps: int = 3500) -> dict[str, Any]:
    """Three networks for each of four recipes of flow matching, on the spiral."""
    lesson, nets = definitions("11"), {}
    points = ImageDensity.from_file("spiral", size=64).sample(200_000, np.random.default_rng(0))
    data = 4 * torch.from_numpy(points) - 2
    for name, (plain, times, weight) in lesson["recipes"]().items():
        torch.manual_seed(0)
        net = lesson["Field"](3, W=96, plain=plain)
        tensors = lesson["train"](net, data, steps, times, weight).state_dict()
        nets |= {f"{name} {key}": x.half() for key, x in tensors.items()}
    return {"11_recipes": nets}


def lesson_12(ddpm_steps: int = 1500, drift_steps: int = 4500) -> dict[str, Any]:
    """Three networks of three pictures in each of two ways: DDPM, and drifting."""
    networks = train_one_call.plane(ddpm_steps, drift_steps)
    return {"12_one_call": networks, "12_seeds": train_one_call.table(ddpm_steps, drift_steps)}


def damaged(x: torch.Tensor, strength: torch.Tensor) -> torch.Tensor:
    """Faces `(4 m, 3, s, s)`: m merged, m patched together, m blurred, m noisy, by 0 to 1 each."""
    merged, patched, blurred, noisy = x.chunk(4)
    a, b, c, d = strength[:, None, None, None].chunk(4)
    place = torch.arange(x.shape[-1]) / x.shape[-1]
    return torch.cat(
        [
            merged.lerp(merged.roll(1, 0), a / 2),
            torch.where(place < b / 2, patched.roll(1, 0), patched),
            blurred.lerp(F.avg_pool2d(blurred, 3, 1, 1, count_include_pad=False), c),
            (noisy + 0.2 * d * torch.randn_like(noisy)).clamp(0, 1),
        ]
    )


def in_few_colours(x: torch.Tensor, K: int) -> torch.Tensor:
    """Faces `(n, 3, s, s)`, in the K colours that suit them all."""
    rows = (255 * x).round().byte().movedim(1, 3).flatten(0, 1).numpy()
    few = Image.fromarray(rows).quantize(K, kmeans=1).convert("RGB")
    return torch.tensor(np.asarray(few)).unflatten(0, (-1, x.shape[2])).movedim(3, 1) / 255


def faces_to_judge(
    n: int, rng: np.random.Generator, size: int, crisp: bool
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """Faces, at 32 pixels a side, and by question what is to be answered, -100 where nothing is.

    Half have eyes drawn for themselves, a quarter are damaged, and half of the small ones have few
    colours.
    """
    eye, other = rng.integers(len(FACTORS["eye"]), size=(2, n))
    other = np.where(rng.random(n) < 0.5, other, eye)
    x, factors = faces(n, rng, size, crisp, eye=eye, eye_right=other)
    x = torch.tensor(x)
    y = {name: torch.tensor(factors[name]) for name in ANSWERS if name in factors}
    m = n // 4
    strength = torch.zeros(n)
    strength[:m] = torch.rand(m)
    x[:m] = damaged(x[:m], strength[:m])
    for values in y.values():
        values[: m // 2] = -100  # parts of two people
    y["intact"] = torch.stack([strength, 1 - strength], 1)
    k = 32 // size
    if k > 1:
        few = torch.rand(n) < 0.5
        x[few] = in_few_colours(x[few], int(rng.integers(12, 65)))
    return x.repeat_interleave(k, 2).repeat_interleave(k, 3), y


def judge(rounds: int = 300, n: int = 512) -> dict[str, Any]:
    """The judge of faces: both sizes, soft and crisp, each face seen once."""
    rng = np.random.default_rng(0)
    torch.manual_seed(0)
    net = Judge()
    weight = {name: 0.3 if name == "intact" else 1 / 12 for name in ANSWERS}
    optimizer = torch.optim.AdamW(net.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, rounds * n // 32)
    for _ in (bar := Steps(rounds)):
        kinds = [
            faces_to_judge(n, rng, size, crisp) for size in (16, 32) for crisp in (False, True)
        ]
        x = torch.cat([x for x, _ in kinds])
        y = {name: torch.cat([y[name] for _, y in kinds]) for name in ANSWERS}
        loss = torch.zeros(())
        for batch in torch.randperm(4 * n).split(128):
            losses = {name: F.cross_entropy(a, y[name][batch]) for name, a in net(x[batch]).items()}
            loss = sum((weight[name] * losses[name] for name in ANSWERS), torch.zeros(()))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        bar.show(loss=loss.detach())
    return {"judge": net}


def student(pairs: int = 5000, steps: int = 1207) -> dict[str, Any]:
    """The network of lesson 08, taught to draw faces in four calls and in one, for lesson 12."""
    return {"12_faces": distil_faces.student(pairs, steps)}


def main(names: list[str]) -> None:
    for name in names:
        start = time.perf_counter()
        make = globals()[f"lesson_{name}" if name.isdecimal() else name]
        nets = make()
        minutes = (time.perf_counter() - start) / 60
        print(f"{name}: {minutes:.0f} minutes")  # not in the file: equal weights, equal bytes
        about = {"threads": str(torch.get_num_threads()), "what": make.__doc__, "seed": "0"}
        about["settings"] = str(make.__defaults__ or "")
        for name, net in nets.items():
            tensors = net if isinstance(net, dict) else net.state_dict()
            checkpoints.write(name, tensors, about)


if __name__ == "__main__":
    main(sys.argv[1:])
