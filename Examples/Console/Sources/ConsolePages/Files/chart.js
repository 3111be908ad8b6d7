// Drawings: axes, areas, lines, columns. Each is drawn anew for the width that it has.

import { el, svg } from "./dom.js";
import { count, time } from "./format.js";

/** Calls `draw(width)` now and whenever the width of `box` changes. */
export function fitted(box, draw) {
  let width = 0;
  const redraw = () => { if (width > 0) draw(width); };
  const observer = new ResizeObserver((entries) => {
    const next = Math.floor(entries[0].contentRect.width);
    if (next !== width) {
      width = next;
      redraw();
    }
  });
  observer.observe(box);
  return { redraw, stop: () => observer.disconnect() };
}

/** A round number, not below `value`, that an axis can end at. */
export function roundUp(value) {
  if (value <= 5) return 5;
  const power = 10 ** Math.floor(Math.log10(value));
  for (const step of [1, 1.5, 2, 3, 4, 5, 6, 8, 10]) if (step * power >= value) return step * power;
  return 10 * power;
}

/** Room for the numbers of an axis that ends at `top`. */
const margin = (top) => Math.max(38, 12 + 7.4 * count(top).length);

/** Horizontal rules with numbers at their left, and a title above. */
export function countAxis(parent, plot, top, title) {
  const steps = top % 4 === 0 ? 4 : top % 3 === 0 ? 3 : 5;
  for (let step = 0; step <= steps; step += 1) {
    const y = plot.bottom - ((plot.bottom - plot.top) * step) / steps;
    parent.append(
      svg("line", { class: step ? "rule" : "axis", x1: plot.left, x2: plot.right, y1: y, y2: y }),
      svg("text", { x: plot.left - 8, y: y + 4, "text-anchor": "end" }, count((top * step) / steps)));
  }
  if (title) parent.append(svg("text", { x: 0, y: plot.top - 12 }, title));
}

/** Times of day below a plot. */
export function timeAxis(parent, plot, from, to) {
  const room = Math.max(2, Math.floor((plot.right - plot.left) / 64));
  const steps = [300, 600, 900, 1800, 3600, 7200, 10800, 14400];
  const step = steps.find((value) => (to - from) / value <= room) ?? 21600;
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) {
    const x = plot.left + ((at - from) / (to - from)) * (plot.right - plot.left);
    parent.append(
      svg("line", { class: "axis", x1: x, x2: x, y1: plot.bottom, y2: plot.bottom + 4 }),
      svg("text", { x, y: plot.bottom + 18, "text-anchor": "middle" }, time(at, false)));
  }
}

/** A line of text that follows the pointer. */
export function tip(box) {
  const node = el("div", { class: "tip", role: "status", hidden: true });
  box.append(node);
  return {
    show(x, y, title, text) {
      node.replaceChildren(el("strong", {}, title), ...[text].flat().map((line) => el("div", {}, line)));
      node.hidden = false;
      const left = Math.min(Math.max(0, x + 14), Math.max(0, box.clientWidth - node.offsetWidth - 2));
      node.style.left = `${left}px`;
      node.style.top = `${y + 16}px`;
    },
    hide() { node.hidden = true; },
  };
}

/**
 * Areas on top of each other over the day.
 * `series`: name, label, column; `day`: from, to, samples (rows whose first column is the time).
 */
export function stack(box, series, title) {
  const drawing = el("div");
  box.append(drawing);
  const hint = tip(box);
  let day = null;
  let plot = null;
  let cross = null;

  const x = (at) => plot.left + ((at - day.from) / Math.max(1, day.to - day.from)) * (plot.right - plot.left);

  const frame = fitted(box, (width) => {
    if (!day) return;
    const height = width < 520 ? 210 : 250;
    const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, height, role: "img", "aria-label": describe() });
    const totals = day.samples.map((row) => series.reduce((sum, one) => sum + row[one.column], 0));
    const top = roundUp(Math.max(1, ...totals));
    plot = { left: margin(top), right: width - 8, top: 30, bottom: height - 26 };
    const y = (value) => plot.bottom - (value / top) * (plot.bottom - plot.top);
    countAxis(root, plot, top, title);
    const below = day.samples.map(() => 0);
    for (const one of series) {
      const upper = day.samples.map((row, place) => [x(row[0]), y(below[place] + row[one.column])]);
      const lower = day.samples.map((row, place) => [x(row[0]), y(below[place])]).reverse();
      if (upper.length > 1) {
        root.append(svg("path", { class: `of-${one.name}`, d: `M${[...upper, ...lower].map((point) => point.map((value) => value.toFixed(1)).join(",")).join("L")}Z` }));
      }
      day.samples.forEach((row, place) => { below[place] += row[one.column]; });
    }
    timeAxis(root, plot, day.from, day.to);
    cross = svg("line", { class: "cross", y1: plot.top, y2: plot.bottom, visibility: "hidden" });
    root.append(cross);
    drawing.replaceChildren(root);
  });

  function describe() {
    const row = day.samples.at(-1);
    if (!row) return `${title}: nothing yet`;
    return `${title} over the day; at ${time(row[0], false)}: ` +
      series.map((one) => `${one.label} ${row[one.column]}`).join(", ");
  }

  function point(event) {
    if (!plot || !day.samples.length) return;
    const at = day.from + ((event.offsetX - plot.left) / (plot.right - plot.left)) * (day.to - day.from);
    let best = day.samples[0];
    for (const row of day.samples) if (Math.abs(row[0] - at) < Math.abs(best[0] - at)) best = row;
    cross.setAttribute("x1", x(best[0]));
    cross.setAttribute("x2", x(best[0]));
    cross.setAttribute("visibility", "visible");
    hint.show(x(best[0]), event.offsetY, time(best[0], false),
      series.map((one) => `${one.label}: ${count(best[one.column])}`));
  }
  drawing.addEventListener("pointermove", point);
  drawing.addEventListener("pointerleave", () => {
    hint.hide();
    cross?.setAttribute("visibility", "hidden");
  });

  return { update(next) { day = next; frame.redraw(); }, stop: frame.stop };
}

/** Columns side by side. `bars`: label, count, about. */
export function columns(box, title, axis) {
  const drawing = el("div");
  box.append(drawing);
  const hint = tip(box);
  let bars = [];
  const frame = fitted(box, (width) => {
    const height = 250;
    const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, height, role: "img",
      "aria-label": `${title}: ${bars.map((bar) => `${bar.about}, ${bar.count}`).join("; ")}` });
    const top = roundUp(Math.max(1, ...bars.map((bar) => bar.count)));
    const plot = { left: margin(top), right: width - 8, top: 30, bottom: height - 42 };
    countAxis(root, plot, top, title);
    const step = (plot.right - plot.left) / Math.max(1, bars.length);
    const every = Math.max(1, Math.ceil(46 / step));
    bars.forEach((bar, place) => {
      const left = plot.left + place * step;
      const size = (bar.count / top) * (plot.bottom - plot.top);
      const target = svg("rect", { x: left, y: plot.top, width: step, height: plot.bottom - plot.top, fill: "transparent" });
      target.addEventListener("pointermove", (event) =>
        hint.show(event.offsetX, event.offsetY, bar.about, count(bar.count)));
      root.append(svg("rect", { class: "bar", x: left + 1, width: Math.max(1, step - 2), y: plot.bottom - size, height: size }), target);
      if (place % every === 0) {
        root.append(
          svg("line", { class: "axis", x1: left, x2: left, y1: plot.bottom, y2: plot.bottom + 4 }),
          svg("text", { x: left, y: plot.bottom + 18, "text-anchor": place === 0 ? "start" : "middle" }, bar.label));
      }
    });
    root.append(svg("text", { x: plot.right, y: height - 4, "text-anchor": "end" }, axis));
    drawing.replaceChildren(root);
  });
  drawing.addEventListener("pointerleave", () => hint.hide());
  return { update(next) { bars = next; frame.redraw(); }, stop: frame.stop };
}

/** A bar that fills up, with its limit marked. */
export function gauge(box) {
  let subject = null;
  let limit = 80;
  const frame = fitted(box, (width) => {
    if (!subject) return;
    const height = 54;
    const most = Math.max(subject.capacity, subject.load);
    const at = (value) => (Math.min(value, most) / most) * width;
    const isOver = subject.timeOver !== null;
    const mark = at(subject.threshold);
    const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, height, role: "img",
      "aria-label": `${subject.load} of ${subject.capacity} sessions, ${subject.percent} percent, limit ${limit} percent` },
      svg("rect", { class: "track", x: 0, y: 8, width, height: 22, rx: 3 }),
      svg("rect", { class: isOver ? "over" : "bar", x: 0, y: 8, width: Math.max(1, at(subject.load)), height: 22, rx: 3 }),
      svg("line", { class: "limit", x1: mark, x2: mark, y1: 2, y2: 36 }),
      svg("text", { x: 0, y: 50 }, "0"),
      svg("text", { x: mark, y: 50, "text-anchor": "middle" }, `${limit} %: ${count(subject.threshold)}`),
      svg("text", { x: width, y: 50, "text-anchor": "end" }, count(most)));
    box.replaceChildren(root);
  });
  return {
    update(next, percent) { subject = next; limit = percent; frame.redraw(); }, stop: frame.stop,
  };
}
