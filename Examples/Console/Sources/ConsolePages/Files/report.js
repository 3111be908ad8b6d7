// The User Sessions Report, and one node's users.

import { card, el, say, sync, table } from "./dom.js";
import { count } from "./format.js";
import { ask } from "./live.js";

const level = { Node: "", "Sub-cluster": "sub", Cluster: "total" };

function title(line) {
  if (line.level === "Node") return el("a", { href: `#/report/${encodeURIComponent(line.node)}` }, line.node);
  return line.level === "Sub-cluster" ? `Group ${line.group}` : "Cluster";
}

/** Keeps something up to date while its page is shown. */
function repeat(task, problem) {
  let timer = null;
  let isOver = false;
  const turn = async () => {
    try {
      await task();
      problem.hidden = true;
    } catch (error) {
      say(problem, `The report could not be had: ${error.message}`);
      problem.hidden = false;
    }
    if (!isOver) timer = setTimeout(turn, 2000);
  };
  turn();
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}

function nodes(main) {
  const made = el("p", { class: "lead" });
  const problem = el("p", { class: "problem", hidden: true });
  const { node, body } = table("Users with at least one session; a user on two nodes counts once in the totals.", [
    { title: "Where" }, { title: "Users", number: true }, { title: "Sessions", number: true },
    { title: "Inactive connections", number: true }]);
  main.append(
    el("div", { class: "head row spread" }, el("div", {}, el("h1", {}, "Sessions report"), made, problem),
      el("a", { class: "button", href: "/api/report.csv", download: "sessions.csv" }, "Download CSV")),
    el("section", { class: "card" }, node));
  return repeat(async () => {
    const report = await ask("/api/report");
    say(made, `Made ${report.generatedAt}. A node's name leads to its users.`);
    sync(body, report.lines, (line) => `${line.level}/${line.group}/${line.node}`,
      (line) => el("tr", { class: level[line.level] }, el("th", { scope: "row" }, title(line)),
        el("td", { class: "number" }), el("td", { class: "number" }), el("td", { class: "number" })),
      (row, line) => [line.users, line.sessions, line.inactive].forEach(
        (value, place) => say(row.children[place + 1], count(value))));
  }, problem);
}

/** A number that tells the types of device behind it, to the pointer and to the keyboard. */
function kinds(user) {
  const id = `types-${user.user.replace(/[^A-Za-z0-9]/g, (char) => char.codePointAt(0))}`;
  return el("span", { class: "kinds" },
    el("button", { type: "button", "aria-describedby": id }, String(user.sessions)),
    el("span", { class: "pop", role: "tooltip", id }, user.deviceTypes.join(", ")));
}

function users(main, name) {
  const made = el("p", { class: "lead" });
  const problem = el("p", { class: "problem", hidden: true });
  const { node, body } = table("Point at a number, or move to it with the tab key, for the types of device.", [
    { title: "User" }, { title: "Number of sessions" }]);
  main.append(
    el("p", { class: "back" }, el("a", { href: "#/report" }, "All nodes")),
    el("div", { class: "head row spread" }, el("div", {}, el("h1", {}, `Users on ${name}`), made, problem),
      el("a", { class: "button", href: `/api/users.csv?node=${encodeURIComponent(name)}`, download: `users-${name}.csv` }, "Download CSV")),
    el("section", { class: "card narrow" }, node));
  return repeat(async () => {
    const report = await ask(`/api/users?node=${encodeURIComponent(name)}`);
    say(made, `${count(report.users.length)} users, made ${report.generatedAt}.`);
    sync(body, report.users, (user) => `${user.user} ${user.sessions} ${user.deviceTypes}`,
      (user) => el("tr", {},
        el("th", { scope: "row" }, el("a", { href: `#/people/${encodeURIComponent(user.user)}` }, user.user)),
        el("td", {}, kinds(user))));
  }, problem);
}

export function report(main, rest) {
  return rest.length ? users(main, rest[0]) : nodes(main);
}
