"""Fetches the JavaScript libraries that the lock of package.json names, into node_modules.

python -m publish.libraries        those that decks carry
python -m publish.libraries dev    and what tests and lint need
"""

import shutil
import subprocess
import sys

from publish.notebooks import ROOT
from publish.system import apt_install

NODE = ROOT / "node_modules"


def fetch_libraries(dev: bool = False) -> None:
    """Fill node_modules from npm, once for each lock file; with `dev` with what tests need too.

    Raises:
        SystemExit: there is no npm, and it cannot be installed.
    """
    stamp, lock = NODE / ".lock", (ROOT / "package-lock.json").read_text("utf-8")
    there = stamp.read_text("utf-8") if stamp.exists() else ""
    if there == f"dev {lock}" or (there == lock and not dev):
        return
    dev |= there.startswith("dev ")
    if not shutil.which("npm"):
        apt_install("npm")
    npm = shutil.which("npm")
    if not npm:
        raise SystemExit(
            "The decks carry JavaScript libraries that npm fetches: install Node.js (brew install "
            "node, apt install npm, or winget install OpenJS.NodeJS) and run make slides again."
        )
    print("Fetching the JavaScript libraries.", flush=True)
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run([npm, "ci", *options, *([] if dev else ["--omit=dev"])], cwd=ROOT, check=True)
    stamp.write_text(f"dev {lock}" if dev else lock, "utf-8")


if __name__ == "__main__":
    fetch_libraries(dev=sys.argv[1:] == ["dev"])
