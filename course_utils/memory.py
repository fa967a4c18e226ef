"""What the C library keeps of the memory that Python has freed: with glibc, as little as it can.

A lesson makes and frees large tensors of many sizes. By default glibc takes what is large from the
system by itself, but once a block of up to 32 MiB was freed, it takes all blocks of that size from
its heap; there they lie between small ones, and what is freed cannot go back. In lesson 07 this
takes 40 to 180 MiB. With a size that stays, larger blocks always go back. See mallopt(3).
"""

import contextlib
import ctypes

LARGE = 16 * 2**20  # bytes
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
