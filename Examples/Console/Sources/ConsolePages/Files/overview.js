// What goes on: sessions, flushes, hold times.

import { columns, gauge, stack } from "./chart.js";
import { card, el, say, sync, table } from "./dom.js";
import { about, count, plural, short } from "./format.js";
import { column, keepUp } from "./history.js";
import { subscribe } from "./live.js";

const modes = [
  { name: "normal", label: "Normal", about: "everything is delivered as it comes" },
  { name: "quiet", label: "Quiet", about: "in the background: held until something flushes it" },
  { name: "silent", label: "Silent", about: "delivered, and never rings" },
  { name: "phantom", label: "Phantom", about: "no connection, woken by push" },
  { name: "lost", label: "Lost", about: "no connection, may be resumed" },
];

const meanings = {
  MDMSessions: "sessions",
  MDMSilentModeSessions: "in silent mode",
  MDMQuietModeSessions: "in quiet mode",
  MDMBufferFlushes: "flushes",
  MDMBufferFlushesLimitReached: "of those by a limit",
  MDMBufferFlushPacketCount: "packets flushed in the last full minute",
  MDMBufferAvgQueuedTime: "mean time a packet waited",
};

function figures() {
  const list = el("dl", { class: "figures" });
  return {
    node: list,
    update(counters) {
      sync(list, counters, (item) => item.name,
        (item) => el("div", { title: item.name },
          el("dt", {}, meanings[item.name] ?? item.name), el("dd", {})),
        (node, item) => {
          const isTime = item.name === "MDMBufferAvgQueuedTime";
          say(node.querySelector("dd"), isTime ? about(Number(item.text)) : count(Number(item.text)));
        });
    },
  };
}

function legend() {
  const list = el("ul", { class: "legend" });
  return {
    node: list,
    update(sessions) {
      sync(list, modes, (mode) => mode.name,
        (mode) => el("li", { title: mode.about },
          el("span", { class: `swatch of-${mode.name}` }), `${mode.label} `, el("b", {})),
        (node, mode) => say(node.querySelector("b"), count(sessions[mode.name])));
    },
  };
}

function flushes() {
  const { node, body } = table(null, [
    { title: "Reason" }, { title: "" }, { title: "Flushes", number: true }]);
  return {
    node,
    update(all) {
      const most = Math.max(1, ...all.map((flush) => flush.count));
      const rows = all.filter((flush) => flush.count > 0 || !/limit|disabled|urgent|expired|traffic/.test(flush.reason));
      sync(body, rows.sort((a, b) => b.count - a.count), (flush) => flush.reason,
        (flush) => el("tr", { title: flush.reason }, el("th", { scope: "row" }, flush.text),
          el("td", { class: "measure" }, el("span")), el("td", { class: "number" })),
        (row, flush) => {
          row.querySelector(".measure span").style.width = `${(100 * flush.count) / most}%`;
          say(row.querySelector(".number"), count(flush.count));
        });
    },
  };
}

/** Hold times from the first that occurs on, and the shorter ones together. */
function holdBars(hold) {
  const start = Math.max(0, hold.findIndex((bucket) => bucket.to >= 1024));
  const early = hold.slice(0, start).reduce((sum, bucket) => sum + bucket.count, 0);
  const bars = hold.slice(start).map((bucket) => ({
    label: short(bucket.from), count: bucket.count,
    about: `${short(bucket.from)} to ${short(bucket.to)}`,
  }));
  return start > 0 ? [{ label: "0", count: early, about: `less than ${short(512)}` }, ...bars] : bars;
}

function meter(subject) {
  const bar = el("div");
  const node = el("div", { class: "standing" },
    el("p", { class: "row spread" }, el("span", {}, subject.title), el("b", {})), bar);
  node.meter = gauge(bar);
  return node;
}

export function overview(main) {
  const lead = el("p", { class: "lead" });
  const numbers = figures();
  const colours = legend();
  const day = el("div", { class: "chart" });
  const hold = el("div", { class: "chart" });
  const fill = el("div");
  const reasons = flushes();
  const missing = el("p", { class: "note", hidden: true });
  const parts = el("div", { class: "grid wide-only" },
    card("two-thirds", "Sessions by mode", "Every device that is signed in, each counted once.", colours.node, day),
    card("third", "Capacity", "Sessions that count as load, and the alarm's limit.", fill,
      el("p", { class: "standing" }, el("a", { href: "#/capacity" }, "Alarm and limit"))),
    card("half", "Why buffers were flushed", "A flush brings a quiet device everything that was held for it.", reasons.node),
    card("half", "How long packets waited", "Each flushed packet once; every column is twice as wide in time as the one before.", hold));
  main.append(el("div", { class: "head" }, el("h1", {}, "Overview"), lead, missing),
    el("div", { class: "head" }, numbers.node), parts);

  const chart = stack(day, modes.map((mode) => ({ ...mode, column: column[mode.name] })), "Sessions");
  const histogram = columns(hold, "Packets", "waited at least");
  const stop = subscribe(async (state) => {
    const isOffice = state.source === "office";
    const text = isOffice
      ? `${plural(state.people, "person", "people")} in the office, ${plural(state.messages, "message")} written so far. ` +
        `${plural(state.waiting, "stanza")} wait for devices in the background.`
      : `A running server: ${plural(state.people, "user")} signed in, ${plural(state.waiting, "stanza")} held.`;
    say(lead, text);
    missing.hidden = isOffice;
    if (!isOffice) {
      say(missing, state.problem ?? `Its administration socket does not tell: ${state.missing.join(", ")}.`);
    }
    [...parts.children].forEach((part, place) => { part.hidden = !isOffice && place % 2 === 1; });
    parts.firstElementChild.classList.toggle("wide", !isOffice);
    numbers.update(state.counters);
    colours.update(state.sessions);
    reasons.update(state.flushes);
    if (isOffice) {
      histogram.update(holdBars(state.hold));
      sync(fill, state.capacity.subjects, (subject) => subject.title, meter, (node, subject) => {
        say(node.querySelector("b"), `${subject.percent} %`);
        node.meter.update(subject, state.capacity.limit);
      });
    }
    chart.update(await keepUp(state));
  });
  return () => {
    [stop, chart.stop, histogram.stop].forEach((end) => end());
    for (const node of fill.children) node.meter.stop();
  };
}
