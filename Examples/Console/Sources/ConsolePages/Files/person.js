// Why did that telephone not ring? One person: devices, a timeline, and message by message.

import { card, el, say, sync, table } from "./dom.js";
import { count } from "./format.js";
import { ask, subscribe } from "./live.js";
import { stateWords } from "./people.js";
import { badge, legend, timeline } from "./timeline.js";

function deviceRows(body, devices) {
  sync(body, devices, (device) => device.name,
    (device) => el("tr", {}, el("th", { scope: "row" }, device.name), el("td", {}, device.kind),
      el("td", {}, el("span", { class: "swatch" }), el("span")), el("td", {}), el("td", { class: "number" })),
    (row, device) => {
      const [swatch, word] = row.children[2].children;
      swatch.className = `swatch of-${device.state}`;
      say(word, stateWords[device.state]);
      say(row.children[3], device.standing);
      row.children[3].className = device.isActive ? "state-good" : "";
      say(row.children[4], count(device.held));
    });
}

function messageItem(message) {
  const verdicts = message.devices.flatMap((device) => [
    badge(device.kind), el("span", { class: "device" }, device.device),
    el("span", { class: "why" }, el("b", {}, device.title), ". ", device.text),
  ]);
  return el("li", {},
    el("div", {}, el("span", { class: "from" }, message.isOwn ? `To ${message.with}` : message.with),
      el("time", {}, message.clock)),
    el("div", { class: "verdicts" }, verdicts));
}

export function person(main, rest) {
  const account = rest[0];
  const title = el("h1", {}, account);
  const lead = el("p", { class: "lead" });
  const problem = el("p", { class: "problem", hidden: true });
  const devices = table(null, [{ title: "Device" }, { title: "Type" }, { title: "Mode" },
    { title: "In the election" }, { title: "Held", number: true }]);
  devices.node.classList.add("devices");
  const drawing = el("div", { class: "chart" });
  const span = el("select", { id: "span" }, [[1800, "30 minutes"], [3600, "1 hour"], [10800, "3 hours"]]
    .map(([value, text]) => el("option", { value, selected: value === 3600 }, text)));
  const device = el("select", { id: "device" }, el("option", { value: "" }, "any device"));
  const received = el("input", { type: "checkbox", id: "received", checked: true });
  const silentOnly = el("input", { type: "checkbox", id: "silent" });
  const hold = el("button", { type: "button", "aria-pressed": "false" }, "Hold still");
  hold.addEventListener("click", () => {
    hold.setAttribute("aria-pressed", String(hold.getAttribute("aria-pressed") !== "true"));
  });
  const list = el("ol", { class: "messages" });
  const none = el("p", { class: "note" });
  const lines = timeline(drawing);
  const decisions = el("div", { class: "grid" },
    card("wide", "Timeline", "Point at a mark, or use the arrow keys, for what happened and why.",
      el("p", { class: "row tools" }, el("label", { for: "span" }, "The last"), span), legend(), drawing),
    card("wide", "Did it ring?", null,
      el("p", { class: "row tools" }, el("label", { for: "device" }, "Device"), device,
        el("label", {}, silentOnly, " only where it did not ring"),
        el("label", {}, received, " only what came in"), hold),
      none, list));
  const keptList = el("ol", { class: "kept" });
  const kept = el("div", { class: "grid" },
    card("wide", "What the server has kept", "Its ctl command watch begins to keep what each device gets, and why.", keptList));
  kept.hidden = true;
  main.append(el("p", { class: "back" }, el("a", { href: "#/people" }, "Everybody")),
    el("div", { class: "head" }, title, lead, problem),
    el("div", { class: "grid" }, card("wide", "Devices now", null, devices.node)), kept, decisions);

  let story = null;
  let run = null;

  function passes(message) {
    if (received.checked && message.isOwn) return false;
    const own = message.devices.filter((one) => !device.value || one.device === device.value);
    if (own.length === 0) return false;
    return !silentOnly.checked || own.some((one) => !one.didRing && one.title !== "Written here");
  }

  function show() {
    say(title, story.name);
    say(lead, [story.place, story.account, story.node ? `on ${story.node}` : ""].filter(Boolean).join(" · "));
    deviceRows(devices.body, story.devices);
    decisions.hidden = !story.messages;
    kept.hidden = !story.lines;
    if (story.lines) sync(keptList, story.lines, (line) => line, (line) => el("li", {}, line));
    if (!story.messages) return;
    if (device.options.length !== story.devices.length + 1) {
      device.replaceChildren(device.options[0],
        ...story.devices.map((one) => el("option", { value: one.name }, one.name)));
    }
    lines.update(story, Number(span.value));
    const found = story.messages.filter(passes).map((message) => ({
      ...message,
      devices: message.devices.filter((one) => !device.value || one.device === device.value),
    }));
    sync(list, found, (message) => JSON.stringify(message), messageItem);
    say(none, found.length ? "" : "No message so far that is like that.");
    none.hidden = found.length > 0;
  }

  let asking = false;
  const stop = subscribe(async (state) => {
    if (asking || hold.getAttribute("aria-pressed") === "true" && run === state.run) return;
    if (lines.isBusy()) return;
    asking = true;
    try {
      story = await ask(`/api/people/${encodeURIComponent(account)}`);
      run = state.run;
      problem.hidden = true;
      show();
      document.title = `${story.name} – Multiple Device Messaging`;
    } catch (error) {
      say(problem, `Nothing is known of ${account}: ${error.message}`);
      problem.hidden = false;
    } finally {
      asking = false;
    }
  });
  for (const field of [span, device, received, silentOnly]) {
    field.addEventListener("change", () => story && show());
  }
  return () => {
    stop();
    lines.stop();
  };
}
