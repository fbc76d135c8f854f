#!/usr/bin/node
// Stands in for TerminusDB 11 as far as its documentation describes what Interlock and the tests
// touch: /api/ok without a login; /api/info, /api/db and /api/document with the password of
// TERMINUSDB_ADMIN_PASS, which counts when the storage is made; everything in
// /app/terminusdb/storage. What is written is known at once and on the disk when it ends.
const { createServer } = require("node:http");
const { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } = require("node:fs");

const STORAGE = "/app/terminusdb/storage/db";
const PASSWORD = "/app/terminusdb/storage/admin";
const VERSION = "11.1.14";

if (!existsSync(PASSWORD)) {
  mkdirSync(STORAGE, { recursive: true });
  writeFileSync(PASSWORD, process.env.TERMINUSDB_ADMIN_PASS ?? "root", { mode: 0o600 });
}
const known = new Map(
  readdirSync(STORAGE)
    .filter((name) => name.endsWith(".json"))
    .map((name) => [name.slice(0, -5), JSON.parse(readFileSync(`${STORAGE}/${name}`, "utf8"))]),
);

function save() {
  for (const name of readdirSync(STORAGE)) {
    if (!known.has(name.slice(0, -5))) rmSync(`${STORAGE}/${name}`);
  }
  for (const [name, documents] of known) {
    writeFileSync(`${STORAGE}/${name}.json`, JSON.stringify(documents));
  }
}

function answer(method, path, body) {
  const [kind, organization, name] = path.split("/").slice(2);
  if (kind === "info") return [200, { "api:info": { terminusdb: { version: VERSION } } }];
  if (kind === "db" && method === "GET") {
    return [200, [...known.keys()].sort().map((each) => ({ path: `admin/${each}` }))];
  }
  if (organization !== "admin" || !name) return [404, { "api:status": "api:not_found" }];
  if (kind === "db" && method === "POST") {
    if (known.has(name)) return [400, { "api:status": "api:failure" }];
    known.set(name, []);
    return [200, { "api:status": "api:success" }];
  }
  if (!known.has(name)) return [404, { "api:status": "api:not_found" }];
  if (kind === "db" && method === "DELETE") {
    known.delete(name);
    return [200, { "api:status": "api:success" }];
  }
  if (kind === "document" && method === "GET") return [200, known.get(name)];
  if (kind === "document" && method === "POST") {
    known.get(name).push(...[JSON.parse(body)].flat());
    return [200, { "api:status": "api:success" }];
  }
  return [405, { "api:status": "api:failure" }];
}

const server = createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    const path = request.url.split("?")[0];
    const login = Buffer.from(`admin:${readFileSync(PASSWORD, "utf8")}`).toString("base64");
    const open = path === "/api/ok";
    const allowed = open || request.headers.authorization === `Basic ${login}`;
    const [status, said] = !allowed
      ? [401, { "api:status": "api:failure" }]
      : open
        ? [200, ""]
        : answer(request.method, path, Buffer.concat(parts).toString());
    response.writeHead(status, { "Content-Type": "application/json" });
    response.end(said === "" ? "" : JSON.stringify(said));
  });
});
server.listen(6363, "0.0.0.0", () => console.log("listening on 6363"));
process.on("SIGTERM", () => {
  save();
  process.exit(0);
});
