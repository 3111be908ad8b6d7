// Everybody: where to look for somebody's telephone.

import { el, say, sync } from "./dom.js";
import { plural } from "./format.js";
import { ask } from "./live.js";

export const stateWords = {
  normal: "normal", quiet: "quiet", silent: "silent", phantom: "phantom", lost: "lost", out: "signed out",
};

function link(person) {
  return el("li", {}, el("a", { href: `#/people/${encodeURIComponent(person.account)}` },
    el("span", { class: "name" }, person.name), el("span", { class: "where" }),
    el("span", { class: "dots" })));
}

function update(node, person) {
  say(node.querySelector(".where"), [person.place, person.node].filter(Boolean).join(" · "));
  sync(node.querySelector(".dots"), person.devices, (device) => device.name,
    (device) => el("span", {}, el("span", { class: "swatch" }), device.name),
    (dot, device) => {
      dot.firstElementChild.className = `swatch of-${device.state}`;
      dot.title = `${stateWords[device.state]}, ${plural(device.held, "stanza")} held`;
    });
}

export function people(main) {
  const filter = el("input", { type: "search", id: "filter", autocomplete: "off" });
  const list = el("ul", { class: "people" });
  const none = el("p", { class: "note", hidden: true }, "Nobody has that in the name.");
  main.append(
    el("div", { class: "head" }, el("h1", {}, "People"),
      el("p", { class: "lead" }, "Choose somebody to see each message on each device: did it ring, and why or why not.")),
    el("p", { class: "row head" }, el("label", { for: "filter" }, "Find"), filter), list, none);
  let everybody = [];
  const show = () => {
    const wanted = filter.value.trim().toLowerCase();
    const found = everybody.filter((person) =>
      `${person.name} ${person.account}`.toLowerCase().includes(wanted));
    none.hidden = found.length > 0;
    sync(list, found, (person) => person.account, link, update);
  };
  filter.addEventListener("input", show);
  let timer = null;
  let isOver = false;
  const turn = async () => {
    try {
      everybody = (await ask("/api/people")).sort((a, b) => a.name.localeCompare(b.name));
      show();
    } catch {
      // The banner says that the server is away.
    }
    if (!isOver) timer = setTimeout(turn, 2000);
  };
  turn();
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}
