#!/usr/bin/node
// Stands in for Loki as far as its documentation describes what Interlock and the tests touch:
// /ready, POST /loki/api/v1/push (JSON), GET /loki/api/v1/query_range and /loki/api/v1/labels.
// LogQL: a selector with = != =~ !~, then line filters |= != |~ !~. What it cannot parse, and a
// limit above Loki's own, is refused in Loki's words. Lines are kept in memory only.
const { createServer } = require("node:http");

const PORT = Number(process.env.PORT ?? 3100);
const MOST = 5000;
const streams = new Map();

class Wrong extends Error {}

function push(body) {
  for (const { stream, values } of JSON.parse(body).streams) {
    const key = JSON.stringify(Object.entries(stream).sort());
    if (!streams.has(key)) streams.set(key, { stream, values: [] });
    for (const [stamp, line] of values) streams.get(key).values.push([BigInt(stamp), line]);
  }
}

// A string in double quotes or backticks at `at` of the query, and where it ends.
function quoted(query, at) {
  const found = /^("(?:[^"\\]|\\.)*"|`[^`]*`)/.exec(query.slice(at));
  if (!found) throw new Wrong(`parse error at line 1, col ${at + 1}: syntax error: unexpected IDENTIFIER, expecting STRING`);
  const text = found[0];
  // Go takes no other escapes in double quotes than JSON does, apart from a few.
  return [text.startsWith("`") ? text.slice(1, -1) : JSON.parse(text), at + text.length];
}

function pattern(text) {
  const bare = text.replace(/^\(\?i\)/, "");
  // RE2 lets any sign that is no letter be escaped; JavaScript does without its flag for unicode.
  return new RegExp(bare, bare === text ? "" : "i");
}

function test(operator, wanted, whole) {
  if (operator === "=") return (text) => text === wanted;
  if (operator === "!=" && whole) return (text) => text !== wanted;
  if (operator === "|=") return (text) => text.includes(wanted);
  if (operator === "!=") return (text) => !text.includes(wanted);
  const found = whole ? new RegExp(`^(?:${wanted})$`) : pattern(wanted);
  return operator === "!~" ? (text) => !found.test(text) : (text) => found.test(text);
}

function parsed(query) {
  const opening = /^\s*\{/.exec(query);
  if (!opening) throw new Wrong("parse error at line 1, col 1: syntax error: unexpected IDENTIFIER");
  let at = opening[0].length;
  const labels = [];
  const filters = [];
  for (;;) {
    const matcher = /^\s*([A-Za-z_]\w*)\s*(=~|!~|!=|=)\s*/.exec(query.slice(at));
    if (!matcher) break;
    const [wanted, end] = quoted(query, at + matcher[0].length);
    labels.push([matcher[1], test(matcher[2], wanted, true)]);
    at = end + /^\s*,?/.exec(query.slice(end))[0].length;
  }
  const closing = /^\s*\}/.exec(query.slice(at));
  if (!closing || !labels.length) throw new Wrong(`parse error at line 1, col ${at + 1}: syntax error: unexpected }`);
  at += closing[0].length;
  for (;;) {
    const filter = /^\s*(\|=|!=|\|~|!~)\s*/.exec(query.slice(at));
    if (!filter) break;
    const [wanted, end] = quoted(query, at + filter[0].length);
    filters.push(test(filter[1], wanted, false));
    at = end;
  }
  if (query.slice(at).trim()) throw new Wrong(`parse error at line 1, col ${at + 1}: syntax error: unexpected IDENTIFIER`);
  return { labels, filters };
}

function nanoseconds(text, otherwise) {
  if (!text) return otherwise;
  if (/^\d+$/.test(text)) return text.length > 11 ? BigInt(text) : BigInt(text) * 1000000000n;
  if (/^\d+\.\d+$/.test(text)) return BigInt(Math.round(Number(text) * 1e6)) * 1000n;
  const parsed = Date.parse(text);
  if (Number.isNaN(parsed)) throw new Wrong(`cannot parse "${text}" to a valid timestamp`);
  return BigInt(parsed) * 1000000n;
}

function range(asked) {
  const limit = Number(asked.get("limit") ?? 100);
  if (!(limit > 0)) throw new Wrong("limit must be a positive value");
  if (limit > MOST) throw new Wrong(`max entries limit per query exceeded, limit > max_entries_limit_per_query (${limit} > ${MOST})`);
  const now = BigInt(Date.now()) * 1000000n;
  const start = nanoseconds(asked.get("start"), now - 3600000000000n);
  const end = nanoseconds(asked.get("end"), now);
  const backward = (asked.get("direction") ?? "backward") === "backward";
  const { labels, filters } = parsed(asked.get("query") ?? "");
  const found = [];
  for (const { stream, values } of streams.values()) {
    if (!labels.every(([name, fits]) => fits(stream[name] ?? ""))) continue;
    for (const [stamp, line] of values) {
      if (stamp >= start && stamp < end && filters.every((fits) => fits(line))) found.push([stamp, line, stream]);
    }
  }
  found.sort((one, other) => (one[0] < other[0] ? -1 : one[0] > other[0] ? 1 : 0) * (backward ? -1 : 1));
  const result = new Map();
  for (const [stamp, line, stream] of found.slice(0, limit)) {
    if (!result.has(stream)) result.set(stream, []);
    result.get(stream).push([String(stamp), line]);
  }
  return {
    status: "success",
    data: { resultType: "streams", result: [...result].map(([stream, values]) => ({ stream, values })), stats: {} },
  };
}

function answer(method, url, body) {
  const json = (value) => [200, JSON.stringify(value), "application/json"];
  if (url.pathname === "/ready") return [200, "ready\n", "text/plain"];
  if (url.pathname === "/health") return json({ status: "healthy" });
  if (url.pathname === "/loki/api/v1/push" && method === "POST") {
    push(body);
    return [204, "", "text/plain"];
  }
  if (url.pathname === "/loki/api/v1/query_range" && method === "GET") return json(range(url.searchParams));
  if (url.pathname === "/loki/api/v1/labels" && method === "GET") {
    const names = new Set([...streams.values()].flatMap(({ stream }) => Object.keys(stream)));
    return json({ status: "success", data: [...names].sort() });
  }
  return [404, "404 page not found\n", "text/plain"];
}

const server = createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    let said;
    try {
      said = answer(request.method, new URL(request.url, "http://loki"), Buffer.concat(parts).toString());
    } catch (error) {
      said = [400, `${error.message}\n`, "text/plain"];
    }
    response.writeHead(said[0], { "content-type": said[2] });
    response.end(said[1]);
  });
});
server.listen(PORT, "0.0.0.0", () => console.log(`loki listens on port ${PORT}`));
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => server.close(() => process.exit(0)));
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => server.closeAllConnections());
