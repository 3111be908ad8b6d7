// What an administrator may do. The token stays in this page's memory and nowhere else.

import { el, say } from "./dom.js";
import { live, subscribe } from "./live.js";

let token = null;
const listeners = new Set();
const note = el("span", { role: "status" });

/** Gives the server an order. */
export async function command(path) {
  const response = await fetch(`/api/orders/${path}`, {
    method: "POST", headers: { Authorization: `Bearer ${token ?? ""}` },
  });
  if (response.ok) {
    say(note, "Done.");
    return;
  }
  const text = (await response.text()).trim();
  say(note, `Refused: ${text}.`);
  if (response.status === 401) hold(null);
}

function hold(value) {
  token = value;
  for (const listener of listeners) listener();
}

/** A button that works once there is a token. */
export function button(label, act) {
  const node = el("button", { type: "button", onclick: () => act() }, label);
  const update = () => {
    if (!node.isConnected && node.dataset.wasShown) return listeners.delete(update);
    if (node.isConnected) node.dataset.wasShown = "yes";
    node.disabled = token === null;
    node.title = token === null ? "Takes the administrator's token; see the foot of the page" : "";
  };
  listeners.add(update);
  update();
  return node;
}

/** The foot of the page: the token, and how fast time goes. */
export function admin(box) {
  const field = el("input", { type: "password", id: "token", autocomplete: "off", size: 18 });
  const form = el("form", { class: "row" }, el("label", { for: "token" }, "Administrator's token"), field,
    el("button", { type: "submit" }, "Use"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!field.value) return;
    hold(field.value);
    field.value = "";
    say(note, "The token is used from now on.");
  });
  const speeds = [0, 1, 10, 60, 300, 1800].map((speed) => {
    const node = button(speed === 0 ? "Stop" : `${speed}×`, () => command(`speed?value=${speed}`));
    node.dataset.speed = speed;
    return node;
  });
  const time = el("p", { class: "row" }, el("span", {}, "Office time"), speeds);
  const closed = el("p", {}, "Read-only: the console was started without an administrator's token.");
  box.append(closed, form, time, note);
  form.hidden = time.hidden = true;
  const show = () => {
    const isOpen = live.state?.allowsOrders === true && live.state.source === "office";
    closed.hidden = isOpen;
    form.hidden = !isOpen || token !== null;
    time.hidden = !isOpen || token === null;
    for (const node of speeds) {
      node.setAttribute("aria-pressed", String(Number(node.dataset.speed) === live.state?.speed));
    }
  };
  listeners.add(show);
  subscribe(show);
}
