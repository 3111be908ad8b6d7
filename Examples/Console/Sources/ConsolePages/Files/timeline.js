// One person's devices as lanes over time: how each stood, and what happened on it.

import { fitted, timeAxis, tip } from "./chart.js";
import { el, svg } from "./dom.js";
import { time } from "./format.js";
import { stateWords } from "./people.js";

/** What a mark means, in the order of the legend. */
export const kinds = {
  rang: "rang", mute: "came without ringing", held: "held back", flushed: "came late", read: "read",
  wrote: "wrote", pushed: "push asked to wake", retracted: "notification taken back",
};

/** What the person did, drawn below what came. */
const own = new Set(["read", "wrote"]);

/** A mark of a kind around the origin, sixteen units wide. */
export function icon(kind) {
  const shapes = {
    rang: () => svg("circle", { r: 5.5 }),
    mute: () => svg("circle", { r: 5 }),
    held: () => svg("rect", { x: -4.5, y: -4.5, width: 9, height: 9 }),
    flushed: () => svg("path", { d: "M-5,-4.5H5L0,5Z" }),
    read: () => svg("path", { d: "M-5,0L-1.5,4L5.5,-4.5" }),
    wrote: () => svg("rect", { x: -1.5, y: -6, width: 3, height: 12 }),
    pushed: () => svg("path", { d: "M0,-6L6,0L0,6L-6,0Z" }),
    retracted: () => svg("path", { d: "M-4.5,-4.5L4.5,4.5M4.5,-4.5L-4.5,4.5" }),
    none: () => svg("path", { d: "M-4,0H4" }),
  };
  return svg("g", { class: `icon ${kind}` }, (shapes[kind] ?? shapes.none)());
}

/** A mark on its own, for text to stand beside. */
export function badge(kind) {
  return svg("svg", { class: `icon ${kind}`, viewBox: "-8 -8 16 16", width: 16, height: 16, "aria-hidden": "true" }, icon(kind));
}

export function legend() {
  return el("ul", { class: "legend" },
    Object.entries(kinds).map(([kind, text]) => el("li", { class: "row" }, badge(kind), text)),
    ["normal", "quiet", "phantom", "lost"].map((state) =>
      el("li", {}, el("span", { class: `swatch of-${state}` }), stateWords[state])));
}

export function timeline(box) {
  const drawing = el("div", { tabindex: 0, role: "group",
    "aria-label": "Timeline. The arrow keys go from mark to mark." });
  box.append(drawing);
  const hint = tip(box);
  let story = null;
  let span = 3600;
  let places = [];
  let chosen = null;
  const key = (mark) => `${mark.at} ${mark.device} ${mark.kind} ${mark.text}`;

  const frame = fitted(box, (width) => {
    if (!story) return;
    const lane = 46;
    const plot = { left: 62, right: width - 10, top: 6, bottom: 6 + lane * story.devices.length };
    const from = story.now - span;
    const x = (at) => plot.left + ((at - from) / span) * (plot.right - plot.left);
    const middle = (device) => plot.top + lane * device + lane / 2;
    const height = plot.bottom + 26;
    const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, height });
    story.devices.forEach((device, place) => {
      root.append(
        svg("text", { class: "strong", x: 0, y: middle(place) + 4 }, device.name),
        svg("rect", { class: "of-out", x: plot.left, y: middle(place) - 16, width: plot.right - plot.left, height: 32 }));
      const stretches = story.states.filter((state) => state.device === place);
      stretches.forEach((state, index) => {
        const begin = Math.max(from, state.at);
        const end = index + 1 < stretches.length ? stretches[index + 1].at : story.now;
        if (end <= from || state.state === "out") return;
        root.append(svg("rect", { class: `of-${state.state} stretch`, x: x(begin), y: middle(place) - 16, width: Math.max(0, x(end) - x(begin)), height: 32 }));
        root.append(svg("rect", { class: `of-${state.state}`, x: x(begin), y: middle(place) + 13, width: Math.max(0, x(end) - x(begin)), height: 4 }));
      });
    });
    timeAxis(root, plot, from, story.now);
    places = story.marks.filter((mark) => mark.at >= from && mark.device < story.devices.length)
      
      .map((mark) => ({ mark, x: x(mark.at), y: middle(mark.device) + (own.has(mark.kind) ? 6 : -7) }));
    for (const place of places) {
      const node = icon(place.mark.kind);
      node.setAttribute("transform", `translate(${place.x.toFixed(1)} ${place.y})`);
      root.append(node);
    }
    const ring = places.find((place) => chosen !== null && key(place.mark) === chosen);
    if (ring) root.append(svg("circle", { class: "ring", cx: ring.x, cy: ring.y, r: 10 }));
    drawing.replaceChildren(root);
  });

  function choose(place) {
    chosen = place ? key(place.mark) : null;
    frame.redraw();
    if (!place) return hint.hide();
    const device = story.devices[place.mark.device].name;
    hint.show(place.x, place.y, `${time(place.mark.at)} ${device}: ${kinds[place.mark.kind]}`, place.mark.text);
  }

  drawing.addEventListener("pointermove", (event) => {
    const bounds = drawing.getBoundingClientRect();
    const [x, y] = [event.clientX - bounds.left, event.clientY - bounds.top];
    const distance = (place) => Math.hypot(place.x - x, place.y - y);
    const near = places.filter((place) => distance(place) < 14).sort((a, b) => distance(a) - distance(b))[0];
    if ((near ? key(near.mark) : null) !== chosen) choose(near);
  });
  drawing.addEventListener("pointerleave", () => choose(null));
  drawing.addEventListener("blur", () => choose(null));
  drawing.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || places.length === 0) return;
    event.preventDefault();
    const now = places.findIndex((place) => key(place.mark) === chosen);
    const next = now < 0 ? (step < 0 ? places.length - 1 : 0) : now + step;
    choose(places[Math.min(places.length - 1, Math.max(0, next))]);
  });

  return {
    update(next, seconds) {
      story = next;
      span = seconds;
      frame.redraw();
    },
    isBusy: () => chosen !== null,
    stop: frame.stop,
  };
}
