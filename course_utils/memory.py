"""What glibc, the C library of most Linux systems, keeps of the memory that Python has freed.

A lesson makes and frees large tensors of many sizes. At first glibc asks the system for each large
block, and returns it when it is freed. But once a block of up to 32 MiB was freed, blocks up to
that size come from the heap. There they lie between small ones, and cannot go back: in lesson 07
the kernel takes 40 to 180 MiB more. With a size that is set, larger blocks always go back. See
mallopt(3).
"""

import contextlib
import ctypes

LARGE = 16 * 2**20  # bytes; with less, trainings are slower
KEPT = 32 * 2**20  # free bytes at the end of the heap, for what comes next; else 128 KiB
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of malloc.h


def large_blocks_apart() -> None:
    """Let each block of more than `LARGE` bytes go back to the system as it is freed."""
    _call("mallopt", _M_MMAP_THRESHOLD, LARGE)
    _call("mallopt", _M_TRIM_THRESHOLD, KEPT)


def give_back() -> None:
    """Return what is free now to the system."""
    _call("malloc_trim", 0)


def _call(function, *arguments):
    """Other systems have no such library, and other C libraries no such function."""
    with contextlib.suppress(OSError, AttributeError):
        getattr(ctypes.CDLL("libc.so.6"), function)(*arguments)
