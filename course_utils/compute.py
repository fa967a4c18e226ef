"""What this machine is, how fast it is, and on which device a GPU cell computes.

The cells for a GPU have the same lines on every device; what differs stands here. With the
environment variable `COURSE_REHEARSE=1` they do in a few steps on the CPU what they do on a GPU.
"""

import os
import platform
import time
from collections.abc import Callable
from importlib import metadata
from typing import TypeVar

import psutil
import torch
from torch import nn

from course_utils.arguments import number, whole
from course_utils.output import say

# Training steps a second of `speed_test` on the machine that the lessons' minutes are stated for:
# two cores of a server processor, about an ordinary laptop.
REFERENCE_SPEED = 1600.0
CPU = torch.device("cpu")
# The CPU in the part of a GPU: to torch it is the same, yet it compares unequal to `CPU`.
REHEARSED = torch.device("cpu", 0)
T = TypeVar("T")


def device(use_gpu: bool = True, needs: float = 0.0) -> torch.device:
    """Where a GPU cell computes: on a GPU of NVIDIA, AMD, Apple or Intel, or else on the CPU.

    A line says so where there is a GPU that cannot be used. With `COURSE_REHEARSE=1` it is
    `REHEARSED`, whatever is asked for.

    Args:
        use_gpu: False for the CPU in any case.
        needs: GiB of memory that the cell takes on a GPU.
    """
    needs = number("needs", needs, 0, 10_000)
    if os.environ.get("COURSE_REHEARSE") == "1":
        return REHEARSED
    # A build for CUDA names it as the current accelerator on a machine without a driver, too.
    if not use_gpu or not torch.accelerator.is_available():
        return CPU
    gpu = torch.accelerator.current_accelerator()
    if gpu is None or gpu.type not in ("cuda", "mps", "xpu"):
        return CPU
    try:
        torch.ones(1, device=gpu).add(1).item()
        free = _free(gpu) / 2**30
    except RuntimeError as error:  # a GPU too old for this build of torch, or one that is taken
        try:
            which = name(gpu)
        except RuntimeError:
            which = f"The GPU ({gpu.type})"
        say(f"{which} cannot be used ({_first_line(error)}), so the CPU is.")
        return CPU
    if free < needs:
        say(
            f"{name(gpu)} has {free:.1f} GiB of memory free, and this cell needs {needs:g}: "
            "its small version runs on the CPU."
        )
        return CPU
    return gpu


def scale(device: torch.device, small: int, large: int) -> int:
    """How many: `large` on a GPU, `small` on the CPU; in a rehearsal `small`, and at least 3.

    With `small` 0 the cell leaves a part out on the CPU, and takes what the course ships.

    Raises:
        TypeError: one of them is not a whole number.
        ValueError: `small` is negative, or `large` is less.
    """
    small = whole("small", small, 0)
    large = whole("large", large, small)
    if device == REHEARSED:
        return min(large, max(small, 3))
    return small if device == CPU else large


def fast_type(device: torch.device) -> torch.dtype:
    """bfloat16 where products in it are fast: GPUs of NVIDIA, AMD and Intel that have it."""
    fast = device == REHEARSED or device.type == "xpu"
    if device.type == "cuda":
        fast = torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.bfloat16 if fast else torch.float32


def autocast(device: torch.device) -> torch.autocast:
    """A context in which products are computed in `fast_type`."""
    return torch.autocast(device.type, torch.bfloat16, fast_type(device) == torch.bfloat16)


def compiled(net: nn.Module, device: torch.device) -> nn.Module:
    """The network, to be compiled at its first call where the device has a compiler for it."""
    if device.type in ("cuda", "xpu"):
        try:  # `net.compile()` itself says nothing before the first call
            torch.compile(torch.sin)(torch.ones(8, device=device))
        except Exception as error:  # each missing part of a compiler has its own
            say(f"It is not compiled: {_first_line(error)}")
        else:
            net.compile()
    return net


def timed(run: Callable[[], T], device: torch.device) -> tuple[T, float]:
    """What `run()` returns, and the seconds until the device has done all that it was given."""
    if device.type != "cpu":
        torch.accelerator.synchronize()
    start = time.perf_counter()
    result = run()
    if device.type != "cpu":
        torch.accelerator.synchronize()
    return result, time.perf_counter() - start


def peak(device: torch.device) -> float:
    """Sums and products a second of one large matrix product in `fast_type`."""
    n = scale(device, small=256, large=8192)
    a = torch.randn(n, n, device=device, dtype=fast_type(device))
    return 2 * n**3 / min(timed(lambda: a @ a, device)[1] for _ in range(10))


def name(device: torch.device) -> str:
    """What a device calls itself, such as "NVIDIA H200" or "the CPU"."""
    if device.type == "cpu":
        return "the CPU"
    if device.type == "mps":
        return "The GPU of Apple"
    return torch.get_device_module(device).get_device_name(device)


def machine() -> dict[str, str]:
    """Versions, processor threads, memory and accelerator, each as a short text."""
    memory = psutil.virtual_memory()
    gpu = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
    return {
        "Python": platform.python_version(),
        **{name: metadata.version(name) for name in ("torch", "numpy", "jupyterlab")},
        "CPU threads": f"{os.cpu_count()}, of which torch uses {torch.get_num_threads()}",
        "free memory": f"{memory.available / 2**30:.1f} of {memory.total / 2**30:.1f} GiB",
        "GPU": name(gpu) if gpu else "none",
    }


def speed_test(seconds: float = 2.0) -> float:
    """Training steps a second of a small network like those of the lessons, on the CPU."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(512, 2, generator=generator)
    hidden = nn.ReLU(), nn.Linear(128, 128), nn.ReLU()
    net = nn.Sequential(nn.Linear(2, 128), *hidden, nn.Linear(128, 1))
    optimizer = torch.optim.Adam(net.parameters())
    steps, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        optimizer.zero_grad()
        net(x).square().mean().backward()
        optimizer.step()
        steps += 1
    return steps / (time.perf_counter() - start)


def _first_line(error):
    return (str(error) or type(error).__name__).splitlines()[0]


def _free(gpu):
    """Bytes of memory that are free on a GPU."""
    module = torch.get_device_module(gpu)
    if gpu.type == "mps":  # it shares the memory of the processor
        own = module.recommended_max_memory() - module.driver_allocated_memory()
        return min(own, psutil.virtual_memory().available)
    return module.mem_get_info(gpu)[0]
