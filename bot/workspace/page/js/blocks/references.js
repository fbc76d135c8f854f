import { h } from "../dom.js";
import { formatDate, fullTime } from "../time.js";

const SAFE = /^(?:https?:|mailto:|tel:)/i;
const plain = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

/** A link that opens elsewhere; an address that is no web, mail or phone address stays text. */
export function safeLink(url, label, properties = {}) {
  if (!SAFE.test(url)) return document.createTextNode(label === url ? url : `${label} (${url})`);
  return h("a", { class: "link", href: url, target: "_blank", rel: "noreferrer noopener", ...properties }, label);
}

export function userMention(id, names) {
  const mine = id === names.me.id;
  return h("span", { class: mine ? "mention mine" : "mention" }, `@${names.user(id).name}`);
}

export function channelMention(id, names, label) {
  const name = names.channels.get(id)?.name;
  if (!name) return h("span", { class: "mention" }, `#${label || id}`);
  return h("a", { class: "mention", href: `#${encodeURIComponent(name)}` }, `#${name}`);
}

export const broadcast = (range) => h("span", { class: "mention mine" }, `@${range}`);

/** A time in Unix seconds, said in Slack's date format. */
export function dateNode(seconds, format, fallback, url) {
  if (!Number.isFinite(seconds)) return document.createTextNode(fallback ?? "");
  const text = formatDate(seconds, format);
  const properties = { class: "date", title: fullTime(String(seconds)) };
  if (url) return safeLink(url, text, properties);
  return h("time", { ...properties, datetime: new Date(seconds * 1000).toISOString() }, text);
}

/** What stands between < and > in mrkdwn. */
export function reference(content, names) {
  const bar = content.indexOf("|");
  const target = bar < 0 ? content : content.slice(0, bar);
  const label = bar < 0 ? "" : plain(content.slice(bar + 1));
  if (/^@[UWB]\w+$/.test(target)) return userMention(target.slice(1), names);
  if (/^#[CDG]\w+$/.test(target)) return channelMention(target.slice(1), names, label);
  if (target.startsWith("!date^")) return special(target, label);
  if (target.startsWith("!subteam^")) return broadcast(label.replace(/^@/, "") || target.slice(9));
  if (/^!(?:here|channel|everyone)$/.test(target)) return broadcast(target.slice(1));
  return safeLink(plain(target), label || plain(target));
}

function special(target, label) {
  const [, seconds, format = "{date} {time}", url] = target.split("^");
  return dateNode(Number.parseInt(seconds, 10), plain(format), label, url && plain(url));
}
