"""Waits for a state, so that no browser test depends on how fast the machine is."""

import time

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
