// Numbers and times as people read them.

const whole = new Intl.NumberFormat("en");

/** A whole number with its thousands apart. */
export const count = (value) => whole.format(value);

/** Seconds of virtual time as a time of day. */
export function time(seconds, withSeconds = true) {
  const day = Math.floor(seconds) % 86400;
  const parts = [Math.floor(day / 3600), Math.floor(day / 60) % 60];
  if (withSeconds) parts.push(day % 60);
  return parts.map((part) => String(part).padStart(2, "0")).join(":");
}

/** A length of time in words. */
export function span(seconds) {
  const value = Math.max(0, Math.round(seconds));
  if (value < 60) return `${value} s`;
  const minutes = Math.floor(value / 60);
  if (minutes < 60) return value % 60 ? `${minutes} min ${value % 60} s` : `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A length of time as one number. */
export function about(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = seconds / 60;
  return minutes < 90 ? `${minutes.toFixed(1)} min` : `${(minutes / 60).toFixed(1)} h`;
}

/** Milliseconds as short as an axis wants them. */
export function short(milliseconds) {
  if (milliseconds < 1000) return `${milliseconds} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}

/** One or many. */
export const plural = (value, one, many = `${one}s`) => `${count(value)} ${value === 1 ? one : many}`;
