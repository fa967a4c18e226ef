"""Trains the networks in data/checkpoints with the code of the lessons.

python -m tools.train_checkpoints 02 03 04 05 06        half an hour on two cores
"""

import sys
import time

import numpy as np
import torch
from skimage.data import camera

from course_utils import checkpoints
from course_utils.datasets import bezier, digits
from course_utils.density import PICTURES, ImageDensity, course_pictures
from course_utils.models import PatchAutoencoders
from course_utils.training import Steps
from tools.lessons import definitions


def lesson_02(steps=4000):
    """Seven GANs side by side, one for each picture."""
    lesson = definitions("02")
    lesson["rng"] = np.random.default_rng(0)
    torch.manual_seed(0)
    pictures = [ImageDensity.from_file(name) for name in course_pictures()]
    players = lesson["players"](len(pictures))
    return {"02_gan_2d": lesson["train"](*players, pictures, steps=steps)}


def lesson_03(steps=4000):
    """A conditional GAN of the three arms of the spiral."""
    lesson = definitions("03")
    lesson["rng"] = np.random.default_rng(0)
    torch.manual_seed(0)
    data = lesson["read_classes"](PICTURES / "spiral")
    return {"03_conditional_gan": lesson["train"](data, *lesson["players"](1, 3), steps, n=512)}


def article_passes(net, x, epochs):
    """Train a stack on patches x (n, 7) as lesson 04's article does, a pass at a time."""
    optimizer = torch.optim.Adam(net.parameters(), 1e-4, fused=True)
    for epoch in epochs:
        order = torch.stack([torch.randperm(len(x)) for _ in net.b])
        for batch in order.split(128, dim=1):
            optimizer.zero_grad()
            (net(x[batch]) - x[batch]).square().mean((1, 2)).sum().backward()
            optimizer.step()
        yield epoch


def lesson_04(epochs=5000):
    """Ten autoencoders of patches, by the schedule of the lesson's article."""
    rng = np.random.default_rng(0)
    torch.manual_seed(0)
    data = bezier.curves(rng.uniform(-1, 1, (16_384, 2)))
    x = torch.tensor(bezier.cut(data, rng.integers(9, size=len(data)))).float()
    net = PatchAutoencoders(10)
    for _ in article_passes(net, x, Steps(epochs)):
        pass
    return {"04_transposed_convolution": net}


def lesson_05():
    """The forty autoencoders of patches of curves, and three of patches of a picture."""
    lesson = definitions("05")
    torch.manual_seed(0)
    lesson["rng"] = rng = np.random.default_rng(0)
    data = bezier.curves(rng.uniform(-1, 1, (16_384, 2)))
    x = torch.tensor(bezier.cut(data, rng.integers(9, size=len(data)))).float()
    kinds = [[0, 0, 0], [0.1, 1e-3, 1e-6], [0.1, 0.01, 0.001], [0.1, 0.01, 0.001]]
    sigma = torch.tensor(kinds).repeat_interleave(10, 0)[:, None]
    sigma_x = torch.tensor([0, 0, 0, 0.01]).repeat_interleave(10)[:, None, None]
    curves = PatchAutoencoders(40)
    lesson["train"](curves, x, sigma, sigma_x)
    pictures, pixels = PatchAutoencoders(3, 4, 256), lesson["picture_patches"](camera(), 16)
    noise = torch.logspace(0, -2, 4).expand(3, 1, 4)
    lesson["train"](pictures, pixels, noise, torch.zeros(3, 1, 1), 60_000)
    return {"05_noise_regularization": curves, "05_picture_patches": pictures}


def lesson_06():
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
    linear = [layer for layer in decoder[0] if isinstance(layer, torch.nn.Linear)]
    tensors = {f"W{k}": layer.weight.T for k, layer in enumerate(linear)}
    tensors |= {f"b{k}": layer.bias for k, layer in enumerate(linear)}
    tensors |= {"codes": plane.encode(x[:1000])[0], "labels": y[:1000]}
    encoder, paint = lesson["convolutional"]()
    train(VAE(encoder, paint), loss, x, steps=6000)
    return {"06_autoencoder_to_vae": tensors, "06_convolutional": paint}


def main(numbers):
    for number in numbers:
        start = time.perf_counter()
        nets = globals()[f"lesson_{number}"]()
        minutes = (time.perf_counter() - start) / 60
        about = {"trained": f"{minutes:.0f} minutes on {torch.get_num_threads()} threads"}
        for name, net in nets.items():
            tensors = net if isinstance(net, dict) else net.state_dict()
            checkpoints.write(name, tensors, about)


if __name__ == "__main__":
    main(sys.argv[1:])
