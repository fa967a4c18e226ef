"""The article's training of patch autoencoders against the stack of lesson 04, at equal loss.

    python -m tests.benchmarks.patches

One thread, so that CPU seconds can be compared. Both learn the article's own data: heights of the
nearest of 150 points, patches that start at 0 to 7. The article's loop is written anew from its
description: one network, a DataLoader, batches of 128, Adam with 1e-4. Its cost is timed over a few
passes; how many passes it needs to the loss of ours is found with ten such trainings in a stack,
which take the same steps. Ours is `train` of the lesson as it stands there, with its defaults.
"""

import time

import numpy as np
import torch
from torch.utils.data import DataLoader, TensorDataset
from tqdm import tqdm

from course_utils.datasets.bezier import curves, cut
from course_utils.models import PatchAutoencoders
from tests.benchmarks.gans import Silent
from tools.lessons import definitions
from tools.train_checkpoints import article_passes


def article_epoch_seconds(x, epochs=5):
    """CPU seconds that one pass of the article's loop takes for one network."""
    encoder, decoder = torch.nn.Conv1d(1, 3, 7, 4), torch.nn.ConvTranspose1d(3, 1, 7, 4)
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=1e-4)
    loader = DataLoader(TensorDataset(x[:, None]), batch_size=128, shuffle=True)
    mse, start = torch.nn.MSELoss(), time.process_time()
    for _ in range(epochs):
        total = 0
        for (item,) in loader:
            optimizer.zero_grad()
            loss = mse(decoder(torch.tanh(encoder(item))), item)
            loss.backward()
            optimizer.step()
            total += loss.item()
    return (time.process_time() - start) / epochs


def article_epochs_to(level, x, most=5000):
    """Passes of the article's schedule until the mean loss of ten seeds is at most `level`."""
    net = PatchAutoencoders(10)
    for epoch in article_passes(net, x, tqdm(range(1, most + 1))):
        if epoch % 10 == 0 and final_loss(net, x).mean() <= level:
            return epoch
    return most


def final_loss(net, x):
    with torch.no_grad():
        return (net(x.expand(len(net.b), -1, -1)) - x).square().mean((1, 2))


def main():
    torch.set_num_threads(1)
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    data = curves(rng.uniform(-1, 1, (16_384, 2)), samples=150)
    x = torch.tensor(cut(data, rng.integers(8, size=len(data)))).float()
    floor = (torch.linalg.svdvals(x - x.mean(0))[3:].square().sum() / x.numel()).item()

    lesson = definitions("04")
    lesson["Steps"] = lambda steps: Silent(range(steps))
    net, start = PatchAutoencoders(10), time.process_time()
    lesson["train"](net, x)
    ours, loss = (time.process_time() - start) / 10, final_loss(net, x)

    epoch = article_epoch_seconds(x)
    epochs = article_epochs_to(loss.mean(), x)
    print(f"floor {floor:.3e}")
    print(f"ours: {ours:.2f} CPU s a seed, loss {loss.mean():.3e} ± {loss.std():.0e}")
    print(f"article: {epoch:.3f} CPU s a pass, {epochs} passes to that loss", end="")
    print(f" = {epoch * epochs:.0f} CPU s a seed; all 5,000: {epoch * 5000:.0f}")
    print(f"ratio at equal loss: {epoch * epochs / ours:.0f}")


if __name__ == "__main__":
    main()
