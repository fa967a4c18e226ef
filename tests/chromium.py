"""Finds a Chromium for the browser tests, and installs one when it is run as a script.

A headless shell comes first: it is the same engine without windows and menus, and opens a page with
a third of the work.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from publish.system import apt_install

NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
)
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
APPS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
)


def find() -> str | None:
    """Path of a Chromium or Chrome on this machine, or None."""
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    for path in [*map(shutil.which, NAMES), *APPS, own]:
        if path and Path(path).exists():
            return str(path)
    return None


def install():
    """By Debian's packages where we may, else by Playwright's own download."""
    apt_install("chromium-headless-shell")
    if not find():
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"])


if __name__ == "__main__":
    if not find():
        print("No Chromium found for the browser tests; installing one.", flush=True)
        install()
    print(f"Browser tests use {find() or 'no browser: they will be skipped'}.", flush=True)
