"""What this machine is, and how fast it is for the course's kind of work."""

import os
import platform
import time
from importlib import metadata

import psutil
import torch

# Training steps a second of `speed_test` on the machine that the lessons' minutes are stated for:
# two cores of a server processor, about an ordinary laptop.
REFERENCE_SPEED = 1600.0


def machine() -> dict[str, str]:
    """Versions, processor threads, memory and accelerator, each as a short text."""
    memory = psutil.virtual_memory()
    return {
        "Python": platform.python_version(),
        **{name: metadata.version(name) for name in ("torch", "numpy", "jupyterlab")},
        "CPU threads": f"{os.cpu_count()}, of which torch uses {torch.get_num_threads()}",
        "free memory": f"{memory.available / 2**30:.1f} of {memory.total / 2**30:.1f} GiB",
        "GPU": torch.cuda.get_device_name() if torch.cuda.is_available() else "none",
    }


def speed_test(seconds: float = 2.0) -> float:
    """Training steps a second of a small network like those of the lessons, on the CPU."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(512, 2, generator=generator)
    net = torch.nn.Sequential(
        torch.nn.Linear(2, 128),
        torch.nn.ReLU(),
        torch.nn.Linear(128, 128),
        torch.nn.ReLU(),
        torch.nn.Linear(128, 1),
    )
    optimizer = torch.optim.Adam(net.parameters())
    steps, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        optimizer.zero_grad()
        net(x).square().mean().backward()
        optimizer.step()
        steps += 1
    return steps / (time.perf_counter() - start)
