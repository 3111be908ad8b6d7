// The frame around the pages: which one is shown, the clock, the alarm.

import { admin } from "./admin.js";
import { capacity } from "./capacity.js";
import { el, say } from "./dom.js";
import { span } from "./format.js";
import { group } from "./group.js";
import { connect, subscribe } from "./live.js";
import { overview } from "./overview.js";
import { people } from "./people.js";
import { person } from "./person.js";
import { report } from "./report.js";

const pages = { "": overview, people, report, capacity, group };
const main = document.getElementById("main");
let leave = null;
let shown = null;

function parts() {
  return location.hash.replace(/^#\/?/, "").split("/").map((part) => {
    try { return decodeURIComponent(part); } catch { return part; }
  });
}

function show() {
  if (location.hash === "#main") return main.focus();
  const [name, ...rest] = parts();
  const isFirst = shown === null;
  shown = name;
  if (leave) leave();
  main.replaceChildren();
  const page = name === "people" && rest.length > 0 ? person : pages[name];
  leave = page ? page(main, rest) : null;
  if (!page) main.append(el("h1", {}, "There is no such page"));
  for (const link of document.querySelectorAll(".pages a")) {
    const isCurrent = link.getAttribute("href") === (name ? `#/${name}` : "#/");
    if (isCurrent) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const title = main.querySelector("h1");
  document.title = `${title ? title.textContent : "Console"} – Multiple Device Messaging`;
  if (!isFirst) {
    main.focus({ preventScroll: true });
    scrollTo(0, 0);
  }
}

const alarm = document.getElementById("alarm");

subscribe((state) => {
  say(document.getElementById("day"), state.day);
  say(document.getElementById("clock"), state.clock);
  say(document.getElementById("speed"),
    state.source !== "office" ? "" : state.speed === 0 ? "stopped" : `${state.speed}×`);
  const raised = (state.capacity?.subjects ?? []).filter((subject) => subject.isRaised);
  alarm.hidden = raised.length === 0;
  say(alarm, raised.map((subject) =>
    `${subject.title}: ${subject.percent} % of its sessions, over ${state.capacity.limit} % for ` +
    `${span(subject.timeOver)}.`).join(" "));
});

admin(document.getElementById("admin"));
addEventListener("hashchange", show);
show();
connect();
