"""The cells for a GPU, run on a CPU that plays the GPU's part, or on a GPU itself.

`statements` takes from a lesson what such a cell needs of the cells before it, and nothing else: no
training whose result it does not use. `stage` divides the CPU: what is made on `compute.REHEARSED`,
or sent there, counts as on the GPU, and all else as on the CPU. An error says where both are mixed
as no GPU bears it. The numbers are those of the CPU.
"""

import ast
import contextlib
import os
import time
from collections.abc import Iterator
from unittest import mock

import torch
from torch.multiprocessing.reductions import StorageWeakRef
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from course_utils import compute
from course_utils.training import Steps
from tests.notebook_rules import code_cells
from tools.names import uses

WIDE = {torch.float64, torch.complex128}  # what the GPUs of Apple lack
BINDING = ast.Assign | ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef
DEEPCOPY = torch.Tensor.__deepcopy__  # copies memory without a kernel
AS_ARRAY = {torch.Tensor.numpy, torch.Tensor.__array__}


def gpu_cells(notebook) -> list[str]:
    """The sources of the cells that are tagged `gpu`."""
    return [c.source for c in code_cells(notebook) if "gpu" in c.metadata.get("tags", [])]


def statements(sources: list[str], cell: str) -> str:
    """Of the cells before one, the statements that bind what it reads, and what these read."""
    kept, wanted = [], set()
    for number, source in reversed([*enumerate([*sources, cell])]):
        for node in reversed(ast.parse(source).body):
            binds, reads = uses(ast.unparse(node))
            if number < len(sources) and not binds & wanted:
                continue
            if number < len(sources):
                kept.append(ast.unparse(node))
            # What a loop or a condition binds may keep the value that it had before.
            wanted = (wanted - binds if isinstance(node, BINDING) else wanted) | reads
    return "\n".join(reversed(kept))


def names_before(notebook, cell: str) -> dict:
    """The names that a cell of a lesson finds, each made as the lesson makes it."""
    sources = [c.source for c in code_cells(notebook)]
    names = {"__name__": "lesson"}
    exec(statements(sources[: sources.index(cell)], cell), names)
    return names


@contextlib.contextmanager
def short(seconds: float) -> Iterator[None]:
    """Each training ends after so many seconds, as if it had been stopped then."""
    whole = Steps.__iter__

    def begun(self):
        end = time.monotonic() + seconds
        for step in whole(self):
            yield step
            self._stop |= time.monotonic() > end

    with mock.patch.object(Steps, "__iter__", begun):
        yield


def tensors(given) -> Iterator[torch.Tensor]:
    """The tensors in tuples, lists and dictionaries."""
    for x in given.values() if isinstance(given, dict) else given:
        if isinstance(x, torch.Tensor):
            yield x
        elif isinstance(x, tuple | list | dict):
            yield from tensors(x)


class WrongDevice(RuntimeError):
    """What a GPU would refuse, or the GPUs of one maker."""


class Generator(torch.Generator):
    """A generator that knows in which part of the CPU it is."""

    def __new__(cls, device="cpu"):
        self = super().__new__(cls, device)
        self.on_gpu = torch.device(device) == compute.REHEARSED
        return self


class _Places:
    """Which tensors count as on the GPU: known by their memory, which views share."""

    def __init__(self):
        self.around = False  # whether the call that is at work gets tensors of the GPU
        self._storages = {}  # a weak reference keeps the number of a storage from being given again

    def on_gpu(self, x):
        return x.untyped_storage()._cdata in self._storages

    def any_on_gpu(self, given):
        return bool(self._storages) and any(map(self.on_gpu, tensors(given)))

    def put(self, x, on_gpu):
        if self.on_gpu(x) or not on_gpu:
            return
        if x.dtype in WIDE:
            raise WrongDevice(f"{x.dtype} is on the GPU, and the GPUs of Apple do not have it.")
        storage = x.untyped_storage()
        self._storages[storage._cdata] = StorageWeakRef(storage)

    def sent(self, x, on_gpu):
        """The tensor, or where torch took no copy since for it both parts are one, its copy."""
        if self.on_gpu(x) != on_gpu:
            x = x.clone()
            self._storages.pop(x.untyped_storage()._cdata, None)
            self.put(x, on_gpu)
        return x


class _Kernels(TorchDispatchMode):
    """Sees each kernel, those of the backward pass too: what it gets, and where its result is."""

    def __init__(self, places):
        super().__init__()
        self.places = places

    def __torch_dispatch__(self, kernel, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        given = [*tensors((args, kwargs))]
        on_gpu = any(map(self.places.on_gpu, given))
        device = kwargs.get("device")
        if device == compute.REHEARSED:
            on_gpu = True
        elif device is not None and not given:  # inside of a call, kernels name the CPU for it
            on_gpu = self.places.around
        elif kernel is torch.ops.aten.copy_.default:
            on_gpu = self.places.on_gpu(args[0])
        elif on_gpu:
            # A kernel of a GPU takes single numbers from the CPU, and nothing else.
            away = [x for x in given if x.dim() and not self.places.on_gpu(x)]
            if away:
                shapes = ", ".join(str(tuple(x.shape)) for x in away)
                raise WrongDevice(f"{kernel} on the GPU gets a tensor of the CPU, {shapes}.")
        out = kernel(*args, **kwargs)
        for x in tensors((out,)) if on_gpu else ():
            self.places.put(x, True)
        return out


class _Calls(TorchFunctionMode):
    """Sees each call of torch: what asks for a device, moves to one, or leaves torch."""

    def __init__(self, places):
        super().__init__()
        self.places = places

    def __torch_function__(self, call, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if call == torch.Tensor.device.__get__:
            return compute.REHEARSED if self.places.on_gpu(args[0]) else compute.CPU
        if call in AS_ARRAY and self.places.on_gpu(args[0]):
            raise WrongDevice(
                "A tensor of the GPU becomes an array; bring it back by .cpu() first."
            )
        target = self._target(call, args, kwargs)
        generator = kwargs.get("generator")
        if generator is not None and getattr(generator, "on_gpu", False) != bool(target):
            raise WrongDevice(f"{call.__name__} gets a generator of another device than its own.")
        around, self.places.around = self.places.around, self.places.any_on_gpu((args, kwargs))
        try:
            out = call(*args, **kwargs)
        finally:
            self.places.around = around
        if isinstance(out, torch.Tensor) and target is not None:
            return self.places.sent(out, target)
        return out

    def _target(self, call, args, kwargs):
        """Whether what comes out is to be on the GPU; None where that follows from the kernels."""
        if kwargs.get("device") is not None:
            return torch.device(kwargs["device"]) == compute.REHEARSED
        if call is torch.Tensor.cpu:
            return False
        if call is torch.Tensor.to and isinstance(args[1], torch.Tensor):
            return self.places.on_gpu(args[1])
        if call is torch.Tensor.to:
            device = torch._C._nn._parse_to(*args[1:], **kwargs)[0]
            return None if device is None else device == compute.REHEARSED
        first = args[0] if args else None
        if isinstance(first, torch.Tensor) and ("generator" in kwargs or call is DEEPCOPY):
            return self.places.on_gpu(first)
        return None


@contextlib.contextmanager
def stage() -> Iterator[None]:
    """The CPU plays the part of the GPU beside its own.

    Raises:
        WrongDevice: what a GPU would refuse, or the GPUs of one maker.
    """
    places = _Places()
    with (
        mock.patch.dict(os.environ, COURSE_REHEARSE="1"),
        mock.patch.object(torch, "Generator", Generator),
        _Kernels(places),
        _Calls(places),
    ):
        yield
