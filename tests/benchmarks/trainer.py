"""How fast the trainer learns in headless Chromium on one core, beside TensorFlow.js and jax-js.

    python -m tests.benchmarks.trainer

The step is that of flow matching: a perceptron 3-64-64-2, 256 points, Adam. All are measured in one
page, in turn, five times; data lie ready. The other libraries come from npm into build/, and are no
part of the course. Then four families learn in the widget for twenty seconds, three times: steps a
second, and how long the frames of the page are.
"""

import functools
import http.server
import os
import subprocess
import threading
from pathlib import Path
from statistics import median

from playwright.sync_api import sync_playwright

from course_utils.density import ImageDensity
from course_utils.widgets.trainer import Trainer
from tests import chromium
from tests.bare import show

ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / "build" / "benchmark"
OTHERS = [
    "@jax-js/jax@0.1.25",
    "@tensorflow/tfjs@4.22.0",
    "@tensorflow/tfjs-backend-wasm@4.22.0",
]
MEASURE = """async () => {
    const random = n => Float32Array.from({ length: n }, () => Math.random() - 0.5);
    const [x, z, t] = [random(512), random(512), random(256).map(v => v + 0.5)];
    const x_t = Float32Array.from({ length: 768 }, (_, k) => {
        const i = Math.floor(k / 3);
        return k % 3 === 2 ? t[i] : (1 - t[i]) * z[2 * i + (k % 3)] + t[i] * x[2 * i + (k % 3)];
    });
    const velocity = x.map((v, k) => v - z[k]);
    const shapes = [[3, 64], [64, 64], [64, 2]];
    const npm = "/build/benchmark/node_modules";

    const { matching } = await import("/course_utils/widgets/families.js");
    const family = matching(64, 256, 16, Math.random);
    const ours = async () => family.learn({ rate: 2e-3, x, z, t });

    for (const file of ["tfjs/dist/tf", "tfjs-backend-wasm/dist/tf-backend-wasm"])
        await new Promise(done => {
            const src = `${npm}/@tensorflow/${file}.min.js`;
            const script = document.createElement("script");
            document.head.append(Object.assign(script, { src, onload: done }));
        });
    tf.wasm.setWasmPaths(`${npm}/@tensorflow/tfjs-backend-wasm/dist/`);
    async function tensorflow(backend) {
        await tf.setBackend(backend);
        const given = tf.tensor2d(x_t, [256, 3]), wanted = tf.tensor2d(velocity, [256, 2]);
        const layers = shapes.map(([i, o]) => {
            const reach = i ** -0.5;
            const W = tf.randomUniform([i, o], -reach, reach);
            return [tf.variable(W), tf.variable(tf.zeros([o]))];
        });
        const leaky = y => tf.maximum(y, tf.mul(0.2, y));
        const loss = () => {
            let y = given;
            layers.forEach(([W, b], l) => {
                y = tf.add(tf.matMul(y, W), b);
                if (l < 2) y = leaky(y);
            });
            return tf.mean(tf.square(tf.sub(y, wanted)));
        };
        const adam = tf.train.adam(2e-3);
        return async () => {
            await tf.setBackend(backend);
            adam.minimize(() => loss());
            await layers[0][1].data();
        };
    }

    const jax = await import(`${npm}/@jax-js/jax/dist/index.js`);
    await jax.init("wasm");
    jax.defaultDevice("wasm");
    const { numpy: np, nn } = jax;
    const leaf = (n, shape) => np.array(n).reshape(shape);
    let p = shapes.flatMap(([i, o]) => [leaf(random(i * o), [i, o]), np.zeros([o])]);
    let [m, v] = [0, 1].map(() => shapes.flatMap(([i, o]) => [np.zeros([i, o]), np.zeros([o])]));
    const net = (p, y) => {
        for (let l = 0; l < 3; l++) {
            y = np.matmul(y, p[2 * l].ref).add(p[2 * l + 1].ref);
            if (l < 2) y = nn.relu(y);
        }
        return y;
    };
    const error = (p, a, b) => np.mean(np.square(net(p, a).sub(b)));
    const jitted = jax.jit((p, m, v, a, b) => {
        const slopes = jax.grad(error)(p.map(one => one.ref), a, b);
        const [P, M, V] = [[], [], []];
        slopes.forEach((g, k) => {
            const mean = m[k].mul(0.9).add(g.ref.mul(0.1));
            const square = v[k].mul(0.999).add(np.square(g).mul(0.001));
            M.push(mean.ref);
            V.push(square.ref);
            P.push(p[k].sub(mean.mul(2e-3).div(np.sqrt(square).add(1e-8))));
        });
        return [P, M, V];
    });
    const [a, b] = [leaf(x_t, [256, 3]), leaf(velocity, [256, 2])];
    const jaxStep = async () => {
        [p, m, v] = jitted(p, m, v, a.ref, b.ref);
        await p[1].ref.data();
    };

    const all = { "the trainer": ours, "TensorFlow.js, wasm": await tensorflow("wasm"),
        "TensorFlow.js, cpu": await tensorflow("cpu"), "jax-js, wasm": jaxStep };
    const found = Object.fromEntries(Object.keys(all).map(name => [name, []]));
    for (let round = 0; round < 5; round++)
        for (const [name, step] of Object.entries(all)) {
            for (let k = 0; k < 10; k++) await step();
            const start = performance.now();
            let steps = 0;
            for (; performance.now() < start + 1500; steps++) await step();
            found[name].push((1000 * steps) / (performance.now() - start));
        }
    return found;
}"""
WATCH = """async seconds => {
    const gaps = [], long = [];
    const note = list => list.getEntries().forEach(({ duration }) => long.push(duration));
    const observer = new PerformanceObserver(note);
    observer.observe({ type: "long-animation-frame" });
    const end = performance.now() + 1000 * seconds;
    const next = () => new Promise(requestAnimationFrame);
    for (let before = await next(); before < end;) {
        const now = await next();
        gaps.push(now - before);
        before = now;
    }
    observer.disconnect();
    return [gaps.sort((a, b) => a - b), long];
}"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Files of the repository, without a word."""

    def log_message(self, *words):
        """Says nothing."""


def fetch():
    """The other libraries, from npm."""
    PLACE.mkdir(parents=True, exist_ok=True)
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", PLACE]
    subprocess.run(["npm", "install", *options, *OTHERS], check=True)


def speeds(browser):
    """Name -> steps a second, five times."""
    handler = functools.partial(Quiet, directory=ROOT)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/tests/js/")
        found = page.evaluate(MEASURE)
        page.close()
        server.shutdown()
    return found


def lesson(browser, seconds=20):
    """Prints what the panels say after some seconds of four families, and the frames of the page.

    A frame lasts from one call of requestAnimationFrame to the next; a long one is what Chromium
    reports as a `long-animation-frame`, which is work of more than 50 ms.
    """
    page = show(browser, Trainer(ImageDensity.from_file("bat")), width=960)
    page.get_by_role("button", name="Learn").click()
    page.wait_for_timeout(2000)
    gaps, long = page.evaluate(WATCH, seconds)
    long_gaps = sum(gap > 50 for gap in gaps)
    print(page.locator(".panels").inner_text().replace("\n", "  "))
    print(f"{len(gaps)} frames, median {gaps[len(gaps) // 2]:.1f} ms, longest {gaps[-1]:.1f} ms;")
    print(f"{long_gaps} longer than 50 ms, {len(long)} reported as long: {max(long, default=0)} ms")
    page.close()


if __name__ == "__main__":
    fetch()
    path = chromium.find()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # the browser inherits it
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=chromium.OPTIONS)
        for name, values in speeds(browser).items():
            low, *_, high = sorted(values)
            print(f"{name:20} {median(values):8.0f} ({low:.0f} to {high:.0f}) steps a second")
        for _ in range(3):
            lesson(browser)
        browser.close()
