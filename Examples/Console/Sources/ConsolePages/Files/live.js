// What the server tells by itself, and whether it is there.

const listeners = new Set();
const banner = document.getElementById("connection");
const silence = 6000;
let source = null;
let lastHeard = performance.now();
let goneSince = null;
let retry = null;

export const live = { state: null };

/** Calls back with each state of the server, and at once if there is one. */
export function subscribe(listener) {
  listeners.add(listener);
  if (live.state) listener(live.state);
  return () => listeners.delete(listener);
}

/** Asks the server for data. */
export async function ask(path) {
  const response = await fetch(path, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return response.json();
}

function hear(state) {
  lastHeard = performance.now();
  goneSince = null;
  banner.hidden = true;
  live.state = state;
  for (const listener of [...listeners]) listener(state);
}

function miss() {
  if (goneSince === null) goneSince = new Date();
  const at = goneSince.toTimeString().slice(0, 8);
  const text = `The server has not answered since ${at}. What is shown is from then. Trying again…`;
  if (banner.textContent !== text) banner.textContent = text;
  banner.hidden = false;
}

/** Listens, and begins anew whenever that ends. */
export function connect() {
  clearTimeout(retry);
  if (source) source.close();
  source = new EventSource("/api/events");
  source.addEventListener("state", (event) => hear(JSON.parse(event.data)));
  source.addEventListener("error", () => {
    miss();
    // The browser tries again by itself unless the answer was no stream.
    if (source.readyState === EventSource.CLOSED) retry = setTimeout(connect, 1000);
  });
}

// A server that hangs closes nothing.
setInterval(() => {
  if (performance.now() - lastHeard > silence) miss();
}, 1000);
