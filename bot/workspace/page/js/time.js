const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const clockSeconds = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const dayLong = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const dayYear = new Intl.DateTimeFormat(undefined, { dateStyle: "long" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const medium = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const short = new Intl.DateTimeFormat(undefined, { dateStyle: "short" });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

const DAY = 86_400;
const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
const daysAgo = (date) => Math.round((midnight(new Date()) - midnight(date)) / (DAY * 1000));

/** Slack's ts, seconds with six digits behind the point, as a Date. */
export const dateOf = (ts) => new Date(Number.parseFloat(ts) * 1000);
export const timeOf = (ts) => clock.format(dateOf(ts));
export const preciseTime = (ts) => clockSeconds.format(dateOf(ts));
export const fullTime = (ts) => full.format(dateOf(ts));
export const dayKey = (ts) => String(midnight(dateOf(ts)));

export function dayLabel(ts) {
  const date = dateOf(ts);
  const days = daysAgo(date);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  return date.getFullYear() === new Date().getFullYear() ? dayLong.format(date) : dayYear.format(date);
}

/** "3 minutes ago", "in 2 days", as the browser's language says it. */
export function ago(date) {
  const seconds = (date.getTime() - Date.now()) / 1000;
  const size = Math.abs(seconds);
  if (size < 45) return relative.format(0, "second");
  if (size < 3300) return relative.format(Math.round(seconds / 60), "minute");
  if (size < DAY * 0.9) return relative.format(Math.round(seconds / 3600), "hour");
  return relative.format(Math.round(seconds / DAY), "day");
}

const pretty = (date, format) => {
  const names = { 0: "today", 1: "yesterday", [-1]: "tomorrow" };
  return names[daysAgo(date)] ?? format.format(date);
};

const TOKENS = {
  date_num: (date) => date.toISOString().slice(0, 10),
  date: (date) => dayYear.format(date),
  date_slash: (date) => short.format(date),
  date_short: (date) => medium.format(date),
  date_long: (date) => `${dayLong.format(date)} ${date.getFullYear()}`,
  date_pretty: (date) => pretty(date, dayYear),
  date_short_pretty: (date) => pretty(date, medium),
  date_long_pretty: (date) => pretty(date, dayLong),
  day_divider_pretty: (date) => pretty(date, dayLong),
  time: (date) => clock.format(date),
  time_secs: (date) => clockSeconds.format(date),
  ago: (date) => ago(date),
};

/** Slack's date format ("{date_short} at {time}") for a time in Unix seconds. */
export function formatDate(seconds, format) {
  const date = new Date(seconds * 1000);
  return format.replace(/\{(\w+)\}/g, (whole, token) => (TOKENS[token] ? TOKENS[token](date) : whole));
}

export function fileSize(bytes) {
  const units = ["bytes", "KB", "MB", "GB"];
  const step = Math.min(3, Math.floor(Math.log(Math.max(bytes, 1)) / Math.log(1000)));
  if (step === 0) return `${bytes} bytes`;
  return `${(bytes / 1000 ** step).toLocaleString(undefined, { maximumFractionDigits: 1 })} ${units[step]}`;
}
