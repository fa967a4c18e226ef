"""Trains the diffusion of lesson 08 on faces: on one processor, one GPU, or several.

    python -m tools.train_diffusion --steps 2000
    torchrun --nproc-per-node 4 -m tools.train_diffusion --size 64 --planes 128 --batch 256

With `--path FILE` a training that was stopped goes on where it was, if called again with the same
words.
"""

import argparse
import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np
import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

from course_utils import compute
from course_utils.datasets.faces import FACTORS, faces
from course_utils.diffusion import generate, picture_loss, train, train_kept
from course_utils.models import UNet
from tools.lessons import definitions

# What lesson 08 compares: four targets, five exchanged parts, and few training faces.
COMPARED = ("ours", "noise", "v", "flow", "no norm", "no attention", "linear attention")
COMPARED += ("standardised", "notes' block", "32 faces")


def compared(
    name: str, seed: int, steps: int, x: torch.Tensor, c: torch.Tensor
) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
    """Train one network of lesson 08's comparison: its faces and errors.

    The last 512 of the faces x `(n, 3, 16, 16)` in [-1, 1], of hair c `(n,)`, are not learnt
    from. Of our own network the last weights are judged, too.
    """
    lesson = definitions("08")
    torch.manual_seed(seed)
    net = lesson["exchanged"](name)
    way, recover, loss = lesson["mix"], partial(lesson["recover"], "picture"), picture_loss
    if name in ("noise", "v", "flow"):
        recover, loss = partial(lesson["recover"], name), lesson["plain_loss"](name)
        way = lesson["line"] if name == "flow" else way
    known = 32 if name == "32 faces" else len(x) - 512
    avg, _ = train(net, loss, x[:known], c[:known], steps, seed=seed)
    found = {}
    judged = {name: avg, "last weights": net} if name == "ours" else {name: avg}
    for key, some in judged.items():
        how = dict(eta=0.0, seed=seed, size=16, way=way, recover=recover)
        drawn = generate(cast(UNet, some), torch.arange(64) % 8, 25, **how)[1][-1]
        errors = lesson["errors_at_nine_times"](some, x[-512:], c[-512:], way, recover)
        found[key] = ((drawn + 1) * 127.5).round().byte(), errors
    return found


def compare(
    steps: int = 2000, seeds: int = 3, n: int = 10_512, names: Sequence[str] = COMPARED
) -> dict[str, torch.Tensor]:
    """The faces and the errors of each network of lesson 08's comparison, with several seeds."""
    x, factors = faces(n, np.random.default_rng(0), 16)
    x_0, c = 2 * torch.from_numpy(x) - 1, torch.from_numpy(factors["hair"])
    kept: dict[str, list[torch.Tensor]] = {}
    for name in names:
        for seed in range(1 if name == "32 faces" else seeds):
            for key, (drawn, errors) in compared(name, seed, steps, x_0, c).items():
                kept.setdefault(f"{key}, faces", []).append(drawn)
                kept.setdefault(f"{key}, errors", []).append(errors)
    return {key: torch.stack(values) for key, values in kept.items()}


def main(words: list[str] | None = None) -> tuple[torch.nn.Module, list[float]]:
    """Train a `UNet` on faces, as the words of the command line say; returns it and its losses."""
    parser = argparse.ArgumentParser(prog="tools.train_diffusion")
    for name, start in {"steps": 2000, "batch": 16, "size": 32, "planes": 48, "levels": 1}.items():
        parser.add_argument(f"--{name}", type=int, default=start)
    parser.add_argument("--faces", type=int, default=20_000, help="how many to learn from")
    parser.add_argument("--path", type=Path, help="a file to go on from, and to keep it in")
    given = parser.parse_args(words)
    for name, least in {"steps": 1, "faces": 1, "batch": 1, "levels": 0}.items():
        if getattr(given, name) < least:
            parser.error(f"--{name} must be at least {least}.")
    for name, k in {"size": 2 ** (given.levels + 1), "planes": 8}.items():
        if getattr(given, name) < 8 or getattr(given, name) % k:
            parser.error(f"--{name} must be a multiple of {k}, and at least 8.")
    device, part = compute.device(), slice(None)
    if "WORLD_SIZE" in os.environ:
        device = own_device(device)
        dist.init_process_group(dist.get_default_backend_for_device(device))
        part = slice(dist.get_rank(), None, dist.get_world_size())
        if given.batch % dist.get_world_size():
            parser.error(f"--batch must be a multiple of {dist.get_world_size()} processes.")
    x, factors = faces(given.faces, np.random.default_rng(0), given.size)
    x_0, c = 2 * torch.from_numpy(x).to(device) - 1, torch.from_numpy(factors["hair"]).to(device)
    torch.manual_seed(0)
    net = UNet(len(FACTORS["hair"]), given.planes, given.levels).to(device)
    net = DistributedDataParallel(net) if dist.is_initialized() else net
    how = {"batch": given.batch, "path": given.path, "part": part}
    try:
        avg, losses = train_kept(net, picture_loss, x_0, c, given.steps, **how)
    except ValueError as error:  # the file is not of this training
        parser.error(str(error))
    if dist.is_initialized():
        losses = mean_of_all(losses, device)
        dist.destroy_process_group()
    if not part.start:
        for k in np.linspace(1, len(losses), min(10, len(losses))).astype(int):
            print(f"step {k}: loss {losses[k - 1]:.7f}")
    return avg, losses


def own_device(device: torch.device) -> torch.device:
    """Of several GPUs the one of this process, which torchrun has numbered; Apple's is but one."""
    if device.type in ("cpu", "mps"):
        return compute.CPU
    own = torch.device(device.type, int(os.environ["LOCAL_RANK"]))
    torch.get_device_module(own).set_device(own)
    return own


def mean_of_all(losses: list[float], device: torch.device) -> list[float]:
    """The loss of each step, the mean over the processes."""
    total = torch.tensor(losses, dtype=torch.float64, device=device)
    dist.all_reduce(total)
    return (total / dist.get_world_size()).tolist()


if __name__ == "__main__":
    main()
