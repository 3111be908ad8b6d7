// The day so far, minute by minute, kept up with the server's own count.

import { ask } from "./live.js";

/** Columns of a sample after its time. */
export const column = {
  normal: 1, quiet: 2, silent: 3, phantom: 4, lost: 5, loadFirst: 6, loadSecond: 7, flushes: 8,
  delivered: 9, held: 10, notified: 11, waiting: 12,
};

const day = { run: null, first: 0, from: 0, to: 1, samples: [] };
let asking = null;

/** Fetches what has been added; answers with the whole day. */
export async function keepUp(state) {
  const known = day.first + day.samples.length;
  if (day.run === state.run && known >= state.samples) return day;
  asking ??= load(day.run === state.run ? known : 0).finally(() => { asking = null; });
  await asking;
  return day;
}

async function load(from) {
  const answer = await ask(`/api/history?from=${from}`);
  const goesOn = answer.run === day.run && answer.first === day.first + day.samples.length &&
    answer.to >= day.to && (answer.from === day.from);
  if (goesOn) day.samples.push(...answer.samples);
  else Object.assign(day, { first: answer.first, samples: answer.samples });
  Object.assign(day, { run: answer.run, from: answer.from, to: answer.to });
}
