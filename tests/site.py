"""Serves the site under a path prefix, packed as static servers do, and opens its pages."""

import gzip
import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PREFIX = "/some/where/"
TEXT = (".html", ".js", ".css", ".svg")
# From the top to the bottom of a page, a screen at a time: all that waits for a reader comes.
WALK = """async () => {
    for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight) {
        scrollTo(0, y);
        await new Promise(requestAnimationFrame);
    }
    for (const image of document.images) image.loading = 'eager';
    await Promise.all([...document.images].map(image => image.decode().catch(() => 0)));
    scrollTo(0, 0);
}"""
# What a page shows that it should not.
WRONG = """() => {
    const found = [];
    for (const image of document.images)
        if (!image.naturalWidth) found.push(`a picture is missing: ${image.src}`);
    for (const error of document.querySelectorAll('.katex-error')) found.push(error.textContent);
    for (const text of document.querySelectorAll('article p, article li, article td, summary')) {
        const own = [...text.childNodes].filter(node => node.nodeType === 3).map(node => node.data);
        const raw = /\\$[^$]+\\$|<\\/?details|^```|\\]\\(/m;
        if (raw.test(own.join(' '))) found.push(`as written: ${own}`);
    }
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) found.push(`the page is ${scrollWidth} wide of ${clientWidth}`);
    return found;
}"""
# The rules of axe-core that WCAG 2.1 AA asks for, for what the site itself writes.
AXE = """async () => {
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'];
    const { violations } = await axe.run('article', { runOnly: tags, resultTypes: ['violations'] });
    return violations.flatMap(({ id, nodes }) =>
        nodes.slice(0, 3).map(node => `${id}: ${node.html.slice(0, 160)} ${node.failureSummary}`));
}"""


class _Packed(SimpleHTTPRequestHandler):
    def send_head(self):
        path = Path(
            self.directory, self.path.partition("?")[0].removeprefix(PREFIX) or "index.html"
        )
        if not self.path.startswith(PREFIX) or not path.is_file():
            return self.send_error(404)
        content, packed = path.read_bytes(), path.suffix in TEXT
        content = gzip.compress(content) if packed else content
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Length", str(len(content)))
        if packed:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(content)
        return None

    def do_GET(self):
        self.send_head()

    def log_message(self, *_):
        pass


@contextmanager
def served(folder: Path):
    """Address of a folder under a prefix; nothing is answered beside it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Packed, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{PREFIX}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def opened(browser, address: str, width=1280, height=800, **options):
    """A page, which must ask nothing of another place, and throw nothing."""
    home, faults = address.rpartition("/")[0], []
    offline = address.startswith("file:")
    context = browser.new_context(
        viewport={"width": width, "height": height}, offline=offline, **options
    )
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda m: m.type == "error" and faults.append(m.text))
    page.on(
        "request",
        lambda r: r.url.startswith((home, "blob:", "data:")) or faults.append(f"asks for {r.url}"),
    )
    page.goto(address)
    try:
        yield page
        assert faults == []
    finally:
        context.close()
