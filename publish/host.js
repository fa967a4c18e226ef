// Brings a deck to life without a kernel: formulas, anywidgets from their stored state, plotly figures.

import { bytes, decode, draw } from "./alive.js";

// Elements of the deck; a figure is noted on its place.
/** @type {(selector: string, root?: Element | Document) => (HTMLElement & { figure?: any })[]} */
const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));

const states = JSON.parse(all("#widget-state")[0].textContent);

// Runs the packed libraries, in order.
async function unpack() {
  for (const packed of all('script[type="application/gzip"]')) {
    const stream = new Blob([bytes(packed.textContent)]).stream();
    const script = document.createElement("script");
    script.textContent = await new Response(stream.pipeThrough(new DecompressionStream("gzip"))).text();
    packed.replaceWith(script);
  }
}

async function widget(place) {
  place.setAttribute("data-prevent-swipe", "");
  await draw(place, decode(states[place.dataset.model]));
}

// WebGL contexts are few: a figure is drawn when its slide comes, and freed when it goes. Paper needs all.
function plots() {
  const slide = Reveal.getCurrentSlide();
  for (const place of all(".plotly-figure")) {
    const here = Reveal.isPrintView() || slide.contains(place);
    if (here && !place.figure) {
      const { data, layout, config } = JSON.parse(all("script", place)[0].textContent);
      place.figure = place.appendChild(document.createElement("div"));
      const room = place.parentElement?.clientWidth ?? 0;
      place.style.zoom = portrait() ? String(Math.min(1.3, room / layout.width)) : "";
      const drawn = Plotly.newPlot(place.figure, data, layout, { displaylogo: false, ...config });
      if (Reveal.isPrintView()) drawn.then(print);
    } else if (!here && place.figure) {
      Plotly.purge(place.figure);
      place.figure.remove();
      place.figure = null;
    }
  }
}

// WebGL leaves paper white: a picture takes the figure's place.
async function print(figure) {
  const src = await Plotly.toImage(figure, { scale: 2 }),
    { clientWidth: width } = figure.querySelector(".svg-container");
  figure.replaceChildren(Object.assign(new Image(width), { src, style: "zoom: 1" }));
}

// The speaker's view shows the slides in frames: as the audience sees them, whatever the frame's shape.
const framed = new URLSearchParams(location.search).has("receiver");
const portrait = () => innerWidth < innerHeight && !Reveal.isPrintView() && !framed;

// A slide in portrait has a fifth more area than one in landscape, so that its text is as large.
function shape() {
  if (!portrait()) return { width: 1280, height: 720 };
  const ratio = (innerHeight - 56) / innerWidth;
  const width = Math.sqrt((1.2 * 1280 * 720) / ratio);
  const scale = Math.floor((100 * innerWidth) / width) / 100; // reveal rounds it so, and would cut the slide
  return { width: innerWidth / scale, height: (innerHeight - 56) / scale };
}

// Code, text output and widgets as large as the slide allows; in portrait formulas and tables too, and, if need be, all.
function fit(slide) {
  const { width, height } = shape();
  const shaped = `${width} x ${height}`;
  if (slide.dataset.fitted === shaped) return;
  slide.dataset.fitted = shaped;
  slide.style.zoom = "";
  const blocks = all("pre", slide);
  const widgets = all(".widget", slide);
  for (const widget of widgets) widget.style.zoom = "";
  for (const wide of all(".katex-display, table", slide)) {
    wide.style.zoom = "";
    const share = (wide.parentElement?.clientWidth ?? 0) / wide.scrollWidth;
    if (portrait() && share < 1) wide.style.zoom = String(0.98 * share);
  }
  const bottom = () => Math.max(...[...slide.children].map(e => e.offsetTop + e.offsetHeight));
  const fits = () => bottom() < slide.clientHeight - 30 && blocks.every(b => b.scrollWidth <= b.clientWidth);
  for (let size = 24; size >= 16; size--) {
    for (const block of blocks) block.style.fontSize = `${size}px`;
    if (fits()) break;
  }
  for (const widget of widgets)
    for (let zoom = Number(getComputedStyle(widget).zoom); zoom > 0.9 && !fits(); zoom -= 0.02)
      widget.style.zoom = String(zoom);
  const wide = () => slide.scrollWidth > slide.clientWidth;
  for (let zoom = 95; portrait() && zoom >= 40 && !(fits() && !wide()); zoom -= 5)
    slide.style.zoom = String(zoom / 100);
}

function turned() {
  document.documentElement.classList.toggle("portrait", portrait());
  Reveal.configure(shape());
  fit(Reveal.getCurrentSlide());
}

// In a widget the keys are the widget's; Escape leaves it, and page keys turn the slides all the same.
function keys(event) {
  if (!event.target.closest?.(".widget")) return;
  const turn = { PageDown: Reveal.next, PageUp: Reveal.prev }[event.key];
  if (!turn && event.key !== "Escape") return;
  event.preventDefault();
  event.stopPropagation();
  event.target.blur();
  turn?.();
}

async function start() {
  await unpack();
  const delimiters = [
    { left: "$$", right: "$$", display: true },
    { left: "$", right: "$", display: false },
  ];
  const options = { delimiters, throwOnError: false };
  for (const notes of all("aside.notes")) renderMathInElement(notes, { ...options, output: "mathml" });
  renderMathInElement(all(".slides")[0], options);
  for (const place of all(".widget")) await widget(place);
  const print = new Promise(resolve => all(".reveal")[0].addEventListener("pdf-ready", resolve));
  await Reveal.initialize({
    width: 1280,
    height: 720,
    margin: 0,
    center: false,
    hash: true,
    transition: "none",
    scrollActivationWidth: null,
    slideNumber: "c/t",
    controls: false,
    navigationMode: "linear",
    pdfSeparateFragments: false,
    pdfMaxPagesPerSlide: 1,
    plugins: [RevealNotes],
    keyboardCondition: event => !event?.target?.closest?.(".widget"),
  });
  document.addEventListener("keydown", keys, true);
  const arrive = () => {
    fit(Reveal.getCurrentSlide());
    plots();
  };
  Reveal.on("slidechanged", arrive);
  if (Reveal.isPrintView()) {
    await print;
    for (const slide of Reveal.getSlides()) fit(slide);
  } else {
    turned();
    addEventListener("resize", turned);
  }
  arrive();
  document.documentElement.dataset.deckReady = "1";
}

start().catch(error => {
  document.documentElement.dataset.deckFailed = String(error);
  throw error;
});
