"""From input event to changed pixels in JupyterLab: our widgets against `interact` and matplotlib.

    python -m tests.benchmarks.latency

All stand in one page of one JupyterLab in headless Chromium. Each gets 50 moves, one a round,
so that the machine is the same for all. Time runs from the event's time stamp to the first
animation frame that finds other pixels.
"""

import tempfile
from pathlib import Path

import nbformat
import numpy as np
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import sync_playwright

from tests import chromium
from tests.jupyterlab import open_and_run, serve
from tools.notebooks import normalise

MOVES = 50
SOURCES = [
    "import numpy as np\nfrom course_utils.density import ImageDensity\n"
    "from course_utils.widgets.painter import Painter\n"
    "from course_utils.widgets.player import Player\n"
    "rng = np.random.default_rng(0)\n"
    "points = np.array([ImageDensity.from_file('bat').sample(2000, rng) for _ in range(100)])\n"
    "field = rng.random((100, 32, 32))\n"
    "Painter('bat')",
    "Player(points, 'Two thousand points in the shape of a bat.', field)",
    "from ipywidgets import interact\nfrom course_utils import plots\n"
    "@interact(frame=(0, 99))\ndef draw(frame=99):\n"
    "    fig, (ax,) = plots.planes(1, size=4.4)\n"
    "    plots.density(ax, field[frame])\n"
    "    plots.points(ax, points[frame])\n"
    "    plots.plt.show()",
    "fig, (ax,) = plots.planes(1, size=4.4)\nartist = plots.points(ax, points[99])\n"
    "heat = plots.density(ax, field[99])\n"
    "def update(frame):\n"
    "    artist.set_data(*points[int(frame)].T)\n    heat.set_data(field[int(frame)])\n"
    "plots.live(fig, update, 'Two thousand points in the shape of a bat.', frame=(0, 99, 1, 99))",
    "from course_utils.widgets.filters import Filters\n"
    "Filters({'random': (rng.standard_normal((3, 7)), 0.1)})",
    "from course_utils.widgets.decoder import Decoder\n"
    "def layer(n, m):\n    return rng.standard_normal((n, m)) / n**0.5, np.zeros(m)\n"
    "layers = [layer(2, 128), layer(128, 128), layer(128, 784)]\n"
    "codes = rng.standard_normal((3000, 2))\n"
    "Decoder(layers, codes, np.arange(3000) % 10, 'Codes and a picture.', z=[2.5, 0])",
    "import torch\nfrom course_utils.models import PixelCNN\n"
    "from course_utils.widgets.completer import Completer\n"
    "net = PixelCNN(64, 64)\n"
    "with torch.no_grad():\n    net.out.weight.mul_(10)\n"
    "picture = rng.integers(64, size=(1, 16, 16))\n"
    "Completer(net, rng.random((64, 3)), picture, 'A picture and four completions.')",
]
# Resolves with the milliseconds until the picture of an element has changed.
WATCH = """([selector, event]) => {
    const look = () => {
        const found = document.querySelector(selector);
        if (!(found instanceof HTMLCanvasElement)) return found?.complete ? found.src : null;
        const data = found.getContext('2d').getImageData(0, 0, found.width, found.height).data;
        let sum = 0;
        for (let i = 0; i < data.length; i += 4) sum = (sum * 31 + data[i] + data[i + 2]) | 0;
        return sum;
    };
    const before = look();
    window.changed = new Promise(resolve => {
        addEventListener(event, ({timeStamp}) => {
            const frame = () => {
                const now = look();
                if (now !== null && now !== before) resolve(performance.now() - timeStamp);
                else requestAnimationFrame(frame);
            };
            requestAnimationFrame(frame);
        }, {once: true, capture: true});
    });
}"""


def measure(page):
    """Name -> milliseconds of each move."""
    cells = page.locator(".jp-CodeCell")
    for number in range(len(SOURCES)):
        cells.nth(number).evaluate("(cell, n) => cell.classList.add('way-' + n)", number)
    controls = {
        "player (in the browser)": (".way-1 canvas", page.get_by_label("frame", exact=True)),
        "interact, new figure": (
            ".way-2 .jp-OutputArea-output img",
            page.locator(".way-2 .noUi-handle"),
        ),
        "plots.live, artists reused": (
            ".way-3 img.widget-image",
            page.locator(".way-3 .noUi-handle"),
        ),
        "filters (in the browser)": (".way-4 .scaled", page.get_by_label("z₃", exact=True)),
        "decoder (in the browser)": (".way-5 .picture", page.locator(".way-5 .plane")),
        "completer (in the browser)": (".way-6 .completion", page.get_by_label("temperature")),
    }
    times = {"painter (in the browser)": [], **{name: [] for name in controls}}
    for move in range(MOVES):
        paper = page.locator(".way-0 .paper")
        paper.scroll_into_view_if_needed()
        box = paper.bounding_box()
        page.mouse.move(box["x"] + 4 + 6 * move, box["y"] + 8 + 30 * (move % 2))
        page.mouse.down()
        page.wait_for_timeout(700)  # the rain of the last stroke is over
        page.evaluate(WATCH, [".way-0 .paper", "pointermove"])
        page.mouse.move(box["x"] + 9 + 6 * move, box["y"] + 20 + 5 * (move % 7))
        times["painter (in the browser)"].append(page.evaluate("window.changed"))
        page.mouse.up()
        page.wait_for_timeout(700)
        for name, (selector, control) in controls.items():
            control.scroll_into_view_if_needed()
            control.focus()
            page.wait_for_timeout(50)
            page.evaluate(WATCH, [selector, "keydown"])
            page.keyboard.press(("ArrowLeft", "ArrowRight")[move % 2])
            times[name].append(page.evaluate("window.changed"))
    return times


def main():
    browser_path = chromium.find()
    with tempfile.TemporaryDirectory() as name, serve(Path(name)) as address:
        cells = [new_code_cell(source) for source in SOURCES]
        nbformat.write(normalise(new_notebook(cells=cells)), Path(name) / "latency.ipynb")
        with sync_playwright() as playwright:
            options = {"executable_path": browser_path, "args": chromium.OPTIONS}
            browser = playwright.chromium.launch(**options)
            page, _ = open_and_run(browser, address, "latency.ipynb")
            page.set_default_timeout(20_000)
            times = measure(page)
            browser.close()
    slow = np.median(times["interact, new figure"])
    print(f"{'':28s} median ms   95th percentile ms   times interact")
    for way, values in times.items():
        median, high = np.percentile(values, [50, 95])
        print(f"{way:28s} {median:9.1f} {high:20.1f} {slow / median:16.1f}")


if __name__ == "__main__":
    main()
