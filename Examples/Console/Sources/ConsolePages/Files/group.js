// The redundancy group's two nodes.

import { button, command } from "./admin.js";
import { card, el, say, sync, table } from "./dom.js";
import { count } from "./format.js";
import { subscribe } from "./live.js";

const labels = {
  failover: "Fail over", fallback: "Fall back", breaks: "Break a critical service",
  mend: "Mend the service", off: "Switch off", on: "Switch on",
};

function nodeCard(node) {
  const orders = el("div", { class: "actions" });
  for (const order of Object.keys(labels)) {
    const act = button(labels[order], () => command(`nodes/${encodeURIComponent(node.name)}/${order}`));
    act.dataset.order = order;
    orders.append(act);
  }
  return el("section", { class: "card half node" }, el("h2", {}, node.name), el("p", { class: "state" }),
    el("p", { class: "note reason" }), el("ul", { class: "alarms" }), el("dl", { class: "facts" }), orders);
}

function facts(node) {
  const lease = node.owner ? `${node.owner}, epoch ${node.epoch}` : "nobody";
  return [
    ["Serves", node.serves.length ? `users of ${node.serves.join(" and ")}` : "nobody"],
    ["Its users' lease", lease],
    ["Peer last heard", node.heard === null ? "never" : `${node.heard} s ago`],
    ["Critical services", node.services ? "run" : "do not run"],
  ];
}

function update(box, node) {
  const state = box.querySelector(".state");
  say(state, node.state);
  state.className = `state ${node.isNormal ? "state-good" : node.isOn ? "state-warn" : "state-bad"}`;
  say(box.querySelector(".reason"), node.reason ? `Reason: ${node.reason}` : "No power");
  sync(box.querySelector(".alarms"), node.alarms, (text) => text, (text) => el("li", { class: "problem" }, text));
  sync(box.querySelector(".facts"), facts(node).flatMap(([name, value]) => [{ name, tag: "dt" }, { name, tag: "dd", value }]),
    (fact) => `${fact.tag} ${fact.name}`, (fact) => el(fact.tag, {}, fact.name),
    (line, fact) => { if (fact.tag === "dd") say(line, fact.value); });
  for (const act of box.querySelectorAll(".actions button")) {
    act.hidden = !node.orders.includes(act.dataset.order);
  }
}

/** Kinds of session and counters, one column for each node. */
function comparison(box, nodes) {
  const { node, body } = table(null,
    [{ title: "" }, ...nodes.map((one) => ({ title: one.name, number: true }))]);
  box.append(node);
  return (now) => {
    const rows = [
      ...now[0].kinds.map((kind, place) => [kind.name, now.map((one) => one.kinds[place].count)]),
      ...now[0].counters.map((counter, place) =>
        [counter.name, now.map((one) => one.counters[place].value)]),
    ];
    sync(body, rows, (row) => row[0],
      (row) => el("tr", {}, el("th", { scope: "row" }, row[0]),
        row[1].map(() => el("td", { class: "number" }))),
      (line, row) => row[1].forEach((value, place) => say(line.children[place + 1], count(value))));
  };
}

export function group(main) {
  const lead = el("p", { class: "lead" });
  const nodes = el("div", { class: "grid" });
  const log = el("ol", { class: "log" });
  const sessions = el("div");
  let columns = null;
  const line = el("p", {});
  const cut = button("Cut the line", () => command("line/cut"));
  const mend = button("Mend the line", () => command("line/mend"));
  const recover = button("Recover both", () => command("recover"));
  main.append(el("div", { class: "head" }, el("h1", {}, "Redundancy group"), lead), nodes,
    el("div", { class: "grid below" },
      card("half", "What happened", null, log),
      el("div", { class: "half" },
        card("", "Between the nodes", null, line, el("div", { class: "actions" }, cut, mend, recover)),
        card("below", "Sessions and counters", null, sessions))));
  return subscribe((state) => {
    const group = state.group;
    if (!group) return say(lead, "The server that the console is attached to is in no group.");
    say(lead, `Two nodes that stand in for each other. Heartbeats go every 15 seconds of office time; ` +
      `after 60 seconds of silence the peer is lost, and its users log in again on the other node.`);
    sync(nodes, group.nodes, (node) => node.name, nodeCard, update);
    columns ??= comparison(sessions, group.nodes);
    columns(group.nodes);
    say(line, group.isCut ? "The line is cut: each node hears nothing of the other." : "The line for heartbeats works.");
    cut.hidden = group.isCut;
    mend.hidden = !group.isCut;
    sync(log, group.entries, (entry) => `${entry.at} ${entry.node} ${entry.text}`,
      (entry) => el("li", {}, el("time", {}, entry.at), el("span", { class: "who" }, entry.node), el("span", {}, entry.text)));
  });
}
