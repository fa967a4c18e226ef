"""Takes the README's screenshots, data/lab.png and data/slide.png, in a browser.

python -m tests.screenshots
"""

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from publish import build
from publish.notebooks import select
from tests import chromium, deck, jupyterlab

DATA = build.ROOT / "data"


def lab(browser: Browser) -> None:
    """The painter of lesson 01 in JupyterLab."""
    with tempfile.TemporaryDirectory() as name:
        for part in ("notebooks", "data"):
            left_out = shutil.ignore_patterns(".*", "*.gif", "*.pt")  # what lessons wrote there
            shutil.copytree(build.ROOT / part, Path(name) / part, ignore=left_out)
        with jupyterlab.serve(Path(name)) as address:
            page, _ = jupyterlab.open_and_run(
                browser, address, "notebooks/01_sampling_from_images.ipynb"
            )
            page.locator(".course-painter").scroll_into_view_if_needed()
            page.wait_for_timeout(5000)  # for the rain to fall
            page.screenshot(path=DATA / "lab.png")
            page.close()


def slide(browser: Browser, heading: str = "The floor") -> None:
    """A slide of lesson 04 with a formula, a figure and claims."""
    build.fetch_libraries()
    page, _, _ = deck.open_deck(browser, build.build(*select(["04"])))
    (number,) = page.eval_on_selector_all(
        "section h2",
        "(all, text) => all.flatMap((e, k) => e.textContent === text ? k : [])",
        heading,
    )
    deck.go_to(page, "section h2", number)
    page.evaluate(deck.READY)
    page.screenshot(path=DATA / "slide.png")
    page.context.close()


def main() -> None:
    path = chromium.find()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=chromium.OPTIONS)
        lab(browser)
        slide(browser)
        browser.close()


if __name__ == "__main__":
    main()
