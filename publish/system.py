"""Installs programs that pip cannot bring."""

import os
import shutil
import subprocess


def apt_install(package: str) -> None:
    """Install a Debian package where there is apt-get and we may; elsewhere do nothing."""
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        subprocess.run(["apt-get", "update", "-qq"])
        subprocess.run(["apt-get", "install", "-y", "-qq", package], stdout=subprocess.DEVNULL)
