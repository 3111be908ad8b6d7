// Room for sessions, and the alarm over it.

import { button, command } from "./admin.js";
import { gauge } from "./chart.js";
import { card, el, say, sync, table } from "./dom.js";
import { count, plural, span } from "./format.js";
import { subscribe } from "./live.js";

function standing(subject, capacity) {
  if (subject.isRaised) {
    return ["state-bad", `Alarm raised, over ${capacity.limit} % for ${span(subject.timeOver)}; ${plural(subject.alerts, "alert")} so far.`];
  }
  if (subject.timeOver !== null) {
    const rest = Math.max(0, capacity.holdTime - subject.timeOver);
    return ["state-warn", `Over ${capacity.limit} % for ${span(subject.timeOver)}; the alarm is raised in ${span(rest)}.`];
  }
  return ["state-good", `Within ${capacity.limit} %.`];
}

function subjectCard(subject) {
  const meter = el("div", { class: "chart" });
  const node = card("third", subject.title, null, el("p", { class: "state" }), meter, el("p", { class: "standing" }));
  node.meter = gauge(meter);
  return node;
}

function updateSubject(node, subject, capacity) {
  const state = node.querySelector(".state");
  if (!state.firstChild) state.append(el("span"), " ", el("small", { class: "note" }));
  say(state.querySelector("span"), `${subject.percent} %`);
  say(state.querySelector("small"), `${count(subject.load)} of ${count(subject.capacity)} sessions`);
  node.meter.update(subject, capacity.limit);
  const [style, text] = standing(subject, capacity);
  const line = node.querySelector(".standing");
  line.className = `standing ${style}`;
  say(line, text);
}

function controls() {
  const percent = el("input", { type: "number", min: 1, max: 100, value: 80, id: "limit" });
  const load = el("input", { type: "number", min: 0, max: 5000, value: 100, id: "load" });
  const where = el("select", { id: "where" }, el("option", { value: "" }, "both nodes"),
    el("option", { value: "imp-1" }, "imp-1"), el("option", { value: "imp-2" }, "imp-2"));
  const place = () => (where.value ? `&node=${encodeURIComponent(where.value)}` : "");
  return card("half", "Try it", "Sign in sessions that only take room, or move the limit.",
    el("div", { class: "actions" },
      el("span", { class: "unit" }, el("label", { for: "load" }, "Extra sessions"), load),
      el("span", { class: "unit" }, el("label", { for: "where" }, "on"), where),
      button("Sign in", () => command(`load?value=${Number(load.value)}${place()}`)),
      button("Sign all out", () => command("load?value=0"))),
    el("div", { class: "actions" },
      el("span", { class: "unit" }, el("label", { for: "limit" }, "Limit in percent"), percent),
      button("Set", () => command(`alarm-limit?value=${Number(percent.value)}`))));
}

export function capacity(main) {
  const lead = el("p", { class: "lead" });
  const subjects = el("div", { class: "grid" });
  const log = table(null, [{ title: "At" }, { title: "About" }, { title: "Alarm" }, { title: "Full", number: true }]);
  const nothing = el("p", { class: "note" }, "The alarm has said nothing yet.");
  const advice = el("p", {});
  const moves = table("The fewest moves after which both nodes carry alike; the first twelve", [{ title: "User" }, { title: "From" }, { title: "To" }]);
  const suggestion = card("wide", "What to do", null, advice, moves.node);
  main.append(el("div", { class: "head" }, el("h1", {}, "Capacity"), lead), subjects,
    el("div", { class: "grid below" }, card("half", "What the alarm said", null, nothing, log.node), controls(), suggestion));

  const stop = subscribe((state) => {
    const capacity = state.capacity;
    if (!capacity) return say(lead, "The server's administration socket does not tell its capacity.");
    say(lead, `Nodes made for ${count(capacity.size)} users have room for one and a half sessions each; ` +
      `now ${capacity.mode}. JSMSessionsExceedsThreshold is raised when the load is over the limit ` +
      `for ${span(capacity.holdTime)} without a break.`);
    sync(subjects, capacity.subjects, (subject) => subject.title, subjectCard,
      (node, subject) => updateSubject(node, subject, capacity));
    nothing.hidden = capacity.entries.length > 0;
    log.node.hidden = capacity.entries.length === 0;
    sync(log.body, capacity.entries, (entry) => `${entry.at} ${entry.subject} ${entry.what}`,
      (entry) => el("tr", {}, el("td", {}, entry.at), el("td", {}, entry.subject),
        el("td", {}, entry.what), el("td", { class: "number" }, `${entry.percent} %`)));
    suggestion.hidden = !capacity.subjects.some((subject) => subject.isRaised);
    const plan = capacity.suggestion;
    say(advice, plan ? `${capacity.action} ${plural(plan.moves.length, "user")} to move: sessions ${plan.before.join(" and ")} become ${plan.after.join(" and ")}.` : capacity.action);
    moves.node.hidden = !plan;
    sync(moves.body, plan ? plan.moves.slice(0, 12) : [], (move) => move.user,
      (move) => el("tr", {}, el("td", {}, move.user), el("td", {}, move.from), el("td", {}, move.to)));
  });
  return () => {
    stop();
    for (const node of subjects.children) node.meter.stop();
  };
}
