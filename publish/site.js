// Brings a page of the site to life: widgets and figures when a reader comes near, words of the glossary.

import { decode, draw } from "./alive.js";

/** @type {(selector: string) => HTMLElement[]} */
const all = selector => Array.from(document.querySelectorAll(selector));
const root = document.documentElement;

// ---- what a page loads: scripts that hand over a value, since a page opened from a folder may fetch nothing

const given = new WeakMap();
window.course = value => given.set(document.currentScript ?? root, value);

/** @type {(address: string) => Promise<any>} */
function load(address) {
  const script = Object.assign(document.createElement("script"), { src: address });
  const value = new Promise((resolve, reject) => {
    script.onload = () => resolve(given.get(script));
    script.onerror = () => reject(new Error(`There is no ${address} beside this page.`));
  });
  document.head.append(script);
  return value;
}

const kept = new Map();
/** @type {(address: string) => Promise<any>} */
function once(address) {
  if (!kept.has(address)) kept.set(address, load(address));
  return kept.get(address);
}

// ---- widgets and figures

async function widget(place) {
  const [source, state] = await Promise.all([once(place.dataset.code), load(place.dataset.state)]);
  await draw(place, decode(state), source);
}

async function figure(place) {
  const [{ data, layout, config }] = await Promise.all([load(place.dataset.state), once("_static/plotly.js")]);
  const drawn = document.createElement("div");
  const share = Math.min(1, place.clientWidth / (layout.width ?? place.clientWidth));
  const size = { width: share * layout.width, height: share * layout.height };
  place.replaceChildren(drawn);
  await Plotly.newPlot(drawn, data, { ...layout, ...size }, { displaylogo: false, ...config });
}

const near = new IntersectionObserver(
  async seen => {
    for (const { target, isIntersecting } of seen) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      const place = /** @type {HTMLElement} */ (target);
      await (place.matches(".widget") ? widget(place) : figure(place));
      place.dataset.alive = "1";
    }
  },
  { rootMargin: "200px 0px" },
);

// ---- words of the glossary

function explains() {
  const note = Object.assign(document.createElement("div"), { id: "meaning", role: "tooltip", hidden: true });
  /** @type {HTMLElement | null} */
  let shown = null;
  let leaving = 0;
  const hide = () => {
    shown?.removeAttribute("aria-describedby");
    shown = null;
    note.hidden = true;
  };
  const stay = () => clearTimeout(leaving);
  const leave = () => {
    stay();
    leaving = setTimeout(hide, 200);
  };
  const show = async event => {
    stay();
    const link = event.currentTarget;
    const words = await once("_static/terms.js");
    hide();
    shown = link;
    note.textContent = words[link.hash.slice(1)];
    note.hidden = false;
    const { left, bottom } = link.getBoundingClientRect();
    const most = root.clientWidth - note.offsetWidth - 8;
    note.style.left = `${Math.max(8, Math.min(left, most)) + scrollX}px`;
    note.style.top = `${bottom + scrollY + 2}px`;
    link.setAttribute("aria-describedby", note.id);
  };
  for (const link of all("a.term")) {
    link.onmouseenter = link.onfocus = show;
    link.onmouseleave = link.onblur = leave;
    // A finger cannot hover: its first touch explains, its second follows the link.
    link.onclick = event => {
      const touch = event instanceof PointerEvent && event.pointerType === "touch";
      if (touch && shown !== link) event.preventDefault();
    };
  }
  note.onmouseenter = stay;
  note.onmouseleave = leave;
  document.body.append(note);
  addEventListener("keydown", event => event.key === "Escape" && hide());
}

// ---- what is wider than the page has room for is reached by keys too

const width = new ResizeObserver(changed => {
  for (const { target } of changed)
    if (target.scrollWidth > target.clientWidth) target.setAttribute("tabindex", "0");
    else target.removeAttribute("tabindex");
});

// ---- the look, which widgets know by what JupyterLab says

const look = () => (document.body.dataset.jpThemeLight = String(root.dataset.theme !== "dark"));
new MutationObserver(look).observe(root, { attributeFilter: ["data-theme"] });
look();
explains();
for (const block of all("div.formula, article table, article pre")) width.observe(block);
for (const place of all(".widget, .plotly-figure")) near.observe(place);
