"""Measures how text stands out: WCAG 2 asks for a contrast of 4.5 to 1, for signs of 3 to 1."""

import matplotlib as mpl

TEXT, SIGN = 4.5, 3.0
# Every visible text below an element: its words, its colour over its ground, and that ground.
READ = """root => {
    const pen = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true});
    const read = colour => {
        pen.clearRect(0, 0, 1, 1);
        pen.fillStyle = colour;
        pen.fillRect(0, 0, 1, 1);
        return [...pen.getImageData(0, 0, 1, 1).data].map((v, k) => k === 3 ? v / 255 : v);
    };
    const over = ([r, g, b, a], ground) => [r, g, b].map((v, k) => a * v + (1 - a) * ground[k]);
    const ground = element => element
        ? over(read(getComputedStyle(element).backgroundColor), ground(element.parentElement))
        : [255, 255, 255];
    const found = [], walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let node; node = walker.nextNode();) {
        const words = node.textContent.trim(), element = node.parentElement.closest(':not(option)');
        if (!words || element.closest('style, script, .katex-mathml, select[data-read]')) continue;
        if (element.tagName === 'SELECT') element.dataset.read = '1'; // one of its options is seen
        if (!element.checkVisibility({opacityProperty: true, visibilityProperty: true})) continue;
        const style = getComputedStyle(element), box = element.getBoundingClientRect();
        if (style.clipPath !== 'none' || !box.width || !box.height) continue;
        const under = ground(element), ink = read(style.color);
        for (let e = element; e; e = e.parentElement) ink[3] *= getComputedStyle(e).opacity;
        found.push([words.slice(0, 40), over(ink, under), under]);
    }
    root.querySelectorAll('[data-read]').forEach(select => delete select.dataset.read);
    return found;
}"""
# Notes on a canvas what colours it writes in, and whether the ground under it is its own.
LISTEN = """() => {
    const pen = CanvasRenderingContext2D.prototype, write = pen.fillText;
    window.written = new Map();
    pen.fillText = function (...words) {
        const canvas = this.canvas;
        if (!window.written.has(canvas)) window.written.set(canvas, new Set());
        window.written.get(canvas).add(this.fillStyle);
        return write.apply(this, words);
    };
}"""
WRITTEN = """() => [...window.written].map(([canvas, inks]) =>
    [canvas.className, getComputedStyle(canvas).backgroundColor, [...inks]])"""


def luminance(colour):
    """Relative luminance of (r, g, b) from 0 to 255, as WCAG 2 defines it."""
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in rgb(colour)]
    return sum(w * v for w, v in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def rgb(colour):
    return mpl.colors.to_rgb(colour) if isinstance(colour, str) else [v / 255 for v in colour]


def contrast(ink, ground):
    dark, light = sorted([luminance(ink), luminance(ground)])
    return (light + 0.05) / (dark + 0.05)


def faint(texts):
    """What of the texts that `READ` found stands out too little."""
    for words, ink, ground in texts:
        least = TEXT if any(map(str.isalnum, words)) else SIGN
        if contrast(ink, ground) < least:
            ink, ground = (tuple(map(round, colour)) for colour in (ink, ground))
            yield f"{words!r}: {ink} on {ground} is {contrast(ink, ground):.2f}"
