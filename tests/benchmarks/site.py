"""How soon a page of the site can be read on a throttled phone, beside nbconvert's page of it.

    make site
    python -m tests.benchmarks.site                        three lessons, and the first page
    python -m tests.benchmarks.site 08_ddpm glossary       these pages

Headless Chromium, a processor four times as slow, and the network that Chromium's developer tools
call fast 3G: 1.44 Mbit a second, 562.5 ms from request to answer. Each page is loaded five times
without a cache, in turn with nbconvert's page of the same executed notebook. The times run from the
request for the page: to the first text (first contentful paint), and to the largest part of the
first view (largest contentful paint). Bytes are all that came, packed, until nothing more came for
1.5 seconds. Pages are packed as static servers do, and so is nbconvert's.
"""

import statistics
import sys
import tempfile
from pathlib import Path

from nbconvert import HTMLExporter
from playwright.sync_api import Browser, sync_playwright

from publish import build
from publish.notebooks import select
from publish.site import OUT
from tests import chromium
from tests.site import served

LOADS = 5
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 3, "is_mobile": True}
FAST_3G = {"offline": False, "latency": 562.5}
FAST_3G |= {"downloadThroughput": 180_000, "uploadThroughput": 84_375}  # bytes a second
PAGES = ["index", "01_sampling_from_images", "06_autoencoder_to_vae", "08_ddpm"]
# Milliseconds to both paints.
PAINTS = """() => {
    const [first] = performance.getEntriesByName('first-contentful-paint');
    const largest = window.painted.at(-1);
    return [first.startTime, largest];
}"""
WATCH = """
window.painted = [];
new PerformanceObserver(list => window.painted.push(...list.getEntries().map(e => e.startTime)))
    .observe({ type: 'largest-contentful-paint', buffered: true });
"""


def load(browser: Browser, address: str) -> tuple[float, float, int]:
    """Milliseconds to the first and the largest paint of a page, and bytes that came for it."""
    context = browser.new_context(**PHONE)
    page = context.new_page()
    page.add_init_script(WATCH)
    tools = context.new_cdp_session(page)
    sizes: list[int] = []
    tools.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    tools.send("Network.enable")
    tools.send("Network.setCacheDisabled", {"cacheDisabled": True})
    tools.send("Network.emulateNetworkConditions", FAST_3G)
    tools.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.goto(address, timeout=120_000)
    came = -1
    while came < len(sizes):
        came = len(sizes)
        page.wait_for_timeout(1500)
    first, largest = page.evaluate(PAINTS)
    context.close()
    return first, largest, sum(sizes)


def theirs(name: str, folder: Path) -> None:
    """nbconvert's page of an executed lesson, beside the pages of the site."""
    (path,) = select([name[:2]])
    body, _ = HTMLExporter().from_notebook_node(build.executed(path))
    (folder / f"nbconvert_{name}.html").write_text(body, "utf-8")


def row(name: str, loads: list[tuple[float, float, int]]) -> str:
    """A line of the table: median, least and most of both times, and kilobytes."""
    times = [
        f"{statistics.median(times):5.0f} ({min(times):.0f} to {max(times):.0f})"
        for times in zip(*(pair[:2] for pair in loads), strict=True)
    ]
    return f"{name:36} {times[0]:24} {times[1]:24} {loads[0][2] / 1000:7.0f}"


def main(names: list[str]) -> None:
    path = chromium.find()
    with (
        sync_playwright() as playwright,
        tempfile.TemporaryDirectory() as other,
        served(OUT) as ours,
        served(Path(other)) as reference,
    ):
        browser = playwright.chromium.launch(executable_path=path, args=chromium.OPTIONS)
        print(f"{'page':36} {'first paint, ms':24} {'largest paint, ms':24}      kB")
        for name in names or PAGES:
            addresses = {name: f"{ours}{name}.html"}
            if name[:2].isdigit():
                theirs(name, Path(other))
                addresses[f"nbconvert's {name[:2]}"] = f"{reference}nbconvert_{name}.html"
            loads = [[load(browser, place) for place in addresses.values()] for _ in range(LOADS)]
            for title, column in zip(addresses, zip(*loads, strict=True), strict=True):
                print(row(title, [*column]), flush=True)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
