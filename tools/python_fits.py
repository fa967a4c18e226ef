"""Says in one line why this Python cannot install the course; silent, with status 0, if it can.

`make` asks each Python that it finds, so this file needs nothing but Python itself. PyTorch
decides: it is installed from builds, and not every system has one.
"""

import platform
import sys
import sysconfig

TORCH = "2.13.0"  # the version of requirements.lock whose builds these are
VERSIONS = (3, 11), (3, 14)  # the first and the last
MACHINES = {"Linux": ("x86_64", "aarch64"), "Darwin": ("arm64",), "Windows": ("amd64",)}
NAMES = {"Darwin": "macOS"}
OLDEST_MACOS, OLDEST_GLIBC = (14,), (2, 28)


def problem(
    version: tuple[int, int],
    system: str,
    machine: str,
    macos: str = "",
    libc: tuple[str, str] = ("", ""),
    free_threaded: bool = False,
    implementation: str = "CPython",
) -> str:
    """What is in the way, as the end of a sentence that begins with the Python; "" for nothing."""
    if not VERSIONS[0] <= version <= VERSIONS[1]:
        return "is Python {}.{}".format(*version)
    if implementation != "CPython" or free_threaded:
        return "is " + ("a free-threaded build" if free_threaded else implementation)
    if machine not in MACHINES.get(system, ()):
        return f"is made for {NAMES.get(system, system)} on {machine}"
    if system == "Darwin" and numbers(macos) < OLDEST_MACOS:
        return f"runs on macOS {macos}"
    if system == "Linux" and (libc[0] != "glibc" or numbers(libc[1]) < OLDEST_GLIBC):
        return f"runs on {' '.join(libc).strip() or 'a C library other than glibc'}"
    return ""


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())


def here() -> str:
    """The problem of the Python that runs this."""
    system = platform.system()
    built_for = sysconfig.get_platform().rpartition("-")[2]  # on a Mac: may be both kinds at once
    return problem(
        sys.version_info[:2],
        system,
        platform.machine() if system == "Darwin" else built_for,
        platform.mac_ver()[0],
        platform.libc_ver(),
        bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
        platform.python_implementation(),
    )


if __name__ == "__main__":
    if reason := here():
        print(reason)
        sys.exit(1)
