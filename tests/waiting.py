"""Waits for a state, so that no browser test depends on how fast the machine is."""

import base64
import time

import numpy as np

LIMIT = 120  # seconds after which what is waited for will never come


def until(page, check):
    """What `check()` returns, as soon as it is true and raises no AssertionError."""
    end = time.monotonic() + LIMIT
    while True:
        over = time.monotonic() > end
        try:
            if result := check():
                return result
            assert not over, "What was waited for did not come."
        except AssertionError:
            if over:
                raise
        page.wait_for_timeout(50)


def pixels(page, selector) -> str:
    """What a canvas shows."""
    return page.eval_on_selector(selector, "canvas => canvas.toDataURL()")


def rgba(canvas) -> np.ndarray:
    """The bytes of a canvas, given by its locator: `(height, width, 4)`."""
    text = canvas.evaluate(
        """canvas => {
            const { width, height } = canvas;
            const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
            let text = '';
            for (let k = 0; k < data.length; k += 30000)
                text += String.fromCharCode(...data.subarray(k, k + 30000));
            return [height, width, btoa(text)];
        }"""
    )
    return np.frombuffer(base64.b64decode(text[2]), np.uint8).reshape(*text[:2], 4)


def redrawn(page, selector, *before) -> str:
    """What a canvas shows as soon as it shows none of what it did before."""

    def now():
        shown = pixels(page, selector)
        return None if shown in before else shown

    return until(page, now)


def frames(page, count=2):
    """Lets the page draw so many frames, as when nothing is to change."""
    page.evaluate(
        """async count => {
            while (count--) await new Promise(requestAnimationFrame);
        }""",
        count,
    )


def change_theme(page, name: str):
    """The page of JupyterLab in its theme `name`, Light or Dark."""
    page.evaluate(
        "name => window.jupyterapp.commands.execute('apputils:change-theme', {theme: name})",
        f"JupyterLab {name}",
    )
    ground = {"Light": "rgb(255, 255, 255)", "Dark": "rgb(17, 17, 17)"}[name]
    page.wait_for_function(
        """([light, ground]) => {
            const notebook = document.querySelector('.jp-Notebook');
            return document.body.dataset.jpThemeLight === light
                && getComputedStyle(notebook).backgroundColor === ground;
        }""",
        arg=[str(name == "Light").lower(), ground],
    )
