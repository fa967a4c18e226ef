"""What is freed goes back to the system, where the C library offers it."""

import subprocess
import sys
from pathlib import Path

import pytest

from course_utils import memory
from course_utils.training import Steps

# Once 24 MiB were freed, small blocks lie between eight blocks of 20 MiB that are freed at once.
BLOCKS = """
def mebibytes():
    pages = int(open("/proc/self/statm").read().split()[1])
    return pages * resource.getpagesize() / 2**20

import resource
block = bytearray(24 * 2**20)
del block
before = mebibytes()
large, small = [], []
for _ in range(8):
    large.append(bytearray(b"1") * (20 * 2**20))
    small.append(bytearray(2**16))
assert mebibytes() > before + 150
del large
print(mebibytes() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="tells memory by /proc")
@pytest.mark.parametrize("first, kept", [("", 140), ("import course_utils", 8)])
def test_large_blocks_go_back_as_they_are_freed(first, kept):
    code = [sys.executable, "-c", f"{first}\n{BLOCKS}"]
    done = subprocess.run(code, capture_output=True, check=True, text=True)
    left = float(done.stdout)
    assert left < kept if first else left > kept


@pytest.mark.parametrize("trouble", [OSError, AttributeError])
def test_a_system_without_these_functions_is_left_alone(monkeypatch, trouble):
    asked = []

    class Library:
        def __init__(self, name):
            asked.append(name)
            if trouble is OSError:
                raise OSError

    monkeypatch.setattr(memory.ctypes, "CDLL", Library)
    memory.large_blocks_apart()
    assert [*Steps(2)] == [0, 1] and len(asked) == 3
