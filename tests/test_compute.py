"""The device of a GPU cell, on machines with GPUs of all makers, played here by what torch says."""

from types import SimpleNamespace

import pytest
import torch

from course_utils import compute

CUDA, MPS, XPU = map(torch.device, ("cuda", "mps", "xpu"))


def gpu(monkeypatch, device, free=8.0, error=None, available=True):
    """A machine whose GPU has so many GiB free, or fails at its first sum."""

    class One:
        def add(self, x):
            return self

        def item(self):
            if error:
                raise RuntimeError(error)

    module = SimpleNamespace(
        mem_get_info=lambda _: (free * 2**30, 2**40),
        recommended_max_memory=lambda: (free + 1) * 2**30,
        driver_allocated_memory=lambda: 2**30,
        get_device_name=lambda _: "Fast 3000",
    )
    ones = torch.ones
    monkeypatch.delenv("COURSE_REHEARSE", raising=False)
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: available)
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda: device)
    monkeypatch.setattr(torch, "get_device_module", lambda _: module)
    monkeypatch.setattr(
        torch, "ones", lambda *n, **how: One() if how.get("device") == device else ones(*n, **how)
    )


@pytest.mark.parametrize("device", [CUDA, MPS, XPU], ids=str)
def test_the_gpu_of_each_maker_is_taken_in_silence(monkeypatch, capsys, device):
    gpu(monkeypatch, device)
    monkeypatch.setattr(
        compute.psutil, "virtual_memory", lambda: SimpleNamespace(available=2**34, total=2**34)
    )
    assert compute.device(needs=6) == device and compute.scale(device, 0, 20_000) == 20_000
    assert compute.device(use_gpu=False) == compute.CPU
    assert capsys.readouterr().out == ""


def test_apple_shares_its_memory_with_the_processor(monkeypatch, capsys):
    gpu(monkeypatch, MPS, free=20)
    monkeypatch.setattr(
        compute.psutil, "virtual_memory", lambda: SimpleNamespace(available=2**32, total=2**34)
    )
    assert compute.device(needs=6) == compute.CPU
    assert capsys.readouterr().out.startswith("The GPU of Apple has 4.0 GiB of memory free")


def test_a_build_for_cuda_without_a_driver_takes_the_cpu(monkeypatch, capsys):
    gpu(monkeypatch, CUDA, available=False)
    assert compute.device() == compute.CPU and compute.machine()["GPU"] == "none"
    assert capsys.readouterr().out == ""


def test_an_accelerator_of_another_kind_is_not_taken(monkeypatch):
    gpu(monkeypatch, torch.device("hpu"))
    assert compute.device() == compute.CPU


def test_too_little_memory_is_said_before_anything_starts(monkeypatch, capsys):
    gpu(monkeypatch, CUDA, free=3.21)
    assert compute.device(needs=6) == compute.CPU
    said = "Fast 3000 has 3.2 GiB of memory free, and this cell needs 6: its small version runs on "
    assert capsys.readouterr().out == said + "the CPU.\n"
    assert compute.device(needs=3) == CUDA


def test_a_gpu_that_fails_at_once_is_not_used(monkeypatch, capsys):
    gpu(monkeypatch, CUDA, error="CUDA error: no kernel image is available\nCompile with")
    assert compute.device() == compute.CPU
    said = "Fast 3000 cannot be used (CUDA error: no kernel image is available), so the CPU is.\n"
    assert capsys.readouterr().out == said


def test_the_name_of_a_gpu_stands_among_what_the_machine_is(monkeypatch):
    gpu(monkeypatch, XPU)
    assert compute.machine()["GPU"] == "Fast 3000" and compute.name(compute.CPU) == "the CPU"


def test_a_rehearsal_is_of_the_large_version_in_small_sizes(monkeypatch):
    monkeypatch.setenv("COURSE_REHEARSE", "1")
    device = compute.device(use_gpu=False, needs=9999)
    assert device == compute.REHEARSED != compute.CPU and device.type == "cpu"
    sizes = {(0, 20_000): 3, (1, 64): 3, (16, 128): 16, (0, 2): 2}
    assert {pair: compute.scale(device, *pair) for pair in sizes} == sizes
    assert [compute.scale(compute.CPU, *pair) for pair in sizes] == [0, 1, 16, 0]
    monkeypatch.setenv("COURSE_REHEARSE", "0")
    assert compute.device(use_gpu=False) == compute.CPU


def test_products_are_in_bfloat16_only_where_that_is_fast(monkeypatch):
    x = torch.ones(2, 2)
    for device, kind in ((compute.CPU, torch.float32), (compute.REHEARSED, torch.bfloat16)):
        with compute.autocast(device):
            assert (x @ x).dtype == compute.fast_type(device) == kind
    for has, kind in ((True, torch.bfloat16), (False, torch.float32)):
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda has=has, **_: has)
        assert compute.fast_type(CUDA) == kind
    assert compute.fast_type(XPU) == torch.bfloat16 and compute.fast_type(MPS) == torch.float32


@pytest.mark.parametrize("device", [compute.CPU, compute.REHEARSED, MPS], ids=str)
def test_without_a_compiler_for_a_device_nothing_is_compiled(monkeypatch, device):
    monkeypatch.setattr(torch, "compile", None)
    net = torch.nn.Linear(1, 1)
    assert compute.compiled(net, device) is net and net._compiled_call_impl is None


def test_where_no_compiler_is_found_the_network_stays_and_a_line_says_so(monkeypatch, capsys):
    def missing(function):
        def call(x):
            raise ImportError("no Triton here\nInstall it")

        return call

    gpu(monkeypatch, CUDA)
    monkeypatch.setattr(torch, "compile", missing)
    net = compute.compiled(torch.nn.Linear(1, 1), CUDA)
    assert net._compiled_call_impl is None
    assert capsys.readouterr().out == "It is not compiled: no Triton here\n"
    monkeypatch.setattr(torch, "compile", lambda function, **_: lambda x: x)
    assert compute.compiled(net, CUDA)._compiled_call_impl is not None


def test_time_is_taken_when_the_device_has_done_its_work(monkeypatch):
    calls = []
    monkeypatch.setattr(torch.accelerator, "synchronize", lambda: calls.append("wait"))
    run = lambda: calls.append("run") or 7  # noqa: E731
    assert compute.timed(run, CUDA)[0] == 7 and calls == ["wait", "run", "wait"]
    calls.clear()
    result, seconds = compute.timed(run, compute.CPU)  # where synchronize would raise
    assert result == 7 and seconds >= 0 and calls == ["run"]


def test_the_peak_is_that_of_the_fastest_of_ten_products(monkeypatch):
    seconds = iter([3, 4, 2, 5, 9, 8, 7, 6, 5, 4])
    monkeypatch.setattr(compute, "timed", lambda run, device: (run(), next(seconds)))
    assert compute.peak(compute.CPU) == 2 * 256**3 / 2


@pytest.mark.gpu
@pytest.mark.skipif(not torch.accelerator.is_available(), reason="needs a GPU")
def test_a_real_gpu_is_taken():
    device = compute.device(needs=0.1)
    assert (
        device.type in ("cuda", "mps", "xpu") and compute.name(device) == compute.machine()["GPU"]
    )
    net = compute.compiled(torch.nn.Linear(8, 8).to(device), device)
    with compute.autocast(device):
        out, seconds = compute.timed(lambda: net(torch.ones(4, 8, device=device)), device)
    assert out.dtype == compute.fast_type(device) and seconds > 0
